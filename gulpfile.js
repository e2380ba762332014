const { execFile } = require('node:child_process');
const { copyFile, readdir, readFile, rm, writeFile } = require('node:fs/promises');
const path = require('node:path');
const { build: bundleFile } = require('esbuild');
const { dest, parallel, series, src, watch: watchFiles } = require('gulp');

const DIST = 'dist';
// Version 7 compiles ten times as fast. n8n's linter still requires version 5.
const TSC = path.join(path.dirname(require.resolve('typescript-7/package.json')), 'bin/tsc');
const TYPESCRIPT = ['nodes/**/*.ts', 'credentials/**/*.ts'];
// Files that n8n reads in addition to the compiled classes: icons, search terms, and output schemas.
const ASSETS = ['nodes/**/*.{svg,png,json}', 'credentials/**/*.{svg,png}'];

function clean() {
	return rm(DIST, { recursive: true, force: true });
}

function compile() {
	return new Promise((resolve, reject) => {
		execFile(process.execPath, [TSC], (error, output) => {
			process.stdout.write(output);
			if (error) reject(new Error('TypeScript reported errors'));
			else resolve();
		});
	});
}

/** Indents with tabs like the sources. The four spaces of the compiler's output would add 25 kB. */
async function indent() {
	for (const file of (await readdir(DIST, { recursive: true })).filter((name) => name.endsWith('.js'))) {
		const code = await readFile(path.join(DIST, file), 'utf8');
		await writeFile(path.join(DIST, file), code.replace(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)));
	}
}

/** Removes the formatting rules from libphonenumber-js. They make up half of its data and aren't used. */
const withoutNumberFormats = {
	name: 'without number formats',
	setup({ onLoad }) {
		onLoad({ filter: /metadata\.mobile\.json\.js$/ }, async ({ path: file }) => {
			const metadata = JSON.parse(await readFile(file.replace(/\.js$/, ''), 'utf8'));
			const FORMATS = 4;
			for (const rules of Object.values(metadata.countries)) rules[FORMATS] = 0;
			return { contents: `export default ${JSON.stringify(metadata)}` };
		});
	},
};

/**
 * Builds the lexer of marked from its sources, which are in its source map. The published file contains the whole
 * library, and esbuild can't remove unused parts of it.
 */
const lexerOfMarked = {
	name: 'lexer of marked',
	setup({ onResolve, onLoad }) {
		const folder = path.resolve('node_modules/marked/lib');
		const namespace = 'marked';
		const sourceFile = (from, name) => ({ path: path.join(from, name), namespace });
		onResolve({ filter: /^marked$/ }, () => ({ path: 'index', namespace, sideEffects: false }));
		onResolve({ filter: /^\./, namespace }, ({ importer, path: name }) => sourceFile(path.dirname(importer), name));
		onResolve({ filter: /^Lexer$/, namespace }, () => sourceFile(folder, '../src/Lexer.ts'));
		onLoad({ filter: /./, namespace }, async ({ path: file }) => {
			if (file === 'index') return { contents: "export { _Lexer as Lexer } from 'Lexer';" };
			const { sources, sourcesContent } = JSON.parse(await readFile(path.join(folder, 'marked.esm.js.map'), 'utf8'));
			return { contents: sourcesContent[sources.findIndex((name) => path.join(folder, name) === file)], loader: 'ts' };
		});
	},
};

/**
 * Bundles the libraries into the files that import them, and copies their licenses, because n8n rejects packages with
 * dependencies.
 */
async function bundle() {
	const sources = 'nodes/ModicaWhatsApp/bundled';
	const folder = path.join(DIST, sources);
	for (const file of await readdir(sources)) {
		const { metafile } = await bundleFile({
			// The sources instead of the compiled files, so that esbuild can remove unused exports.
			entryPoints: [path.join(sources, file)],
			outfile: path.join(folder, file.replace(/\.ts$/, '.js')),
			allowOverwrite: true,
			bundle: true,
			// n8n's scanner rejects it.
			drop: ['console'],
			// The build for Node.js. The default one supports browsers from 2009.
			alias: { 'libphonenumber-js/mobile': 'libphonenumber-js/mobile/es6' },
			// The libraries make up a third of the package.
			minify: true,
			plugins: [withoutNumberFormats, lexerOfMarked],
			// The output contains the path of each module, which must not depend on where node_modules links to.
			preserveSymlinks: true,
			platform: 'node',
			target: 'node20',
			format: 'cjs',
			legalComments: 'none',
			metafile: true,
		});
		const packages = Object.keys(metafile.inputs).map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]);
		for (const name of new Set(packages.filter(Boolean))) {
			const source = path.join('node_modules', name);
			// For example LICENSE and LICENSE.Apache, which covers code that the library is based on.
			for (const license of (await readdir(source)).filter((entry) => entry.startsWith('LICENSE'))) {
				await copyFile(path.join(source, license), path.join(folder, `${name.replace('/', '-')}.${license}.txt`));
			}
		}
	}
}

function assets() {
	// Otherwise, gulp would decode the icons, which are binary files.
	return src(ASSETS, { base: '.', encoding: false }).pipe(dest(DIST));
}

const code = series(compile, indent, bundle);
const build = series(clean, parallel(code, assets));

function watch() {
	watchFiles(TYPESCRIPT, code);
	watchFiles(ASSETS, assets);
}

module.exports = { clean, compile, indent, bundle, assets, build, watch: series(build, watch), default: build };
