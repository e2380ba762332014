import { formatted, plain, type Mark, type Piece } from '../../../nodes/ModicaWhatsApp/parameters/formatting';

const BOLD: Mark = { sign: '*', written: '**' };
const ITALIC: Mark = { sign: '_', written: '*' };
const STRUCK: Mark = { sign: '~', written: '~' };
const HEADING: Mark = { sign: '*', written: '' };

const piece = (text: string, ...marks: Mark[]): Piece => ({ text, marks });

describe('a passage with marks', () => {
	it.each<[string, Piece[], string]>([
		['by itself', [piece('now', BOLD)], '*now*'],
		['without any', [piece('now')], 'now'],
		['between others', [piece('Pay '), piece('now', BOLD), piece(', please')], 'Pay *now*, please'],
		['of several words', [piece('right  now', BOLD)], '*right  now*'],
		['of several pieces', [piece('right ', BOLD), piece('now', BOLD)], '*right now*'],
		['with another in it', [piece('Pay ', BOLD), piece('now', BOLD, ITALIC), piece(' please', BOLD)], '*Pay _now_ please*'],
		['with another at its end', [piece('Pay ', BOLD), piece('now', BOLD, ITALIC)], '*Pay _now_*'],
		['with another at its start', [piece('Pay', BOLD, ITALIC), piece(' now', BOLD)], '*_Pay_ now*'],
		['with three marks', [piece('now', BOLD, ITALIC, STRUCK)], '*_~now~_*'],
		['next to another', [piece('Pay', BOLD), piece(' '), piece('now', ITALIC)], '*Pay* _now_'],
		['of the same kind as the one before', [piece('Pay', BOLD), piece(' '), piece('now', { ...BOLD })], '*Pay* *now*'],
		['over two lines', [piece('Pay\nnow', BOLD)], '*Pay*\n*now*'],
		['over empty lines', [piece('Pay\n\n now', BOLD), piece('\n')], '*Pay*\n\n *now*\n'],
		['of nothing', [piece('', BOLD)], ''],
		['of white space', [piece('a'), piece('  ', BOLD), piece('b')], 'a  b'],
	])('is written as WhatsApp reads it: %s', (_, pieces, text) => {
		expect(formatted(pieces)).toBe(text);
	});

	it.each<[string, Piece[], string]>([
		['at its start', [piece('Pay'), piece(' now', BOLD)], 'Pay *now*'],
		['at its end', [piece('Pay ', BOLD), piece('now')], '*Pay* now'],
		['at both', [piece('a'), piece(' b\t', STRUCK), piece('c')], 'a ~b~\tc'],
		['at the start of the line', [piece('  now', BOLD)], '  *now*'],
		['at the edge of one in another', [piece('a ', BOLD, ITALIC), piece('b', BOLD)], '*_a_ b*'],
	])('has no mark beside white space: %s', (_, pieces, text) => {
		expect(formatted(pieces)).toBe(text);
	});

	it.each<[string, Piece[], string]>([
		['bold is left out', [piece('un'), piece('believ', BOLD), piece('able')], 'unbelievable'],
		['bold is left out, where a letter is before it alone', [piece('un'), piece('do', BOLD), piece('!')], 'undo!'],
		['bold is left out, where a letter is behind it alone', [piece('('), piece('un', BOLD), piece('do')], '(undo'],
		['all else stays as it was written', [piece('un'), piece('believ', ITALIC), piece('able')], 'un*believ*able'],
		['a digit before bold keeps it as it was written', [piece('2'), piece('x', BOLD), piece('!')], '2**x**!'],
		['a digit behind bold keeps it as it was written', [piece('!'), piece('x', BOLD), piece('2')], '!**x**2'],
		['a digit at the start of bold keeps it as it was written', [piece('x'), piece('2 a', BOLD), piece('b')], 'x**2 a**b'],
		['a digit at the end of bold keeps it as it was written', [piece('x'), piece('a 2', BOLD), piece('b')], 'x**a 2**b'],
		['a digit in the midst of bold does not', [piece('x'), piece('a 2 a', BOLD), piece('b')], 'xa 2 ab'],
		['a letter beyond the first 65,536 is one', [piece('𠮷'), piece('重', BOLD), piece('𠮷')], '𠮷重𠮷'],
		['a sign that is added to a letter belongs to it', [piece('e\u0301'), piece('x', BOLD)], 'e\u0301x'],
		['an emoji is no letter', [piece('1️⃣'), piece('One', BOLD), piece('😀')], '1️⃣*One*😀'],
		['the form of an emoji is no letter', [piece('❤️'), piece('love', BOLD), piece('☎︎')], '❤️*love*☎︎'],
	])('in the middle of a word would show its signs: %s', (_, pieces, text) => {
		expect(formatted(pieces)).toBe(text);
	});

	it('that had no signs of its own, as in a heading, gets none in the middle of a word', () => {
		expect(formatted([piece('7 days', HEADING), piece('2'), piece('go', HEADING)])).toBe('7 days2go');
	});
});

describe('passages', () => {
	it('have a text without their marks', () => {
		expect(plain([piece('Pay ', BOLD), piece('now\n'), piece('!', ITALIC)])).toBe('Pay now\n!');
		expect(plain([])).toBe('');
	});
});
