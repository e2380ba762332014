/** Checks the language of the pages with textlint and the vocabulary in vocabulary.mjs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesIn, PROJECT } from '../harness/project.mts';
import { runForJson } from '../harness/run.mts';
import { PAGES } from './pages.mts';

/** Excluded, because it quotes the titles of tests. */
const GENERATED = ['docs/api-coverage.md'];
const pages = PAGES.filter((file) => !GENERATED.includes(file));

const problemsOf = async (files: readonly string[]) => await runForJson<string[]>([path.join(__dirname, 'prose.mjs'), ...files], PROJECT);

describe('the language of the pages', () => {
	it('has no problems', async () => {
		expect(await problemsOf(pages)).toEqual([]);
	});

	it('is checked for unidiomatic phrases, British spellings, and empty phrases', async () => {
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

describe('the words of the examples', () => {
	it('follow the same rules', async () => {
		const examples = filesIn('examples').filter((file) => file.endsWith('.json'));
		expect(examples).not.toEqual([]);
		expect(await problemsOf(examples)).toEqual([]);
	});

	it('include the name of the workflow, the names of its nodes, its notes, and the texts that its nodes send', async () => {
		const folder = await mkdtemp(path.join(tmpdir(), 'prose-'));
		const file = path.join(folder, 'example.json');
		const nodes = [
			{ name: 'Order things', parameters: { content: '## Title\nWhoever asks gets an answer.' } },
			{ name: 'Send text', parameters: { text: "=Your favour, {{ $('Order things').item.json.whatever }}", options: { values: [{ outputKey: 'Half-way' }] } } },
		];
		await writeFile(file, JSON.stringify({ name: 'Colour of a message', nodes }));
		const problems = await problemsOf([file]);
		await rm(folder, { recursive: true });
		expect(problems.map((problem) => problem.replace(`${file}:`, ''))).toEqual([
			'1:1 Incorrect term: “Colour”, use “Color” instead',
			'3:7 Incorrect term: “things”, use “the thing itself” instead',
			'6:1 Incorrect term: “Whoever”, use “Anyone who” instead',
			'10:6 Incorrect term: “favour”, use “favor” instead',
			'12:1 Incorrect term: “Half-way”, use “Halfway” instead',
		]);
	});
});
