import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { filesIn, PROJECT } from '../harness/project.mts';

const MOST_BYTES = 150_000;
const readme = readFileSync(path.join(PROJECT, 'README.md'), 'utf8');
const pictures = filesIn('docs/images');

// `npm run screenshots` renews them all.
describe('the pictures of the docs', () => {
	it('are there for every example, and linked from its line in the README', () => {
		const missing = filesIn('examples').filter((file) => {
			const line = readme.split('\n').find((candidate) => candidate.includes(`](${file}): `));
			return !line?.endsWith(` ([picture](docs/images/${file.replace(/\.json$/, '.png')}))`);
		});
		expect(missing).toEqual([]);
	});

	it('are each used by the README or a page of the docs', () => {
		const pages = [readme, ...filesIn('docs').filter((file) => file.endsWith('.md')).map((file) => readFileSync(path.join(PROJECT, file), 'utf8'))].join();
		expect(pictures.filter((file) => !pages.includes(`(${file})`) && !pages.includes(`(${path.posix.relative('docs', file)})`))).toEqual([]);
	});

	it('are small', () => {
		expect(pictures.length).toBeGreaterThan(0);
		expect(pictures.filter((file) => statSync(path.join(PROJECT, file)).size > MOST_BYTES)).toEqual([]);
	});
});
