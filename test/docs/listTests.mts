import path from 'node:path';
import { bind } from 'jest-each';
import { PROJECT } from '../harness/project.mts';

/** The names of the tests in each file, as Jest prints them. Loads the files, but runs none of their tests. */
export function listTests(files: readonly string[]): Map<string, string[]> {
	const titles: string[] = [];
	let names: string[] = [];
	const collectTest = (title: string) => {
		names.push([...titles, title].join(' › '));
	};
	const collectTests = (title: string, define: () => void) => {
		titles.push(title);
		define();
		titles.pop();
	};
	const withEach = (collect: (title: string, define: () => void) => void) => Object.assign(collect, { each: bind(collect as never) });
	const ignored = () => {};
	const replacements: Record<string, unknown> = {
		describe: withEach(collectTests),
		it: withEach(collectTest),
		test: withEach(collectTest),
		...Object.fromEntries(['beforeAll', 'beforeEach', 'afterEach', 'afterAll'].map((name) => [name, ignored])),
	};

	const jests = Object.fromEntries(Object.keys(replacements).map((name) => [name, (globalThis as Record<string, unknown>)[name]]));
	Object.assign(globalThis, replacements);
	try {
		return new Map(
			files.map((file) => {
				names = [];
				jest.requireActual(path.join(PROJECT, file));
				return [file, names];
			}),
		);
	} finally {
		Object.assign(globalThis, jests);
	}
}
