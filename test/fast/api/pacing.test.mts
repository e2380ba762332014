import { getEventListeners } from 'node:events';
import { ModicaError } from '../../../nodes/ModicaWhatsApp/api/errors';
import { MAX_IN_FLIGHT_WHILE_PROBING, type PacedRequest, Pacer, type PacerSettings } from '../../../nodes/ModicaWhatsApp/api/pacing';
import { settle, VirtualClock } from '../../harness/virtualClock.mts';

/** An API with a rate limit, in virtual time: returns whether it admits a request that arrives now. */
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

/** Refills a bucket at a constant rate. */
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
	/** The value of `X-RateLimit-Limit`. */
	limit?: number;
}

/** Sends messages as a run does, until all were admitted. */
async function send({ clock, settings, messages, workers = 25, latencyMs = 20, limiter = () => true, limit }: Campaign) {
	const pacer = new Pacer({ clock, ...settings });
	const arrivals: number[] = [];
	let refusals = 0;
	let left = messages;
	let inFlight = 0;
	let mostInFlight = 0;

	async function worker(): Promise<void> {
		while (left-- > 0) {
			const request = pacer.enter();
			for (;;) {
				await pacer.turn(request);
				mostInFlight = Math.max(mostInFlight, ++inFlight);
				await clock.sleep(latencyMs / 2);
				const through = limiter(clock.now());
				if (through) arrivals.push(clock.now());
				await clock.sleep(latencyMs / 2);
				inFlight--;
				pacer.learn(limit);
				if (through) pacer.gotThrough();
				else {
					refusals++;
					pacer.refused(request);
					pacer.hold(1_000);
				}
				pacer.ended(request);
				if (through) break;
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
		['a small bucket', 200, tokenBucket(200, 20)],
	])('respects %s of %d, and uses nearly all of it', async (_kind, limit, limiter) => {
		const { delivered, rate, refusals } = await send({ clock: new VirtualClock(), messages: 1_000, limit, limiter });
		expect({ delivered, refusals }).toEqual({ delivered: 1_000, refusals: 0 });
		expect(rate).toBeGreaterThan(limit * 0.98);
		expect(rate).toBeLessThanOrEqual(limit);
	});

	it("respects the user's limit even if that of the API is higher", async () => {
		const { rate } = await send({
			clock: new VirtualClock(),
			settings: { maxRequestsPerSecond: 10 },
			messages: 100,
			limit: 200,
		});
		expect(rate).toBeGreaterThan(9.8);
		expect(rate).toBeLessThanOrEqual(10);
	});

	it("respects the limit of the API even if the user's is higher", async () => {
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

	it('does not wait without a limit', async () => {
		const clock = new VirtualClock();
		await send({ clock, messages: 100, latencyMs: 100 });
		expect(clock.now()).toBe(500);
	});

	it('follows a limit that changes during a run', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		const times: number[] = [];
		const one = async (limit: number) => {
			const request = pacer.enter();
			await pacer.turn(request);
			times.push(clock.now());
			pacer.learn(limit);
			pacer.gotThrough();
			pacer.ended(request);
		};
		for (let i = 0; i < 20; i++) await clock.until(one(i < 10 ? 100 : 10));
		const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
		expect(pauses.slice(5, 9).every((pause) => pause < 11)).toBe(true);
		expect(pauses.slice(15).every((pause) => pause > 100)).toBe(true);
	});

	it.each([
		[101, 1_000],
		[102, 1_000 / (102 * 0.99)],
	])('counts the latest 100 requests in the first second of a new limit of %d', async (limit, nextAt) => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.gotThrough();
		const leave = async () => {
			const request = pacer.enter();
			await clock.until(pacer.turn(request));
			pacer.ended(request);
		};
		for (let i = 0; i < 150; i++) await leave();
		pacer.learn(limit);
		await leave();
		expect(clock.now()).toBe(0);
		await leave();
		expect(clock.now()).toBeCloseTo(nextAt, 5);
	});

	it('keeps few requests in flight until the first response', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		let allowed = 0;
		for (let i = 0; i < 10; i++) void pacer.turn(pacer.enter()).then(() => allowed++);
		await clock.pass(10_000);
		expect(allowed).toBe(2);
		pacer.gotThrough();
		await settle();
		expect(allowed).toBe(10);
	});

	it('holds all requests after a 429, then sends only a few', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.gotThrough();
		pacer.hold(3_000);
		let allowed = 0;
		for (let i = 0; i < 10; i++) void pacer.turn(pacer.enter()).then(() => allowed++);
		await clock.pass(2_999);
		expect(allowed).toBe(0);
		await clock.pass(2);
		expect(allowed).toBe(2);
		pacer.gotThrough();
		await settle();
		expect(allowed).toBe(10);
	});

	it('spaces requests evenly after a hold, without catching up', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		const leave = async () => {
			const request = pacer.enter();
			await clock.until(pacer.turn(request));
			pacer.ended(request);
			return clock.now();
		};
		pacer.learn(1);
		await leave();
		pacer.hold(1_300);
		const [first, second] = [await leave(), await leave()];
		// A limiter that counts requests on arrival would reject one that arrives slightly early.
		expect(first).toBe(1_300);
		expect(second - first).toBeCloseTo(1_000 / 0.99, 5);
	});

	it('catches up after a stall, but never exceeds the limit in any second', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.learn(10);
		const times: number[] = [];
		const leave = async () => {
			const request = pacer.enter();
			await clock.until(pacer.turn(request));
			pacer.ended(request);
			times.push(clock.now());
		};
		await leave();
		await clock.pass(201);
		for (let i = 0; i < 11; i++) await leave();
		const [, late = 0, next = 0] = times;
		expect(next - late).toBeLessThan(5);
		expect((times.at(-1) ?? 0) - late).toBe(1_000);
	});

	it('reports what requests waited for, and counts each moment once for any number of requests', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		const leave = async () => {
			const request = pacer.enter();
			await pacer.turn(request);
			pacer.gotThrough();
			pacer.ended(request);
		};
		const leaveAll = async () => await clock.until(Promise.all(Array.from({ length: 11 }, leave)));
		pacer.gotThrough();
		// Without a limit there is no wait. Time without waiting requests doesn't count either.
		await leaveAll();
		await clock.pass(5_000);
		expect(pacer.slowdown.ms).toEqual({ limit: 0, refusal: 0, outage: 0 });
		expect(pacer.limit).toBeUndefined();

		pacer.learn(10);
		await leaveAll();
		const { limit } = pacer.slowdown.ms;
		expect(limit).toBeGreaterThan(900);
		expect(limit).toBeLessThan(1_200);
		expect(pacer.limit).toBe(10);

		await clock.pass(1_000);
		pacer.hold(3_000);
		await clock.pass(1_000);
		await clock.until(leave());
		expect(pacer.slowdown.ms).toEqual({ limit, refusal: 2_000, outage: 0 });

		await clock.pass(1_000);
		pacer.hold(500, 'outage');
		await clock.until(leave());
		expect(pacer.slowdown.ms).toEqual({ limit, refusal: 2_000, outage: 500 });
	});

	it('attributes the time of requests in flight to no limit, and a long hold to the API', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock, maxConcurrency: 1 });
		pacer.gotThrough();
		pacer.learn(10);
		const leave = async () => {
			const request = pacer.enter();
			await pacer.turn(request);
			await clock.sleep(1_000);
			pacer.ended(request);
		};
		await clock.until(Promise.all([leave(), leave(), leave()]));
		expect(pacer.slowdown.ms.limit).toBe(0);

		pacer.hold(60_000);
		pacer.hold(500, 'outage');
		pacer.hold(60_000, 'outage');
		await clock.until(pacer.turn(pacer.enter()));
		expect(pacer.slowdown.ms).toEqual({ limit: 0, refusal: 60_000, outage: 0 });
	});

	it('applies the longest hold if several overlap', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.hold(3_000);
		pacer.hold(1_000);
		await clock.until(pacer.turn(pacer.enter()));
		expect(clock.now()).toBe(3_000);
	});

	it('gives up if nothing gets through for five minutes', async () => {
		const clock = new VirtualClock();
		await clock.pass(1_000_000);
		const pacer = new Pacer({ clock });
		let tries = 0;
		const refusedForEver = async () => {
			for (const request = pacer.enter(); ; ) {
				await pacer.turn(request);
				tries++;
				pacer.hold(10_000);
				pacer.ended(request);
			}
		};
		await expect(clock.until(refusedForEver())).rejects.toThrow(
			'Gave up after 300 s of rate limiting',
		);
		expect(tries).toBe(31);
		await expect(pacer.turn(pacer.enter())).rejects.toMatchObject({ mayHaveBeenSent: false });
	});

	it('waits up to five minutes if the API asks for it', async () => {
		const clock = new VirtualClock();
		await clock.pass(1_000_000);
		const pacer = new Pacer({ clock });
		pacer.hold(300_000);
		await clock.until(pacer.turn(pacer.enter()));
		expect(clock.now()).toBe(1_300_000);
		pacer.hold(300_001);
		await expect(pacer.turn(pacer.enter())).rejects.toThrow('Modica asked to wait 301 s, but the node waits 300 s at most');
	});

	it('gives up at once if the API asks for a longer wait', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.hold(99_999_999_000);
		await expect(pacer.turn(pacer.enter())).rejects.toMatchObject({
			message: 'Modica asked to wait 99999999 s, but the node waits 300 s at most',
			mayHaveBeenSent: false,
		});
		expect(clock.now()).toBe(0);
	});

	it('gives up after a request for a longer wait even if an earlier request gets through', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.hold(99_999_999_000);
		pacer.gotThrough();
		await expect(clock.until(pacer.turn(pacer.enter()))).rejects.toThrow('Modica asked to wait 99999999 s, but the node waits 300 s at most');
		expect(clock.now()).toBe(0);
	});

	it('ends every wait when the execution is canceled', async () => {
		const clock = new VirtualClock();
		const cancel = new AbortController();
		const pacer = new Pacer({ clock, signal: cancel.signal });
		const hasLeft = pacer.enter();
		await pacer.turn(hasLeft);
		pacer.hold(60_000);
		pacer.ended(hasLeft);
		const waiting = Promise.allSettled([pacer.turn(pacer.enter()), pacer.turn(pacer.enter()), pacer.turn(hasLeft), pacer.wait(60_000)]);
		await settle();
		cancel.abort();
		const ends = (await clock.until(waiting, 1_000)).map((end) => end.status === 'rejected' && (end.reason as Error).name);
		expect(ends).toEqual(['NeverLeftError', 'NeverLeftError', 'CanceledError', 'CanceledError']);
		expect(clock.now()).toBeLessThanOrEqual(200);
	});

	it('respects the limit on concurrent requests, regardless of the rate limit', async () => {
		const { mostInFlight, delivered } = await send({ clock: new VirtualClock(), settings: { maxConcurrency: 3 }, messages: 100, latencyMs: 100 });
		expect({ mostInFlight, delivered }).toEqual({ mostInFlight: 3, delivered: 100 });
	});

	it('sends other requests between the attempts of requests that always get a 429', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock, maxConcurrency: 1 });
		pacer.learn(100);
		const left: string[] = [];
		/** Responds at once, so that no other request is in flight at the same time. */
		const attempt = async (name: string, isRefused: boolean) => {
			const request = pacer.enter();
			for (let attempts = 0; attempts < 6; attempts++) {
				await pacer.turn(request);
				left.push(name);
				if (isRefused) {
					pacer.refused(request);
					pacer.hold(1_000);
				} else pacer.gotThrough();
				pacer.ended(request);
				if (!isRefused) return;
			}
		};
		const run = Promise.all([attempt('A', true), attempt('B', true), ...Array.from({ length: 20 }, async () => await attempt('other', false))]);
		await clock.until(run);
		// Retries and new requests take turns.
		expect(left.slice(0, 12)).toEqual(['A', 'A', 'B', 'A', 'other', 'B', 'other', 'A', 'other', 'B', 'other', 'A']);
		expect(left.filter((name) => name === 'other')).toHaveLength(20);
	});

	it('counts a 429 as specific to the request only if another request got through since its last one', () => {
		const pacer = new Pacer({ clock: new VirtualClock() });
		const request = pacer.enter();
		const counts = [pacer.refused(request), pacer.refused(request)];
		pacer.gotThrough();
		counts.push(pacer.refused(request), pacer.refused(request));
		pacer.gotThrough();
		pacer.gotThrough();
		counts.push(pacer.refused(request));
		expect(counts).toEqual([0, 0, 1, 1, 2]);
	});

	it('does not count requests that got through before the request was sent', async () => {
		const pacer = new Pacer({ clock: new VirtualClock() });
		const request = pacer.enter();
		pacer.gotThrough();
		await pacer.turn(request);
		expect(pacer.refused(request)).toBe(0);
	});

	it('attributes a 429 to the limit if another request gets its first one in between', () => {
		const pacer = new Pacer({ clock: new VirtualClock() });
		const [request, other] = [pacer.enter(), pacer.enter()];
		const refused = () => {
			pacer.gotThrough();
			return pacer.refused(request);
		};
		const counts = [refused(), refused(), refused()];
		pacer.refused(other);
		counts.push(refused(), refused());
		// Another 429 for the same request is no new evidence about the limit.
		pacer.refused(other);
		counts.push(refused());
		expect(counts).toEqual([1, 2, 3, 0, 1, 2]);
	});

	it('sends a few requests after a 429 even if earlier ones hang', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock, maxConcurrency: 25 });
		pacer.gotThrough();
		const before = Array.from({ length: 20 }, () => pacer.enter());
		await clock.until(Promise.all(before.map(async (request) => await pacer.turn(request))));
		const [refused] = before;
		pacer.refused(refused as PacedRequest);
		pacer.hold(1_000);
		pacer.ended(refused as PacedRequest);
		let tries = 0;
		for (let i = 0; i < 10; i++) void pacer.turn(pacer.enter()).then(() => tries++);
		await clock.pass(5_000);
		expect(tries).toBe(MAX_IN_FLIGHT_WHILE_PROBING);
	});

	it('sends no more if an earlier request also gets a 429', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		pacer.gotThrough();
		const before = [pacer.enter(), pacer.enter()];
		await clock.until(Promise.all(before.map(async (request) => await pacer.turn(request))));
		let tries = 0;
		for (const request of before) {
			pacer.refused(request);
			pacer.hold(1_000);
			pacer.ended(request);
			for (let i = 0; i < 5; i++) void pacer.turn(pacer.enter()).then(() => tries++);
			await clock.pass(5_000);
		}
		expect(tries).toBe(MAX_IN_FLIGHT_WHILE_PROBING);
	});

	describe('pacing while the host is unreachable', () => {
		/** Requests that were sent together and couldn't reach the host. */
		const lose = async (pacer: Pacer, clock: VirtualClock, count: number) => {
			pacer.gotThrough();
			const requests = Array.from({ length: count }, () => pacer.enter());
			await clock.until(Promise.all(requests.map(async (request) => await pacer.turn(request))));
			return requests;
		};
		const fail = (pacer: Pacer, request: PacedRequest, afterMs = 500) => {
			const attempts = pacer.lost(request);
			pacer.hold(afterMs, 'outage');
			pacer.ended(request);
			return attempts;
		};

		it('counts requests that fail together as one attempt, and lets one request probe the host', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock });
			const requests = await lose(pacer, clock, 10);
			expect(requests.map((request) => fail(pacer, request).lost)).toEqual(requests.map(() => 1));
			const left: PacedRequest[] = [];
			for (const request of requests) void pacer.turn(request).then(() => left.push(request));
			await clock.pass(499);
			expect(left).toEqual([]);
			await clock.pass(10_000);
			expect(left).toHaveLength(1);
			expect(fail(pacer, left[0] as PacedRequest).lost).toBe(2);
			await clock.pass(10_000);
			expect(left).toHaveLength(2);
			pacer.gotThrough();
			await clock.pass(0);
			expect(left).toHaveLength(10);
		});

		it('lets one request probe the host even if earlier ones are still pending', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock, maxConcurrency: 25 });
			const [first] = await lose(pacer, clock, 10);
			fail(pacer, first as PacedRequest);
			let tries = 0;
			void pacer.turn(first as PacedRequest).then(() => tries++);
			void pacer.turn(pacer.enter()).then(() => tries++);
			await clock.pass(10_000);
			expect(tries).toBe(1);
		});

		it('is not extended by requests that fail late', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock });
			const [first, late] = await lose(pacer, clock, 2);
			fail(pacer, first as PacedRequest);
			await clock.pass(400);
			fail(pacer, late as PacedRequest);
			await clock.until(pacer.turn(first as PacedRequest));
			expect(clock.now()).toBe(500);
		});

		it('is held by a 429 for a request that was sent earlier', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock });
			const [first, refused] = await lose(pacer, clock, 2);
			fail(pacer, first as PacedRequest);
			await clock.pass(400);
			pacer.hold(1_000);
			pacer.ended(refused as PacedRequest);
			await clock.until(pacer.turn(first as PacedRequest));
			expect(clock.now()).toBe(1_400);
		});

		it('reports how long the host has been unreachable', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock });
			await clock.pass(10_000);
			const [first] = await lose(pacer, clock, 1);
			expect(fail(pacer, first as PacedRequest, 3_000)).toEqual({ lost: 1, lostMs: 0 });
			await clock.until(pacer.turn(first as PacedRequest));
			expect(fail(pacer, first as PacedRequest)).toEqual({ lost: 2, lostMs: 3_000 });
		});

		it('ends when a later request reaches the host, whether or not it gets a response', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock });
			const [first, late] = await lose(pacer, clock, 2);
			fail(pacer, first as PacedRequest);
			pacer.reached(late as PacedRequest);
			await clock.until(pacer.turn(first as PacedRequest));
			expect(fail(pacer, first as PacedRequest).lost).toBe(2);
			await clock.until(pacer.turn(first as PacedRequest));
			pacer.reached(first as PacedRequest);
			expect(fail(pacer, first as PacedRequest).lost).toBe(1);
		});

		it('fails all requests when it gives up, including later ones', async () => {
			const clock = new VirtualClock();
			const pacer = new Pacer({ clock });
			const [first] = await lose(pacer, clock, 1);
			fail(pacer, first as PacedRequest);
			const waiting = Promise.allSettled(Array.from({ length: 100 }, async () => await pacer.turn(pacer.enter())));
			const error = new ModicaError('no such host', { mayHaveBeenSent: false });
			await clock.pass(500);
			pacer.giveUp(error);
			pacer.ended(first as PacedRequest);
			// One was sent as a probe.
			expect((await waiting).filter(({ status }) => status === 'rejected')).toHaveLength(99);
			await expect(pacer.turn(pacer.enter())).rejects.toBe(error);
		});
	});

	it('counts the messages whose requests are in flight', async () => {
		const pacer = new Pacer({ clock: new VirtualClock() });
		const [message, broadcast] = [pacer.enter(), pacer.enter(100)];
		expect(pacer.messagesInFlight).toBe(0);
		await Promise.all([pacer.turn(message), pacer.turn(broadcast)]);
		expect(pacer.messagesInFlight).toBe(101);
		pacer.ended(message);
		expect(pacer.messagesInFlight).toBe(100);
	});

	it('is open until nothing may be sent anymore, and then returns the reason', () => {
		const pacer = new Pacer({ clock: new VirtualClock() });
		expect(() => pacer.ensureOpen()).not.toThrow();
		pacer.giveUp(new ModicaError('no such host', { mayHaveBeenSent: false }));
		pacer.giveUp(new ModicaError('later', { mayHaveBeenSent: false }));
		expect(() => pacer.ensureOpen()).toThrow('no such host');
	});

	it('sends nothing after the run is stopped', async () => {
		const clock = new VirtualClock();
		const pacer = new Pacer({ clock });
		const waiting = Promise.allSettled([pacer.turn(pacer.enter()), pacer.turn(pacer.enter()), pacer.turn(pacer.enter()), pacer.wait(1_000)]);
		await settle();
		pacer.stop();
		const ends = (await clock.until(waiting)).map((end) => (end.status === 'rejected' ? (end.reason as Error).name : end.status));
		expect(ends).toEqual(['fulfilled', 'fulfilled', 'NeverLeftError', 'NeverLeftError']);
		await expect(pacer.turn(pacer.enter())).rejects.toMatchObject({ name: 'NeverLeftError', mayHaveBeenSent: false });
	});

	it('leaves no timer for longer than a moment, and no listener', async () => {
		const clock = new VirtualClock();
		const sleeps: number[] = [];
		const sleep = clock.sleep.bind(clock);
		clock.sleep = async (milliseconds) => {
			sleeps.push(milliseconds);
			await sleep(milliseconds);
		};
		const { signal } = new AbortController();
		const pacer = new Pacer({ clock, signal });
		pacer.hold(3_000);
		const request = pacer.enter();
		await clock.until(Promise.all([pacer.turn(request), pacer.wait(2_500)]));
		expect(clock.now()).toBe(3_000);
		expect(Math.max(...sleeps)).toBeLessThanOrEqual(200);
		expect(getEventListeners(signal, 'abort')).toEqual([]);
	});
});
