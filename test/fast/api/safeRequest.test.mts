import type { IHttpRequestOptions } from 'n8n-workflow';
import { authorizationHeader } from '../../../nodes/ModicaWhatsApp/api/authorization';
import { safeRequest } from '../../../nodes/ModicaWhatsApp/api/safeRequest';

const ORIGIN = 'https://api.modicagroup.com';
const safe = (request: object) => safeRequest(request as IHttpRequestOptions, ORIGIN);

const NO_REDIRECTS = { disableFollowRedirect: true, followRedirect: false, followAllRedirects: false, maxRedirects: 0 };

describe('a request to the base URL', () => {
	it.each([
		[{ url: `${ORIGIN}/rest/wab/v1/messages` }],
		[{ uri: `${ORIGIN}/rest/wab/v1/messages`, method: 'POST' }],
		[{ baseURL: `${ORIGIN}/rest`, url: '/messages', headers: { Accept: 'x' } }],
		[{ baseURL: `${ORIGIN}/rest`, url: '' }],
		[{ url: ORIGIN, rejectUnauthorized: true, skipSslCertificateValidation: false, proxy: '' }],
	])('is copied, and follows no redirects: %j', (request) => {
		const copy = safe(request);
		expect(copy).toEqual({ ...request, headers: (request as { headers?: object }).headers ?? {}, ...NO_REDIRECTS });
		expect(copy).not.toBe(request);
	});

	it('has its own headers', () => {
		const headers = { Accept: 'x' };
		expect(safe({ url: ORIGIN, headers }).headers).not.toBe(headers);
	});
});

describe('a request that must not contain the password', () => {
	it.each<[string, object]>([
		['This credential is for https://api.modicagroup.com only, not for ""', {}],
		['not for https://evil.example.com', { url: 'https://evil.example.com' }],
		['not for https://evil.example.com', { url: ORIGIN, uri: 'https://evil.example.com' }],
		['not for https://evil.example.com', { url: ORIGIN, baseURL: 'https://evil.example.com' }],
		['not for https://evil.example.com', { url: '//evil.example.com', baseURL: ORIGIN }],
		['not for http://api.modicagroup.com', { url: 'http://api.modicagroup.com' }],
		['not for https://api.modicagroup.com:444', { url: 'https://api.modicagroup.com:444' }],
		['not for "messages"', { url: 'messages' }],
		['not for an address that is not text', { url: { toString: () => ORIGIN } }],
		['not for an address that is not text', { url: '/x', baseURL: { toString: () => ORIGIN } }],
		["can’t be used with a proxy set in the node. Remove 'Proxy' from the node’s options.", { url: ORIGIN, proxy: 'http://proxy' }],
		["can’t be used without certificate checks. Turn off 'Ignore SSL Issues'", { url: ORIGIN, skipSslCertificateValidation: true }],
		['can’t be used without certificate checks.', { url: ORIGIN, rejectUnauthorized: false }],
		['can’t be used without certificate checks.', { url: ORIGIN, rejectUnauthorized: 0 }],
		...['agentOptions', 'agent', 'httpAgent', 'httpsAgent', 'lookup', 'socketPath', 'ca', 'cert', 'key', 'pfx'].map(
			(name): [string, object] => ["can’t be used with certificates or connection options set in the node. Turn off 'SSL Certificates' in the node’s settings.", { url: ORIGIN, [name]: {} }],
		),
		["can’t be used with a Host header set in the node. Remove 'Host' from the node’s headers.", { url: ORIGIN, headers: { ' HOST ': 'evil.example.com' } }],
		['can’t be used with the method TRACE. Choose another method in the node.', { url: ORIGIN, method: ' trace ' }],
	])('is rejected with the reason: %s', (message, request) => {
		expect(() => safe(request)).toThrow(message);
	});
});

it.each<[unknown, unknown, string]>([
	['user', 'päss:wörd', 'user:päss:wörd'],
	[undefined, null, ':'],
	[1, 2, '1:2'],
])('the Authorization header encodes the login in UTF-8: %j, %j', (username, password, pair) => {
	expect(authorizationHeader(username, password)).toBe(`Basic ${Buffer.from(pair).toString('base64')}`);
});
