import { BINARY_FIELD, fieldName, readBinary } from '../../../nodes/ModicaWhatsApp/parameters/binaryField';
import { parseList, parseTextList, splitList } from '../../../nodes/ModicaWhatsApp/parameters/list';
import { parseMessageId } from '../../../nodes/ModicaWhatsApp/parameters/messageId';
import { parseNumber } from '../../../nodes/ModicaWhatsApp/parameters/number';
import { parseSource } from '../../../nodes/ModicaWhatsApp/parameters/source';
import { countCharacters, parseMessageText, parseText } from '../../../nodes/ModicaWhatsApp/parameters/text';
import { parseBaseUrl, parseUrl } from '../../../nodes/ModicaWhatsApp/parameters/url';

describe('a text', () => {
	it.each<[unknown, string]>([
		['Hello', 'Hello'],
		[' Hello ', ' Hello '],
		[42, '42'],
		[false, 'false'],
	])('is used unchanged: %j', (value, text) => {
		expect(parseText('Text', value, 'Write one.')).toBe(text);
	});

	it.each<[unknown, string]>([
		['', "'Text' is empty. Write one."],
		[undefined, "'Text' is empty. Write one."],
		[['a'], `Text '["a"]' is not text. Write one.`],
	])('is rejected: %j', (value, message) => {
		expect(() => parseText('Text', value, 'Write one.')).toThrow(message);
	});

	it('is counted in the same way as WhatsApp counts', () => {
		expect(countCharacters('a🥝é')).toBe(3);
	});

	it('of a message has up to 4,096 characters', () => {
		const most = '🥝'.repeat(4_096);
		expect(parseMessageText('Text', most)).toBe(most);
		expect(() => parseMessageText('Message', `${most}!`)).toThrow(/^Message '.*' has 4097 characters\. WhatsApp accepts up to 4096\. Shorten it\.$/u);
		expect(() => parseMessageText('Text', ' ')).toThrow("'Text' is empty. Enter the text of the message.");
	});
});

describe('a list', () => {
	it.each<[unknown, unknown[]]>([
		[undefined, []],
		['', []],
		[[], []],
		[[1, { a: 1 }], [1, { a: 1 }]],
	])('may contain any values: %j', (value, list) => {
		expect(parseList('Buttons', value)).toEqual(list);
	});

	it('must not be a single value', () => {
		expect(() => parseList('Buttons', 'x')).toThrow(`Buttons 'x' is not a list. Use a list such as ["Aroha", "1234"].`);
	});

	it('is split at commas, semicolons, and line breaks', () => {
		expect(splitList(' a, b;c\r\nd\n\n,e\rf ')).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
	});

	it.each<[unknown, string[]]>([
		[undefined, []],
		[' a, b ', ['a', 'b']],
		[['a', ' b ', '', 7], ['a', 'b', '7']],
		[7, ['7']],
	])('may contain texts: %j', (value, texts) => {
		expect(parseTextList('Statuses', value)).toEqual(texts);
	});

	it.each([[[{}]], [{ a: 1 }], [[true]]])('of texts is rejected: %j', (value) => {
		expect(() => parseTextList('Statuses', value)).toThrow(/^Statuses '.*' is not text\. Use a list of texts\.$/);
	});
});

describe('a number', () => {
	it.each<[unknown, number]>([
		[1, 1],
		['100', 100],
		[99.5, 99.5],
	])('from 1 to 100 is accepted: %j', (value, number) => {
		expect(parseNumber('Max Concurrency', value, 1, 100)).toBe(number);
	});

	it.each([0.9, 100.1, 'many', null, NaN])('outside 1 to 100 is rejected: %j', (value) => {
		expect(() => parseNumber('Max Concurrency', value, 1, 100)).toThrow(/^('Max Concurrency' is empty|Max Concurrency '.*' is out of range)\. Use a number from 1 to 100\.$/);
	});
});

describe('a media URL', () => {
	it.each([
		['https://example.com/a%20file?id=1&x=2', 'https://example.com/a%20file?id=1&x=2'],
		[' HTTP://EXAMPLE.com/A ', 'http://example.com/A'],
	])('%s is accepted', (value, url) => {
		expect(parseUrl('Media URL', value)).toBe(url);
	});

	it.each(['invoice.pdf', 'ftp://example.com/a', 'javascript:alert(1)', 'https://', 'https://example.com/my file.pdf', 'xhttps://a.b', 'httpsx://a.b'])('%s is rejected', (value) => {
		expect(() => parseUrl('Media URL', value)).toThrow(`Media URL '${value}' is not a valid URL. Use the full URL of the file, such as https://example.com/invoice.pdf.`);
	});
});

describe('a base URL', () => {
	it.each([
		['https://api.modicagroup.com/rest/wab/v1', 'https://api.modicagroup.com/rest/wab/v1'],
		[' https://api.modicagroup.com/rest/wab/v1// ', 'https://api.modicagroup.com/rest/wab/v1'],
		['http://localhost:3000', 'http://localhost:3000'],
		['http://127.0.0.1:3000/x', 'http://127.0.0.1:3000/x'],
		['http://127.9.8.7', 'http://127.9.8.7'],
		['http://[::1]:3000', 'http://[::1]:3000'],
	])('%s is accepted', (value, url) => {
		expect(parseBaseUrl(value)).toBe(url);
	});

	it.each<[unknown, string]>([
		['', "'Base URL' is empty. Use the address from Modica, such as https://api.modicagroup.com/rest/wab/v1."],
		[7, "Base URL '7' is not a valid URL."],
		['api.modicagroup.com', "Base URL 'api.modicagroup.com' is not a valid URL."],
		['https://user:secret@exa mple.com', "Base URL '…@exa mple.com' is not a valid URL."],
		['https://user:secret@example.com', "Base URL 'example.com' contains a username or password. Use the fields 'Username' and 'Password'."],
		['https://user@example.com', "Base URL 'example.com' contains a username or password."],
		['https://:secret@example.com', "Base URL 'example.com' contains a username or password."],
		['https://example.com/?a=1', "Base URL 'https://example.com/?a=1' contains more than an address."],
		['https://example.com/#a', "Base URL 'https://example.com/#a' contains more than an address."],
		['http://example.com', "Base URL 'http://example.com' would send the password unencrypted. Use https. Plain http is only for this machine (localhost)."],
		['http://localhost.example.com', 'would send the password unencrypted'],
		['http://xlocalhost', 'would send the password unencrypted'],
		['http://1127.0.0.1.example.com', 'would send the password unencrypted'],
		['ftp://localhost', 'would send the password unencrypted'],
	])('%j is rejected', (value, message) => {
		expect(() => parseBaseUrl(value)).toThrow(message);
	});
});

describe('a binary field', () => {
	const file = { mimeType: 'image/png', data: '' };

	it('is found by its name', () => {
		expect(readBinary({ binary: { data: file } }, { parameter: BINARY_FIELD, name: 'data' })).toBe(file);
	});

	it.each([
		[{}, "Input Binary Field 'toString' is not a binary field of this item. The item has no files. Add a node before this one that returns a file, such as Read Files or HTTP Request."],
		[{ data: file, photo: file }, "Input Binary Field 'toString' is not a binary field of this item. Available fields: data, photo."],
	])('is reported as missing', (binary, message) => {
		expect(() => readBinary({ binary }, { parameter: BINARY_FIELD, name: 'toString' })).toThrow(message);
	});

	it.each<[unknown, string]>([
		[' data ', 'data'],
		[7, ''],
		[undefined, ''],
	])('can be named %j', (value, name) => {
		expect(fieldName(value)).toBe(name);
	});
});

describe('a business number ID', () => {
	it.each<[unknown, string | undefined]>([
		['', undefined],
		[undefined, undefined],
		['102046588645210', '102046588645210'],
		[' 1 ', '1'],
		[102046588645210, '102046588645210'],
		['9'.repeat(30), '9'.repeat(30)],
	])('%j is accepted', (value, source) => {
		expect(parseSource(value)).toBe(source);
	});

	it.each(['+102046588645210', '0102046588645210', '9'.repeat(31), 'abc', '1x', 'x1', 2 ** 53, 1.5, -1, [1]])('%j is rejected', (value) => {
		expect(() => parseSource(value)).toThrow(/^Business Number ID '.*' is not valid\. Use the ID from Modica: up to 30 digits, without a plus sign, such as 102046588645210\.$/);
	});
});

describe('a message ID', () => {
	it('is a UUID', () => {
		expect(parseMessageId(' 3FA85f64-5717-4562-b3fc-2c963f66afa6 ')).toBe('3FA85f64-5717-4562-b3fc-2c963f66afa6');
	});

	it.each(['', 'x', '3fa85f64-5717-4562-b3fc-2c963f66afa6x', 'x3fa85f64-5717-4562-b3fc-2c963f66afa6', '3fa85f6457174562b3fc2c963f66afa6', 7, ['3fa85f64-5717-4562-b3fc-2c963f66afa6']])('%j is rejected', (value) => {
		expect(() => parseMessageId(value)).toThrow(/^('Message ID' is empty|Message ID '.*' is not a message ID)\. Use the ID that the Send operation returned, such as 3fa85f64-5717-4562-b3fc-2c963f66afa6\.$/);
	});
});
