import { spansOf } from '../../../nodes/ModicaWhatsApp/parameters/spans';

const found = (text: string) => spansOf(text).map(({ from, to }) => text.slice(from, to));

describe('the formatted spans of a text', () => {
	it.each<[string, string[]]>([
		['no *bold* no', ['*bold*']],
		['_in *each* other_', ['_in *each* other_', '*each*']],
		['~struck~ and `code`', ['~struck~', '`code`']],
		['*a *b*', ['*a *b*']],
		['*a*b c*', ['*a*b c*']],
		['**a*', ['**a*']],
		['*a\nb*', []],
		['* a* b', []],
		['*a *', []],
		['a*b c*', []],
		['snake_case_name', []],
		['2 * 3 * 4', []],
		['**', []],
		['see http://a.nz/b?c. And WWW.a.nz, ok', ['http://a.nz/b?c.', 'WWW.a.nz,']],
		['xhttps://a.nz', []],
		['```\na *b*\n\nc\n``` *d*', ['```\na *b*\n\nc\n```', '*d*']],
		['*a ```b``` c*', ['```b```']],
		['> a *b*\nc', ['> a *b*', '*b*']],
		['a > b', []],
		['>a', []],
	])('in %j are %j', (text, passages) => {
		expect(found(text)).toEqual(passages);
	});

	it('are complete except in quotes, and know the characters that close and reopen them', () => {
		expect(spansOf('> www.a.nz *b*\n```c```')).toEqual([
			{ from: 0, to: 14, open: '> ', close: '', isWhole: false },
			{ from: 2, to: 10, open: '', close: '', isWhole: true },
			{ from: 11, to: 14, open: '*', close: '*', isWhole: true },
			{ from: 15, to: 22, open: '```\n', close: '\n```', isWhole: true },
		]);
	});
});
