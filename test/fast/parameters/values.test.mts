import { InputError, invalid, quote } from '../../../nodes/ModicaWhatsApp/parameters/errors';
import { digits, fieldsOf, isEmpty, isRecord, parseJson, toNumber } from '../../../nodes/ModicaWhatsApp/parameters/values';

const circle: Record<string, unknown> = {};
circle.self = circle;

describe('external values', () => {
	it.each([undefined, null, '', ' ', '\n\t'])('%j is empty', (value) => {
		expect(isEmpty(value)).toBe(true);
	});

	it.each([0, false, NaN, [], {}, 'x', ' x '])('%j is not empty', (value) => {
		expect(isEmpty(value)).toBe(false);
	});

	it.each<[unknown, boolean]>([
		[{}, true],
		[{ a: 1 }, true],
		[[], false],
		[null, false],
		['text', false],
		[undefined, false],
	])('%j is a record: %s', (value, expected) => {
		expect(isRecord(value)).toBe(expected);
		expect(fieldsOf(value)).toEqual(expected ? value : {});
	});

	it.each<[unknown, number]>([
		[5, 5],
		['5', 5],
		[' 1.5 ', 1.5],
		['five', NaN],
		[true, NaN],
		[null, NaN],
		[[5], NaN],
	])('%j is the number %d', (value, expected) => {
		expect(toNumber(value)).toBe(expected);
	});

	it('are reduced to their digits', () => {
		expect(digits('+64 21-123 4567 x')).toBe('64211234567');
	});

	it.each<[string, unknown]>([
		['{"a":1}', { a: 1 }],
		['\uFEFF[1]', [1]],
		['null', null],
		['{', undefined],
		['', undefined],
	])('%j is parsed as the JSON value %j', (text, value) => {
		expect(parseJson(text)).toEqual(value);
	});
});

describe('the error for a parameter', () => {
	it('names the field, the value, and the solution', () => {
		const error = invalid('To', '021', 'is a local number', 'Use the international form.');
		expect(error).toBeInstanceOf(InputError);
		expect({ name: error.name, message: error.message }).toEqual({ name: 'InputError', message: "To '021' is a local number. Use the international form." });
	});

	it('says that the field is empty', () => {
		expect(invalid('To', ' ', 'is a local number', 'Use the international form.').message).toBe("'To' is empty. Use the international form.");
	});

	it.each<[unknown, string]>([
		['a text', "'a text'"],
		['two\n  lines', "'two lines'"],
		[7, "'7'"],
		[{ a: [1] }, `'{"a":[1]}'`],
		[circle, "'{…}'"],
		[null, "'null'"],
		['x'.repeat(80), `'${'x'.repeat(80)}'`],
		['x'.repeat(81), `'${'x'.repeat(80)}…'`],
		[{ toJSON: () => undefined }, "''"],
	])('quotes %p in a short form', (value, quoted) => {
		expect(quote(value)).toBe(quoted);
	});
});
