/** The texts in n8n's editor and on the answer page follow the same rules as the pages. */
import { editorTexts, type EditorText } from './editorTexts.mts';
import { lintText } from './lint.mts';

/** Wordy for the linter, but the usual words of n8n's own nodes: Additional Fields, “Type of …”, “Maximum number of …”. */
const USUAL_IN_N8N = /^"(Additional|Type of|Maximum)" is wordy or unneeded$/;

/** What the linter finds in some texts, as `place: problem`. */
async function problemsIn(texts: readonly EditorText[]): Promise<string[]> {
	// Each text is a paragraph on one line, so the line of a problem identifies its text.
	const problems = await lintText('prose', texts.map(({ text }) => `${asMarkdown(text)}\n`).join('\n'), 'md');
	return problems.flatMap((problem) => {
		const [, line, words = ''] = /^(\d+):\d+ (.*)$/s.exec(problem) ?? [];
		return USUAL_IN_N8N.test(words) ? [] : [`${texts[(Number(line) - 1) / 2]?.place}: ${words}`];
	});
}

function asMarkdown(text: string): string {
	return text
		.replace(/<code>.*?<\/code>/g, '`code`')
		.replace(/<[^>]+>/g, '')
		.replace(/&quot;/g, '"')
		.replace(/&#39;/g, "'")
		.replace(/\s+/g, ' ')
		.replace(/[\\*_#<[\]]/g, '\\$&');
}

describe('the texts in the editor', () => {
	it('are plain English, with the usual terms and spellings', async () => {
		expect(await problemsIn(await editorTexts())).toEqual([]);
	});

	it.each([
		['the name of a node', 'Modica WhatsApp Trigger', 'Modica WhatsApp Trigger'],
		['the tooltip of a waiting node', 'Modica WhatsApp', 'Execution will continue when the customer responds'],
		['the name of an output', 'Modica WhatsApp Trigger', 'Reply'],
		['a notice', 'Modica WhatsApp Trigger openNotice', '<b>Anyone who knows the URL can start this workflow</b> with data of their choice'],
		['an action', 'Modica WhatsApp operation broadcast', 'Broadcast message'],
		['a placeholder', 'Modica WhatsApp options', 'Add option'],
		['the description of a value', 'Modica WhatsApp mediaType audio', 'Up to 16 MB'],
		['the hint of a field', 'credential username', 'Use the name of your application, not your personal login'],
		['the description of a field in a group', 'Modica WhatsApp bodyParams value', 'Value of the placeholder'],
		['what replaces the fields of a template', 'templateValues', expect.stringMatching(/^The text has no placeholders/)],
		['a button of the answer page', 'answer page', 'Send'],
		['a problem on the answer page', 'answer page', 'Please enter an answer.'],
		['a closed question', 'answer page', 'This question is closed. No further action is needed.'],
		['the description of the package', 'package.json', expect.stringMatching(/^Send and receive WhatsApp messages/)],
	])('include %s', async (_what, place, text) => {
		expect(await editorTexts()).toContainEqual({ place, text });
	});

	it('are linted one by one: a problem names the place of its text', async () => {
		const texts = [
			{ place: 'good', text: 'Whether to split a text of more than 4,096 characters' },
			{ place: 'private word', text: 'The text is sent, <b>whatever</b> is written here' },
			{ place: 'formatting', text: 'Select Markdown to show formatting instead of ** and #, such as {{1}}' },
			{ place: 'code', text: 'Run <code>whoever</code> in a terminal' },
			{ place: 'values', text: "Use 'json' or 'url', and a file of the type image/jpeg" },
			{ place: 'apostrophes', text: "It isn't there, and the url hasn't changed" },
			{ place: 'n8n’s own words', text: 'Maximum number of concurrent requests' },
			{ place: 'wordy', text: 'Counted from Scheduled if it is set' },
			{ place: 'spelling', text: 'Requires a\nlog-in' },
		];
		expect(await problemsIn(texts)).toEqual([
			'private word: Incorrect term: “whatever”, use “any” instead',
			'apostrophes: Incorrect term: “url”, use “URL” instead',
			'wordy: "it is" is wordy or unneeded',
			'spelling: Incorrect term: “log-in”, use “login” instead',
		]);
	});
});
