import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';

const require = createRequire(import.meta.url);
const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/test-bundle');

/**
 * Bundles packages into one file for each group, with their code unchanged. Jest loads modules separately for each suite.
 * It takes seconds to load the 2,700 files of n8n-core, but less than one second to load a single file.
 *
 * @param {string[][]} groups the packages that the tests import. A group can import packages of the groups before it
 * @returns {Record<string, string>} Jest's `moduleNameMapper` for the packages
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
	// Built in a separate folder and then renamed, so that concurrent runs don't conflict.
	const temporary = `${folder}.${process.pid}`;
	mkdirSync(temporary, { recursive: true });
	for (const [place, names] of groups.entries()) {
		const modules = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(require.resolve(name))})`);
		buildSync({
			stdin: { contents: `module.exports = { ${modules.join(', ')} };`, resolveDir: temporary },
			outfile: path.join(temporary, `group${place}.cjs`),
			bundle: true,
			platform: 'node',
			target: 'node20',
			format: 'cjs',
			// Smaller files load faster.
			minify: true,
			keepNames: true,
			external: ['*.node', ...groups.slice(0, place).flat()],
			logLevel: 'error',
		});
		for (const name of names) {
			writeFileSync(path.join(temporary, fileOf(name)), `module.exports = require('./group${place}.cjs')[${JSON.stringify(name)}]();\n`);
		}
	}
	try {
		renameSync(temporary, folder);
	} catch (error) {
		if (!existsSync(folder)) throw error;
		rmSync(temporary, { recursive: true });
	}
}

function fileOf(name) {
	return `${name.replace(/[^\w.-]/g, '_')}.cjs`;
}
