import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { manifest, PROJECT, sourceFiles } from './project.mts';
import { run } from './run.mts';

/** The package as installed in a user's n8n. */
export interface Packed {
	directory: string;
	/** Paths relative to the package's root, sorted. */
	files: string[];
	unpackedSize: number;
	remove(): void;
}

/** Builds the package if necessary, packs it, and unpacks it next to its only peer dependency. */
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

/** The files in the package that a source file is built into. */
export function builtFrom(source: string): string[] {
	if (!source.endsWith('.ts')) return [`dist/${source}`];
	return [`dist/${source.slice(0, -'.ts'.length)}.js`];
}

function buildIsStale(): boolean {
	return sourceFiles().some((source) => {
		const changed = statSync(path.join(PROJECT, source)).mtimeMs;
		return builtFrom(source).some((file) => {
			const built = statSync(path.join(PROJECT, file), { throwIfNoEntry: false });
			// A copied asset keeps its original's modification time. A compiled file is newer than its source.
			return !built || built.mtimeMs < changed - 1;
		});
	});
}
