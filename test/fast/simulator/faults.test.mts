import type { AxiosInstance } from 'axios';
import { isAxiosError } from 'axios';
import { clientOf, seen } from '../../harness/simulatorSupport.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { type Fault, type Simulator, startSimulator } from '../../simulator/simulator.mts';

const to = '+64123456789';
const text = { to, type: 'text', text: { body: 'Hello' } };
const accepted = { message_id: expect.any(String) as string, status: 'accepted' };
const ok = { status: 202, data: accepted };

let simulator: Simulator;
let api: AxiosInstance;

beforeEach(async () => {
	simulator = await startSimulator({ statusSteps: [] });
	api = clientOf(simulator);
});

afterEach(() => simulator.stop());

/** Status and body, or the code of the transport error. */
const send = async (body: object = text) => {
	try {
		return seen(await api.post<unknown>('/messages', body));
	} catch (error) {
		return isAxiosError(error) ? error.code : error;
	}
};

const takenAndRecorded = () => ({
	taken: simulator.messages.length,
	status: simulator.requests[0]?.status,
	fault: simulator.requests[0]?.fault,
});

const error = (statusCode: number, text: string) => ({ message: 'Whatsapp Cloud API error', statusCode, error: text });

describe.each<[string, Fault, unknown, { taken: number; status: number | null }]>([
	['status', { kind: 'status', status: 503 }, { status: 503, data: error(503, 'service unavailable error message') }, { taken: 0, status: 503 }],
	[
		'status after the message is accepted',
		{ kind: 'status', status: 500, when: 'after' },
		{ status: 500, data: error(500, 'internal server error message') },
		{ taken: 1, status: 500 },
	],
	['status with a body', { kind: 'status', status: 418, body: { odd: true } }, { status: 418, data: { odd: true } }, { taken: 0, status: 418 }],
	['status with a text', { kind: 'status', status: 502, body: 'Bad gateway' }, { status: 502, data: 'Bad gateway' }, { taken: 0, status: 502 }],
	['drop before', { kind: 'drop', when: 'before' }, 'ECONNRESET', { taken: 0, status: null }],
	['drop after', { kind: 'drop', when: 'after' }, 'ECONNRESET', { taken: 1, status: null }],
	['drop in the body', { kind: 'drop', when: 'midBody' }, 'ERR_BAD_RESPONSE', { taken: 1, status: 202 }],
	['slow body', { kind: 'slowBody', ms: 5 }, ok, { taken: 1, status: 202 }],
	['garbage body', { kind: 'garbageBody' }, { status: 202, data: '<html><body>Bad gateway</body></html>' }, { taken: 1, status: 202 }],
	['custom garbage body', { kind: 'garbageBody', status: 200, body: '{"id":' }, { status: 200, data: '{"id":' }, { taken: 1, status: 200 }],
	[
		'echo',
		{ kind: 'echo', status: 422 },
		{ status: 422, data: { message_id: 'echo', status: 'accepted', request: text, message: `Refused: ${JSON.stringify(text)}` } },
		{ taken: 0, status: 422 },
	],
	['other shape', { kind: 'shape', responseShape: 'alternative' }, { status: 202, data: [{ id: accepted.message_id, status: 'accepted' }] }, { taken: 1, status: 202 }],
	['redirect', { kind: 'redirect', location: 'http://127.0.0.1:1/' }, { status: 302, data: '' }, { taken: 0, status: 302 }],
	['content length shorter than the body', { kind: 'wrongContentLength' }, 'HPE_CLOSED_CONNECTION', { taken: 1, status: 202 }],
	['content length longer than the body', { kind: 'wrongContentLength', by: 20 }, 'ERR_BAD_RESPONSE', { taken: 1, status: 202 }],
	['latency', { kind: 'latency', ms: 1 }, ok, { taken: 1, status: 202 }],
])('a fault: %s', (_, fault, outcome, effect) => {
	it('affects a single request', async () => {
		simulator.addFault(fault);

		expect(await send()).toEqual(outcome);
		expect(takenAndRecorded()).toEqual({ ...effect, fault: fault.kind });
		expect(simulator.faults).toEqual([]);
		expect(await send()).toEqual(ok);
	});
});

it('sends the headers of a status fault', async () => {
	simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '7' } });
	const { status, headers } = await api.get('/healthz');

	expect([status, headers['retry-after']]).toEqual([429, '7']);
});

it('sends the location of a redirect', async () => {
	simulator.addFault({ kind: 'redirect', location: 'http://127.0.0.1:1/', status: 307 });
	const { status, headers } = await api.get('/healthz');

	expect([status, headers.location]).toEqual([307, 'http://127.0.0.1:1/']);
});

it('can return an error in the other shape', async () => {
	simulator.addFault({ kind: 'shape', errorShape: 'errors' });

	expect(await send({ ...text, to: '021' })).toEqual({
		status: 400,
		data: { errors: [{ field: 'to', code: 'pattern', description: expect.any(String) as string }] },
	});
});

it('spreads a slow body over time', async () => {
	simulator.addFault({ kind: 'slowBody', ms: 30, chunks: 4 });
	const start = performance.now();
	await send();

	expect(performance.now() - start).toBeGreaterThanOrEqual(3 * 30 - 5);
});

it.each([
	['after', 1],
	['before', 0],
] as const)('delays the response, and accepts the message %s the delay', async (when, taken) => {
	simulator.addFault({ kind: 'latency', ms: 60_000, when });
	const answer = api.post('/messages', text).catch(() => 'ended');
	await until('the request', PATIENCE_MS, () => simulator.requests.length === 1 && simulator.messages.length === taken);

	expect(takenAndRecorded()).toEqual({ taken, status: null, fault: 'latency' });
	await simulator.stop();
	await answer;
});

it('delays every response if configured', async () => {
	simulator.configure({ latencyMs: 60 });
	const start = performance.now();
	await send();

	expect(performance.now() - start).toBeGreaterThanOrEqual(55);
});

it.each([
	['before', 0],
	['after', 1],
] as const)('sends no response to a request that stalls %s the message is accepted', async (when, taken) => {
	simulator.addFault({ kind: 'stall', when });
	const giveUp = new AbortController();
	const answer = api.post('/messages', text, { signal: giveUp.signal });
	await until('the request', PATIENCE_MS, () => simulator.requests.length === 1 && simulator.messages.length === taken);
	setTimeout(() => giveUp.abort(), 100);
	await expect(answer).rejects.toMatchObject({ code: 'ERR_CANCELED' });

	expect(takenAndRecorded()).toEqual({ taken, status: null, fault: 'stall' });
	await until('the end of the request', PATIENCE_MS, () => simulator.inFlight === 0);
});

it('interrupts a download', async () => {
	const id = await (async () => {
		simulator.configure({ replyCallbackUrl: 'http://127.0.0.1:1/', callbackTries: 1 });
		await simulator.sendReply({ source: '64123456789', type: 'document', bytes: Buffer.alloc(100_000) });
		return simulator.media[0]?.id;
	})();
	simulator.addFault({ kind: 'drop', when: 'midBody', match: { path: '/media' } });

	await expect(api.get('/media', { params: { media_id: id }, responseType: 'arraybuffer' })).rejects.toMatchObject({ code: 'ERR_BAD_RESPONSE' });
	expect((await api.get<Buffer>('/media', { params: { media_id: id }, responseType: 'arraybuffer' })).data).toHaveLength(100_000);
});

describe('the requests that a fault affects', () => {
	const status = (answer: unknown) => (answer as { status: number }).status;

	it('skips some requests, and then affects as many as configured', async () => {
		simulator.addFault({ kind: 'status', status: 500, skip: 1, times: 2 });
		const answers = [await send(), await send(), await send(), await send()];

		expect(answers.map(status)).toEqual([202, 500, 500, 202]);
	});

	it.each([Infinity, 'always'] as const)('affects requests %s, until it is cleared', async (times) => {
		simulator.addFault({ kind: 'status', status: 500, times });
		const during = [await send(), await send(), await send()];
		simulator.clearFaults();

		expect([...during, await send()].map(status)).toEqual([500, 500, 500, 202]);
	});

	it.each<[string, Fault['match'], number[]]>([
		['the method', { method: 'get' }, [202, 202, 500, 202]],
		['the path', { path: '/messages/broadcast' }, [202, 202, 200, 500]],
		['the recipient', { to: '+64223456789' }, [202, 500, 200, 500]],
		['the position', { messageIndex: 1 }, [202, 500, 200, 202]],
		['all of these at once', { method: 'POST', path: '/messages', to, messageIndex: 1 }, [202, 202, 200, 202]],
	])('match by %s', async (_, match, expected) => {
		simulator.addFault({ kind: 'status', status: 500, times: Infinity, match });
		const answers = [
			await send(),
			await send({ ...text, to: '+64223456789' }),
			await api.get('/healthz'),
			await api.post('/messages/broadcast', { ...text, to: undefined, destination: [to, '+64223456789'] }),
		];

		expect(answers.map(status)).toEqual(expected);
	});

	it('are affected by the first matching fault only', async () => {
		simulator.addFault({ kind: 'status', status: 500, match: { messageIndex: 1 } });
		simulator.addFault({ kind: 'status', status: 503, times: 2 });

		expect([await send(), await send(), await send(), await send()].map(status)).toEqual([503, 500, 503, 202]);
	});

	it('rejects an unknown kind', () => {
		expect(() => simulator.addFault({ kind: 'fire' } as unknown as Fault)).toThrow('No such fault: fire');
	});
});

it('stops while requests stall, without leaving anything running', async () => {
	simulator.addFault({ kind: 'stall', times: Infinity });
	const answers = [1, 2, 3].map(() => api.post('/messages', text).catch((failed: unknown) => (isAxiosError(failed) ? failed.code : failed)));
	await until('three requests', PATIENCE_MS, () => simulator.inFlight === 3);
	await simulator.stop();

	expect(await Promise.all(answers)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
	await expect(api.get('/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
