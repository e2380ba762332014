import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { manifest, PROJECT, sourceFiles } from './project.mts';
import { run } from './run.mts';

/** The package as a user's n8n would hold it. */
export interface Packed {
	directory: string;
	/** Names from the package's top, sorted. */
	files: string[];
	unpackedSize: number;
	remove(): void;
}

/** Builds if need be, packs, and unpacks to where nothing but n8n's one peer dependency is at hand. */
export async function pack(): Promise<Packed> {
	if (buildIsStale()) await run(process.execPath, [path.join(PROJECT, 'node_modules/gulp/bin/gulp.js')], PROJECT);
	const temporary = mkdtempSync(path.join(tmpdir(), 'packed-'));
	const modules = path.join(temporary, 'node_modules');
	mkdirSync(modules);
	const [report] = JSON.parse(
		await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', temporary], PROJECT),
	) as Array<{ filename: string; unpackedSize: number; files: Array<{ path: string }> }>;
	if (!report) throw new Error('npm packed nothing');
	await run('tar', ['-xzf', report.filename], temporary);
	const directory = path.join(modules, manifest.name);
	renameSync(path.join(temporary, 'package'), directory);
	symlinkSync(path.join(PROJECT, 'node_modules/n8n-workflow'), path.join(modules, 'n8n-workflow'), 'junction');
	return {
		directory,
		files: readdirSync(directory, { recursive: true, withFileTypes: true })
			.filter((entry) => !entry.isDirectory())
			.map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
			.sort(),
		unpackedSize: report.unpackedSize,
		remove: () => rmSync(temporary, { recursive: true, force: true }),
	};
}

/** The files that a source becomes in the package. */
export function builtFrom(source: string): string[] {
	if (!source.endsWith('.ts')) return [`dist/${source}`];
	return [`dist/${source.slice(0, -'.ts'.length)}.js`];
}

function buildIsStale(): boolean {
	return sourceFiles().some((source) => {
		const changed = statSync(path.join(PROJECT, source)).mtimeMs;
		return builtFrom(source).some((file) => {
			const built = statSync(path.join(PROJECT, file), { throwIfNoEntry: false });
			// A copied asset keeps the age of its original; a compiled file is younger than its source.
			return !built || built.mtimeMs < changed - 1;
		});
	});
}
