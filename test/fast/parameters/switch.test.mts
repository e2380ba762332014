import { parseSwitch } from '../../../nodes/ModicaWhatsApp/parameters/switch';

const parse = (options: object) => parseSwitch('Field', { ...options }, 'on', 'Use true or false.');

describe('a switch', () => {
	it.each([
		[{}, false],
		[{ on: true }, true],
		[{ on: false }, false],
		[{ on: ' True\n' }, true],
		[{ on: 'FALSE' }, false],
	])('in %j is %j', (options, expected) => {
		expect(parse(options)).toBe(expected);
	});

	it.each([
		[undefined, "'Field' is empty. Use true or false."],
		['', "'Field' is empty. Use true or false."],
		[1, "Field '1' is neither true nor false. Use true or false."],
		[['true'], `Field '["true"]' is neither true nor false. Use true or false.`],
	])('is rejected if it is %j', (on, message) => {
		expect(() => parse({ on })).toThrow(message);
	});
});
