/** Builds the tarball to publish. The same sources always result in the same tarball. */
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { bundledLibraries, manifest, PROJECT } from '../../harness/project.mts';
import { run } from '../../harness/run.mts';

/** Everything that the package is built from. */
const SOURCES = ['LICENSE', 'README.md', 'credentials', 'gulpfile.js', 'index.js', 'nodes', 'package.json', 'tsconfig.json'];

export interface Tarball {
	file: string;
	/** Hex. */
	sha256: string;
	/** Bytes. */
	size: number;
}

/**
 * Builds and packs a copy of the sources, in a new subfolder of `below`.
 * A tarball contains each file's permissions, and those in a checkout depend on the user. So the files are copied first.
 */
export async function buildTarball(below: string): Promise<Tarball> {
	const copy = path.join(below, manifest.name);
	mkdirSync(copy, { recursive: true });
	for (const name of SOURCES) cpSync(path.join(PROJECT, name), path.join(copy, name), { recursive: true });
	symlinkSync(path.join(PROJECT, 'node_modules'), path.join(copy, 'node_modules'), 'junction');
	await run(process.execPath, [path.join(PROJECT, 'node_modules/gulp/bin/gulp.js'), '--silent'], copy);
	for (const entry of readdirSync(copy, { recursive: true, withFileTypes: true })) {
		if (entry.isFile() && !entry.parentPath.includes('node_modules')) chmodSync(path.join(entry.parentPath, entry.name), 0o644);
	}
	const [report] = JSON.parse(await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', below], copy)) as Array<{ filename: string }>;
	if (!report) throw new Error('npm packed nothing');
	const file = path.join(below, report.filename);
	const bytes = readFileSync(file);
	return { file, sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length };
}

/** The bill of materials of the installed package, in CycloneDX JSON format, as created by npm. */
export async function billOfMaterials(): Promise<string> {
	// Without the peer dependency, which is part of the user's n8n, and without development dependencies.
	const printed = await run('npm', ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--omit', 'peer', '--package-lock-only'], PROJECT);
	const bill = JSON.parse(printed) as { metadata: { component: { name: string } }; components: unknown[] };
	// npm uses the name of the folder instead of the package's name.
	bill.metadata.component.name = manifest.name;
	// For npm, the bundled libraries are development dependencies.
	bill.components = bundledLibraries().map(({ name, version, license }) => ({
		type: 'library',
		name,
		version,
		purl: `pkg:npm/${name}@${version}`,
		licenses: [{ license: { id: license } }],
	}));
	return `${JSON.stringify(bill, undefined, 2)}\n`;
}
