/** Checks the language of the pages with textlint and the vocabulary in vocabulary.mjs. */
import { filesIn } from '../harness/project.mts';
import { lintFiles, lintText } from './lint.mts';
import { PAGES } from './pages.mts';

/** Excluded, because it quotes the titles of tests. */
const GENERATED = ['docs/api-coverage.md'];
const pages = PAGES.filter((file) => !GENERATED.includes(file));

describe('the language of the pages', () => {
	it('has no problems', async () => {
		expect(await lintFiles('prose', pages)).toEqual([]);
	});

	it('is checked for unidiomatic phrases, British spellings, and empty phrases', async () => {
		const page = 'Whoever asks gets an answer.\n\nThe behaviour is new.\n\nThere is a way.\n\n`whoever` is code.\n';
		expect(await lintText('prose', page, 'md')).toEqual([
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
		expect(await lintFiles('prose', examples)).toEqual([]);
	});

	it('include the name of the workflow, the names of its nodes, its notes, and the texts that its nodes send', async () => {
		const nodes = [
			{ name: 'Order things', parameters: { content: '## Title\nWhoever asks gets an answer.' } },
			{ name: 'Send text', parameters: { text: "=Your favour, {{ $('Order things').item.json.whatever }}", options: { values: [{ outputKey: 'Half-way' }] } } },
		];
		expect(await lintText('prose', JSON.stringify({ name: 'Colour of a message', nodes }), 'json')).toEqual([
			'1:1 Incorrect term: “Colour”, use “Color” instead',
			'3:7 Incorrect term: “things”, use “the thing itself” instead',
			'6:1 Incorrect term: “Whoever”, use “Anyone who” instead',
			'10:6 Incorrect term: “favour”, use “favor” instead',
			'12:1 Incorrect term: “Half-way”, use “Halfway” instead',
		]);
	});
});
