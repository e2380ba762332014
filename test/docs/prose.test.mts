/** What textlint and a vocabulary of our own have against the words of the pages. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT } from '../harness/project.mts';
import { runForJson } from '../harness/run.mts';
import { PAGES } from './pages.mts';

/** Their words are those of the product, of the tests or of measurements. */
const GENERATED = ['docs/api-coverage.md', 'docs/errors.md'];
const pages = PAGES.filter((file) => !GENERATED.includes(file));

const problemsOf = async (files: readonly string[]) => await runForJson<string[]>([path.join(__dirname, 'prose.mjs'), ...files], PROJECT);

describe('the words', () => {
	it('of the pages are plain English, and the field’s own terms', async () => {
		expect(await problemsOf(pages)).toEqual([]);
	});

	it('are looked at: a private word, a British spelling and an empty phrase are found', async () => {
		const folder = await mkdtemp(path.join(tmpdir(), 'prose-'));
		const page = path.join(folder, 'page.md');
		await writeFile(page, 'Whoever asks gets an answer.\n\nThe behaviour is new.\n\nThere is a way.\n\n`whoever` is code.\n');
		const problems = await problemsOf([page]);
		await rm(folder, { recursive: true });
		expect(problems.map((problem) => problem.replace(`${page}:`, ''))).toEqual([
			'1:1 Incorrect term: “Whoever”, use “Anyone who” instead',
			'3:5 Incorrect term: “behaviour”, use “behavior” instead',
			expect.stringMatching(/^5:1 "There is"/),
		]);
	});
});
