/** Keeps docs/api-coverage.md true: a row for each thing in the contract, and behind each row a test that there is. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { loadContract } from '../contract/contract.mts';
import { itemsOf } from '../contract/items.mts';
import { PROJECT } from '../harness/project.mts';
import { listTests } from './listTests.mts';

const TABLE = path.join(PROJECT, 'docs/api-coverage.md');

interface Row {
	/** Section and item, such as `POST /messages: text.body`. */
	what: string;
	file: string;
	test: string;
}

/** The rows of all tables in the document, each with the heading above it. */
function readRows(markdown: string): Row[] {
	let section = '';
	return markdown.split('\n').flatMap((line) => {
		if (line.startsWith('## ')) section = line.slice('## '.length);
		const cells = /^\| `(.+?)` \| `(.+?)` \| (.+) \|$/.exec(line);
		if (!cells) return [];
		const [, item = '', file = '', test = ''] = cells;
		return [{ what: `${section}: ${item}`, file, test }];
	});
}

const rows = readRows(readFileSync(TABLE, 'utf8'));
const rowed = rows.map(({ what }) => what);
const items = itemsOf(loadContract()).map(({ section, what }) => `${section}: ${what}`);

/** A test's whole name, or a part that no other test in the file has. */
const found = (names: readonly string[], wanted: string) => (names.includes(wanted) ? [wanted] : names.filter((name) => name.includes(wanted)));

const LEFT_OUT = /\b(?:it|test|describe)\.(?:skip|only|todo)\b|\bx(?:it|test|describe)\b/;

it('has a row for everything in the contract', () => {
	expect(items.filter((item) => !rowed.includes(item))).toEqual([]);
});

it('has no row for anything that the contract does not know', () => {
	expect(rowed.filter((what) => !items.includes(what))).toEqual([]);
});

it('has no row twice', () => {
	expect(rowed.filter((what, index) => rowed.indexOf(what) !== index)).toEqual([]);
});

it('found what the reference has', () => {
	expect(items.length).toBeGreaterThan(340);
});

it('names tests that there are', () => {
	const files = [...new Set(rows.map(({ file }) => file))];
	const missing = files.filter((file) => !existsSync(path.join(PROJECT, file)));
	expect(missing).toEqual([]);

	const leavingOut = files.filter((file) => LEFT_OUT.test(readFileSync(path.join(PROJECT, file), 'utf8')));
	expect(leavingOut).toEqual([]);

	const tests = listTests(files);
	const untrue = rows.flatMap(({ what, file, test }) => {
		const count = found(tests.get(file) ?? [], test).length;
		return count === 1 ? [] : [`${what}: ${file} has ${count === 0 ? 'no test' : `${count} tests`} "${test}"`];
	});
	expect(untrue).toEqual([]);
});
