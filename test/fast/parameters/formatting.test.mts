import { formatted, plain, type Mark, type Piece } from '../../../nodes/ModicaWhatsApp/parameters/formatting';

const BOLD: Mark = { sign: '*', written: '**' };
const ITALIC: Mark = { sign: '_', written: '*' };
const STRUCK: Mark = { sign: '~', written: '~' };
const HEADING: Mark = { sign: '*', written: '' };

const piece = (text: string, ...marks: Mark[]): Piece => ({ text, marks });

describe('a formatted span', () => {
	it.each<[string, Piece[], string]>([
		['alone', [piece('now', BOLD)], '*now*'],
		['without formatting', [piece('now')], 'now'],
		['between other spans', [piece('Pay '), piece('now', BOLD), piece(', please')], 'Pay *now*, please'],
		['of several words', [piece('right  now', BOLD)], '*right  now*'],
		['of several fragments', [piece('right ', BOLD), piece('now', BOLD)], '*right now*'],
		['with nested formatting', [piece('Pay ', BOLD), piece('now', BOLD, ITALIC), piece(' please', BOLD)], '*Pay _now_ please*'],
		['with nested formatting at its end', [piece('Pay ', BOLD), piece('now', BOLD, ITALIC)], '*Pay _now_*'],
		['with nested formatting at its start', [piece('Pay', BOLD, ITALIC), piece(' now', BOLD)], '*_Pay_ now*'],
		['with three formats', [piece('now', BOLD, ITALIC, STRUCK)], '*_~now~_*'],
		['next to another', [piece('Pay', BOLD), piece(' '), piece('now', ITALIC)], '*Pay* _now_'],
		['with the format of the previous one', [piece('Pay', BOLD), piece(' '), piece('now', { ...BOLD })], '*Pay* *now*'],
		['across two lines', [piece('Pay\nnow', BOLD)], '*Pay*\n*now*'],
		['across empty lines', [piece('Pay\n\n now', BOLD), piece('\n')], '*Pay*\n\n *now*\n'],
		['without text', [piece('', BOLD)], ''],
		['of whitespace', [piece('a'), piece('  ', BOLD), piece('b')], 'a  b'],
	])("is written in WhatsApp's syntax: %s", (_, pieces, text) => {
		expect(formatted(pieces)).toBe(text);
	});

	it.each<[string, Piece[], string]>([
		['at its start', [piece('Pay'), piece(' now', BOLD)], 'Pay *now*'],
		['at its end', [piece('Pay ', BOLD), piece('now')], '*Pay* now'],
		['at both ends', [piece('a'), piece(' b\t', STRUCK), piece('c')], 'a ~b~\tc'],
		['at the start of the line', [piece('  now', BOLD)], '  *now*'],
		['at the edge of nested formatting', [piece('a ', BOLD, ITALIC), piece('b', BOLD)], '*_a_ b*'],
	])('has no formatting at adjacent whitespace: %s', (_, pieces, text) => {
		expect(formatted(pieces)).toBe(text);
	});

	it.each<[string, Piece[], string]>([
		['bold is omitted', [piece('un'), piece('believ', BOLD), piece('able')], 'unbelievable'],
		['bold is omitted if only the previous character is a letter', [piece('un'), piece('do', BOLD), piece('!')], 'undo!'],
		['bold is omitted if only the next character is a letter', [piece('('), piece('un', BOLD), piece('do')], '(undo'],
		['other formatting keeps its characters', [piece('un'), piece('believ', ITALIC), piece('able')], 'un*believ*able'],
		['a digit before bold keeps the characters', [piece('2'), piece('x', BOLD), piece('!')], '2**x**!'],
		['a digit after bold keeps the characters', [piece('!'), piece('x', BOLD), piece('2')], '!**x**2'],
		['a digit at the start of bold keeps the characters', [piece('x'), piece('2 a', BOLD), piece('b')], 'x**2 a**b'],
		['a digit at the end of bold keeps the characters', [piece('x'), piece('a 2', BOLD), piece('b')], 'x**a 2**b'],
		['a digit in the middle of bold does not', [piece('x'), piece('a 2 a', BOLD), piece('b')], 'xa 2 ab'],
		['a letter beyond U+FFFF counts as a letter', [piece('𠮷'), piece('重', BOLD), piece('𠮷')], '𠮷重𠮷'],
		['a combining mark belongs to its letter', [piece('e\u0301'), piece('x', BOLD)], 'e\u0301x'],
		['an emoji is not a letter', [piece('1️⃣'), piece('One', BOLD), piece('😀')], '1️⃣*One*😀'],
		['a variation selector is not a letter', [piece('❤️'), piece('love', BOLD), piece('☎︎')], '❤️*love*☎︎'],
	])('within a word is not formatted if the characters would be visible: %s', (_, pieces, text) => {
		expect(formatted(pieces)).toBe(text);
	});

	it('without its own syntax, such as a heading, is not formatted within a word', () => {
		expect(formatted([piece('7 days', HEADING), piece('2'), piece('go', HEADING)])).toBe('7 days2go');
	});
});

describe('spans', () => {
	it('have a text without formatting', () => {
		expect(plain([piece('Pay ', BOLD), piece('now\n'), piece('!', ITALIC)])).toBe('Pay now\n!');
		expect(plain([])).toBe('');
	});
});
