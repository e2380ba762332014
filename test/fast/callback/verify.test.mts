import { isAuthorized, loginOf } from '../../../nodes/ModicaWhatsApp/callback/verify';

const LOGIN = { username: 'modica', password: 'p@ss:wörd/€' };
const basic = (pair: string, encoding: BufferEncoding = 'utf8') => `Basic ${Buffer.from(pair, encoding).toString('base64')}`;

describe('isAuthorized', () => {
	it.each([
		['the correct login', basic('modica:p@ss:wörd/€')],
		['a lowercase scheme', basic('modica:p@ss:wörd/€').replace('Basic', 'basic')],
		['several spaces after the scheme', basic('modica:p@ss:wörd/€').replace(' ', '   ')],
		['base64 without padding', basic('modica:p@ss:wörd/€').replace(/=+$/, '')],
	])('accepts %s', (_, header) => {
		expect(isAuthorized(header, LOGIN)).toBe(true);
	});

	it('accepts a password in Latin-1, the encoding of older senders', () => {
		expect(isAuthorized(basic('modica:wörd', 'latin1'), { username: 'modica', password: 'wörd' })).toBe(true);
	});

	it('accepts a header of up to 8,192 characters', () => {
		const password = 'x'.repeat(6_131);
		const header = basic(`modica:${password}`).replace(' ', '   ');
		expect(header).toHaveLength(8_192);
		expect(isAuthorized(header, { username: 'modica', password })).toBe(true);
		expect(isAuthorized(header.replace(' ', '  '), { username: 'modica', password })).toBe(false);
	});

	it.each<[string, unknown]>([
		['no header', undefined],
		['an empty header', ''],
		['several headers', [basic('modica:p@ss:wörd/€')]],
		['another password', basic('modica:p@ss:wörd/$')],
		['another username', basic('Modica:p@ss:wörd/€')],
		['a longer password', basic('modica:p@ss:wörd/€x')],
		['a shorter password', basic('modica:p@ss:wörd/')],
		['a login without a colon', basic('modica')],
		['an empty login', basic('')],
		['only a colon', basic(':')],
		['only the scheme', 'Basic'],
		['only the scheme and a space', 'Basic '],
		['another scheme', basic('modica:p@ss:wörd/€').replace('Basic', 'Bearer')],
		['no scheme', basic('modica:p@ss:wörd/€').slice('Basic '.length)],
		['an unencoded username and password', 'Basic modica:p@ss:wörd/€'],
		['garbage within the base64', basic('modica:p@ss:wörd/€').replace('Basic b', 'Basic !b')],
		['text after the base64', `${basic('modica:p@ss:wörd/€')}, realm=x`],
		['a line break after the base64', `${basic('modica:p@ss:wörd/€')}\n`],
		['1 MB of base64', `Basic ${'A'.repeat(2 ** 20)}`],
		['1 MB of spaces', `Basic ${' '.repeat(2 ** 20)}x`],
		// Truncated to one byte per character, € becomes the byte 0xAC.
		['characters truncated to Latin-1', `Basic ${Buffer.from('modica:p@ss:wörd/\u00ac', 'latin1').toString('base64')}`],
	])('rejects %s', (_, header) => {
		expect(isAuthorized(header, LOGIN)).toBe(false);
	});
});

describe('loginOf', () => {
	it('returns the callback username and password of a credential', () => {
		expect(loginOf({ callbackUsername: 'modica', callbackPassword: 'secret', password: 'x' })).toEqual({ username: 'modica', password: 'secret' });
	});

	it.each<[string, Record<string, unknown>]>([
		['neither', {}],
		['an empty username and password', { callbackUsername: '', callbackPassword: '' }],
		['no username', { callbackUsername: '', callbackPassword: 'secret' }],
		['no password', { callbackUsername: 'modica', callbackPassword: '' }],
		['a password that is not text', { callbackUsername: 'modica', callbackPassword: 7 }],
		['a username that is not text', { callbackUsername: null, callbackPassword: 'secret' }],
	])('returns nothing for a credential with %s', (_, credential) => {
		expect(loginOf(credential)).toBeUndefined();
	});
});
