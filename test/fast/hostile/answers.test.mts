/** Arbitrary responses to a request: any status, any headers, any bytes. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { ModicaClient } from '../../../nodes/ModicaWhatsApp/api/client';
import type { Http } from '../../../nodes/ModicaWhatsApp/api/exchange';
import type { Message } from '../../../nodes/ModicaWhatsApp/api/types';
import { expectCases, jsonOf, LOADED_NAMES, outcomeOf, text, tryCases } from '../../harness/cases.mts';
import { clientOf } from '../../harness/client.mts';
import { startN8n, type N8n } from '../../harness/core/node.mts';
import { expect } from '../../harness/quickExpect.mts';
import { streamed } from '../../harness/streamed.mts';
import { VirtualClock } from '../../harness/virtualClock.mts';

const CASES = 400;
const ANSWER_TIMEOUT_MS = 500;
/** A download is retried after a broken connection, which takes time, so there are fewer cases. */
const DOWNLOADS = 100;
const DOWNLOAD_GIVEN_UP_MS = 150;
const TO = '+64211234567';
const MESSAGE: Message = { to: TO, type: 'text', text: { body: 'Kia ora' } };

expectCases(8 * CASES + DOWNLOADS);

let n8n: N8n;
let http: Http;
let server: Server;
let answer: Buffer;
let credential: { username: string; password: string; baseUrl: string };

beforeAll(async () => {
	n8n = await startN8n('memory');
	server = createServer((socket) => {
		socket.on('error', () => {});
		// Sends raw bytes as soon as the request has arrived, whether or not they are valid HTTP.
		socket.once('data', () => socket.end(answer));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	credential = { username: 'wab_demo', password: 'wab-demo-password', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
	http = n8n.http(credential);
});

afterAll(async () => {
	server.close();
	n8n.stop();
	await Promise.resolve();
});

const client = () => clientOf(http, { ...credential, retries: false, timeoutMs: ANSWER_TIMEOUT_MS });

const METHODS = {
	sendMessage: (api: ModicaClient) => api.sendMessage(MESSAGE),
	broadcast: (api: ModicaClient) => api.broadcast({ ...MESSAGE, destination: [TO, '+64217654321'] }),
	getMessage: (api: ModicaClient) => api.getMessage('3fa85f64-5717-4562-b3fc-2c963f66afa6'),
	markAsRead: (api: ModicaClient) => api.markAsRead('3fa85f64-5717-4562-b3fc-2c963f66afa6'),
	uploadMedia: (api: ModicaClient) => api.uploadMedia(async () => await Promise.resolve({ file: new File(['x'], 'x.txt', { type: 'text/plain' }), bytesRead: () => 1, failure: () => undefined, close: () => {} }), undefined),
	checkAccess: (api: ModicaClient) => api.checkAccess(),
};

const status = fc.oneof(fc.constantFrom(200, 202, 204, 301, 400, 401, 422, 429, 500, 502), fc.integer({ min: 200, max: 999 }));
const NAMES = ['Content-Type', 'Content-Encoding', 'Content-Length', 'Transfer-Encoding', 'Retry-After', 'X-RateLimit-Limit', 'Location', 'Set-Cookie', 'Content-Disposition', ...LOADED_NAMES];
const header = fc.tuple(
	fc.constantFrom(...NAMES),
	fc.oneof(fc.constantFrom('application/json', 'gzip', 'br', 'chunked', '-1', '0', '1e9', '99999999999999999999', 'NaN', '0.0001', 'http://evil.example/', 'utf-16'), text.map((value) => value.replace(/[\r\n\0]/g, ''))),
);
const name = fc.constantFrom('id', 'message_id', 'status', 'destination', 'message', 'error', 'errors', 'field', 'code', 'description', 'statusCode', ...LOADED_NAMES);
const object = fc.array(fc.tuple(name, fc.oneof(text, fc.jsonValue({ maxDepth: 2 }), fc.constant(TO))), { maxLength: 6 }).map(jsonOf);
const body = fc.oneof(
	object,
	fc.array(object, { maxLength: 3 }).map((rows) => `[${rows.join(',')}]`),
	fc.array(object, { maxLength: 3 }).map((rows) => `{"errors":[${rows.join(',')}]}`),
	fc.json(),
	text,
	fc.constantFrom('', '[', '{"a":'.repeat(20_000), '['.repeat(20_000) + ']'.repeat(20_000), `{"message_id":"x","a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
);
const bytes = fc.oneof({ weight: 6, arbitrary: body.map((value) => Buffer.from(value)) }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((value) => Buffer.from(value)) }, { weight: 1, arbitrary: body.map((value) => gzipSync(value)) });

/** A response that a malicious server could write. */
const written = fc.tuple(status, fc.array(header, { maxLength: 4 }), bytes, fc.boolean()).map(([code, headers, content, hasLength]) =>
	Buffer.concat([
		Buffer.from([`HTTP/1.1 ${code} X`, ...headers.map(([key, value]) => `${key}: ${value}`), ...(hasLength ? [`Content-Type: application/json`, `Content-Length: ${content.length}`] : []), '', ''].join('\r\n'), 'latin1'),
		content,
	]),
);
/** No response at all, or an invalid one. */
const raw = fc.oneof(fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)), text.map((value) => Buffer.from(value)), fc.constant(Buffer.from('HTTP/1.1 200 OK\r\nX: 1\r\n'.repeat(3_000))));
const anyAnswer = fc.oneof({ weight: 9, arbitrary: written }, { weight: 1, arbitrary: raw });

describe('any response', () => {
	it.each(Object.entries(METHODS))('to %s is parsed, or is an error that says whether the request may have had an effect', async (method, ask) => {
		await tryCases(CASES, anyAnswer, async (given) => {
			answer = given;
			const outcome = await outcomeOf(async () => await ask(client()));
			if ('value' in outcome) return;
			expect(outcome.refusal).toMatchObject({ message: expect.any(String), mayHaveBeenSent: expect.any(Boolean) });
			expect(outcome.refusal.message.length).toBeLessThan(700);
			// Only send operations may have sent a message.
			if (!['sendMessage', 'broadcast'].includes(method)) expect(outcome.refusal).toMatchObject({ mayHaveBeenSent: false });
		});
	});

	it('to a send is never reported as a rejection unless it is one', async () => {
		const success = fc.tuple(fc.constantFrom(200, 202, 204, 299), bytes).map(([code, content]) => Buffer.concat([Buffer.from(`HTTP/1.1 ${code} X\r\nContent-Length: ${content.length}\r\n\r\n`), content]));
		await tryCases(CASES, success, async (given) => {
			answer = given;
			const outcome = await outcomeOf(async () => await client().sendMessage(MESSAGE));
			if ('refusal' in outcome) expect(outcome.refusal).toMatchObject({ mayHaveBeenSent: true });
		});
	});

	it('to a download returns a file with a valid name, or an error', async () => {
		await tryCases(DOWNLOADS, anyAnswer.filter((given) => !given.includes('HTTP/1.1 5') && !given.includes('HTTP/1.1 429')), async (given) => {
			// Faults are retried after seconds, so they are replaced by rejections here.
			answer = /^HTTP\/1\.1 [234]/.test(given.toString('latin1')) ? given : Buffer.from('HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n');
			const parameters = { resource: 'media', operation: 'download', mediaId: 'abc', binaryPropertyName: 'data' };
			const giveUp = new AbortController();
			const late = setTimeout(() => giveUp.abort(), DOWNLOAD_GIVEN_UP_MS);
			const [item] = await n8n.run({ parameters, credential, continueOnFail: true, signal: giveUp.signal });
			clearTimeout(late);
			const { data } = item?.binary ?? {};
			if (!data) return expect(item?.json.error).toEqual(expect.any(String));
			expect(data.fileName).not.toMatch(/[/\\\p{Cc}\p{Bidi_Control}]|^\.*$/u);
			expect(JSON.stringify(item)).not.toContain('wab-demo-password');
		});
	});
});

describe('any number in a header', () => {
	it('delays a campaign for a limited time: all of it is sent, or the rest fails as not sent', async () => {
		const number = fc.oneof(fc.double().map(String), fc.nat(500).map(String), fc.constantFrom('0', '-1', '1e-9', '0.0001', '1e308', '9'.repeat(400), 'Infinity', 'NaN', '0x1', '1, 2'), text);
		await tryCases(CASES, fc.record({ limit: number, retryAfter: number, refusals: fc.nat(8) }), async ({ limit, retryAfter, refusals }) => {
			const clock = new VirtualClock();
			let requests = 0;
			const limited: Http = {
				request: async () =>
					await Promise.resolve(
						streamed({
							statusCode: requests++ < refusals ? 429 : 202,
							headers: { 'x-ratelimit-limit': limit, 'retry-after': retryAfter },
							body: { message_id: 'x' },
						}),
					),
			};
			const api = clientOf(limited, { ...credential, clock });
			const sends = Promise.allSettled(Array.from({ length: 10 }, async () => await api.sendMessage(MESSAGE)));
			const results = await clock.until(sends);
			// At most five minutes pass between two successful requests.
			expect(clock.now()).toBeLessThanOrEqual((refusals + 1) * 300_000 + 20_000);
			const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
			for (const failure of failures) expect(failure).toMatchObject({ message: expect.stringMatching(/^Gave up after 300 s of rate limiting|^Modica asked to wait \d+ s, but the node waits 300 s at most/), mayHaveBeenSent: false });
			// Each of the others was successful once.
			expect(requests - (10 - failures.length)).toBeLessThanOrEqual(refusals);
		});
	});
});
