import { getEventListeners } from 'node:events';
import { Watch, type AttemptLimits, type WatchedAttempt } from '../../../nodes/ModicaWhatsApp/api/watch';
import { VirtualClock } from '../../harness/virtualClock.mts';

/** Counts the sleeps. */
class CountingClock extends VirtualClock {
	sleeps = 0;

	override async sleep(milliseconds: number): Promise<void> {
		this.sleeps++;
		await super.sleep(milliseconds);
	}
}

let clock: CountingClock;
let cancel: AbortController;
let watch: Watch;
beforeEach(() => {
	clock = new CountingClock();
	cancel = new AbortController();
	watch = new Watch(clock, cancel.signal);
});

const begin = (limits: Partial<AttemptLimits> = {}) => watch.begin({ withinMs: 60_000, stallMs: 60_000, bytesMoved: () => undefined, ...limits });
const stateOf = ({ signal, abortReason }: WatchedAttempt) => [signal.aborted, abortReason];
const GOING = [false, undefined];
const listeners = () => getEventListeners(cancel.signal, 'abort').length;

describe('a watched attempt', () => {
	it('times out if its response is not complete in time', async () => {
		const attempt = begin({ withinMs: 1_000 });
		await clock.pass(999);
		expect(stateOf(attempt)).toEqual(GOING);
		await clock.pass(1);
		expect(stateOf(attempt)).toEqual([true, 'late']);
	});

	it('has its own limits, whenever it started', async () => {
		const first = begin({ withinMs: 2_000 });
		await clock.pass(1_000);
		const second = begin({ withinMs: 2_000 });
		const short = begin({ withinMs: 600 });
		await clock.pass(1_000);
		expect([first, second, short].map(stateOf)).toEqual([[true, 'late'], GOING, [true, 'late']]);
		await clock.pass(1_000);
		expect(stateOf(second)).toEqual([true, 'late']);
	});

	it('stalls if its file makes no progress for the limit', async () => {
		let bytes = 0;
		const attempt = begin({ stallMs: 1_000, bytesMoved: () => bytes });
		await clock.pass(800);
		bytes = 1;
		// Detected at the next check, which starts the count.
		await clock.pass(1_000);
		expect(stateOf(attempt)).toEqual(GOING);
		await clock.pass(200);
		expect(stateOf(attempt)).toEqual([true, 'stalled']);
	});

	it('stalls if its file never starts to move', async () => {
		const attempt = begin({ stallMs: 1_000, bytesMoved: () => 0 });
		// Counted from the first check.
		await clock.pass(1_199);
		expect(stateOf(attempt)).toEqual(GOING);
		await clock.pass(1);
		expect(stateOf(attempt)).toEqual([true, 'stalled']);
	});

	it('does not stall while no bytes are expected', async () => {
		let bytes: number | undefined = 7;
		const attempt = begin({ stallMs: 1_000, bytesMoved: () => bytes });
		await clock.pass(800);
		bytes = undefined;
		await clock.pass(10_000);
		expect(stateOf(attempt)).toEqual(GOING);
	});

	it('may take any time while its file makes progress', async () => {
		let bytes = 0;
		const attempt = begin({ withinMs: 1_000, stallMs: 1_000, bytesMoved: () => bytes++ });
		attempt.fileBegins();
		await clock.pass(600_000);
		expect(stateOf(attempt)).toEqual(GOING);
	});

	it('has a separate limit for the rest of its response, capped by the total', async () => {
		const soon = begin();
		soon.restWithin(1_000);
		const late = begin({ withinMs: 1_400 });
		late.restWithin(5_000);
		await clock.pass(1_000);
		expect([soon, late].map(stateOf)).toEqual([[true, 'late'], GOING]);
		await clock.pass(400);
		expect(stateOf(late)).toEqual([true, 'late']);
	});

	it('does not lose time during which n8n was blocked', async () => {
		const waiting = begin({ withinMs: 10_000 });
		const loading = begin({ stallMs: 10_000, bytesMoved: () => 5 });
		await clock.pass(5_000);
		clock.standStill(60_000);
		await clock.pass(4_000);
		expect([waiting, loading].map(stateOf)).toEqual([GOING, GOING]);
		await clock.pass(2_000);
		expect([waiting, loading].map(stateOf)).toEqual([[true, 'late'], [true, 'stalled']]);
	});

	it('loses time during which n8n was only busy', async () => {
		const attempt = begin({ withinMs: 10_000 });
		for (let round = 0; round < 25; round++) {
			await clock.pass(200);
			clock.standStill(200);
		}
		await clock.pass(200);
		expect(stateOf(attempt)).toEqual([true, 'late']);
	});

	it('is aborted with all others when the execution is canceled, without a reason of its own', () => {
		const attempts = [begin(), begin()];
		const ended = begin();
		watch.end(ended);
		cancel.abort();
		expect([...attempts, ended].map(stateOf)).toEqual([[true, undefined], [true, undefined], GOING]);
	});

	it('is aborted at once if the execution is already canceled', () => {
		cancel.abort();
		expect(stateOf(begin())).toEqual([true, undefined]);
	});

	it('works without a signal', async () => {
		const unwatched = new Watch(clock, undefined);
		const attempt = unwatched.begin({ withinMs: 1_000, stallMs: 1_000, bytesMoved: () => undefined });
		await clock.pass(1_000);
		expect(stateOf(attempt)).toEqual([true, 'late']);
		unwatched.end(attempt);
	});
});

describe('the watch', () => {
	it('listens to the execution once, while there is an attempt', () => {
		expect(listeners()).toBe(0);
		const attempts = [begin(), begin()] as const;
		expect(listeners()).toBe(1);
		watch.end(attempts[0]);
		expect(listeners()).toBe(1);
		watch.end(attempts[1]);
		expect(listeners()).toBe(0);
		begin();
		expect(listeners()).toBe(1);
	});

	it('has one timer for all attempts, and none without attempts', async () => {
		const attempts = [begin(), begin(), begin()];
		await clock.pass(1_000);
		expect(clock.sleeps).toBe(6);
		for (const attempt of attempts) watch.end(attempt);
		await clock.pass(10_000);
		expect(clock.sleeps).toBe(6);
	});

	it('starts again with the next attempt', async () => {
		watch.end(begin());
		await clock.pass(60_000);
		const attempt = begin({ withinMs: 1_000 });
		await clock.pass(999);
		expect(stateOf(attempt)).toEqual(GOING);
		await clock.pass(1);
		expect(stateOf(attempt)).toEqual([true, 'late']);
	});
});
