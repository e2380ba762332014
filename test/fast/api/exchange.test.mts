/** Single attempts: uploads, downloads, and what aborts them. */
import { Exchange, type ApiRequest, type AttemptResult, type Http, type Upload } from '../../../nodes/ModicaWhatsApp/api/exchange';
import { Secrets } from '../../../nodes/ModicaWhatsApp/api/secrets';
import { settle, VirtualClock } from '../../harness/virtualClock.mts';

const MINUTE_MS = 60_000;

let clock: VirtualClock;
let cancel: AbortController;
beforeEach(() => {
	clock = new VirtualClock();
	cancel = new AbortController();
});

type Send = (signal: AbortSignal) => Promise<unknown>;

/** An exchange whose requests run this function. */
function exchangeThat(send: Send): Exchange {
	const http: Http = { request: async ({ abortSignal }) => (await send(abortSignal as AbortSignal)) as never };
	const secrets = new Secrets(undefined, undefined, /(?!)/g);
	return new Exchange(http, { baseUrl: 'https://api.example.com', clock, signal: cancel.signal, secrets, timeoutMs: MINUTE_MS, onResponse: () => {} });
}

/** No response until the attempt is aborted. */
const never: Send = async (signal) =>
	await new Promise((_, reject) => {
		const brokenOff = () => reject(Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' }));
		signal.addEventListener('abort', brokenOff);
	});

/**
 * A response whose body arrives in these chunks, each after the previous one was read. A function is called in place of a
 * chunk.
 */
const answerOf = (...body: Array<string | (() => Promise<unknown>)>): Send => async () => {
	async function* pieces() {
		for (const piece of body) {
			if (typeof piece === 'string') yield Buffer.from(piece);
			else await piece();
		}
	}
	return await Promise.resolve({ statusCode: 200, headers: {}, body: pieces() });
};

/** The original error that an attempt passes on. */
const passedOn = (result: AttemptResult) => 'error' in result && result.error;

/** The description of a failure, as if its message hadn't been sent. Returns other results unchanged. */
const told = (result: AttemptResult) => ('toError' in result ? [result.failure, result.responded, result.toError(false, 0).message] : result);

describe('an upload', () => {
	/** Of a file that takes two minutes to send, and one more until the response. */
	const SIZE = 256 * 2 * MINUTE_MS;
	let closed = 0;
	let bytes = 0;
	let failure: unknown;
	beforeEach(() => ([closed, bytes, failure] = [0, 0, undefined]));
	const upload: Upload = { file: Object.defineProperty(new File([], 'a.mp4'), 'size', { value: SIZE }), bytesRead: () => bytes, failure: () => failure, close: () => void closed++ };
	const request: ApiRequest = { method: 'POST', path: '/media', idempotent: true, open: async () => await Promise.resolve(upload) };

	it.each<[string, Send]>([
		['succeeds', answerOf('{}')],
		['fails', async () => await Promise.reject(new Error('no'))],
	])('closes its file if it %s', async (_how, send) => {
		await exchangeThat(send).attempt(request);
		expect(closed).toBe(1);
	});

	it('is not sent if its file cannot be opened, and passes on the reason', async () => {
		const error = new Error('gone');
		let asked = 0;
		const exchange = exchangeThat(async () => await Promise.resolve(asked++));
		expect(passedOn(await exchange.attempt({ ...request, open: async () => await Promise.reject(error) }))).toBe(error);
		expect([asked, closed]).toEqual([0, 0]);
	});

	it('passes on why its file could not be read', async () => {
		failure = new Error('gone');
		expect(passedOn(await exchangeThat(async () => await Promise.reject(new Error('network'))).attempt(request))).toBe(failure);
	});

	it('is aborted if its file makes no progress for a minute', async () => {
		const attempt = exchangeThat(never).attempt(request);
		bytes = 1;
		await clock.pass(MINUTE_MS / 2);
		bytes = 2;
		expect(told(await clock.until(attempt))).toEqual([{ kind: 'fault', fault: 'broken' }, false, 'No response from api.example.com: the transfer stalled']);
		expect(clock.now()).toBeGreaterThan(1.5 * MINUTE_MS - 1_000);
		expect(clock.now()).toBeLessThan(1.5 * MINUTE_MS + 1_000);
	});

	it('waits for a response after its file was sent', async () => {
		bytes = SIZE;
		const attempt = exchangeThat(never).attempt(request);
		expect(told(await clock.until(attempt))).toEqual([{ kind: 'fault', fault: 'broken' }, false, 'No response from api.example.com: the request timed out']);
		expect(clock.now()).toBe(3 * MINUTE_MS);
	});
});

describe('a download', () => {
	let received: string;
	beforeEach(() => (received = ''));
	const request: ApiRequest = {
		method: 'GET',
		path: '/media',
		idempotent: true,
		receive: async ({ content }) => {
			for await (const chunk of content.chunks()) received += Buffer.from(chunk).toString();
		},
	};
	const CUT_OFF = 'Download from api.example.com incomplete: ';

	it('may take any time while it makes progress', async () => {
		const slowly = Array.from({ length: 10 }, () => ['x', async () => await clock.sleep(MINUTE_MS / 2)]).flat();
		expect(await clock.until(exchangeThat(answerOf(...slowly)).attempt(request))).toMatchObject({ response: { statusCode: 200 } });
		expect(received).toBe('x'.repeat(10));
	});

	it('is aborted if it makes no progress for a minute', async () => {
		const stalls: Send = async (signal) => await answerOf('x', async () => await never(signal))(signal);
		expect(told(await clock.until(exchangeThat(stalls).attempt(request)))).toEqual([{ kind: 'fault', fault: 'broken' }, true, `${CUT_OFF}the transfer stalled`]);
		expect(clock.now()).toBeLessThan(MINUTE_MS + 1_000);
	});

	it('may fail with any error', async () => {
		const breaks = answerOf('x', async () => await Promise.reject(new Error('incorrect header check')));
		expect(told(await exchangeThat(breaks).attempt(request))).toEqual([{ kind: 'fault', fault: 'broken' }, true, `${CUT_OFF}the connection was lost`]);
	});

	it('passes on why its file could not be stored', async () => {
		const error = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
		expect(passedOn(await exchangeThat(answerOf('x')).attempt({ ...request, receive: async () => await Promise.reject(error) }))).toBe(error);
	});

	it('stores no file for a rejection', async () => {
		const send: Send = async () => await Promise.resolve({ statusCode: 404, headers: {}, body: streamOf('no such file') });
		expect(told(await exchangeThat(send).attempt(request))).toEqual([expect.objectContaining({ kind: 'status', statusCode: 404 }), true, expect.stringContaining('no such file')]);
		expect(received).toBe('');
	});
});

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
	yield await Promise.resolve(Buffer.from(text));
}

describe('an attempt', () => {
	const request: ApiRequest = { method: 'GET', path: '/messages', qs: { id: 'x', source: undefined }, idempotent: true };

	it('that is canceled says so, whether or not its response is a file', async () => {
		for (const more of [{}, { receive: async () => await Promise.resolve() }]) {
			cancel = new AbortController();
			const attempt = exchangeThat(never).attempt({ ...request, ...more });
			await settle();
			cancel.abort();
			const result = await attempt;
			expect('toError' in result && result.toError(false, 0).name).toBe('CanceledError');
		}
	});

	it('that was not sent counts as such even if it was aborted', async () => {
		const unreachable: Send = async (signal) => await never(signal).catch(async () => await Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' })));
		expect(await clock.until(exchangeThat(unreachable).attempt(request))).toMatchObject({ failure: { kind: 'fault', fault: 'unreachable' } });
	});

	it('sends only defined query parameters', async () => {
		const asked: unknown[] = [];
		const http: Http = { request: async ({ qs }) => (asked.push(qs), (await answerOf('{}')(cancel.signal)) as never) };
		const secrets = new Secrets(undefined, undefined, /(?!)/g);
		await new Exchange(http, { baseUrl: 'https://api.example.com', clock, signal: undefined, secrets, timeoutMs: MINUTE_MS, onResponse: () => {} }).attempt(request);
		expect(asked).toStrictEqual([{ id: 'x' }]);
	});
});
