import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { build as bundleFile } from 'esbuild';

const require = createRequire(import.meta.url);
const CACHE = path.resolve(import.meta.dirname, '../../node_modules/.cache/test-bundle');

/** Packages whose index only exports from its parts. */
const LAZY = ['n8n-workflow', 'n8n-core'];

/**
 * Bundles packages into one file for each group, with their code unchanged. Jest loads modules separately for each suite.
 * It takes seconds to load the 2,700 files of n8n-core, but less than one second to load a single file.
 *
 * @param {string[][]} groups the packages that the tests import. A group can import packages of the groups before it
 * @returns {Promise<Record<string, string>>} Jest's `moduleNameMapper` for the packages
 */
export async function bundle(groups) {
	const lockFile = readFileSync(path.join(CACHE, '../../../package-lock.json'));
	const here = readFileSync(import.meta.filename);
	const version = createHash('sha256').update(lockFile).update(here).update(JSON.stringify(groups)).update(process.version).digest('hex').slice(0, 16);
	const folder = path.join(CACHE, version);
	if (!existsSync(folder)) await build(groups, folder);
	return Object.fromEntries(groups.flat().map((name) => [`^${name.replace(/[.\\/]/g, '\\$&')}$`, path.join(folder, fileOf(name))]));
}

async function build(groups, folder) {
	// Built in a separate folder and then renamed, so that concurrent runs don't conflict.
	const temporary = `${folder}.${process.pid}`;
	mkdirSync(temporary, { recursive: true });
	for (const [place, names] of groups.entries()) {
		const modules = names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(require.resolve(name))})`);
		await bundleFile({
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
			plugins: [lazyIndex(names)],
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

/**
 * Loads each part of n8n's packages when a test first uses it. The compiled `export * from './part'` loads all parts at once.
 *
 * @param {string[]} names the packages of a group
 */
function lazyIndex(names) {
	const indexes = names.filter((name) => LAZY.includes(name)).map((name) => require.resolve(name));
	return {
		name: 'lazy index',
		setup({ onLoad }) {
			onLoad({ filter: /\/index\.js$/ }, ({ path: file }) => (indexes.includes(file) ? { contents: lazyExports(file) } : undefined));
		},
	};
}

function lazyExports(index) {
	const all = require(index);
	const parts = Array.from(readFileSync(index, 'utf8').matchAll(/require\("(\.[^"]+)"\)/g), ([, part]) => part);
	const lines = Object.keys(all).map((name) => {
		const whole = parts.find((part) => partOf(index, part) === all[name]);
		const part = parts.find((each) => name in partOf(index, each) && partOf(index, each)[name] === all[name]);
		if (!whole && !part) throw new Error(`${name} of ${index} comes from none of its parts`);
		const value = whole ? `require(${JSON.stringify(whole)})` : `require(${JSON.stringify(part)})[${JSON.stringify(name)}]`;
		return `Object.defineProperty(exports, ${JSON.stringify(name)}, { enumerable: true, get: () => ${value} });`;
	});
	return ["Object.defineProperty(exports, '__esModule', { value: true });", ...lines].join('\n');
}

function partOf(index, part) {
	return require(require.resolve(part, { paths: [path.dirname(index)] }));
}

function fileOf(name) {
	return `${name.replace(/[^\w.-]/g, '_')}.cjs`;
}
