import { apiErrorText, incompleteDownload, ModicaError, noResponse, refusal, refusedRepeatedly, unexpectedResponse } from '../../../nodes/ModicaWhatsApp/api/errors';

/** A status, its name in the message, and the start of its solution. */
const REFUSALS: Array<[number, string, string]> = [
	[301, '', 'Modica’s API never redirects: check the base URL in the credential.'],
	[400, ' (bad request)', 'Check the fields of this operation'],
	[401, ' (wrong username or password)', 'Check the username (the gateway application’s name) and the password'],
	[403, ' (not allowed)', 'The application may not do this.'],
	[404, ' (not found)', 'Check the Base URL in the credential.'],
	[408, ' (time-out)', 'A gateway between n8n and Modica timed out.'],
	[413, ' (too large)', 'The file is larger than Modica takes.'],
	[415, ' (unsupported file type)', 'Modica takes PNG and JPEG images'],
	[422, ' (not accepted)', 'Check the fields that Modica names in the error.'],
	[429, ' (too many requests)', "Lower 'Max Requests per Second' in the options"],
	[500, '', 'This is a fault on Modica’s side.'],
	[503, '', 'This is a fault on Modica’s side.'],
];

describe('a rejection', () => {
	it.each(REFUSALS)('with status %d is named and explained', (statusCode, name, remedy) => {
		const { message, description, ...rest } = refusal(statusCode, 'the API’s words', false);
		expect({ message, ...rest }).toMatchObject({ message: `Modica answered ${statusCode}${name}: the API’s words`, statusCode, mayHaveBeenSent: false, mayCountAsSent: false });
		expect(description).toMatch(new RegExp(`^${remedy.replace(/[().]/g, '\\$&')}`));
	});

	it.each(['message', 'file'] as const)('of an unknown %s says so', (subject) => {
		const remedy = `Modica does not know this ${subject}. Check its ID, and that the ${subject} belongs to the application of the credential.`;
		expect(refusal(404, '', false, { subject }).description).toBe(remedy);
		expect(refusal(404, '', false, { subject, by: 'proxy' }).description).toContain('HTTPS_PROXY');
		expect(refusal(400, '', false, { subject })).toEqual(refusal(400, '', false));
	});

	it('with an unlisted status has no name', () => {
		const { message, description } = refusal(418, '', false);
		expect({ message, description }).toEqual({ message: 'Modica answered 418', description: undefined });
	});

	it('of a message that may have been sent says this first', () => {
		const { description, mayHaveBeenSent } = refusal(500, '', true);
		expect(description).toBe(
			'The message may have been sent all the same. Look for its status before you send it again. This is a fault on Modica’s side. Try again later, and tell Modica’s support if it stays.',
		);
		expect(mayHaveBeenSent).toBe(true);
	});

	it('by the proxy names the proxy', () => {
		const { message, description } = refusal(407, 'Squid', false, { by: 'proxy' });
		expect(message).toBe('The proxy between n8n and Modica answered 407 (proxy authentication required): Squid');
		expect(description).toContain('HTTPS_PROXY');
	});

	it('has a readable message, regardless of the length of the response', () => {
		expect(refusal(400, 'x'.repeat(10_000), false).message).toBe(`Modica answered 400 (bad request): ${'x'.repeat(500)}`);
	});
});

describe('a missing response', () => {
	it.each([
		['blocked', '', 'n8n does not allow requests to example.com: it is an internal or a blocked address', 'Check the base URL in the credential, or ask whoever runs n8n'],
		['untrusted', 'CERT_HAS_EXPIRED', 'Could not connect to example.com: its certificate is not trusted', 'The server’s certificate was refused (cert_has_expired).'],
		['unreachable', 'ENOTFOUND', 'Could not connect to example.com: there is no such host', 'Check the base URL in the credential, and that n8n’s machine can reach it.'],
		['unreachable', '', 'Could not connect to example.com: no connection could be made', 'Check the base URL in the credential, and that n8n’s machine can reach it.'],
		['broken', 'EPIPE', 'No answer from example.com: the connection broke off', 'Try again later.'],
		['broken', '', 'No answer from example.com: the request failed', 'Try again later.'],
	] as const)('because the host is %s (%j) is explained', (kind, code, message, remedy) => {
		const error = noResponse({ kind, code }, 'example.com', false);
		expect(error).toMatchObject({ message, mayHaveBeenSent: false, statusCode: undefined });
		expect(error.description?.startsWith(remedy)).toBe(true);
		expect(noResponse({ kind, code }, 'example.com', true).mayHaveBeenSent).toBe(true);
	});

	it('to a file transfer is explained', () => {
		expect(incompleteDownload('ECONNRESET', 'example.com')).toMatchObject({ message: 'The file from example.com did not come whole: the connection broke off', mayHaveBeenSent: false });
		expect(incompleteDownload('', 'example.com').message).toBe('The file from example.com did not come whole: the connection broke off');
		expect(incompleteDownload('STALLED', 'example.com').message).toBe('The file from example.com did not come whole: nothing moved any more');
	});
});

describe('an unexpected response', () => {
	const remedyFor = (statusCode: number) => unexpectedResponse('https://example.com', 'GET /healthz', statusCode, 'x'.repeat(1_000));

	it('is described briefly, and means that nothing was sent', () => {
		expect(remedyFor(404)).toMatchObject({
			message: `Unexpected response from Base URL 'https://example.com': GET /healthz answered 404 with ${'x'.repeat(500)}`,
			statusCode: 404,
			mayHaveBeenSent: false,
		});
	});

	it.each([
		[200, /^Check the Base URL.*v1\.$/],
		[299, /^Check the Base URL.*v1\.$/],
		[300, /^Check the Base URL.* redirects are not followed\.$/],
		[399, /^Check the Base URL.* redirects are not followed\.$/],
		[400, /^Check the Base URL.*v1\.$/],
		[499, /^Check the Base URL.*v1\.$/],
		[500, /^Try again later\. If the error persists: Check the Base URL.*v1\.$/],
	])('with status %d is explained', (statusCode, remedy) => {
		expect(remedyFor(statusCode).description).toMatch(remedy);
	});
});

describe('a request that always gets a 429', () => {
	it('was not sent, and quotes the start of the response', () => {
		expect(refusedRepeatedly(5, 'x'.repeat(1_000))).toMatchObject({
			message: `Modica refused this request 5 times while other requests got through: ${'x'.repeat(500)}`,
			statusCode: 429,
			mayHaveBeenSent: false,
		});
		expect(refusedRepeatedly(5, '').message).toBe('Modica refused this request 5 times while other requests got through');
	});
});

describe('an error whose reference counts as sent', () => {
	it('is the same error with a note', () => {
		const error = refusal(422, 'no', false).with('It counts as sent.', { mayCountAsSent: true });
		expect(error).toMatchObject({ message: 'Modica answered 422 (not accepted): no', statusCode: 422, mayHaveBeenSent: false, mayCountAsSent: true });
		expect(error.description).toMatch(/Check the fields .* It counts as sent\.$/);
		expect(new ModicaError('no', { mayHaveBeenSent: true }).with('It counts as sent.', { mayCountAsSent: true })).toMatchObject({ description: 'It counts as sent.', statusCode: undefined, mayHaveBeenSent: true });
	});
});

describe('the error text of the API', () => {
	it.each([
		// The body's own statusCode is unreliable: in the reference's 429 example, it is 500.
		['it has the shape of the examples', { message: 'Whatsapp Cloud API error', statusCode: 500, error: 'too many requests' }, 'Whatsapp Cloud API error: too many requests'],
		['it has the shape of the schema', { errors: [{ field: 'to', code: 'invalid', description: 'is not reachable' }, { field: 'source', code: 'unknown', description: 'is not yours' }] }, 'to: is not reachable (invalid); source: is not yours (unknown)'],
		['some fields are missing', { errors: [{ description: 'is not reachable' }, { code: 7 }, 'unknown', null, {}] }, 'is not reachable; (7); unknown'],
		['there is only a message', { message: 'no' }, 'no'],
		['there is only an error', { error: 'no' }, 'no'],
		['it is not JSON', ' <html>Gateway Time-out</html>\n', '<html>Gateway Time-out</html>'],
		['it is a number', 7, '7'],
		['there is none', undefined, ''],
		['it is a list', ['no'], ''],
		['it has another shape', { message: { text: 'no' }, error: ['no'] }, ''],
		['the list of errors is empty', { errors: [] }, ''],
	])('is found if %s', (_where, body, words) => {
		expect(apiErrorText(body)).toBe(words);
	});

	it('contains at most fifty errors', () => {
		const errors = Array.from({ length: 60 }, (_, index) => ({ description: `${index}` }));
		expect(apiErrorText({ errors })).toBe(Array.from({ length: 50 }, (_, index) => `${index}`).join('; '));
	});
});
