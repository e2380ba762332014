import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { buildSync } from 'esbuild';

const require = createRequire(import.meta.url);
const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/test-bundle');

/**
 * Bundles packages into one file. Jest gives each suite modules of its own, and takes seconds to load the 2,700 files
 * that n8n-core is made of; of one file it takes one. The code is the packages' own.
 *
 * @param {string[]} names what the tests import
 * @returns {Record<string, string>} Jest's `moduleNameMapper` for them
 */
export function bundle(names) {
	const lockFile = readFileSync(path.join(CACHE, '../../../package-lock.json'));
	const version = createHash('sha256').update(lockFile).update(names.join()).update(process.version).digest('hex').slice(0, 16);
	const folder = path.join(CACHE, version);
	if (!existsSync(folder)) build(names, folder);
	return Object.fromEntries(names.map((name) => [`^${name.replace(/[.\\/]/g, '\\$&')}$`, path.join(folder, fileOf(name))]));
}

function build(names, folder) {
	// Made beside its place, for two runs at once.
	const making = `${folder}.${process.pid}`;
	mkdirSync(making, { recursive: true });
	const modules = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(require.resolve(name))})`);
	buildSync({
		stdin: { contents: `module.exports = { ${modules.join(', ')} };`, resolveDir: making },
		outfile: path.join(making, 'bundle.cjs'),
		bundle: true,
		platform: 'node',
		target: 'node20',
		format: 'cjs',
		keepNames: true,
		external: ['*.node'],
		logLevel: 'error',
	});
	for (const name of names) {
		writeFileSync(path.join(making, fileOf(name)), `module.exports = require('./bundle.cjs')[${JSON.stringify(name)}]();\n`);
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
