const { execFile } = require('node:child_process');
const { copyFile, readdir, rm } = require('node:fs/promises');
const path = require('node:path');
const { build: bundleFile } = require('esbuild');
const { dest, parallel, series, src, watch: watchFiles } = require('gulp');

const DIST = 'dist';
// Version 7 compiles in a tenth of the time; n8n's own lint still wants version 5.
const TSC = path.join(path.dirname(require.resolve('typescript-7/package.json')), 'bin/tsc');
const TYPESCRIPT = ['nodes/**/*.ts', 'credentials/**/*.ts'];
// What n8n reads beside the compiled classes: icons, search words, output previews.
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

/** Puts libraries into the files that import them, with their licences beside: n8n refuses packages with dependencies. */
async function bundle() {
	const sources = 'nodes/ModicaWhatsApp/bundled';
	const folder = path.join(DIST, sources);
	for (const file of await readdir(sources)) {
		const { metafile } = await bundleFile({
			// Not what was compiled: of a module that is imported, only what is used is taken in.
			entryPoints: [path.join(sources, file)],
			outfile: path.join(folder, file.replace(/\.ts$/, '.js')),
			allowOverwrite: true,
			bundle: true,
			// n8n's scanner allows none.
			drop: ['console'],
			// Its build for Node.js and not for browsers of 2009. Names stay, for whoever reads it.
			alias: { 'libphonenumber-js/mobile': 'libphonenumber-js/mobile/es6' },
			minifyWhitespace: true,
			// The file names each module by where it lies.
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
			// Such as LICENSE and LICENSE.Apache, for what the library itself is made from.
			for (const license of (await readdir(source)).filter((entry) => entry.startsWith('LICENSE'))) {
				await copyFile(path.join(source, license), path.join(folder, `${name.replace('/', '-')}.${license}.txt`));
			}
		}
	}
}

function assets() {
	// Icons are binary as far as gulp is concerned: without `encoding: false` it would decode them.
	return src(ASSETS, { base: '.', encoding: false }).pipe(dest(DIST));
}

const code = series(compile, bundle);
const build = series(clean, parallel(code, assets));

function watch() {
	watchFiles(TYPESCRIPT, code);
	watchFiles(ASSETS, assets);
}

module.exports = { clean, compile, bundle, assets, build, watch: series(build, watch), default: build };
