import { isAuthorized, loginOf } from '../../../nodes/ModicaWhatsApp/callback/verify';

const LOGIN = { username: 'modica', password: 'p@ss:wörd/€' };
const basic = (pair: string, encoding: BufferEncoding = 'utf8') => `Basic ${Buffer.from(pair, encoding).toString('base64')}`;

describe('a login', () => {
	it.each([
		['the right one', basic('modica:p@ss:wörd/€')],
		['a scheme in lower case', basic('modica:p@ss:wörd/€').replace('Basic', 'basic')],
		['several spaces after the scheme', basic('modica:p@ss:wörd/€').replace(' ', '   ')],
		['base64 without padding', basic('modica:p@ss:wörd/€').replace(/=+$/, '')],
	])('lets in %s', (_, header) => {
		expect(isAuthorized(header, LOGIN)).toBe(true);
	});

	it('lets in a password in Latin-1, as older senders encode it', () => {
		expect(isAuthorized(basic('modica:wörd', 'latin1'), { username: 'modica', password: 'wörd' })).toBe(true);
	});

	it('lets in a header of up to 8,192 characters', () => {
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
		['a pair without a colon', basic('modica')],
		['an empty pair', basic('')],
		['only a colon', basic(':')],
		['the scheme alone', 'Basic'],
		['the scheme and a space', 'Basic '],
		['another scheme', basic('modica:p@ss:wörd/€').replace('Basic', 'Bearer')],
		['no scheme', basic('modica:p@ss:wörd/€').slice('Basic '.length)],
		['the pair as it is', 'Basic modica:p@ss:wörd/€'],
		['garbage within the base64', basic('modica:p@ss:wörd/€').replace('Basic b', 'Basic !b')],
		['something after the base64', `${basic('modica:p@ss:wörd/€')}, realm=x`],
		['a line break after it', `${basic('modica:p@ss:wörd/€')}\n`],
		['1 MB of base64', `Basic ${'A'.repeat(2 ** 20)}`],
		['1 MB of spaces', `Basic ${' '.repeat(2 ** 20)}x`],
		// Cut down to one byte a character, € becomes the byte 0xAC.
		['characters cut down to Latin-1', `Basic ${Buffer.from('modica:p@ss:wörd/\u00ac', 'latin1').toString('base64')}`],
	])('keeps out %s', (_, header) => {
		expect(isAuthorized(header, LOGIN)).toBe(false);
	});
});

describe('the login of a credential', () => {
	it('has both halves', () => {
		expect(loginOf({ callbackUsername: 'modica', callbackPassword: 'secret', password: 'x' })).toEqual({ username: 'modica', password: 'secret' });
	});

	it.each<[string, Record<string, unknown>]>([
		['neither', {}],
		['two empty ones', { callbackUsername: '', callbackPassword: '' }],
		['no username', { callbackUsername: '', callbackPassword: 'secret' }],
		['no password', { callbackUsername: 'modica', callbackPassword: '' }],
		['a password that is no text', { callbackUsername: 'modica', callbackPassword: 7 }],
		['a username that is no text', { callbackUsername: null, callbackPassword: 'secret' }],
	])('is none with %s', (_, credential) => {
		expect(loginOf(credential)).toBeUndefined();
	});
});
