import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const PROJECT = path.resolve(__dirname, '../..');

/** The parts of package.json that tests use. */
export interface Manifest {
	name: string;
	version: string;
	description: string;
	license: string;
	keywords: string[];
	main: string;
	files: string[];
	engines: Record<string, string>;
	scripts: Record<string, string>;
	n8n: { n8nNodesApiVersion: number; strict: boolean; credentials: string[]; nodes: string[] };
	peerDependencies: Record<string, string>;
	devDependencies: Record<string, string>;
	[field: string]: unknown;
}

export const manifest = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as Manifest;

/** All files in a folder and its subfolders, as paths relative to the project's root with forward slashes. */
export function filesIn(folder: string): string[] {
	return readdirSync(path.join(PROJECT, folder), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(PROJECT, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
		.sort();
}

/** All source files of the package. */
export function sourceFiles(): string[] {
	return [...filesIn('credentials'), ...filesIn('nodes')];
}

/** The bundled libraries, according to the imports in the sources, with the names of their license files. */
export function bundledLibraries(): Array<{ name: string; version: string; license: string; licenses: string[] }> {
	const sources = filesIn('nodes/ModicaWhatsApp/bundled').map((file) => readFileSync(path.join(PROJECT, file), 'utf8'));
	return sources.flatMap((source) => Array.from(source.matchAll(/ from '([^.'][^']*)'/g), ([, from = '']) => readManifest(packageOf(from))));
}

/** The package of an import: `@a/b` of `@a/b/c`. */
function packageOf(from: string): string {
	return from.split('/').slice(0, from.startsWith('@') ? 2 : 1).join('/');
}

function readManifest(library: string) {
	const { name, version, license } = JSON.parse(readFileSync(path.join(PROJECT, 'node_modules', library, 'package.json'), 'utf8')) as Record<'name' | 'version' | 'license', string>;
	const licenses = readdirSync(path.join(PROJECT, 'node_modules', library)).filter((file) => file.startsWith('LICENSE'));
	return { name, version, license, licenses };
}

/** An instance of the class in a file that package.json registers for n8n, loaded from its source. */
export function loadRegistered<T>(compiledFile: string): T {
	const source = compiledFile.replace(/^dist\//, '').replace(/\.js$/, '');
	const [className = ''] = path.basename(source).split('.');
	const classes = jest.requireActual<Record<string, new () => T>>(path.join(PROJECT, source));
	const Class = classes[className];
	if (!Class) throw new Error(`${source} exports no ${className}`);
	return new Class();
}
