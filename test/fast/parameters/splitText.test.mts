/** Splits a text that is too long for one message into parts within WhatsApp's limit. */
import fc from 'fast-check';
import { parseTextParts, splitText } from '../../../nodes/ModicaWhatsApp/parameters/splitText';
import { expectCases, tryCases } from '../../harness/cases.mts';
import { expect } from '../../harness/quickExpect.mts';

const length = (text: string) => [...text].length;
const words = (text: string) => text.split(/\s+/).filter(Boolean);

describe('a split text', () => {
	it('is a single unchanged part if it fits, including its whitespace', () => {
		const fits = ` \n${'x'.repeat(4_093)}\n`;
		expect(parseTextParts('Text', fits)).toEqual([fits]);
		expect(parseTextParts('Text', 4)).toEqual(['4']);
	});

	it('is counted in the same way as WhatsApp counts: an emoji is one character', () => {
		expect(parseTextParts('Text', '👍'.repeat(4_096))).toEqual(['👍'.repeat(4_096)]);
		expect(parseTextParts('Text', `${'👍'.repeat(4_000)} ${'👍'.repeat(4_000)}`)).toEqual(['👍'.repeat(4_000), '👍'.repeat(4_000)]);
	});

	it('has up to ten times the length of a message', () => {
		expect(parseTextParts('Text', `${'x'.repeat(4_095)} `.repeat(10))).toEqual(Array.from({ length: 10 }, () => 'x'.repeat(4_095)));
	});

	it('has no leading or trailing whitespace, and no empty parts', () => {
		expect(splitText(`  aaaa${' '.repeat(130)}bbbb\n`, 6)).toEqual(['aaaa', 'bbbb']);
	});

	it.each<[string, unknown, string]>([
		['is too long for ten messages', 'x'.repeat(40_961), `Text '${'x'.repeat(80)}…' has 40961 characters. The node splits up to 40960. Shorten the text.`],
		['is empty', ' ', "'Text' is empty. Enter the text of the message."],
		['is missing', {}, "Text '{}' is not text. Enter the text of the message."],
	])('is rejected if it %s', (_, text, message) => {
		expect(() => parseTextParts('Text', text)).toThrow(message);
	});

	it.each<[string, number, string, string[]]>([
		['a paragraph, even if more would fit', 40, 'One line.\nAnother one.\n\nA new paragraph. It goes on and on.', ['One line.\nAnother one.', 'A new paragraph. It goes on and on.']],
		['a line', 30, 'First item.\nSecond item.\nThird. Fourth.', ['First item.\nSecond item.', 'Third. Fourth.']],
		['a sentence', 30, 'It costs 3.50 now. Tomorrow more than that.', ['It costs 3.50 now.', 'Tomorrow more than that.']],
		['a sentence without spaces', 12, '今天价格是五元。欢迎大家来买！谢谢', ['今天价格是五元。', '欢迎大家来买！谢谢']],
		['a word', 12, 'one two three four', ['one two', 'three four']],
		['a word, even a short one, before a word that fits into the next part', 20, 'see abcdefghijklmnopqrs', ['see', 'abcdefghijklmnopqrs']],
		['a word in a language without spaces', 8, '我们今天去商店买东西', ['我们今天去商店', '买东西']],
		['a word, not before a comma', 6, '我们今天去吧，好的', ['我们今天去', '吧，好的']],
		['a paragraph, not with a heading', 32, 'One two three.\n\n*1. A heading*\n\nThree four.', ['One two three.', '*1. A heading*\n\nThree four.']],
		['a paragraph, not with a numbered heading', 32, 'One two three.\n\n1. *A heading*\n\nThree four.', ['One two three.', '1. *A heading*\n\nThree four.']],
		['a line, not with a line that introduces the next', 30, 'One two three.\nDo *this:*\n- Three\n- Four', ['One two three.', 'Do *this:*\n- Three\n- Four']],
		['a line that only ends in bold', 34, 'One two three. Four *five six*\nSeven eight.', ['One two three. Four *five six*', 'Seven eight.']],
		['a sentence, not with one that introduces the next', 30, 'One two three. Four five:\nSix seven.', ['One two three.', 'Four five:\nSix seven.']],
		['a heading, rather than within a sentence', 26, 'One two three, four:\nFive six.', ['One two three, four:', 'Five six.']],
		['a word, not with the number of a list item', 20, 'Do this: 1. Turn it on and off.', ['Do this: 1. Turn it', 'on and off.']],
		['a word, not with the bullet of a list item', 12, '- https://a.nz/b', ['- https:', '//a.nz/b']],
		['a paragraph, rather than a line', 30, 'One two three.\n\nAnother one.\nA third one.', ['One two three.', 'Another one.\nA third one.']],
		['a sentence, rather than a paragraph that fills less than a third of a part', 30, 'One.\n\nTwo three. Four five, six seven eight.', ['One.\n\nTwo three.', 'Four five, six seven eight.']],
		['the same, later in a text', 30, 'Aa bb cc dd. Ee ff gg hh.\n\nOne.\n\nTwo three. Four five, six seven eight.', ['Aa bb cc dd. Ee ff gg hh.', 'One.\n\nTwo three.', 'Four five, six seven eight.']],
		['a line, rather than a sentence without spaces', 18, '今天价格是五元。\n欢迎大家来！谢谢大家光临', ['今天价格是五元。', '欢迎大家来！谢谢大家光临']],
		['a line, not with a heading directly after it', 28, 'One two three\n*Heading*\nThree four.', ['One two three', '*Heading*\nThree four.']],
		['a line that starts like a heading', 34, 'One two three.\n*Note:* four five\nSix seven.', ['One two three.\n*Note:* four five', 'Six seven.']],
		['a sentence, even if it ends with a year', 24, 'It was in 2024. Then came more.', ['It was in 2024.', 'Then came more.']],
		['a word, not before its combining accent', 8, 'aaa bbb \u0301ccc ddd', ['aaa', 'bbb \u0301ccc', 'ddd']],
		['a word, not before whitespace that belongs to a grapheme', 8, 'aaa bb\u0600 ccc', ['aaa', 'bb\u0600 ccc']],
		['a character of a long word, not with its hyphen', 8, 'aaaa-bbbb我们', ['aaaa', '-bbbb我们']],
		['a line, including whitespace', 9, 'aaa bbb\n \n   c', ['aaa bbb', '   c']],
		['a grapheme, in a word that is longer than a message', 14, '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', ['👨‍👩‍👧👨‍👩‍👧', '👨‍👩‍👧']],
		['a whole grapheme, in a word that is longer than a message', 13, '👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', ['👨‍👩‍👧', '👨‍👩‍👧👨‍👩‍👧']],
		['a character, in a grapheme that is longer than a message', 10, `e${'\u0301'.repeat(12)}`, [`e${'\u0301'.repeat(5)}`, '\u0301'.repeat(7)]],
	])('has parts that end with %s', (_, most, text, parts) => {
		expect(splitText(text, most)).toEqual(parts);
	});

	it.each<[string, number, string, string[]]>([
		['links', 34, 'More here: https://example.com/a-b.c?d=e, or ask.', ['More here:', 'https://example.com/a-b.c?d=e, or', 'ask.']],
		['links between characters without spaces', 28, '请看我们的网站吧https://example.com/在线商店', ['请看我们的网站吧', 'https://example.com/在线商店']],
		['bold', 24, 'Please do *not ever do that* again', ['Please do', '*not ever do that* again']],
		['nested formatting', 24, 'Please do _*not* ever ~do~ that_ again', ['Please do', '_*not* ever ~do~ that_', 'again']],
		['code', 24, 'Please run `rm a b c d e f` again', ['Please run', '`rm a b c d e f` again']],
		['code blocks', 30, 'Run this, please:\n```\none\ntwo\n```\nDone.', ['Run this, please:', '```\none\ntwo\n```\nDone.']],
	])('keeps %s whole', (_, most, text, parts) => {
		expect(splitText(text, most)).toEqual(parts);
	});

	it.each<[string, number, string, string[]]>([
		['bold', 18, '*one two three four five*', ['*one two three*', '*four five*']],
		['nested formatting', 20, '*_one two three four five_*', ['*_one two three_*', '*_four five_*']],
		['nested formatting, in reverse order', 20, '_*one two three four five*_', ['_*one two three*_', '_*four five*_']],
		['a code block', 20, '```\none\n  two\nthree four five\n```', ['```\none\n  two\n```', '```\nthree four\n```', '```\nfive\n```']],
		['a code block of one word', 20, '```\nxxxxxxxxxx\n```yyyyyyyy', ['```\nxxxxxxxxx\n```', '```\nx\n```yyyyyyyy']],
		['a code block, without an empty one at its start', 20, `\`\`\`\n\n${'x'.repeat(20)}\n\`\`\``, [`\`\`\`\n\n${'x'.repeat(11)}\n\`\`\``, `\`\`\`\n${'x'.repeat(9)}\n\`\`\``]],
		['a code block, without an empty one at its end', 26, '```\none two three four\n   ```\nDone.', ['```\none two three\n```', '```\nfour\n   ```\nDone.']],
		['code within formatting', 26, '*_~a ```one two three four five six``` b~_*', ['*_~a', '```one two three four\n```', '```\nfive six``` b~_*']],
		['a quote', 20, '> one two. three four five six', ['> one two. three', '> four five six']],
	])('closes and reopens %s that is longer than a part', (_, most, text, parts) => {
		expect(splitText(text, most)).toEqual(parts);
	});

	it.each(['2 * 3 * 4 is twenty four', 'a*b*c and snake_case_name', 'price* and * more *'])('ignores characters that do not format anything: %s', (text) => {
		expect(splitText(text, 16).join(' ')).toBe(text);
	});
});

describe('any split text', () => {
	const CASES = 20_000;
	expectCases(CASES);
	const word = fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopäéñשמا0123456789'), minLength: 1, maxLength: 9 });
	const character = fc.constantFrom(...'ab1 \n.天气😀*_~`>', 'e\u0301', '👨‍👩‍👧', '🇳🇿', '👍🏽', '\r\n', '\u0e01\u0e33', '。', ' \u0301', 'https://a.b/');
	const run = fc.tuple(fc.constantFrom('*', '_', '~', '`'), fc.array(word, { minLength: 1, maxLength: 3 })).map(([sign, inner]) => sign + inner.join(' ').slice(0, 20).trim() + sign);
	const link = word.map((path) => `https://a.nz/${path}?b`);
	const gap = fc.constantFrom(' ', ' ', ' ', '  ', '\n', '\r\n', '\n\n', '. ', '! ', ', ', '\t', '\n- ', '\n> ');
	const textOf = (piece: fc.Arbitrary<string>) => fc.array(fc.tuple(piece, gap), { minLength: 1, maxLength: 25 }).map((pairs) => pairs.flat().join('').trim());
	const most = fc.integer({ min: 30, max: 60 });

	it('keeps all of its words in order, in parts within the limit', async () => {
		await tryCases(CASES / 2, fc.tuple(textOf(word), most), ([text, limit]) => {
			const parts = splitText(text, limit);
			// A quote that is split continues as one quote.
			const cut = parts.flatMap((part, index) => words(index > 0 ? part.replace(/^> /, '') : part));
			expect(cut.filter((each) => each !== '>')).toEqual(words(text).filter((each) => each !== '>'));
			expect(parts.filter((part) => length(part) > limit || part.trim() === '')).toEqual([]);
			if (length(text) <= limit) expect(parts).toEqual([text]);
		});
	});

	it('keeps its links and formatted spans whole', async () => {
		await tryCases(CASES / 4, fc.tuple(fc.array(fc.oneof(word, run, link), { minLength: 5, maxLength: 25 }), most), ([pieces, limit]) => {
			// A split within one of them would add a space or formatting characters.
			expect(splitText(pieces.join(' '), limit).join(' ')).toBe(pieces.join(' '));
		});
	});

	it('keeps graphemes whole', async () => {
		const segmenter = new Intl.Segmenter();
		const graphemes = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment);
		await tryCases(CASES / 4, fc.tuple(fc.array(character, { minLength: 20, maxLength: 80 }).map((all) => all.join('')), most), ([text, limit]) => {
			const parts = splitText(text, limit);
			const known = new Set(graphemes(text).flatMap((each) => [each, each.trim()]));
			expect(parts.flatMap(graphemes).filter((each) => !known.has(each) && !/^[*_~`>\s]*$/.test(each))).toEqual([]);
			expect(parts.filter((part) => length(part) > limit || part.trim() === '')).toEqual([]);
			const ink = (all: string) => all.replace(/[\s*_~`>]/g, '');
			expect(ink(parts.join(''))).toBe(ink(text));
		});
	});

	it('closes each code block in the part that opens it', async () => {
		const code = fc.array(word, { minLength: 1, maxLength: 12 }).map((lines) => `\`\`\`\n${lines.join('\n')}\n\`\`\``);
		await tryCases(CASES / 4, fc.tuple(fc.array(fc.oneof(word, code), { minLength: 1, maxLength: 8 }).map((all) => all.join('\n')), most), ([text, limit]) => {
			const parts = splitText(text, limit);
			expect(parts.filter((part) => part.split('```').length % 2 === 0)).toEqual([]);
			expect(parts.filter((part) => length(part) > limit)).toEqual([]);
			const lines = (all: string) => all.split('\n').filter((line) => line !== '```');
			expect(parts.flatMap(lines)).toEqual(lines(text));
		});
	});
});
