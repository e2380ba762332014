import { getEventListeners } from 'node:events';
import type { IHttpRequestOptions } from 'n8n-workflow';
import type { Http } from '../../../nodes/ModicaWhatsApp/api/exchange';
import type { Message } from '../../../nodes/ModicaWhatsApp/api/types';
import { clientOf } from '../../harness/client.mts';
import { streamed } from '../../harness/streamed.mts';
import { VirtualClock } from '../../harness/virtualClock.mts';

const MESSAGE: Message = { to: '+64211234567', type: 'text', text: { body: 'Hello' } };
const TAKEN = { statusCode: 202, headers: { 'x-ratelimit-limit': '50' }, body: { message_id: 'an-id', status: 'accepted' } };

/** A client whose requests get these responses, in order. An error is thrown. */
function clientThatGets(...answers: unknown[]) {
	const clock = new VirtualClock();
	const requests: IHttpRequestOptions[] = [];
	const http: Http = {
		request: async (options) => {
			requests.push(options);
			const answer = answers[Math.min(requests.length, answers.length) - 1];
			if (answer instanceof Error) throw answer;
			return await Promise.resolve(streamed(answer as object) as never);
		},
	};
	const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1/', clock });
	return { client, clock, requests, http };
}

/** A body that yields one byte every half second, until it is aborted. */
async function* trickle(clock: VirtualClock, signal: AbortSignal): AsyncGenerator<Uint8Array> {
	for (;;) {
		await clock.sleep(500);
		signal.throwIfAborted();
		yield Buffer.from(' ');
	}
}

/** A network error as n8n throws it: n8n's error, with axios's as its cause, with that of Node.js as its cause. */
const fault = (code: string, syscall?: string) =>
	Object.assign(new Error('the request failed'), { httpCode: code, cause: { code, cause: { code, syscall } } });

const NOBODY = '00000000-0000-0000-0000-000000000000';
const UPLOAD = async () => await Promise.resolve({ file: new File(['x'], 'a.png', { type: 'image/png' }), bytesRead: () => 1, failure: () => undefined, close: () => {} });
const UNKNOWN_MESSAGE = { statusCode: 404, headers: {}, body: { statusCode: 404, message: 'no such message', error: 'not found' } };
const ok = (body: unknown, headers: object = {}) => ({ statusCode: 200, headers, body });

type Client = ReturnType<typeof clientThatGets>['client'];
const broadcast = async (client: Client) => await client.broadcast({ destination: ['+64211000001', '+64211000002'], type: 'text', text: { body: 'Hello' } });

describe('an endpoint', () => {
	it.each<[string, (client: Client) => Promise<unknown>, unknown, object, unknown]>([
		['the first of a list of receipts', async (client) => await client.sendMessage(MESSAGE), [{ id: 'x', status: 'accepted' }], { method: 'POST', url: '/messages', body: MESSAGE, json: true }, { id: 'x', status: 'accepted' }],
		['the result for each recipient', broadcast, [{ id: 'x', status: 'accepted' }, { status: 'failed' }], { method: 'POST', url: '/messages/broadcast', body: { destination: ['+64211000001', '+64211000002'], type: 'text', text: { body: 'Hello' } } }, [{ id: 'x', status: 'accepted' }, { status: 'failed' }]],
		['a message', async (client) => await client.getMessage('x'), { id: 'x', status: 'read' }, { method: 'GET', url: '/messages', qs: { id: 'x' } }, { id: 'x', status: 'read' }],
		['nothing for a message that was marked as read', async (client) => await client.markAsRead('x'), undefined, { method: 'PATCH', url: '/messages', body: { message_id: 'x' } }, undefined],
		['the ID of a file', async (client) => await client.uploadMedia(UPLOAD, '102'), { id: 'm' }, { method: 'POST', url: '/media', qs: { source: '102' }, body: expect.any(FormData), json: false }, { id: 'm' }],
		['the first of a list of files', async (client) => await client.uploadMedia(UPLOAD, undefined), [{ id: 'm', more: 1 }], { method: 'POST', url: '/media', qs: {} }, { id: 'm', more: 1 }],
		['a file', async (client) => await client.downloadMedia('m', '102', async (media) => await Promise.resolve([media.fileName, media.mimeType])), 'bytes', { method: 'GET', url: '/media', qs: { media_id: 'm', source: '102' } }, ['a.png', 'image/png']],
	])('returns %s', async (_what, call, body, asked, result) => {
		const headers = { 'content-disposition': 'attachment; filename="a.png"', 'content-type': 'image/png' };
		const { client, requests } = clientThatGets(ok(body, headers));
		expect(await call(client)).toEqual(result);
		expect(requests).toEqual([expect.objectContaining(asked)]);
	});

	it.each<[string, (client: Client) => Promise<unknown>, boolean]>([
		['message ID', async (client) => await client.sendMessage(MESSAGE), true],
		['result for each recipient', broadcast, true],
		['message', async (client) => await client.getMessage('x'), false],
		['file ID', async (client) => await client.uploadMedia(UPLOAD, undefined), false],
	])('reports that %s is missing in an unexpected response', async (what, call, mayHaveBeenSent) => {
		const { client } = clientThatGets(ok('OK'));
		await expect(call(client)).rejects.toMatchObject({
			message: `Modica returned 200 without a valid ${what}`,
			description: expect.stringContaining("Check that 'Base URL' in the credential is the address of Modica’s API."),
			statusCode: 200,
			mayHaveBeenSent,
		});
	});

	it.each<[string, (client: Client) => Promise<unknown>]>([
		['message', async (client) => await client.getMessage('x')],
		['message', async (client) => await client.markAsRead('x')],
		['file', async (client) => await client.downloadMedia('x', undefined, async () => await Promise.resolve())],
	])('reports that Modica does not have the %s', async (what, call) => {
		await expect(call(clientThatGets(UNKNOWN_MESSAGE).client)).rejects.toMatchObject({ description: expect.stringContaining(`The application of the credential has no ${what} with this ID.`) });
	});

	it('reports that the proxy rejected a request', async () => {
		await expect(clientThatGets({ statusCode: 407, headers: {}, body: '' }).client.getMessage('x')).rejects.toThrow('The proxy between n8n and Modica returned 407');
	});
});

describe('the access check', () => {
	it('requests the health endpoint, and a message that cannot exist', async () => {
		const { client, requests } = clientThatGets(ok({ status: 'ok' }), UNKNOWN_MESSAGE);
		await client.checkAccess();
		expect(requests.map(({ method, url, qs }) => [method, url, qs])).toEqual([['GET', '/healthz', undefined], ['GET', '/messages', { id: NOBODY }]]);
	});

	it.each<[string, unknown[]]>([
		["Unexpected response from Base URL 'https://api.modicagroup.com/rest/wab/v1': GET /healthz returned 404 with an HTML page", [{ statusCode: 404, headers: {}, body: '<html>' }]],
		["Unexpected response from Base URL 'https://api.modicagroup.com/rest/wab/v1': GET /messages returned 200 with JSON for a message that does not exist", [ok({}), ok({})]],
		['Modica returned 401 (wrong username or password): no: yes', [{ statusCode: 401, headers: {}, body: { message: 'no', error: 'yes' } }]],
		['Modica returned 401 (wrong username or password)', [{ statusCode: 401, headers: {}, body: '<html>no</html>' }]],
	])('reports an unexpected response: %s', async (message, answers) => {
		await expect(clientThatGets(...answers).client.checkAccess()).rejects.toMatchObject({ message, mayHaveBeenSent: false });
	});
});

describe('the client', () => {
	it('reports what slowed its requests down', async () => {
		const { client, clock } = clientThatGets({ statusCode: 429, headers: { 'retry-after': '2' }, body: {} }, TAKEN);
		expect(client.waits).toEqual({ ms: { limit: 0, refusal: 0, outage: 0 }, limit: undefined });
		await clock.until(client.sendMessage(MESSAGE));
		expect(client.waits).toEqual({ ms: { limit: 0, refusal: 2_000, outage: 0 }, limit: 50 });
	});

	it('counts the messages in flight, each recipient of a broadcast as one', async () => {
		const { client } = clientThatGets(ok([{ id: 'x', status: 'accepted' }, { id: 'y', status: 'accepted' }]));
		const sending = broadcast(client);
		expect(client.messagesInFlight).toBe(2);
		await sending;
		expect(client.messagesInFlight).toBe(0);
	});

	it('sends nothing after it is stopped', async () => {
		const { client, requests } = clientThatGets(TAKEN);
		expect(() => client.ensureOpen()).not.toThrow();
		client.stop();
		expect(() => client.ensureOpen()).toThrow('canceled');
		await expect(client.sendMessage(MESSAGE)).rejects.toMatchObject({ name: 'NeverLeftError' });
		expect(requests).toEqual([]);
	});

	it('masks its secrets when it is printed', () => {
		const client = clientOf({ request: async () => await Promise.reject(new Error('unused')) }, { username: 'wab_demo', password: 'a password' });
		const pair = Buffer.from('wab_demo:a password').toString('base64');
		expect(client.hideSecrets({ header: `Basic ${pair}` })).not.toEqual({ header: `Basic ${pair}` });
	});

	it('makes a single attempt if a user waits for the response', async () => {
		const { requests, http } = clientThatGets({ statusCode: 503, headers: {}, body: {} });
		await expect(clientOf(http, { retries: false }).getMessage('x')).rejects.toMatchObject({ statusCode: 503, mayHaveBeenSent: false });
		expect(requests).toHaveLength(1);
	});

	it('evaluates the status itself and follows no redirects', async () => {
		const { client, requests } = clientThatGets(TAKEN);
		expect(await client.sendMessage(MESSAGE)).toEqual({ id: 'an-id', status: 'accepted' });
		expect(requests).toEqual([
			{
				method: 'POST',
				baseURL: 'https://api.modicagroup.com/rest/wab/v1',
				url: '/messages',
				body: MESSAGE,
				json: true,
				encoding: 'stream',
				abortSignal: expect.any(AbortSignal),
				timeout: 70_000,
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				disableFollowRedirect: true,
			},
		]);
	});

	it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])(
		'retries a message after %s, because nothing was sent',
		async (code) => {
			const failed = fault(code, 'connect');
			const { client, clock, requests } = clientThatGets(failed, failed, TAKEN);
			expect(await clock.until(client.sendMessage(MESSAGE))).toMatchObject({ id: 'an-id' });
			expect(requests).toHaveLength(3);
			expect(clock.now()).toBe(1_500);
		},
	);

	it('gives up after 15 s without a connection', async () => {
		const { client, clock, requests } = clientThatGets(fault('ECONNREFUSED'));
		await expect(clock.until(client.sendMessage(MESSAGE))).rejects.toMatchObject({
			message: 'Could not connect to api.modicagroup.com: connection refused',
			description: "Check 'Base URL' in the credential, and whether n8n can reach it.",
			mayHaveBeenSent: false,
		});
		expect({ requests: requests.length, waited: clock.now() }).toEqual({ requests: 6, waited: 15_500 });
	});

	it.each([
		['ECONNRESET', 'No response from api.modicagroup.com: the connection was lost'],
		['ECONNABORTED', 'No response from api.modicagroup.com: the request timed out'],
		['ETIMEDOUT', 'No response from api.modicagroup.com: the request timed out'],
		['ERR_BAD_RESPONSE', 'No response from api.modicagroup.com: the request failed'],
	])('does not retry a message after %s, because it may have been sent', async (code, message) => {
		const { client, clock, requests } = clientThatGets(fault(code), TAKEN);
		await expect(clock.until(client.sendMessage(MESSAGE))).rejects.toMatchObject({ message, mayHaveBeenSent: true });
		expect(requests).toHaveLength(1);
	});

	it.each(['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
		'makes a single attempt at a host with an invalid certificate (%s)',
		async (code) => {
			const { client, requests } = clientThatGets(fault(code));
			await expect(client.getMessage('x')).rejects.toMatchObject({
				message: 'Could not connect to api.modicagroup.com: its certificate is not trusted',
				mayHaveBeenSent: false,
			});
			expect(requests).toHaveLength(1);
		},
	);

	it.each([
		['httpCode', { httpCode: 'ECONNREFUSED' }],
		['code', { code: 'ECONNREFUSED' }],
		['the code of its cause', { cause: { code: 'ECONNREFUSED' } }],
	])("finds the reason in the error's %s", async (_where, properties) => {
		const { client, clock, requests } = clientThatGets(Object.assign(new Error(), properties), TAKEN);
		await clock.until(client.sendMessage(MESSAGE));
		expect(requests).toHaveLength(2);
	});

	it('uses one of 200 messages to detect that there is no connection, and fails all at once', async () => {
		const { client, clock, requests } = clientThatGets(fault('ECONNREFUSED', 'connect'));
		const sends = await clock.until(Promise.allSettled(Array.from({ length: 200 }, async () => await client.sendMessage(MESSAGE))));
		const failures = sends.map((end) => (end.status === 'rejected' ? (end.reason as { mayHaveBeenSent: boolean }).mayHaveBeenSent : end.status));
		expect(failures).toEqual(sends.map(() => false));
		// Two at first, then one at a time.
		expect({ requests: requests.length, waited: clock.now() }).toEqual({ requests: 7, waited: 15_500 });
	});

	it('loses none of 200 messages if the connection recovers in time', async () => {
		const down = fault('ECONNREFUSED', 'connect');
		const { client, clock, requests } = clientThatGets(down, down, down, down, down, down, TAKEN);
		const sends = await clock.until(Promise.allSettled(Array.from({ length: 200 }, async () => await client.sendMessage(MESSAGE))));
		expect(sends.filter(({ status }) => status === 'rejected')).toEqual([]);
		expect(requests).toHaveLength(206);
		// The wait for the host, then 200 messages at 50 per second.
		expect(clock.now()).toBeLessThan(15_500 + 4_100);
	});

	/** Those in flight, those sent before the outage was detected, and the retries. */
	const FEW = 25 + 4 + 5;

	it.each([
		['times out', 'ECONNABORTED', 60_000],
		['closes each connection after the request', 'ECONNRESET', 20],
	])('leaves few of 1,000 messages in doubt if the host %s, and fails the others as not sent', async (_how, code, afterMs) => {
		const clock = new VirtualClock();
		let requests = 0;
		const http: Http = {
			request: async () => {
				// The first gets a response, so that the others may be sent.
				if (requests++ === 0) return await Promise.resolve(streamed({ ...TAKEN, headers: {} }) as never);
				await clock.sleep(afterMs);
				throw fault(code, 'read');
			},
		};
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock, maxConcurrency: 25 });
		await clock.until(client.sendMessage(MESSAGE));
		const sends = await clock.until(Promise.allSettled(Array.from({ length: 1_000 }, async () => await client.sendMessage(MESSAGE))));
		const failures = sends.flatMap((end) => (end.status === 'rejected' ? [end.reason as { message: string; mayHaveBeenSent: boolean }] : []));
		const doubtful = failures.filter(({ mayHaveBeenSent }) => mayHaveBeenSent);
		expect({ failures: failures.length, isFew: doubtful.length <= FEW, requests: requests - 1 }).toEqual({ failures: 1_000, isFew: true, requests: doubtful.length });
		expect(failures.at(-1)?.message).toBe('Gave up: api.modicagroup.com did not respond to any recent request');
		expect(clock.now()).toBeLessThan(150_000);
	});

	it('does not treat a host as down if its responses begin and break off', async () => {
		const clock = new VirtualClock();
		let requests = 0;
		async function* breaking(): AsyncGenerator<Uint8Array> {
			yield Buffer.from('{');
			await clock.sleep(1_000);
			throw fault('ECONNRESET', 'read');
		}
		const http: Http = {
			request: async () => {
				const breaks = requests++ > 0 && requests <= 21;
				if (breaks) return await Promise.resolve({ statusCode: 202, headers: {}, body: breaking() } as never);
				await clock.sleep(100);
				return streamed({ ...TAKEN, headers: {} });
			},
		};
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock, maxConcurrency: 20 });
		await clock.until(client.sendMessage(MESSAGE));
		const sends = await clock.until(Promise.allSettled(Array.from({ length: 40 }, async () => await client.sendMessage(MESSAGE))));
		expect(sends.filter(({ status }) => status === 'rejected')).toHaveLength(20);
		expect(clock.now()).toBe(1_200);
	});

	it('continues when a host that stopped responding responds again', async () => {
		const clock = new VirtualClock();
		let requests = 0;
		const http: Http = {
			request: async () => {
				await clock.sleep(20);
				if (clock.now() > 10_000 || requests++ === 0) return streamed({ ...TAKEN, headers: {} });
				throw fault('ECONNRESET', 'read');
			},
		};
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock, maxConcurrency: 25 });
		await clock.until(client.sendMessage(MESSAGE));
		const sends = await clock.until(Promise.allSettled(Array.from({ length: 1_000 }, async () => await client.sendMessage(MESSAGE))));
		expect(sends.filter(({ status }) => status === 'rejected').length).toBeLessThanOrEqual(FEW);
	});

	it('fails a message on its own if it always gets a 429, and adds no delay beyond its waits', async () => {
		const clock = new VirtualClock();
		const refused = { statusCode: 429, headers: { 'x-ratelimit-limit': '100', 'retry-after': '1' }, body: { message: 'too many', error: 'pair limit' } };
		const taken = { statusCode: 202, headers: { 'x-ratelimit-limit': '100' }, body: { message_id: 'an-id', status: 'accepted' } };
		const isBad = (options: IHttpRequestOptions) => (options.body as Message).to === '+64210000150';
		const http: Http = {
			request: async (options) => {
				await clock.sleep(20);
				return streamed(isBad(options) ? refused : taken);
			},
		};
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock, maxConcurrency: 25 });
		const send = async (_: unknown, index: number) => await client.sendMessage({ ...MESSAGE, to: `+64210000${100 + index}` });
		const sends = await clock.until(Promise.allSettled(Array.from({ length: 300 }, send)));
		const failed = sends.flatMap((end, index) => (end.status === 'rejected' ? [{ index, reason: end.reason as unknown }] : []));
		expect(failed).toEqual([
			{
				index: 50,
				reason: expect.objectContaining({
					message: 'Modica rate-limited this request 5 times but accepted others: too many: pair limit',
					statusCode: 429,
					mayHaveBeenSent: false,
				}),
			},
		]);
		expect(clock.now()).toBeLessThan(3_100 + 5_000);
	});

	it.each([
		['before the request is sent', async () => await Promise.reject<never>(new TypeError('x is not a function: wab_demo:a password'))],
		['while the response is parsed', async () => await Promise.resolve({ statusCode: 202, get headers(): never { throw new TypeError('x is not a function: wab_demo:a password'); } })],
	])('reports a bug %s with its own message, without the password', async (_when, request) => {
		const http = { request } as unknown as Http;
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', username: 'wab_demo', password: 'a password' });
		const error = (await client.sendMessage(MESSAGE).catch((reason: unknown) => reason)) as Error;
		expect(error).toMatchObject({ name: 'UnexpectedError', message: 'x is not a function: wab_demo:***', mayHaveBeenSent: true });
		expect(error.stack).toContain('client.test');
		expect(error.stack).not.toContain('a password');
	});

	it('sends nothing more after a failure if Stop Workflow is set', async () => {
		const refused = { statusCode: 422, headers: {}, body: {} };
		const { requests, http } = clientThatGets(refused);
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', maxConcurrency: 1, stopOnError: true });
		const sends = await Promise.allSettled([client.sendMessage(MESSAGE), client.sendMessage(MESSAGE)]);
		expect(sends.map((end) => end.status === 'rejected' && (end.reason as Error).name)).toEqual(['ModicaError', 'NeverLeftError']);
		expect(requests).toHaveLength(1);
	});

	it('tolerates 429s for five minutes', async () => {
		const refused = { statusCode: 429, headers: { 'retry-after': '10' }, body: {} };
		const { client, clock, requests } = clientThatGets(refused);
		await expect(clock.until(client.sendMessage(MESSAGE))).rejects.toMatchObject({
			message: 'Gave up after 300 s of rate limiting',
			mayHaveBeenSent: false,
		});
		expect(requests.length).toBe(31);
		expect(clock.now()).toBe(300_000);
	});

	it('applies a 429 at once, and waits for its body for at most 5 s', async () => {
		const clock = new VirtualClock();
		const requests: number[] = [];
		const http: Http = {
			request: async ({ abortSignal }) => {
				requests.push(clock.now());
				const answer = requests.length > 1 ? streamed(TAKEN) : { statusCode: 429, headers: { 'retry-after': '1' }, body: trickle(clock, abortSignal as AbortSignal) };
				return await Promise.resolve(answer as never);
			},
		};
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock });
		await clock.until(client.sendMessage(MESSAGE));
		expect(requests).toHaveLength(2);
		expect(requests[1]).toBeLessThan(7_000);
	});

	it('aborts an upload if the execution is canceled while its file is being opened', async () => {
		const cancel = new AbortController();
		const http: Http = {
			request: async ({ abortSignal }) => {
				(abortSignal as AbortSignal).throwIfAborted();
				return await Promise.resolve(streamed({ statusCode: 200, headers: {}, body: { id: 'x' } }) as never);
			},
		};
		const client = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock: new VirtualClock(), signal: cancel.signal });
		const file = new File([], 'a.png');
		const open = async () => {
			cancel.abort();
			return await Promise.resolve({ file, bytesRead: () => 0, failure: () => undefined, close: () => {} });
		};
		await expect(client.uploadMedia(open, undefined)).rejects.toMatchObject({ name: 'CanceledError' });
		expect(getEventListeners(cancel.signal, 'abort')).toEqual([]);
	});

	it('allows more time for larger uploads', async () => {
		const { client, requests } = clientThatGets({ statusCode: 200, headers: {}, body: { id: 'x' } });
		const file = Object.defineProperty(new File([], 'a.mp4'), 'size', { value: 100 * 1024 * 1024 });
		await client.uploadMedia(async () => await Promise.resolve({ file, bytesRead: () => file.size, failure: () => undefined, close: () => {} }), undefined);
		expect(requests[0]?.timeout).toBe(70_000 + 409_600);
	});

	it.each([
		['10, 10', 10],
		['10, 10;w=1', 10],
		['10;w=1', 10],
		['600, 600;w=60', 10],
		['10, 1000;w=3600', 10],
	])('reads the limit from %j', async (limit, perSecond) => {
		const { client, clock } = clientThatGets({ ...TAKEN, headers: { 'x-ratelimit-limit': limit } });
		for (let i = 0; i <= perSecond; i++) await clock.until(client.sendMessage(MESSAGE));
		expect(clock.now()).toBeGreaterThanOrEqual(1_000);
		expect(clock.now()).toBeLessThan(1_150);
	});

	it("counts a Retry-After date from the date of the response, regardless of n8n's clock", async () => {
		const api = Date.now() + 20 * 60_000;
		const headers = { date: new Date(api).toUTCString(), 'retry-after': new Date(api + 5_000).toUTCString() };
		const { client, clock } = clientThatGets({ statusCode: 429, headers, body: {} }, TAKEN);
		await clock.until(client.sendMessage(MESSAGE));
		expect(clock.now()).toBe(5_000);
	});

	it('aborts a response that trickles after a minute, not counting time during which n8n was blocked', async () => {
		const clock = new VirtualClock();
		const http: Http = {
			request: async ({ abortSignal }) => await Promise.resolve({ statusCode: 202, headers: {}, body: trickle(clock, abortSignal as AbortSignal) } as never),
		};
		const send = clientOf(http, { baseUrl: 'https://api.modicagroup.com/rest/wab/v1', clock }).sendMessage(MESSAGE);
		void send.catch(() => {});
		await clock.pass(30_000);
		clock.standStill(3_600_000);
		await clock.pass(29_000);
		const pending = Symbol('pending');
		expect(await Promise.race([send, Promise.resolve(pending)])).toBe(pending);
		await expect(clock.until(send)).rejects.toMatchObject({ message: 'No response from api.modicagroup.com: the request timed out', mayHaveBeenSent: true });
		expect(clock.now()).toBeLessThan(3_600_000 + 63_000);
	});

	it.each([['0'], ['0.001'], ['-1'], ['many'], [undefined]])('ignores the limit %j', async (limit) => {
		const answer = { ...TAKEN, headers: { 'x-ratelimit-limit': limit } };
		const { client, clock } = clientThatGets(answer);
		for (let i = 0; i < 50; i++) await clock.until(client.sendMessage(MESSAGE));
		expect(clock.now()).toBe(0);
	});
});
