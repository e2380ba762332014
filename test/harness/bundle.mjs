import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';

const require = createRequire(import.meta.url);
const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/test-bundle');

/**
 * Bundles packages into a file for each group. Jest gives each suite modules of its own, and takes seconds to load the 2,700
 * files that n8n-core is made of; of one file it takes less than one. The code is the packages' own.
 *
 * @param {string[][]} groups what the tests import; a group may import what is in those before it
 * @returns {Record<string, string>} Jest's `moduleNameMapper` for them
 */
export function bundle(groups) {
	const lockFile = readFileSync(path.join(CACHE, '../../../package-lock.json'));
	const here = readFileSync(import.meta.filename);
	const version = createHash('sha256').update(lockFile).update(here).update(JSON.stringify(groups)).update(process.version).digest('hex').slice(0, 16);
	const folder = path.join(CACHE, version);
	if (!existsSync(folder)) build(groups, folder);
	return Object.fromEntries(groups.flat().map((name) => [`^${name.replace(/[.\\/]/g, '\\$&')}$`, path.join(folder, fileOf(name))]));
}

function build(groups, folder) {
	// Made beside its place, for two runs at once.
	const making = `${folder}.${process.pid}`;
	mkdirSync(making, { recursive: true });
	for (const [place, names] of groups.entries()) {
		const modules = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(require.resolve(name))})`);
		buildSync({
			stdin: { contents: `module.exports = { ${modules.join(', ')} };`, resolveDir: making },
			outfile: path.join(making, `group${place}.cjs`),
			bundle: true,
			platform: 'node',
			target: 'node20',
			format: 'cjs',
			// To be read sooner.
			minify: true,
			keepNames: true,
			external: ['*.node', ...groups.slice(0, place).flat()],
			logLevel: 'error',
		});
		for (const name of names) {
			writeFileSync(path.join(making, fileOf(name)), `module.exports = require('./group${place}.cjs')[${JSON.stringify(name)}]();\n`);
		}
	}
	try {
		renameSync(making, folder);
	} catch (error) {
		if (!existsSync(folder)) throw error;
		rmSync(making, { recursive: true });
	}
}

function fileOf(name) {
	return `${name.replace(/[^\w.-]/g, '_')}.cjs`;
}
