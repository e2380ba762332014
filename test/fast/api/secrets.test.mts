import type { Http } from '../../../nodes/ModicaWhatsApp/api/exchange';
import { Secrets } from '../../../nodes/ModicaWhatsApp/api/secrets';
import { clientOf } from '../../harness/client.mts';
import { streamed } from '../../harness/streamed.mts';

const USERNAME = 'wab_demo';
const PASSWORD = 'geheim/ü&';
const PAIR = Buffer.from(`${USERNAME}:${PASSWORD}`).toString('base64');
const HEADER = `Basic ${PAIR}`;

/** A client of a server that quotes the request. */
function clientThatGets(statusCode: number, body: unknown, headers: object = {}) {
	const http: Http = {
		request: async () => await Promise.resolve(streamed({ statusCode, headers, body }) as never),
	};
	return clientOf(http, { baseUrl: 'https://api.example.com', username: USERNAME, password: PASSWORD, retries: false });
}

describe('a server that quotes the request', () => {
	it.each([
		[{ message: `Wrong header: ${HEADER}` }, 'Wrong header: Basic ***=='],
		[{ errors: [{ field: 'authorization', code: HEADER, description: PASSWORD }] }, 'authorization: *** (Basic ***==)'],
		[`<p>${encodeURIComponent(HEADER)}</p>`, '<p>Basic%20***%3D%3D</p>'],
		[`https://${USERNAME}:${encodeURIComponent(PASSWORD)}@api.example.com`, `https://${USERNAME}:***@api.example.com`],
	])('results in an error without the secrets: %j', async (body, words) => {
		await expect(clientThatGets(422, body).getMessage('x')).rejects.toMatchObject({ message: `Modica returned 422 (not accepted): ${words}` });
	});

	it('returns a result without the Authorization header, and with everything else', async () => {
		const body = { id: 'x', request: { headers: { authorization: HEADER }, [HEADER]: 1 }, words: PASSWORD };
		expect(await clientThatGets(200, body).getMessage('x')).toEqual({
			id: 'x',
			request: { headers: { authorization: 'Basic ***==' }, 'Basic ***==': 1 },
			words: PASSWORD,
		});
	});

	it('returns a file whose name does not contain it', async () => {
		const client = clientThatGets(200, {}, { 'content-disposition': `attachment; filename="${HEADER}"` });
		expect(await client.downloadMedia('x', undefined, async ({ fileName }) => await Promise.resolve(fileName))).toBe('Basic ***==');
	});
});

describe('a link signed by n8n', () => {
	it('is kept except for its secret part, which is visibly masked', () => {
		const secrets = new Secrets(USERNAME, PASSWORD, /(signature=)\w+/g);
		expect(secrets.hideInText('a?signature=abc123 b?signature=def')).toBe('a?signature=*** b?signature=***');
		expect(secrets.hideInResponse({ url: 'a?signature=abc123' })).toEqual({ url: 'a?signature=***' });
	});
});

describe('a response without secrets', () => {
	it('is returned unchanged', () => {
		const answer = { id: 'x' };
		expect(new Secrets(USERNAME, PASSWORD).hideInResponse(answer)).toBe(answer);
	});

	it('is unchanged if the password is too short to distinguish from other text', () => {
		expect(new Secrets('', 'a').hideInText('a banana')).toBe('a banana');
	});
});
