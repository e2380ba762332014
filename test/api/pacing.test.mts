import { Pacer, type PacerSettings } from '../../nodes/ModicaWhatsApp/api/pacing';
import { settle, VirtualClock } from './clock.mts';

/** An API with a rate limit, in virtual time: says whether a request that arrives now is let through. */
type Limiter = (now: number) => boolean;

/** Counts requests in each second of the clock. */
function fixedWindow(limit: number): Limiter {
	let window = -1;
	let count = 0;
	return (now) => {
		const current = Math.floor(now / 1_000);
		if (current !== window) [window, count] = [current, 0];
		return ++count <= limit;
	};
}

/** Refills a bucket steadily. */
function tokenBucket(limit: number, burst: number): Limiter {
	let tokens = burst;
	let last = 0;
	return (now) => {
		tokens = Math.min(burst, tokens + ((now - last) * limit) / 1_000);
		last = now;
		if (tokens < 1) return false;
		tokens--;
		return true;
	};
}

interface Campaign {
	clock: VirtualClock;
	settings?: Partial<PacerSettings>;
	messages: number;
	workers?: number;
	latencyMs?: number;
	limiter?: Limiter;
	/** What the API's `X-RateLimit-Limit` says. */
	limit?: number;
}

/** Sends messages as a run does, until each one got through. */
async function send({ clock, settings, messages, workers = 25, latencyMs = 20, limiter = () => true, limit }: Campaign) {
	const pacer = new Pacer({ clock, ...settings });
	const arrivals: number[] = [];
	let refusals = 0;
	let left = messages;
	let inFlight = 0;
	let mostInFlight = 0;

	async function worker(): Promise<void> {
		while (left-- > 0) {
			for (;;) {
				await pacer.turn();
				mostInFlight = Math.max(mostInFlight, ++inFlight);
				await clock.sleep(latencyMs / 2);
				const through = limiter(clock.now());
				if (through) arrivals.push(clock.now());
				await clock.sleep(latencyMs / 2);
				inFlight--;
				pacer.learn(limit);
				pacer.finished();
				if (through) {
					pacer.gotThrough();
					break;
				}
				refusals++;
				pacer.hold(1_000);
			}
		}
	}

	await clock.until(Promise.all(Array.from({ length: workers }, worker)));
	const seconds = ((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)) / 1_000;
	return { delivered: arrivals.length, rate: (arrivals.length - 1) / seconds, refusals, mostInFlight };
}

describe('pacing', () => {
	it.each([
		['a limit per second', 50, fixedWindow(50)],
		['a limit per second', 200, fixedWindow(200)],
		['a bucket', 50, tokenBucket(50, 50)],
		['a bucket', 200, tokenBucket(200, 200)],
		['a bucket that holds little', 200, tokenBucket(200, 20)],
	])('keeps to %s of %d, and uses nearly all of it', async (_kind, limit, limiter) => {
		const { delivered, rate, refusals } = await send({ clock: new VirtualClock(), messages: 1_000, limit, limiter });
		expect({ delivered, refusals }).toEqual({ delivered: 1_000, refusals: 0 });
		expect(rate).toBeGreaterThan(limit * 0.98);
		expect(rate).toBeLessThanOrEqual(limit);
	});

	it('sends no faster than the user says, even if the API would take more', async () => {
		const { rate } = await send({
			clock: new VirtualClock(),
			settings: { maxRequestsPerSecond: 10 },
			messages: 100,
			limit: 200,
		});
		expect(rate).toBeGreaterThan(9.8);
		expect(rate).toBeLessThanOrEqual(10);
	});

	it('sends no faster than the API says, even if the user wants more', async () => {
		const { rate, refusals } = await send({
			clock: new VirtualClock(),
			settings: { maxRequestsPerSecond: 500 },
			messages: 200,
			limit: 50,
			limiter: fixedWindow(50),
		});
		expect(rate).toBeLessThanOrEqual(51);
		expect(refusals).toBe(0);
	});

	it('does not wait where there is no limit', async () => {
		const clock = new VirtualClock();
		await send({ clock, messages: 100, latencyMs: 100 });
		expect(clock.now()).toBe(500);
	});

	it('follows a limit that changes on the way', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		const times: number[] = [];
		const one = async (limit: number) => {
			await pacer.turn();
			times.push(clock.now());
			pacer.learn(limit);
			pacer.gotThrough();
			pacer.finished();
		};
		for (let i = 0; i < 20; i++) await clock.until(one(i < 10 ? 100 : 10));
		const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
		expect(pauses.slice(5, 9).every((pause) => pause < 11)).toBe(true);
		expect(pauses.slice(15).every((pause) => pause > 100)).toBe(true);
	});

	it('has only a few requests in flight until an answer has come', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		let allowed = 0;
		for (let i = 0; i < 10; i++) void pacer.turn().then(() => allowed++);
		await clock.pass(10_000);
		expect(allowed).toBe(2);
		pacer.gotThrough();
		await settle();
		expect(allowed).toBe(10);
	});

	it('holds everyone after a refusal, then lets a few try first', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.gotThrough();
		pacer.hold(3_000);
		let allowed = 0;
		for (let i = 0; i < 10; i++) void pacer.turn().then(() => allowed++);
		await clock.pass(2_999);
		expect(allowed).toBe(0);
		await clock.pass(2);
		expect(allowed).toBe(2);
		pacer.gotThrough();
		await settle();
		expect(allowed).toBe(10);
	});

	it('keeps to the longest hold when refusals overlap', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.hold(3_000);
		pacer.hold(1_000);
		await clock.until(pacer.turn());
		expect(clock.now()).toBe(3_000);
	});

	it('gives up when nothing gets through for five minutes', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		let tries = 0;
		const refusedForEver = async () => {
			for (;;) {
				await pacer.turn();
				tries++;
				pacer.finished();
				pacer.hold(10_000);
			}
		};
		await expect(clock.until(refusedForEver())).rejects.toThrow(
			'Modica lets nothing through: waiting for it would take 310 s, and 300 s is the most that is waited',
		);
		expect(tries).toBe(31);
		await expect(pacer.turn()).rejects.toMatchObject({ mayHaveBeenSent: false });
	});

	it('gives up at once when the API asks for an absurd wait', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.hold(99_999_999_000);
		await expect(pacer.turn()).rejects.toThrow('Modica lets nothing through');
		expect(clock.now()).toBe(0);
	});

	it('gives up on an absurd wait even if a request that left before it gets through', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.hold(99_999_999_000);
		pacer.gotThrough();
		await expect(clock.until(pacer.turn())).rejects.toThrow('Modica lets nothing through');
		expect(clock.now()).toBe(0);
	});

	it('ends every wait when the execution is cancelled', async () => {
		const clock = new VirtualClock();
		const cancel = new AbortController();
		const pacer = new Pacer({ clock, signal: cancel.signal });
		pacer.hold(60_000);
		const waiting = [pacer.turn(), pacer.turn(), pacer.wait(60_000)];
		const outcomes = Promise.allSettled(waiting);
		await settle();
		cancel.abort();
		await clock.until(outcomes, 1_000);
		const cancelled = { status: 'rejected', reason: expect.objectContaining({ name: 'CancelledError' }) as unknown };
		expect(await outcomes).toEqual([cancelled, cancelled, cancelled]);
		expect(clock.now()).toBeLessThanOrEqual(200);
	});
});
