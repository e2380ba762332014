/** How taps reach waiting executions: the meaning of each response, retries, the order, and the limits. */
import { Answering, type Attempt, type Outcome } from '../../../nodes/ModicaWhatsApp/callback/answering';
import type { Tap } from '../../../nodes/ModicaWhatsApp/callback/tap';
import { VirtualClock } from '../../harness/virtualClock.mts';

const TAP: Tap = { answer: 0, executionId: '1', nodeId: 'ask', secret: 'AbCdEfGhIjKlMnOpQrStUv', signature: '0'.repeat(64) };

const answered = (status: number, body = '', isTaken = false): Attempt => ({ kind: 'answered', status, isTaken, body });
const TAKEN = answered(200, '<p>Thank you</p>', true);
const CLOSED = answered(200, '<p>No action required</p>');
const RUNNING = answered(409, '{"code":409,"message":"The execution \\"1\\" is running already."}');
const FINISHED = answered(409, '{"code":409,"message":"The execution \\"1\\" has finished with error."}');
const STARTING = answered(200, 'n8n is starting up. Please wait');
const UNREACHABLE: Attempt = { kind: 'unreachable' };
const BROKEN: Attempt = { kind: 'broken' };

let clock: VirtualClock;
let answering: Answering;
beforeEach(() => {
	clock = new VirtualClock();
	answering = new Answering(async (ms) => await clock.sleep(ms));
});

/** Posts a tap to an endpoint that returns these responses. The last one repeats. */
async function handOver(attempts: Attempt[], callback = 'r-1', tap = TAP): Promise<{ outcome: Outcome; at: number[] }> {
	const start = clock.now();
	const at: number[] = [];
	const outcome = await clock.until(
		answering.deliver(callback, tap, async () => {
			at.push(clock.now() - start);
			return await Promise.resolve(attempts[at.length - 1] ?? attempts.at(-1)!);
		}),
	);
	return { outcome, at };
}

/** Times of all attempts, in milliseconds. */
const ALL_ATTEMPTS = [0, 250, 750, 1_750, 3_750, 7_750];

describe('Answering', () => {
	it.each<[string, Outcome, Attempt]>([
		["the node's own response", 'taken', TAKEN],
		['a page of n8n', 'closed', CLOSED],
		['410', 'closed', answered(410)],
		['a finished execution', 'closed', FINISHED],
		['401', 'unknown', answered(401)],
		['404', 'unknown', answered(404)],
	])('with %s, reports the tap as %s', async (_what, outcome, attempt) => {
		expect(await handOver([attempt])).toEqual({ outcome, at: [0] });
	});

	it.each<[string, Attempt]>([
		['a running execution', RUNNING],
		['another 409', answered(409)],
		['n8n starting up', STARTING],
		['an n8n error', answered(500)],
		['a gateway without n8n', answered(502)],
		['the login of another service', answered(403)],
		['a redirect', answered(302)],
		['a 429', answered(429)],
		['no connection', UNREACHABLE],
		['a broken connection', BROKEN],
		["the node's header with another status", answered(500, '', true)],
	])('retries after %s, then reports the tap as undecided', async (_what, attempt) => {
		expect(await handOver([attempt])).toEqual({ outcome: 'undecided', at: ALL_ATTEMPTS });
		expect(await handOver([attempt, attempt, TAKEN])).toEqual({ outcome: 'taken', at: ALL_ATTEMPTS.slice(0, 3) });
	});

	it.each<[string, Attempt]>([
		['a broken connection', BROKEN],
		['an n8n error', answered(500)],
	])('after %s, counts a closed question as answered by this tap', async (_what, attempt) => {
		expect(await handOver([attempt, CLOSED])).toMatchObject({ outcome: 'taken' });
		// Also if the callback is sent again after it was undecided.
		const other = { ...TAP, executionId: '2' };
		expect(await handOver([attempt], 'r-2', other)).toMatchObject({ outcome: 'undecided' });
		expect(await handOver([FINISHED], 'r-2', other)).toMatchObject({ outcome: 'taken' });
		expect(await handOver([CLOSED], 'r-3', { ...TAP, executionId: '3' })).toMatchObject({ outcome: 'closed' });
	});

	it.each<[string, Attempt]>([
		['no connection', UNREACHABLE],
		['a running execution', RUNNING],
		['n8n starting up', STARTING],
		['the login of another service', answered(403)],
	])('after %s, counts a closed question as closed by another answer', async (_what, attempt) => {
		expect(await handOver([attempt, CLOSED])).toMatchObject({ outcome: 'closed' });
	});

	it('does not post a tap on a question that was already answered, even while the workflow runs', async () => {
		await handOver([TAKEN]);
		expect(await handOver([RUNNING], 'r-2')).toEqual({ outcome: 'closed', at: [] });
		expect(await handOver([TAKEN], 'r-3', { ...TAP, answer: 1 })).toEqual({ outcome: 'closed', at: [] });
		expect(await handOver([TAKEN], 'r-4', { ...TAP, secret: 'anotherQuestionsSecret' })).toEqual({ outcome: 'taken', at: [0] });
	});

	it('accepts a copy of the tap that answered, at any trigger', async () => {
		await handOver([TAKEN], 'r-1');
		expect(await handOver([RUNNING], 'r-1')).toEqual({ outcome: 'taken', at: [] });
		// Also if this was found out later.
		const other = { ...TAP, executionId: '2' };
		await handOver([BROKEN, CLOSED], 'r-2', other);
		expect(await handOver([RUNNING], 'r-2', other)).toEqual({ outcome: 'taken', at: [] });
		expect(await handOver([RUNNING], 'r-3', other)).toEqual({ outcome: 'closed', at: [] });
	});

	it('remembers the last 2,000 answered questions', async () => {
		const question = (number: number) => ({ ...TAP, executionId: String(number) });
		for (let number = 0; number <= 2_000; number++) await handOver([TAKEN], `r-${number}`, question(number));
		expect((await handOver([TAKEN], 'x', question(1))).at).toEqual([]);
		expect((await handOver([TAKEN], 'y', question(0))).at).toEqual([0]);
	});
});

describe('Answering, with many taps', () => {
	/** An endpoint whose attempts end when the test says so. */
	function endpoint() {
		const open: Array<{ tap: Tap; end: (attempt: Attempt) => void }> = [];
		const post = async (tap: Tap) => await new Promise<Attempt>((end) => open.push({ tap, end }));
		return { open, post };
	}
	const settled = async () => await new Promise((resolve) => setImmediate(resolve));

	it('posts taps on the same question one at a time, and accepts one', async () => {
		const { open, post } = endpoint();
		const outcomes = Promise.all([0, 1, 2].map(async (number) => await answering.deliver(`r-${number}`, { ...TAP, answer: number }, post)));
		await settled();
		expect(open.map(({ tap }) => tap.answer)).toEqual([0]);
		open[0]?.end(answered(404));
		await settled();
		expect(open.map(({ tap }) => tap.answer)).toEqual([0, 1]);
		open[1]?.end(TAKEN);
		expect(await outcomes).toEqual(['unknown', 'taken', 'closed']);
		expect(open).toHaveLength(2);
	});

	it('does not let waiting taps delay others', async () => {
		const slow = Array.from({ length: 100 }, async (_, number) => await answering.deliver(`r-${number}`, { ...TAP, executionId: String(number) }, async () => await Promise.resolve(RUNNING)));
		await settled();
		const at = clock.now();
		expect(await answering.deliver('quick', { ...TAP, executionId: 'quick' }, async () => await Promise.resolve(TAKEN))).toBe('taken');
		expect(clock.now()).toBe(at);
		expect(new Set(await clock.until(Promise.all(slow)))).toEqual(new Set(['undecided']));
	});

	it('runs 20 attempts at a time, and lets 1,000 taps wait', async () => {
		const { open, post } = endpoint();
		const outcomes = Array.from({ length: 1_001 }, async (_, number) => await answering.deliver(`r-${number}`, { ...TAP, executionId: String(number) }, post));
		expect(await outcomes[1_000]).toBe('undecided');
		await settled();
		expect(open).toHaveLength(20);
		open[7]?.end(TAKEN);
		await settled();
		expect(open).toHaveLength(21);
		for (let ended = 0; ended < 1_000; ended++) {
			open[ended]?.end(TAKEN);
			await settled();
			expect(open.length).toBe(Math.min(1_000, Math.max(21, 21 + ended + (ended < 7 ? 1 : 0))));
		}
		expect(new Set(await Promise.all(outcomes.slice(0, 1_000)))).toEqual(new Set(['taken']));
		// All slots are free again.
		expect(await handOver([TAKEN], 'later', { ...TAP, executionId: 'later' })).toEqual({ outcome: 'taken', at: [0] });
	});
});
