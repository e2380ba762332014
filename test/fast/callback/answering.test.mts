/** Taps on their way to the executions that wait: what the waiting endpoint's answers mean, again, in line, and bounded. */
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

/** Hands over a tap to an endpoint that answers so, the last answer again and again. */
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

/** When attempts are made, in milliseconds. */
const ALL_ATTEMPTS = [0, 250, 750, 1_750, 3_750, 7_750];

describe('a tap', () => {
	it.each<[string, Outcome, Attempt]>([
		['our own answer', 'taken', TAKEN],
		['a page of n8n’s', 'closed', CLOSED],
		['410', 'closed', answered(410)],
		['an execution that has finished', 'closed', FINISHED],
		['401', 'unknown', answered(401)],
		['404', 'unknown', answered(404)],
	])('that gets %s is %s', async (_what, outcome, attempt) => {
		expect(await handOver([attempt])).toEqual({ outcome, at: [0] });
	});

	it.each<[string, Attempt]>([
		['an execution that is running', RUNNING],
		['another 409', answered(409)],
		['an n8n that is starting', STARTING],
		['an error of n8n’s', answered(500)],
		['a gateway without n8n behind it', answered(502)],
		['a log-in of somebody else’s', answered(403)],
		['a redirect', answered(302)],
		['too many requests', answered(429)],
		['no connection', UNREACHABLE],
		['a broken connection', BROKEN],
		['our header on another status', answered(500, '', true)],
	])('that gets %s is handed over again, and then is undecided', async (_what, attempt) => {
		expect(await handOver([attempt])).toEqual({ outcome: 'undecided', at: ALL_ATTEMPTS });
		expect(await handOver([attempt, attempt, TAKEN])).toEqual({ outcome: 'taken', at: ALL_ATTEMPTS.slice(0, 3) });
	});

	it.each<[string, Attempt]>([
		['a broken connection', BROKEN],
		['an error of n8n’s', answered(500)],
	])('after %s has closed a question that is closed', async (_what, attempt) => {
		expect(await handOver([attempt, CLOSED])).toMatchObject({ outcome: 'taken' });
		// Also when it comes again, after it was undecided.
		const other = { ...TAP, executionId: '2' };
		expect(await handOver([attempt], 'r-2', other)).toMatchObject({ outcome: 'undecided' });
		expect(await handOver([FINISHED], 'r-2', other)).toMatchObject({ outcome: 'taken' });
		expect(await handOver([CLOSED], 'r-3', { ...TAP, executionId: '3' })).toMatchObject({ outcome: 'closed' });
	});

	it.each<[string, Attempt]>([
		['no connection', UNREACHABLE],
		['an execution that is running', RUNNING],
		['an n8n that is starting', STARTING],
		['a log-in of somebody else’s', answered(403)],
	])('after %s has not', async (_what, attempt) => {
		expect(await handOver([attempt, CLOSED])).toMatchObject({ outcome: 'closed' });
	});

	it('to a question that was answered before is not handed over, even while the workflow runs', async () => {
		await handOver([TAKEN]);
		expect(await handOver([RUNNING], 'r-2')).toEqual({ outcome: 'closed', at: [] });
		expect(await handOver([TAKEN], 'r-3', { ...TAP, answer: 1 })).toEqual({ outcome: 'closed', at: [] });
		expect(await handOver([TAKEN], 'r-4', { ...TAP, secret: 'anotherQuestionsSecret' })).toEqual({ outcome: 'taken', at: [0] });
	});

	it('that answered is taken again, wherever it comes to', async () => {
		await handOver([TAKEN], 'r-1');
		expect(await handOver([RUNNING], 'r-1')).toEqual({ outcome: 'taken', at: [] });
		// Also when that was found out later.
		const other = { ...TAP, executionId: '2' };
		await handOver([BROKEN, CLOSED], 'r-2', other);
		expect(await handOver([RUNNING], 'r-2', other)).toEqual({ outcome: 'taken', at: [] });
		expect(await handOver([RUNNING], 'r-3', other)).toEqual({ outcome: 'closed', at: [] });
	});

	it('to one of the last 2,000 questions is remembered', async () => {
		const question = (number: number) => ({ ...TAP, executionId: String(number) });
		for (let number = 0; number <= 2_000; number++) await handOver([TAKEN], `r-${number}`, question(number));
		expect((await handOver([TAKEN], 'x', question(1))).at).toEqual([]);
		expect((await handOver([TAKEN], 'y', question(0))).at).toEqual([0]);
	});
});

describe('many taps', () => {
	/** An endpoint whose attempts end when the test says so. */
	function endpoint() {
		const open: Array<{ tap: Tap; end: (attempt: Attempt) => void }> = [];
		const post = async (tap: Tap) => await new Promise<Attempt>((end) => open.push({ tap, end }));
		return { open, post };
	}
	const settled = async () => await new Promise((resolve) => setImmediate(resolve));

	it('of one question are handed over one after the other, and one answers', async () => {
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

	it('that must wait keep nobody from being handed over', async () => {
		const slow = Array.from({ length: 100 }, async (_, number) => await answering.deliver(`r-${number}`, { ...TAP, executionId: String(number) }, async () => await Promise.resolve(RUNNING)));
		await settled();
		const at = clock.now();
		expect(await answering.deliver('quick', { ...TAP, executionId: 'quick' }, async () => await Promise.resolve(TAKEN))).toBe('taken');
		expect(clock.now()).toBe(at);
		expect(new Set(await clock.until(Promise.all(slow)))).toEqual(new Set(['undecided']));
	});

	it('are handed over twenty at once, and a thousand wait', async () => {
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
		// Nothing is left of them.
		expect(await handOver([TAKEN], 'later', { ...TAP, executionId: 'later' })).toEqual({ outcome: 'taken', at: [0] });
	});
});
