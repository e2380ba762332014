import { apiErrorText, incompleteDownload, ModicaError, noResponse, refusal, refusedRepeatedly, unexpectedResponse } from '../../../nodes/ModicaWhatsApp/api/errors';

/** A status, its name in the message, and the start of its solution. */
const REFUSALS: Array<[number, string, string]> = [
	[301, '', "Check 'Base URL' in the credential: Modica’s API never redirects."],
	[400, ' (bad request)', 'Check the fields of this operation'],
	[401, ' (wrong username or password)', 'Check the username (the name of the gateway application) and the password'],
	[403, ' (not allowed)', 'Ask Modica which features and WhatsApp numbers'],
	[404, ' (not found)', "Check 'Base URL' in the credential."],
	[408, ' (timeout)', 'A gateway between n8n and Modica timed out.'],
	[413, ' (too large)', 'Use a smaller file.'],
	[415, ' (unsupported file type)', 'Use a PNG or JPEG image'],
	[422, ' (not accepted)', 'Check the fields that Modica names.'],
	[429, ' (too many requests)', 'Try again later, or ask Modica to raise the rate limit'],
	[500, '', 'The cause is on Modica’s side.'],
	[503, '', 'The cause is on Modica’s side.'],
];

describe('a rejection', () => {
	it.each(REFUSALS)('with status %d is named and explained', (statusCode, name, remedy) => {
		const { message, description, ...rest } = refusal(statusCode, 'the API’s words', false);
		expect({ message, ...rest }).toMatchObject({ message: `Modica returned ${statusCode}${name}: the API’s words`, statusCode, mayHaveBeenSent: false, mayCountAsSent: false });
		expect(description).toMatch(new RegExp(`^${remedy.replace(/[().]/g, '\\$&')}`));
	});

	it.each(['message', 'file'] as const)('of an unknown %s says so', (subject) => {
		const remedy = `The application of the credential has no ${subject} with this ID. Check the ID and the credential.`;
		expect(refusal(404, '', false, { subject }).description).toBe(remedy);
		expect(refusal(404, '', false, { subject, by: 'proxy' }).description).toContain('HTTPS_PROXY');
		expect(refusal(400, '', false, { subject })).toEqual(refusal(400, '', false));
	});

	it('with an unlisted status has no name', () => {
		const { message, description } = refusal(418, '', false);
		expect({ message, description }).toEqual({ message: 'Modica returned 418', description: undefined });
	});

	it('of a message that may have been sent says this first', () => {
		const { description, mayHaveBeenSent } = refusal(500, '', true);
		expect(description).toBe(
			'The message may have been sent. Check its status before you send it again. The cause is on Modica’s side. Try again later, and contact Modica’s support if this persists.',
		);
		expect(mayHaveBeenSent).toBe(true);
	});

	it('by the proxy names the proxy', () => {
		const { message, description } = refusal(407, 'Squid', false, { by: 'proxy' });
		expect(message).toBe('The proxy between n8n and Modica returned 407 (proxy authentication required): Squid');
		expect(description).toContain('HTTPS_PROXY');
	});

	it('has a readable message, regardless of the length of the response', () => {
		expect(refusal(400, 'x'.repeat(10_000), false).message).toBe(`Modica returned 400 (bad request): ${'x'.repeat(500)}`);
	});
});

describe('a missing response', () => {
	it.each([
		['blocked', '', 'n8n blocks requests to example.com: the address is internal or not allowed', "Check 'Base URL' in the credential, or ask your n8n administrator"],
		['untrusted', 'CERT_HAS_EXPIRED', 'Could not connect to example.com: its certificate is not trusted', 'The server certificate was rejected (cert_has_expired).'],
		['unreachable', 'ENOTFOUND', 'Could not connect to example.com: the host does not exist', "Check 'Base URL' in the credential, and whether n8n can reach it."],
		['unreachable', '', 'Could not connect to example.com: no connection was established', "Check 'Base URL' in the credential, and whether n8n can reach it."],
		['broken', 'EPIPE', 'No response from example.com: the connection was lost', 'Try again later.'],
		['broken', '', 'No response from example.com: the request failed', 'Try again later.'],
	] as const)('because the host is %s (%j) is explained', (kind, code, message, remedy) => {
		const error = noResponse({ kind, code }, 'example.com', false);
		expect(error).toMatchObject({ message, mayHaveBeenSent: false, statusCode: undefined });
		expect(error.description?.startsWith(remedy)).toBe(true);
		expect(noResponse({ kind, code }, 'example.com', true).mayHaveBeenSent).toBe(true);
	});

	it('to a file transfer is explained', () => {
		expect(incompleteDownload('ECONNRESET', 'example.com')).toMatchObject({ message: 'Download from example.com incomplete: the connection was lost', mayHaveBeenSent: false });
		expect(incompleteDownload('', 'example.com').message).toBe('Download from example.com incomplete: the connection was lost');
		expect(incompleteDownload('STALLED', 'example.com').message).toBe('Download from example.com incomplete: the transfer stalled');
	});
});

describe('an unexpected response', () => {
	const remedyFor = (statusCode: number) => unexpectedResponse('https://example.com', 'GET /healthz', statusCode, 'x'.repeat(1_000));

	it('is described briefly, and means that nothing was sent', () => {
		expect(remedyFor(404)).toMatchObject({
			message: `Unexpected response from Base URL 'https://example.com': GET /healthz returned 404 with ${'x'.repeat(500)}`,
			statusCode: 404,
			mayHaveBeenSent: false,
		});
	});

	it.each([
		[200, /^Check 'Base URL'.*v1\.$/],
		[299, /^Check 'Base URL'.*v1\.$/],
		[300, /^Check 'Base URL'.* redirects are not followed\.$/],
		[399, /^Check 'Base URL'.* redirects are not followed\.$/],
		[400, /^Check 'Base URL'.*v1\.$/],
		[499, /^Check 'Base URL'.*v1\.$/],
		[500, /^Check 'Base URL'.*v1\. If it is correct, try again later\.$/],
	])('with status %d is explained', (statusCode, remedy) => {
		expect(remedyFor(statusCode).description).toMatch(remedy);
	});
});

describe('a request that always gets a 429', () => {
	it('was not sent, and quotes the start of the response', () => {
		expect(refusedRepeatedly(5, 'x'.repeat(1_000))).toMatchObject({
			message: `Modica rate-limited this request 5 times but accepted others: ${'x'.repeat(500)}`,
			statusCode: 429,
			mayHaveBeenSent: false,
		});
		expect(refusedRepeatedly(5, '').message).toBe('Modica rate-limited this request 5 times but accepted others');
	});
});

describe('an error whose reference counts as sent', () => {
	it('is the same error with a note', () => {
		const error = refusal(422, 'no', false).with('It counts as sent.', { mayCountAsSent: true });
		expect(error).toMatchObject({ message: 'Modica returned 422 (not accepted): no', statusCode: 422, mayHaveBeenSent: false, mayCountAsSent: true });
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
