import { getEventListeners } from 'node:events';
import type { INodeParameters } from 'n8n-workflow';
import { item } from '../../harness/core/node.mts';
import { itemsOf, setStage, TEXT } from '../../harness/core/stage.mts';
import { freePort } from '../../harness/ports.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const stage = setStage();

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
/** All but *Check Health*, which also checks which server responds: see access.test.mts. */
const OPERATIONS: Record<string, INodeParameters> = {
	send: TEXT,
	broadcast: { ...TEXT, operation: 'broadcast', recipientSource: 'items' },
	get: { resource: 'message', operation: 'get', messageId: ID },
	markAsRead: { resource: 'message', operation: 'markAsRead', messageId: ID },
	upload: { resource: 'media', operation: 'upload', binaryPropertyName: 'data' },
	download: { resource: 'media', operation: 'download', mediaId: 'abc', binaryPropertyName: 'data' },
};
const FILE = item({}, { data: { mimeType: 'image/png', data: Buffer.from('x').toString('base64') } });

describe.each(Object.entries(OPERATIONS))('%s', (_operation, parameters) => {
	// The texts for each status are tested in test/fast/api/errors.test.mts.
	it('shows the error of the API, with the solution', async () => {
		const body = { errors: [{ field: 'to', code: 'invalid', description: 'is not reachable' }] };
		stage.simulator.addFault({ kind: 'status', status: 422, body });
		const failure = await stage.fail(parameters, { items: [FILE] });
		expect(failure).toMatchObject({
			name: 'NodeApiError',
			httpCode: '422',
			message: 'Modica returned 422 (not accepted): to: is not reachable (invalid)',
			description: expect.stringContaining('Check the fields that Modica names.'),
		});
		expect(stage.simulator.requests).toHaveLength(1);
	});

	it('is retried after a 429', async () => {
		stage.simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '0' } });
		// The requested resource doesn't always exist. Only the retry matters here.
		await stage.run(parameters, { items: [FILE], continueOnFail: true });
		expect(stage.simulator.requests.map(({ status }) => status)).toEqual([429, expect.any(Number)]);
		const [refused, again] = stage.simulator.requests.map(({ method, path, query }) => ({ method, path, query }));
		expect(again).toEqual(refused);
	});
});

it('does not follow a redirect', async () => {
	stage.simulator.addFault({ kind: 'redirect', location: `${stage.simulator.origin}/elsewhere` });
	const failure = await stage.fail(TEXT);
	expect(failure.message).toMatch(/^Modica returned 302/);
	expect(failure.description).toContain('Modica’s API never redirects');
	expect(stage.simulator.requests).toHaveLength(1);
});

describe('a message that may have been sent', () => {
	it.each([
		['a server error before it was accepted', { kind: 'status', status: 500, when: 'before' }, 'Modica returned 500: Whatsapp Cloud API error: internal server error message', 0],
		['a server error after it was accepted', { kind: 'status', status: 500, when: 'after' }, 'Modica returned 500: Whatsapp Cloud API error: internal server error message', 1],
		['a gateway timeout', { kind: 'status', status: 504, when: 'after', body: '<html>Gateway Time-out</html>' }, 'Modica returned 504: <html>Gateway Time-out</html>', 1],
		['a connection lost before it was accepted', { kind: 'drop', when: 'before' }, /^No response from 127\.0\.0\.1:\d+: the connection was lost$/, 0],
		['a connection lost after it was accepted', { kind: 'drop', when: 'after' }, /^No response from 127\.0\.0\.1:\d+: the connection was lost$/, 1],
		['a response that is not JSON', { kind: 'garbageBody', status: 202 }, 'Modica returned 202 without a valid message ID', 1],
		['a response without an ID', { kind: 'status', status: 202, body: { status: 'accepted' } }, 'Modica returned 202 without a valid message ID', 0],
	] as const)('is not retried after %s, and the error says so', async (_what, fault, message, taken) => {
		stage.simulator.addFault(fault);
		const [output] = await stage.run(TEXT, { continueOnFail: true });
		expect(output?.json).toMatchObject({ error: expect.stringMatching(message), mayHaveBeenSent: true, to: '+64211234567' });
		expect(output?.json.description).toContain('The message may have been sent. Check its status before you send it again.');
		expect(stage.simulator.requests).toHaveLength(1);
		expect(stage.simulator.messages).toHaveLength(taken);
	});
});

describe('a read that fails', () => {
	it.each([
		['a server error', { kind: 'status', status: 500 }],
		['a lost connection', { kind: 'drop', when: 'before' }],
	] as const)('is retried after %s', async (_what, fault) => {
		const [sent] = await stage.run(TEXT);
		stage.simulator.addFault(fault);
		const [output] = await stage.run({ ...OPERATIONS.get, messageId: String(sent?.json.id) });
		expect(output?.json.id).toBe(sent?.json.id);
		expect(stage.simulator.requests).toHaveLength(3);
	});

	it('is given up after four attempts, and the error does not mention sent messages', async () => {
		stage.simulator.addFault({ kind: 'status', status: 500, times: 'always' });
		const [output] = await stage.run(OPERATIONS.get as INodeParameters, { continueOnFail: true });
		expect(output?.json).toEqual({
			error: 'Modica returned 500: Whatsapp Cloud API error: internal server error message',
			description: 'The cause is on Modica’s side. Try again later, and contact Modica’s support if this persists.',
			statusCode: 500,
			mayHaveBeenSent: false,
		});
		expect(stage.simulator.requests).toHaveLength(4);
	});

	it('is reported if its response is not a message', async () => {
		stage.simulator.addFault({ kind: 'garbageBody', status: 200 });
		expect((await stage.fail(OPERATIONS.get as INodeParameters)).message).toBe(
			'Modica returned 200 without a valid message',
		);
	});

	it('is reported if the response to an upload has no ID', async () => {
		stage.simulator.addFault({ kind: 'status', status: 200, body: { ok: true } });
		expect((await stage.fail(OPERATIONS.upload as INodeParameters, { items: [FILE] })).message).toBe(
			'Modica returned 200 without a valid file ID',
		);
	});
});

describe('an unreachable API', () => {
	it('is retried until it responds, and then each message is sent once', async () => {
		const port = await freePort();
		const { username, password } = stage.simulator;
		const credential = { username, password, baseUrl: `http://127.0.0.1:${port}/rest/wab/v1` };
		const { startSimulator } = await import('../../simulator/simulator.mts');
		const running = stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', ['+64211000001', '+64211000002', '+64211000003']),
			credential,
		});
		// The first attempts use a port on which nothing listens.
		const late = await startSimulator({ port, username, password });
		try {
			await running;
			expect(late.messages.map(({ to }) => to).sort()).toEqual(['+64211000001', '+64211000002', '+64211000003']);
		} finally {
			await late.stop();
		}
	});
});

describe('a rate limit', () => {
	it.each([
		['in seconds', 'seconds'],
		['as a date', 'date'],
		['not at all', 'absent'],
		['as nonsense', 'in a while'],
	])('with a Retry-After %s is waited for, and nothing is dropped or sent twice', async (_how, retryAfter) => {
		stage.simulator.configure({
			// Low enough that even a slow machine exceeds it.
			rateLimit: { requestsPerSecond: 2, algorithm: 'tokenBucket', burst: 2, retryAfter },
			// If the header is wrong, the limit is learned from the 429s.
			advertisedLimit: 1_000,
		});
		const numbers = Array.from({ length: 6 }, (_, index) => `+6421100${1_000 + index}`);
		const output = await stage.run({ ...TEXT, to: '={{ $json.to }}' }, { items: itemsOf('to', numbers) });
		expect(output.map(({ json }) => json.to)).toEqual(numbers);
		expect(stage.simulator.messages.map(({ to }) => to).sort()).toEqual(numbers);
		expect(stage.simulator.requests.some(({ status }) => status === 429)).toBe(true);
	});

	it('in the header is respected without a single 429', async () => {
		stage.simulator.configure({ rateLimit: { requestsPerSecond: 50, algorithm: 'tokenBucket' } });
		const numbers = Array.from({ length: 100 }, (_, index) => `+6421100${1_000 + index}`);
		await stage.run({ ...TEXT, to: '={{ $json.to }}' }, { items: itemsOf('to', numbers) });
		expect(stage.simulator.messages).toHaveLength(100);
		expect(stage.simulator.requests.filter(({ status }) => status !== 202)).toEqual([]);
	});

	it('with an excessive wait fails the message and all after it at once', async () => {
		stage.simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '86400' }, times: 'always' });
		const output = await stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', Array.from({ length: 20 }, (_, index) => `+6421100${1_000 + index}`)),
			continueOnFail: true,
		});
		expect(output.map(({ json }) => [json.mayHaveBeenSent, String(json.error).slice(0, 34)])).toEqual(
			Array.from({ length: 20 }, () => [false, 'Modica asked to wait 86400 s, but ']),
		);
		// Only the requests that were sent before the first 429 arrived.
		expect(stage.simulator.requests.length).toBeLessThanOrEqual(2);
	});
});

describe('a canceled execution', () => {
	it('stops at once, even while it waits for the rate limit', async () => {
		stage.simulator.configure({ rateLimit: { requestsPerSecond: 1, algorithm: 'fixedWindow' } });
		const cancel = new AbortController();
		const running = stage.fail({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', Array.from({ length: 20 }, (_, index) => `+6421100${1_000 + index}`)),
			signal: cancel.signal,
		});
		await until('the first to be sent', PATIENCE_MS, () => stage.simulator.messages.length > 0);
		cancel.abort();
		expect((await running).message).toBe('The execution was canceled');
		const taken = stage.simulator.messages.length;
		expect(taken).toBeLessThan(20);
		expect(stage.simulator.requests.length).toBeGreaterThanOrEqual(taken);
	});
});

describe('an execution that is canceled after the node has ended', () => {
	it.each([false, true])('does not affect the node (Continue: %s)', async (continueOnFail) => {
		const cancel = new AbortController();
		for (let iteration = 0; iteration < 5; iteration++) await stage.run(TEXT, { signal: cancel.signal, continueOnFail });
		stage.simulator.addFault({ kind: 'status', status: 422 });
		await stage.run(TEXT, { signal: cancel.signal, continueOnFail }).catch(() => {});
		expect(getEventListeners(cancel.signal, 'abort')).toEqual([]);
	});
});

describe('secrets', () => {
	it('are in no error and no item', async () => {
		const password = 'hush-hush-hush';
		stage.simulator.configure({ password });
		const seen: unknown[] = [];
		for (const fault of [
			{ kind: 'status', status: 401 },
			{ kind: 'status', status: 500 },
			{ kind: 'drop', when: 'before' },
			{ kind: 'garbageBody' },
		] as const) {
			for (const continueOnFail of [false, true]) {
				stage.simulator.addFault(fault);
				seen.push(await stage.run(TEXT, { continueOnFail }).catch((error: unknown) => error));
			}
		}
		const { username } = stage.simulator;
		const text = seen.map((value) => everythingIn(value)).join('\n');
		expect(text).toContain('Modica returned 401');
		expect(text).not.toContain(password);
		expect(text).not.toContain(Buffer.from(`${username}:${password}`).toString('base64'));
	});
});

/** Everything reachable from a value, as text, including hidden properties and causes. */
function everythingIn(value: unknown, seen = new Set<unknown>()): string {
	if (typeof value !== 'object' || value === null) return String(value);
	if (seen.has(value)) return '';
	seen.add(value);
	return Object.getOwnPropertyNames(value)
		.map((name) => `${name}: ${everythingIn((value as Record<string, unknown>)[name], seen)}`)
		.join('\n');
}
