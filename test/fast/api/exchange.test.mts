/** Single attempts: files that go and come, and what breaks them off. */
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

/** An exchange whose requests do what is given. */
function exchangeThat(send: Send): Exchange {
	const http: Http = { request: async ({ abortSignal }) => (await send(abortSignal as AbortSignal)) as never };
	const secrets = new Secrets(undefined, undefined, /(?!)/g);
	return new Exchange(http, { baseUrl: 'https://api.example.com', clock, signal: cancel.signal, secrets, timeoutMs: MINUTE_MS, onResponse: () => {} });
}

/** No answer, until the attempt is broken off. */
const never: Send = async (signal) =>
	await new Promise((_, reject) => {
		const brokenOff = () => reject(Object.assign(new Error('canceled'), { code: 'ERR_CANCELED' }));
		signal.addEventListener('abort', brokenOff);
	});

/** An answer whose body comes in these pieces, each when the one before it has been read; a function is called in its place. */
const answerOf = (...body: Array<string | (() => Promise<unknown>)>): Send => async () => {
	async function* pieces() {
		for (const piece of body) {
			if (typeof piece === 'string') yield Buffer.from(piece);
			else await piece();
		}
	}
	return await Promise.resolve({ statusCode: 200, headers: {}, body: pieces() });
};

/** The very error that an attempt passes on. */
const passedOn = (result: AttemptResult) => 'error' in result && result.error;

/** What is told of a failure, as if its message had not been sent; anything else as it is. */
const told = (result: AttemptResult) => ('toError' in result ? [result.failure, result.responded, result.toError(false, 0).message] : result);

describe('an upload', () => {
	/** Of a file that has two minutes to go, and one more for the answer. */
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
	])('lets go of its file when it %s', async (_how, send) => {
		await exchangeThat(send).attempt(request);
		expect(closed).toBe(1);
	});

	it('is not made of a file that cannot be opened, and passes on why', async () => {
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

	it('is given up when nothing of its file moves for a minute', async () => {
		const attempt = exchangeThat(never).attempt(request);
		bytes = 1;
		await clock.pass(MINUTE_MS / 2);
		bytes = 2;
		expect(told(await clock.until(attempt))).toEqual([{ kind: 'fault', fault: 'broken' }, false, 'No answer from api.example.com: nothing moved any more']);
		expect(clock.now()).toBeGreaterThan(1.5 * MINUTE_MS - 1_000);
		expect(clock.now()).toBeLessThan(1.5 * MINUTE_MS + 1_000);
	});

	it('waits for an answer once its file has gone', async () => {
		bytes = SIZE;
		const attempt = exchangeThat(never).attempt(request);
		expect(told(await clock.until(attempt))).toEqual([{ kind: 'fault', fault: 'broken' }, false, 'No answer from api.example.com: no answer came in time']);
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
	const CUT_OFF = 'The file from api.example.com did not come whole: ';

	it('may take as long as it moves', async () => {
		const slowly = Array.from({ length: 10 }, () => ['x', async () => await clock.sleep(MINUTE_MS / 2)]).flat();
		expect(await clock.until(exchangeThat(answerOf(...slowly)).attempt(request))).toMatchObject({ response: { statusCode: 200 } });
		expect(received).toBe('x'.repeat(10));
	});

	it('is given up when nothing of it moves for a minute', async () => {
		const stalls: Send = async (signal) => await answerOf('x', async () => await never(signal))(signal);
		expect(told(await clock.until(exchangeThat(stalls).attempt(request)))).toEqual([{ kind: 'fault', fault: 'broken' }, true, `${CUT_OFF}nothing moved any more`]);
		expect(clock.now()).toBeLessThan(MINUTE_MS + 1_000);
	});

	it('may break off with any error', async () => {
		const breaks = answerOf('x', async () => await Promise.reject(new Error('incorrect header check')));
		expect(told(await exchangeThat(breaks).attempt(request))).toEqual([{ kind: 'fault', fault: 'broken' }, true, `${CUT_OFF}the connection broke off`]);
	});

	it('passes on why its file could not be taken in', async () => {
		const error = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
		expect(passedOn(await exchangeThat(answerOf('x')).attempt({ ...request, receive: async () => await Promise.reject(error) }))).toBe(error);
	});

	it('is none of an answer that is a refusal', async () => {
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

	it('that is cancelled says so, whether its answer is a file or not', async () => {
		for (const more of [{}, { receive: async () => await Promise.resolve() }]) {
			cancel = new AbortController();
			const attempt = exchangeThat(never).attempt({ ...request, ...more });
			await settle();
			cancel.abort();
			const result = await attempt;
			expect('toError' in result && result.toError(false, 0).name).toBe('CancelledError');
		}
	});

	it('that never left stays so, though it was broken off', async () => {
		const unreachable: Send = async (signal) => await never(signal).catch(async () => await Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' })));
		expect(await clock.until(exchangeThat(unreachable).attempt(request))).toMatchObject({ failure: { kind: 'fault', fault: 'unreachable' } });
	});

	it('asks for what is known, and for nothing that is not', async () => {
		const asked: unknown[] = [];
		const http: Http = { request: async ({ qs }) => (asked.push(qs), (await answerOf('{}')(cancel.signal)) as never) };
		const secrets = new Secrets(undefined, undefined, /(?!)/g);
		await new Exchange(http, { baseUrl: 'https://api.example.com', clock, signal: undefined, secrets, timeoutMs: MINUTE_MS, onResponse: () => {} }).attempt(request);
		expect(asked).toStrictEqual([{ id: 'x' }]);
	});
});
