/**
 * Runs a TypeScript program for a test: `node test/harness/program.mjs test/simulator/main.mts --port 8080`. Bundles the program
 * with its packages first, because loading hundreds of separate files takes longer than most tests use the program.
 */
import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';

const FOLDER = path.resolve(import.meta.dirname, '../../node_modules/.cache/test-program');
/** Large packages that load quickly without a bundle. */
const EXTERNAL = ['typescript', 'openapi-typescript'];

/** Replaces the location of each module, which is lost in a bundle. */
const modules = {
	name: 'modules',
	setup({ onLoad }) {
		onLoad({ filter: /\.m?ts$/ }, async ({ path: file }) => {
			const folder = JSON.stringify(path.dirname(file));
			const code = await readFile(file, 'utf8');
			const contents = code
				.replaceAll('import.meta.dirname', folder)
				.replaceAll('__dirname', folder)
				.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(file).href))
				.replaceAll('module.require(', 'require(');
			return { contents, loader: 'ts' };
		});
	},
};

const [node, , program = '', ...args] = process.argv;
const file = path.join(FOLDER, `${path.basename(program, '.mts')}.${process.pid}.mjs`);
const { outputFiles } = await build({
	entryPoints: [program],
	outfile: file,
	write: false,
	bundle: true,
	platform: 'node',
	target: 'node20',
	format: 'esm',
	keepNames: true,
	external: EXTERNAL,
	plugins: [modules],
	// For packages that load modules at runtime.
	banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
	logLevel: 'error',
});
await stop();
await mkdir(FOLDER, { recursive: true });
await writeFile(file, outputFiles[0].contents);
process.on('exit', () => rmSync(file, { force: true }));
process.argv = [node, path.resolve(program), ...args];
await import(pathToFileURL(file).href);
