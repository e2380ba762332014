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
	const folder = path.join(DIST, 'nodes/ModicaWhatsApp/bundled');
	const files = (await readdir(folder)).filter((file) => file.endsWith('.js'));
	for (const file of files.map((name) => path.join(folder, name))) {
		const { metafile } = await bundleFile({
			entryPoints: [file],
			outfile: file,
			allowOverwrite: true,
			bundle: true,
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
			await copyFile(path.join('node_modules', name, 'LICENSE'), path.join(folder, `${name.replace('/', '-')}.LICENSE.txt`));
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
