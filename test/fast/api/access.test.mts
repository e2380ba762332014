import { describeResponse, isProxy, isRefusal, isSuccess, isUnknownMessage, type ApiResponse } from '../../../nodes/ModicaWhatsApp/api/access';

const BASE_URL = 'https://api.example.com/v1';
const answer = (statusCode: number, body?: unknown, headers: ApiResponse['headers'] = {}): ApiResponse => ({ statusCode, headers, body });
const API_ERROR = { message: 'Whatsapp Cloud API error', statusCode: 404, error: 'not found' };
const API_ERRORS = { errors: [{ field: 'id', code: 'unknown', description: 'no such message' }] };

it.each([[199, false], [200, true], [299, true], [300, false], [404, false]])('status %d is a success: %s', (status, expected) => {
	expect(isSuccess(answer(status))).toBe(expected);
});

it.each<[number, unknown, boolean]>([
	[404, API_ERROR, true],
	[400, API_ERRORS, true],
	[422, API_ERRORS, true],
	[401, API_ERROR, false],
	[200, API_ERROR, false],
	[404, undefined, false],
	[404, '<html>', false],
	[404, [], false],
	[404, { errors: [] }, false],
	[404, { errors: [{ field: 'id', code: 'unknown' }] }, false],
	[404, { errors: [API_ERRORS.errors[0], { field: 'id', code: 7, description: 'x' }] }, false],
	[404, { errors: ['x'] }, false],
	[404, { ...API_ERROR, statusCode: '404' }, false],
	[404, { ...API_ERROR, message: undefined }, false],
	[404, { ...API_ERROR, error: 7 }, false],
	[404, { ...API_ERROR, message: 'Cannot GET /v1/messages' }, false],
	[404, { ...API_ERROR, message: 'Route GET:/v1/messages not found' }, false],
	[404, { ...API_ERROR, message: 'It says: Cannot GET /' }, true],
])('status %d with %j means that the API did not find the message: %s', (status, body, expected) => {
	expect(isUnknownMessage(answer(status, body))).toBe(expected);
});

it.each<[number, unknown, boolean]>([
	[401, '<html>', true],
	[429, undefined, true],
	[403, API_ERROR, true],
	[403, '<html>', false],
	[500, API_ERRORS, true],
	[503, API_ERROR, true],
	[502, '<html>', false],
	[404, API_ERROR, false],
])('status %d with %j is a rejection by the API: %s', (status, body, expected) => {
	expect(isRefusal(answer(status, body))).toBe(expected);
});

it.each<[number, unknown, ApiResponse['headers'], boolean]>([
	[407, undefined, {}, true],
	[503, '<html>', { 'x-squid-error': 'ERR_DNS_FAIL 0' }, true],
	[502, '<html>', { 'proxy-agent': 'x' }, true],
	[502, '<html>', { 'proxy-authenticate': 'x' }, true],
	[502, '<html>', { 'proxy-connection': 'close' }, true],
	[502, '<html>', { via: '1.1 gateway' }, false],
	[502, '<html>', { 'proxy-status': 'gateway' }, false],
	[502, API_ERROR, { 'proxy-connection': 'close' }, false],
])('status %d with %j and %j is from a proxy: %s', (status, body, headers, expected) => {
	expect(isProxy(answer(status, body, headers))).toBe(expected);
});

it.each<[string, ApiResponse]>([
	['a redirect to https://login.example.com', answer(302, '', { location: 'https://login.example.com/secret?x=1' })],
	['a redirect to https://login.example.com', answer(300, '', { location: 'https://login.example.com/secret' })],
	['an empty body', answer(299, '', { location: 'https://login.example.com' })],
	['a redirect to https://api.example.com', answer(399, '', { location: '/elsewhere' })],
	['an empty body', answer(302, '', {})],
	['an empty body', answer(301, null, { location: 'data:x' })],
	['an empty body', answer(300, undefined, { location: 'http://' })],
	['an empty body', answer(400, '', { location: 'https://login.example.com' })],
	['an HTML page', answer(404, '<p>', { 'content-type': 'text/HTML; charset=utf-8' })],
	['an HTML page', answer(404, ' \n<!DOCTYPE html>')],
	['an HTML page', answer(404, '<html>')],
	['text instead of JSON', answer(404, '<htmlx>')],
	['text instead of JSON', answer(404, 'see <html>')],
	['JSON: no: yes', answer(200, { message: 'no', error: 'yes' })],
	['JSON', answer(200, { ok: true })],
	['JSON', answer(200, [])],
])('describes the response as %s', (words, given) => {
	expect(describeResponse(given, BASE_URL)).toBe(words);
});
