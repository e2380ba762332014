/** Checks docs/api-coverage.md: it has a row for each item of the contract, and each row names an existing test. */
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

/** The rows of all tables in the document, each with its section. */
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
const covered = rows.map(({ what }) => what);
const items = itemsOf(loadContract()).map(({ section, what }) => `${section}: ${what}`);

/** Finds tests by their full name, or by a part of the name. */
const found = (names: readonly string[], wanted: string) => (names.includes(wanted) ? [wanted] : names.filter((name) => name.includes(wanted)));

const SKIPPED = /\b(?:it|test|describe)\.(?:skip|only|todo)\b|\bx(?:it|test|describe)\b/;

it('has a row for each item of the contract', () => {
	expect(items.filter((item) => !covered.includes(item))).toEqual([]);
});

it('has no row for an item that is not in the contract', () => {
	expect(covered.filter((what) => !items.includes(what))).toEqual([]);
});

it('has no duplicate rows', () => {
	expect(covered.filter((what, index) => covered.indexOf(what) !== index)).toEqual([]);
});

it('has items for the entire reference, which are more than 340', () => {
	expect(items.length).toBeGreaterThan(340);
});

it('names one existing test, which is not skipped, in each row', () => {
	const files = [...new Set(rows.map(({ file }) => file))];
	const missing = files.filter((file) => !existsSync(path.join(PROJECT, file)));
	expect(missing).toEqual([]);

	const skipping = files.filter((file) => SKIPPED.test(readFileSync(path.join(PROJECT, file), 'utf8')));
	expect(skipping).toEqual([]);

	const tests = listTests(files);
	const wrong = rows.flatMap(({ what, file, test }) => {
		const count = found(tests.get(file) ?? [], test).length;
		return count === 1 ? [] : [`${what}: ${file} has ${count === 0 ? 'no test' : `${count} tests`} "${test}"`];
	});
	expect(wrong).toEqual([]);
});
