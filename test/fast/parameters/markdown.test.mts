/** Output of AI models, and its formatting on a phone. */
import fc from 'fast-check';
import { parseMarkdown } from '../../../nodes/ModicaWhatsApp/parameters/markdown';
import { expectCases, tryCases } from '../../harness/cases.mts';
import { expect } from '../../harness/quickExpect.mts';

const CASES = 4_000;

expectCases(20_000);

const shown = (text: string) => parseMarkdown('Text', text);
const lines = (...all: string[]) => all.join('\n');
const LONGEST = 20_000;

/** Each sample as Markdown and in WhatsApp's syntax. */
const SAMPLES: Array<[name: string, markdown: string, text: string]> = [
	['bold', 'Your order **1234** is on its way.', 'Your order *1234* is on its way.'],
	['bold with underscores', 'It is __urgent__!', 'It is *urgent*!'],
	['italic', 'That is *very* kind, _really_.', 'That is _very_ kind, _really_.'],
	['bold and italic', '***Sold out*** and **_gone_**', '_*Sold out*_ and *_gone_*'],
	['italic in bold', '**Only _today_ until 5 pm**', '*Only _today_ until 5 pm*'],
	['strikethrough', '~~$20~~ **$15**, ~now~', '~$20~ *$15*, ~now~'],
	['code', 'Enter `WELCOME10` at the checkout', 'Enter `WELCOME10` at the checkout'],
	['code with a backtick', 'Type ``a`b`` here', 'Type ```a`b``` here'],
	['formatting characters in code', '`**x** &amp; <b>`', '`**x** &amp; <b>`'],
	['code block', lines('Run this:', '', '```bash', 'npm  install', '  npm start', '```', '', 'Done.'), lines('Run this:', '', '```', 'npm  install', '  npm start', '```', '', 'Done.')],
	['indented code', lines('As in:', '', '    a = **b**'), lines('As in:', '', '```', 'a = **b**', '```')],
	['headings', lines('# Your trip', '## **Day 1**: _Auckland_', 'Ferry at 9', '', '### Day 2 ###'), lines('*Your trip*', '*Day 1: _Auckland_*', 'Ferry at 9', '', '*Day 2*')],
	['underlined headings', lines('Your trip', '=========', '', 'Day 1', '---', 'Ferry'), lines('*Your trip*', '', '*Day 1*', 'Ferry')],
	['list', lines('You need:', '* a passport', '* a **ticket**', '', 'See you!'), lines('You need:', '- a passport', '- a *ticket*', '', 'See you!')],
	['nested lists', lines('- Fruit', '  - Apples', '    - red', '- Bread'), lines('- Fruit', '  - Apples', '    - red', '- Bread')],
	['nested list, indented by four spaces', lines('* Fruit', '    * Apples'), lines('- Fruit', '  - Apples')],
	['numbered list', lines('1. Open', '2. Pay', '   with your card', '3. Wait'), lines('1. Open', '2. Pay', '   with your card', '3. Wait')],
	['numbered list that starts at five', lines('5. Five', '6. Six'), lines('5. Five', '6. Six')],
	['numbered list with equal numbers', lines('1) One', '1) Two', '1) Three'), lines('1) One', '2) Two', '3) Three')],
	['bullets in a numbered list', lines('1. **Open**', '   - the app', '2. **Pay**', '   - by card'), lines('1. *Open*', '   - the app', '2. *Pay*', '   - by card')],
	['bullets in a numbered list, indented too little', lines('1. Open', '  - the app', '2. Pay'), lines('1. Open', '  - the app', '2. Pay')],
	['list with empty lines', lines('1. **Open** the app.', '', '   Then log in.', '', '2. Pay.'), lines('1. *Open* the app.', '', '   Then log in.', '', '2. Pay.')],
	['text directly after a list', lines('- one', '- two', 'Thank you!'), lines('- one', '- two', 'Thank you!')],
	['task list', lines('- [x] Booked', '- [ ] Paid', '1. [ ] Sign'), lines('☑ Booked', '☐ Paid', '1. ☐ Sign')],
	['quote', lines('> You wrote:', '> **late**', '', 'Sorry!'), lines('> You wrote:', '> *late*', '', 'Sorry!')],
	['quote of two paragraphs, with a nested quote', lines('> One', '>', '> > Two'), lines('> One', '', '> > Two')],
	['table', lines('| Room | **Price** |', '|------|------:|', '| Single | $80 |', '| Double | `$120` |'), lines('*Room*: Single', '*Price*: $80', '', '*Room*: Double', '*Price*: `$120`')],
	['table with missing cells', lines('| | Mon: |', '|-|-|', '| **9 am** | yes<br>no |', '| 10 am | |'), lines('*9 am*', '*Mon:* yes', 'no', '', '10 am', '*Mon:*')],
	['table with a header only', lines('|A|B|', '|-|-|'), lines('*A*', '*B*')],
	['links', 'See [our **site**](https://example.com/a_b "Home") or <https://example.com>.', 'See our *site* (https://example.com/a_b) or https://example.com.'],
	['links whose text is the URL', '[https://example.com](https://example.com) [example.com](https://example.com/) [a@b.nz](mailto:a@b.nz) www.b.nz', 'https://example.com https://example.com/ a@b.nz www.b.nz'],
	['mailto and tel links', '[Write](mailto:a@b.nz), [call](tel:+64211234567) or [go up](#top)', 'Write (a@b.nz), call (+64211234567) or go up'],
	['reference links', lines('See [the map][1] and [Note].', '', '[1]: https://example.com/map', '[2]: https://example.com/unused'), lines('See the map (https://example.com/map) and [Note].', '', '[2]: https://example.com/unused')],
	['link in bold', '**Book [here](https://example.com/x) now**', '*Book here* (https://example.com/x) *now*'],
	['images', '![Map of **Ōtaki**](https://example.com/m.png) ![](https://example.com/n.png) ![dot](data:image/png;base64,AA)', 'Map of *Ōtaki* (https://example.com/m.png) https://example.com/n.png dot'],
	['HTML', lines('Hi <b>Aroha</b>,<br>', 'see <span style="x">this</span><!-- no --> <your name>'), lines('Hi Aroha,', 'see this <your name>')],
	['HTML blocks', lines('<div align="center">', '  <h2>Sale</h2>', '  **Today**', '</div>', '', '<ul><li>one</li><li>two</li></ul>'), lines('Sale', '*Today*', '', 'one', 'two')],
	['text directly after a table', lines('|A|B|', '|-|-|', '|1|2|', 'Note: **x**'), lines('*A*: 1', '*B*: 2', '', 'Note: *x*')],
	['table with an empty cell in a column without a header', lines('| |A|', '|-|-|', '| |1|'), '*A*: 1'],
	['bold that ends with a URL', '**See https://example.com** now', '*See* https://example.com now'],
	['formatting in words of other scripts', 'हिन्दी**मोटा**है 𠮷**重** 5**x**', 'हिन्दीमोटाहै 𠮷重 5**x**'],
	['reference links in lists and tables', lines('- [a][1]', '', '|B|', '|-|', '|[b][2]|', '', '[1]: https://a.nz', '[2]: https://b.nz'), lines('- a (https://a.nz)', '', '*B*: b (https://b.nz)')],
	['thematic break without empty lines', lines('One', '***', 'Two'), lines('One', '', 'Two')],
	['continuation lines of an item, indented too little', lines('1. One', '  two'), lines('1. One', '   two')],
	['empty lines in a code block', lines('```', 'a', '', 'b', '', '```'), lines('```', 'a', '', 'b', '```')],
	['backticks in a code block', lines('````', 'a ``` b', '````'), 'a ``` b'],
	['list with plus signs', lines('+ Apples', '+ Pears'), lines('- Apples', '- Pears')],
	['HTML line breaks', 'a<br><br>b <br/> c', lines('a', '', 'b', 'c')],
	['formatting characters at the edge of code', '`` `a `` and ```` ``` ````', '`a and ```'],
	['links to numbers and addresses in common spellings', '[021 123](tel:021123) [a@b.nz](mailto:a@b.nz?subject=Hi) <mailto:c@b.nz> [x](<https://a.nz/b c>) [y](https://a.nz?b=1&amp;c=2)', '021 123 a@b.nz c@b.nz x (https://a.nz/b%20c) y (https://a.nz?b=1&c=2)'],
	['a byte order mark at the start', '\ufeff# Title', '*Title*'],
	['entities', 'Fish &amp; chips, 5&nbsp;&euro;, &#128512; &#x1F600; &eacute; &unknown; R&D &#0;', 'Fish & chips, 5\u00a0€, 😀 😀 é &unknown; R&D \ufffd'],
	['escaped formatting characters', '\\*not bold\\* 1\\. \\# \\_', '*not bold* 1. # _'],
	['line breaks', lines('Kind regards,  ', 'Aroha\\', 'Tane', 'Wiremu'), lines('Kind regards,', 'Aroha', 'Tane', 'Wiremu')],
	['bold across lines', lines('**One', 'two _three', 'four_** five'), lines('*One*', '*two _three_*', '*_four_* five')],
	['thematic breaks', lines('One', '', '---', '', 'Two', '', '***'), lines('One', '', 'Two')],
	['emoji', lines('## 🎉 **Great news!** 🎉', '✅ **Paid** 1️⃣**First** ❤️*love*'), lines('*🎉 Great news! 🎉*', '✅ *Paid* 1️⃣*First* ❤️_love_')],
	['several languages', '**Kia ora!** Schöne **Grüße**, 你好 **世界** ！', '*Kia ora!* Schöne *Grüße*, 你好 *世界* ！'],
	['right-to-left text', lines('# שלום', '- **مرحبا** بك', '- [אתר](https://example.com)'), lines('*שלום*', '- *مرحبا* بك', '- אתר (https://example.com)')],
	['formatting within a word', 'un**believ**able 这是**重要**的 **3**x ~~20~~15', 'unbelievable 这是重要的 **3**x ~20~15'],
	['HTML line breaks at the start and the end', '<br><br>Kia ora<br>', 'Kia ora'],
	['self-closing HTML line breaks', 'a<br></br>b', lines('a', 'b')],
	['HTML paragraphs within a line', 'one<p>two</p>three', lines('one', 'two', 'three')],
	['HTML table', lines('<table><tr><th>Room</th><th>Price</th></tr>', '<tr><td>Single</td><td>$80</td></tr></table>'), lines('Room Price', 'Single $80')],
	['an HTML block that is empty', lines('One', '', '&nbsp;', '', 'Two'), lines('One', '', 'Two')],
	['a line of spaces after HTML', lines('<div>One</div>', ' ', '    two'), lines('One', '', '```', 'two', '```')],
	['a comment between lines', lines('# One', '<!-- later -->', 'Two'), lines('*One*', 'Two')],
	['reference images', lines('![The map][1]', '', '[1]: https://example.com/map'), 'The map (https://example.com/map)'],
	['an unused link definition whose URL a link contains', lines('[the map](https://a.nz) <https://b.nz>', '', '  [1]: https://a.nz  ', '[2]: https://b.nz'), lines('the map (https://a.nz) https://b.nz', '', '[1]: https://a.nz', '[2]: https://b.nz')],
	['links without a URL, and without a text', '[one]() [two](&#32;) [ ](https://a.nz) [three](< https://a.nz >)', 'one two https://a.nz three (https://a.nz)'],
	['links whose URL contains another', '[x](https://a.nz#b) [021](https://a.nz/tel:021) [y](https://a.nz/?to=mailto:a@b.nz) [a.nz/?u=http://b.nz](https://a.nz/?u=http://b.nz)',
		'x (https://a.nz#b) 021 (https://a.nz/tel:021) y (https://a.nz/?to=mailto:a@b.nz) https://a.nz/?u=http://b.nz'],
	['a link whose text is the start of its URL', '[a.nz/b](https://a.nz/b/)', 'https://a.nz/b/'],
	['empty code block', lines('Run:', '```', '```', 'Done'), lines('Run:', 'Done')],
	['empty code', 'a ` ` b', 'a   b'],
	['a task with two paragraphs', lines('- [x] Booked', '', '  by Aroha'), lines('☑ Booked', '', '  by Aroha')],
	['continuation lines of an item, indented too much', lines('- One', '      two'), lines('- One', '  two')],
	['lines of a second paragraph in an item', lines('- One', '', '  two', '      three'), lines('- One', '', '  two', '  three')],
	['separate plus sign before a number', lines('+  5 points', '+ 3 points'), lines('+ 5 points', '+ 3 points')],
	['table with a header only, with missing cells', lines('|A| |&nbsp;|B|', '|-|-|-|-|'), lines('*A*', '*B*')],
	['table with line breaks and a column without a visible header', lines('|&nbsp;|A|B|', '|-|-|-|', '|x<br>|1<br>|2|'), lines('x', '*A*: 1', '*B*: 2')],
	['table with an empty row', lines('||', '|-|', '|x|', '||', '|y|'), lines('x', '', 'y')],
	['a heading that ends with a URL', '# A1<https://a.nz>', 'A1https://a.nz'],
	['table with a URL in a header', lines('|A1<https://a.nz>|', '|-|', '|x|'), 'A1https://a.nz: x'],
	['a response of an AI model', lines('**Hi Aroha!** 👋', '', "Here's what I found:", '', '1. **Refund** – 5 days', '2. **Exchange** – [start here](https://example.com/x)', '', '---', '', '*Anything else?*'), lines('*Hi Aroha!* 👋', '', "Here's what I found:", '', '1. *Refund* – 5 days', '2. *Exchange* – start here (https://example.com/x)', '', '_Anything else?_')],
];

describe('Markdown', () => {
	it.each(SAMPLES)("is converted to WhatsApp's syntax: %s", (_, markdown, text) => {
		expect(shown(markdown)).toBe(text);
		expect(shown(markdown.replaceAll('\n', '\r\n'))).toBe(text);
	});

	it.each([
		'2 * 3 * 4 = 24, 2*3*4, a*b*c',
		'snake_case_name, file_name_2_final, _x',
		'$5 – $7.50 (5 % off)',
		'#1 and #summer',
		'+64 21 123 4567',
		lines('+ 5 points', '- 3 points'),
		'a < b > c, 3 <4, I <3 you & me, if a<b and c>d <order id>',
		lines('Kia ora', 'your parcel', '  is here', '', '', 'Bye'),
		lines('12. May is free.', '13) too'),
		lines('1. One', '3. Three'),
		lines('- one', 'more of it', '- two'),
		lines('  Kia ora', 'Aroha'),
		'  `a`',
		'a\ufeffb',
		'{{ name }} [x] (y) | ^1 ~5 min',
		'https://example.com/a_b_c?d=*e*&f=g#h',
		'😀👩‍👩‍👧 🇳🇿 ✔️ 5️⃣',
		'שלום **, مرحبا',
		'C:\\temp\\new',
	])('leaves other text unchanged: %s', (text) => {
		expect(shown(text)).toBe(text);
	});

	it('may have 20,000 characters and 3,000 formatting characters', () => {
		const plain = 'a'.repeat(LONGEST);
		expect(shown(plain)).toBe(plain);
		// A long line is not a wide table.
		const long = lines('a'.repeat(6_000), ...Array.from({ length: 20 }, () => 'b'));
		expect(shown(long)).toBe(long);
		expect(shown('**a** '.repeat(1_500))).toBe('*a* '.repeat(1_500).trim());
	});

	it('may be a number, for example from a spreadsheet', () => {
		expect(parseMarkdown('Text', 12)).toBe('12');
	});

	it.each([
		['', "'Text' is empty. Enter the text of the message."],
		[{}, "Text '{}' is not text. Enter the text of the message."],
		['---', "Text '---' contains no text, only Markdown or HTML. Enter the text of the message."],
		['<!-- later -->', "Text '<!-- later -->' contains no text, only Markdown or HTML. Enter the text of the message."],
		['a'.repeat(LONGEST + 1), `Text '${'a'.repeat(80)}…' has 20001 characters. The node converts up to 20000 from Markdown. Shorten the text.`],
	])('is rejected if it is empty or too long: %j', (text, message) => {
		expect(() => parseMarkdown('Text', text)).toThrow(message);
	});
});

const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzäéñßчשمに0123456789'), minLength: 1, maxLength: 8 });
const sentence = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '));
/** A sentence with formatting around some words. */
const styled = fc
	.array(fc.tuple(word, fc.constantFrom('', '', '**', '*', '_', '__', '~~', '***', '`', '~')), { minLength: 1, maxLength: 6 })
	.map((parts) => parts.map(([text, sign]) => `${sign}${text}${sign}`).join(' '));
const { block } = fc.letrec<{ block: string }>((tie) => ({
	block: fc.oneof(
		{ depthSize: 'small' },
		styled,
		styled.map((text) => `## ${text}`),
		fc.array(styled, { minLength: 1, maxLength: 4 }).map((items) => items.map((item) => `- ${item}`).join('\n')),
		fc.array(styled, { minLength: 1, maxLength: 4 }).map((items) => items.map((item, index) => `${index + 3}. ${item}`).join('\n')),
		fc.array(styled, { minLength: 1, maxLength: 3 }).map((rows) => rows.join('\n')),
		sentence.map((text) => `\`\`\`\n${text}\n\`\`\``),
		fc.tuple(sentence, sentence, sentence).map(([a, b, c]) => `|${a}|\n|-|\n|${b}|\n\n<div>${c}</div>`),
		fc.tuple(sentence, word).map(([text, path]) => `[${text}](https://example.com/${encodeURIComponent(path)})`),
		tie('block').map((inner) => inner.replace(/^/gm, '> ')),
		tie('block').map((inner) => `- ${inner.replace(/\n/g, '\n  ')}`),
	),
}));
const document = fc.array(block, { minLength: 1, maxLength: 4 }).map((blocks) => blocks.join('\n\n'));

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** Without list numbers: if all are the same, Markdown renumbers them. */
const wordsOf = (text: string) => text.replace(/<\/?div>|\d+\. /g, ' ').match(WORD) ?? [];

describe('any Markdown', () => {
	it('keeps all of its words, in order', async () => {
		await tryCases(CASES, document, (markdown) => {
			expect(wordsOf(shown(markdown)).join(' ')).toBe(wordsOf(markdown).join(' '));
		});
	});

	it('uses only formatting that WhatsApp supports: within a line, around words', async () => {
		await tryCases(CASES, fc.array(styled, { minLength: 1, maxLength: 3 }).map((rows) => `**${rows.join('\n')}**`), (markdown) => {
			const isWrong = (line: string) => /(?:^|\s)[*_~]+(?:\s|$)/.test(line) || ['_', '~'].some((sign) => line.split(sign).length % 2 === 0);
			expect(shown(markdown).split('\n').filter(isWrong)).toEqual([]);
		});
	});

	it('is unchanged without formatting characters', async () => {
		const text = fc.array(sentence, { minLength: 1, maxLength: 6 }).map((rows) => rows.map((row) => `x${row}`).join('\n'));
		await tryCases(CASES * 2, text, (plain) => expect(shown(plain)).toBe(plain));
	});

	it('is converted, or rejected with a readable error', async () => {
		const signs = fc.constantFrom(...'*_~`#>-+|[]()<>!&;\\:= \n\t1.aé', '**', '```', '\n\n', '<br>', '<div>', '](', 'https://a.b', '- [ ] ', '|-|\n');
		await tryCases(CASES, fc.array(signs, { maxLength: 40 }).map((parts) => parts.join('')), (markdown) => {
			let text;
			try {
				text = shown(markdown);
			} catch (error) {
				expect((error as Error).message).toMatch(/^('Text' is empty|Text '.*' contains no text, only Markdown or HTML)\./);
				return;
			}
			expect(text.trim()).not.toBe('');
			expect(text).not.toMatch(/[ \t]$/m);
			expect(text).not.toMatch(/<br>|<div>/.test(markdown) ? /\0/ : /\n{42}/);
		});
	});
});

describe('malicious Markdown', () => {
	const TOO_MUCH = /^Text '.*' cannot be converted from Markdown\. Simplify it, or set 'Text Format' to 'Plain Text'\.$/;
	/** Processor time. Without limits, these cases take five seconds or more. */
	const MOST_MS = 4_000;

	it.each([
		['unclosed emphasis', '*a_'.repeat(LONGEST / 4)],
		['ten thousand opening characters', '_a'.repeat(LONGEST / 2)],
		['nested block quotes', '>'.repeat(LONGEST)],
		['nested lists', '1. '.repeat(LONGEST / 4)],
		['a table of a million cells', `|${'|'.repeat(3_000)}\n|${'-|'.repeat(3_000)}\n${'|b|\n'.repeat(1_500)}`],
		['a table with long headers', `|${'a '.repeat(5_000)}|\n|-|\n${'|b|\n'.repeat(2_000)}`],
	])('is rejected quickly: %s', (_, text) => {
		const before = process.cpuUsage();
		expect(() => shown(text)).toThrow(TOO_MUCH);
		expect(process.cpuUsage(before).user / 1_000).toBeLessThan(MOST_MS);
	});

	it.each(['[', '![', '[a](', '<', '<a ', '`', '``a', '&', '\\', '~', '~~a', '#', '|', 'a|b\n-|-\n', '- a\n', '    a\n', 'https://a', 'a@', '<div>', '[a]: b\n', '_a_ '])(
		'is converted quickly: %j',
		(repeated) => {
			const before = process.cpuUsage();
			const text = repeated.repeat(LONGEST).slice(0, repeated.includes('_') ? 11_000 : LONGEST);
			expect(() => {
				try {
					shown(text);
				} catch (error) {
					if ((error as Error).name !== 'InputError') expect(error).toBe('an error in words');
				}
			}).not.toThrow();
			expect(process.cpuUsage(before).user / 1_000).toBeLessThan(MOST_MS);
		},
	);
});
