const { execFile } = require('node:child_process');
const { rm } = require('node:fs/promises');
const { dest, parallel, series, src, watch: watchFiles } = require('gulp');

const DIST = 'dist';
const TYPESCRIPT = ['nodes/**/*.ts', 'credentials/**/*.ts'];
// What n8n reads beside the compiled classes: icons, search words, output previews.
const ASSETS = ['nodes/**/*.{svg,png,json}', 'credentials/**/*.{svg,png}'];

function clean() {
	return rm(DIST, { recursive: true, force: true });
}

function compile() {
	return new Promise((resolve, reject) => {
		execFile(process.execPath, [require.resolve('typescript/bin/tsc')], (error, output) => {
			process.stdout.write(output);
			if (error) reject(new Error('TypeScript reported errors'));
			else resolve();
		});
	});
}

function assets() {
	// Icons are binary as far as gulp is concerned: without `encoding: false` it would decode them.
	return src(ASSETS, { base: '.', encoding: false }).pipe(dest(DIST));
}

const build = series(clean, parallel(compile, assets));

function watch() {
	watchFiles(TYPESCRIPT, compile);
	watchFiles(ASSETS, assets);
}

module.exports = { clean, compile, assets, build, watch: series(build, watch), default: build };
