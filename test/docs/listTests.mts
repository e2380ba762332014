/**
 * Prints the names of the tests in some files, as Jest would, without Jest and without running any of them:
 * `node --import tsx test/docs/listTests.mts FILE…`.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'expect';
import { bind } from 'jest-each';

const titles: string[] = [];
let names: string[] = [];

function collectTest(title: string): void {
	names.push([...titles, title].join(' › '));
}

function collectTests(title: string, define: () => void): void {
	titles.push(title);
	define();
	titles.pop();
}

const withEach = (collect: (title: string, define: () => void) => void) => Object.assign(collect, { each: bind(collect as never) });
const ignored = () => {};
Object.assign(globalThis, {
	expect,
	describe: withEach(collectTests),
	it: withEach(collectTest),
	test: withEach(collectTest),
	...Object.fromEntries(['beforeAll', 'beforeEach', 'afterEach', 'afterAll'].map((name) => [name, ignored])),
});

const all: Record<string, string[]> = {};
for (const file of process.argv.slice(2)) {
	names = [];
	await import(pathToFileURL(path.resolve(file)).href);
	all[file] = names;
}
console.log(JSON.stringify(all));
