import { CHECK_MS, sleepWhile, type Clock } from './clock';
import { CanceledError, ModicaError, NeverLeftError } from './errors';
import { Slowdown } from './slowdown';

export interface PacerSettings {
	clock: Clock;
	/** Maximum number of requests in flight. */
	maxConcurrency?: number;
	/** The user's own limit in requests per second. 0 applies only the API's `X-RateLimit-Limit`. */
	maxRequestsPerSecond?: number;
	/** Aborted when the execution is canceled. */
	signal?: AbortSignal | undefined;
}

/** One request with all its attempts. */
export interface PacedRequest {
	/** Number of messages that the request sends. */
	readonly messages: number;
	/**
	 * Sequence number of the latest attempt among all attempts of the run, starting at 1. Undefined before the first
	 * attempt.
	 */
	departure: number | undefined;
	refused: boolean;
	/** Consecutive 429 responses to this request while other requests got through and none of them was rejected. */
	refusals: number;
	/** Number of requests that had got through when this one was first sent or last rejected. */
	throughBefore: number;
	/** Number of requests that had been rejected at their first attempt by then. */
	limitedBefore: number;
}

/** Maximum number of requests in flight until a response shows that requests get through, at the start and after each 429. */
export const MAX_IN_FLIGHT_WHILE_PROBING = 2;
/** Share of a known limit that is used. The margin covers differences between the clocks of both sides. */
const USED_SHARE_OF_LIMIT = 0.99;
/** After a late timer, up to this much of the lost time is made up for by sending requests closer together. */
const CATCH_UP_MS = 100;
/** Number of send times to keep while no limit is known. */
const MAX_DEPARTURES = 100;
/** All limits of the API are in requests per second (reference: X-RateLimit-Limit). */
const WINDOW_MS = 1_000;
/** Maximum time without any request getting through, as one long wait or many rejections in a row. */
const MAX_HOLD_MS = 5 * 60_000;

interface Waiting {
	readonly request: PacedRequest;
	readonly leave: () => void;
	readonly fail: (error: ModicaError) => void;
}

/**
 * The single rate limiter of a run. Decides when each request is sent, to be as fast as the API allows and no faster.
 *
 * - At most `maxConcurrency` requests are in flight, and only two until the first response.
 * - A known limit is spread evenly over each second. This satisfies both limiters that count per second and token
 * buckets.
 * - After a 429, all requests wait for the time that the API specifies. Then a few are sent, alternating between
 * rejected and new requests, so that a request that is always rejected can't block the others.
 * - While the host is down, one request retries and the others wait. If it fails for good, all of them fail.
 * - If nothing gets through for five minutes, or the API asks for a longer wait, all requests fail.
 * - Once the run is stopped or canceled, nothing more is sent.
 */
export class Pacer {
	private readonly clock: Clock;
	private readonly signal: AbortSignal | undefined;
	private readonly maxConcurrency: number;
	private readonly configuredRate: number | undefined;
	private rate: number | undefined;
	private probing = true;
	/** The latest departure when `probing` last became true. */
	private probingSince = 0;
	private stopped = false;
	private readonly inFlight = new Set<PacedRequest>();
	private readonly fresh: Waiting[] = [];
	private readonly again: Waiting[] = [];
	private latestLeftAgain = false;
	private latestDeparture = 0;
	private earliestNext = 0;
	/** Send times of the latest requests, as many as the limit allows per second. */
	private departures: number[] = [];
	/** Number of requests that got a response other than 429. */
	private through = 0;
	/** Number of requests that were rejected at their first attempt, most likely because of the rate limit. */
	private limited = 0;
	private heldUntil = 0;
	/** Reason for the current hold. */
	private heldBy: 'refusal' | 'outage' = 'refusal';
	readonly slowdown = new Slowdown();
	private nothingThroughSince: number | undefined;
	/** Number of consecutive attempts without a response. */
	private unansweredInRow = 0;
	/**
	 * Set while the host is down: the number of attempts that found it down, when the first and the latest of them ended,
	 * and the latest departure at that time.
	 */
	private outage: { attempts: number; began: number; failedAt: number; departure: number } | undefined;
	private givenUp: ModicaError | undefined;
	private timerIsRunning = false;

	constructor({ clock, maxConcurrency = Infinity, maxRequestsPerSecond = 0, signal }: PacerSettings) {
		this.clock = clock;
		this.signal = signal;
		this.maxConcurrency = maxConcurrency;
		this.configuredRate = maxRequestsPerSecond > 0 ? maxRequestsPerSecond : undefined;
		this.rate = this.configuredRate;
	}

	/** Registers a request. Call `turn` before each attempt. */
	enter(messages = 1): PacedRequest {
		return { messages, departure: undefined, refused: false, refusals: 0, throughBefore: 0, limitedBefore: 0 };
	}

	/**
	 * Resolves when an attempt may be sent. Call `ended` once after each turn.
	 * @throws {NeverLeftError} if the execution was canceled or the run stopped
	 * @throws {ModicaError} if the host can't be reached, or the API let nothing through for too long
	 */
	async turn(request: PacedRequest): Promise<void> {
		await new Promise<void>((leave, fail) => {
			const queue = request.departure === undefined ? this.fresh : this.again;
			queue.push({ request, leave, fail });
			this.proceed();
		});
	}

	/** Ends an attempt. Call this last, after everything learned from the attempt has been reported. */
	ended(request: PacedRequest): void {
		this.inFlight.delete(request);
		this.proceed();
	}

	/** Applies the limit of a response in requests per second. Undefined if the response contains none. */
	learn(limit: number | undefined): void {
		if (limit === undefined) return;
		this.rate = Math.min(limit, this.configuredRate ?? limit);
	}

	/** A request got a response other than 429. */
	gotThrough(): void {
		this.through++;
		this.probing = false;
		this.nothingThroughSince = undefined;
		this.unansweredInRow = 0;
		this.outage = undefined;
		this.proceed();
	}

	/**
	 * A request got a 429.
	 * @returns the number of consecutive 429 responses to this request while others got through. If another request is
	 * rejected in the meantime, the cause is the rate limit, which another program may share, and the count restarts.
	 */
	refused(request: PacedRequest): number {
		this.unansweredInRow = 0;
		this.reached(request);
		if (this.limited > request.limitedBefore) request.refusals = 0;
		else if (this.through > request.throughBefore) request.refusals++;
		if (!request.refused) this.limited++;
		request.refused = true;
		request.throughBefore = this.through;
		request.limitedBefore = this.limited;
		return request.refusals;
	}

	/** An attempt got no response. @returns the number of consecutive attempts without one */
	unanswered(): number {
		return ++this.unansweredInRow;
	}

	/**
	 * A request found the host down: it couldn't connect, or too many requests got no response.
	 * @returns the number of consecutive attempts that found the host down, and the milliseconds since the first of them
	 * failed. Attempts that were in flight at the same time count as one.
	 */
	lost(request: PacedRequest): { lost: number; lostMs: number } {
		const now = this.clock.now();
		if (!this.outage || this.leftInOutage(request)) {
			const { attempts, began } = this.outage ?? { attempts: 0, began: now };
			this.outage = { attempts: attempts + 1, began, failedAt: now, departure: this.latestDeparture };
		}
		return { lost: this.outage.attempts, lostMs: now - this.outage.began };
	}

	/** A request reached the host, even if it got no response. */
	reached(request: PacedRequest): void {
		// A request sent before the outage says nothing about the current state.
		if (this.leftInOutage(request)) this.outage = undefined;
	}

	/**
	 * Sends nothing for a while, after a 429 or because the host is down.
	 * @param since start of the hold: now, or the end of the latest attempt that found the host down
	 */
	hold(milliseconds: number, since: 'now' | 'outage' = 'now'): void {
		const now = this.clock.now();
		const from = since === 'outage' ? (this.outage?.failedAt ?? now) : now;
		if (!this.probing) this.probingSince = this.latestDeparture;
		this.probing = true;
		this.nothingThroughSince ??= now;
		if (from + milliseconds > this.heldUntil) {
			this.heldUntil = from + milliseconds;
			this.heldBy = since === 'outage' ? 'outage' : 'refusal';
		}
		// Unlike the delay of a late timer, the time of a hold isn't made up for.
		this.earliestNext = Math.max(this.earliestNext, this.heldUntil);
	}

	/** Fails all waiting and future requests with this error. */
	giveUp(error: ModicaError): void {
		this.givenUp ??= error;
	}

	/** Stops the run: nothing more is sent, and requests in flight complete. */
	stop(): void {
		this.stopped = true;
		this.proceed();
	}

	/**
	 * Waits before a request is retried, without holding the others.
	 * @throws {CanceledError} if the execution is canceled
	 * @throws {NeverLeftError} if the run is stopped
	 */
	async wait(milliseconds: number): Promise<void> {
		await sleepWhile(this.clock, milliseconds, () => !this.halted);
		if (this.halted) throw this.canceled ? new CanceledError() : new NeverLeftError();
	}

	get canceled(): boolean {
		return this.signal?.aborted === true;
	}

	/** The limit of the API or the user in requests per second. Undefined while no limit is known. */
	get limit(): number | undefined {
		return this.rate;
	}

	/** Number of messages whose requests are in flight. */
	get messagesInFlight(): number {
		let messages = 0;
		for (const request of this.inFlight) messages += request.messages;
		return messages;
	}

	/** @throws {ModicaError} with the reason, if nothing can be sent anymore */
	ensureOpen(): void {
		const failure = this.reasonToFail(this.clock.now());
		if (failure) throw failure;
	}

	private get halted(): boolean {
		return this.stopped || this.canceled;
	}

	/** Sends all requests that may be sent now, and schedules the next check. */
	private proceed(): void {
		while (this.fresh.length + this.again.length > 0) {
			const now = this.clock.now();
			this.slowdown.waitsNoMore(now);
			const failure = this.reasonToFail(now);
			if (failure) return this.failAll(failure);
			const waitMs = Math.max(this.heldUntil, this.earliestNext) - now;
			if (waitMs > 0) {
				if (this.heldUntil > now) this.slowdown.waitsFor(this.heldBy, now);
				else if (this.hasRoom) this.slowdown.waitsFor('limit', now);
				return this.proceedAfter(waitMs);
			}
			if (!this.hasRoom) return;
			this.letLeave(now);
		}
	}

	private reasonToFail(now: number): ModicaError | undefined {
		if (this.halted) return new NeverLeftError();
		if (this.givenUp) return this.givenUp;
		// A request sent before the hold may still get through, which doesn't shorten the hold.
		const heldMs = this.heldUntil - now;
		if (heldMs > MAX_HOLD_MS) return heldTooLong(heldMs);
		const waitMs = Math.max(this.heldUntil, now) - (this.nothingThroughSince ?? now);
		return waitMs > MAX_HOLD_MS ? nothingGotThrough() : undefined;
	}

	private failAll(error: ModicaError): void {
		for (const { fail } of this.fresh.splice(0)) fail(error);
		// These requests were sent before. In a canceled run, they have a result.
		const latest = this.canceled ? new CanceledError() : error;
		for (const { fail } of this.again.splice(0)) fail(latest);
	}

	private proceedAfter(milliseconds: number): void {
		// The next departure is only ever postponed, so a running timer never fires too late.
		if (this.timerIsRunning) return;
		this.timerIsRunning = true;
		void this.clock.sleep(Math.min(milliseconds, CHECK_MS)).then(() => {
			this.timerIsRunning = false;
			this.proceed();
		});
	}

	private get hasRoom(): boolean {
		if (this.inFlight.size >= this.maxConcurrency) return false;
		// Requests sent before the outage may take a minute to end. They don't block the retry.
		if (this.outage) return this.inFlightSince(this.outage.departure) === 0;
		return !this.probing || this.inFlightSince(this.probingSince) < MAX_IN_FLIGHT_WHILE_PROBING;
	}

	/** Returns the number of requests in flight that were sent after a given departure. */
	private inFlightSince(earlier: number): number {
		let count = 0;
		for (const { departure = 0 } of this.inFlight) if (departure > earlier) count++;
		return count;
	}

	private leftInOutage({ departure = 0 }: PacedRequest): boolean {
		return this.outage !== undefined && departure > this.outage.departure;
	}

	private letLeave(now: number): void {
		const [first, second] = this.latestLeftAgain ? [this.fresh, this.again] : [this.again, this.fresh];
		const next = first.shift() ?? second.shift();
		if (!next) return;
		const { request, leave } = next;
		this.latestLeftAgain = request.departure !== undefined;
		if (request.departure === undefined) {
			request.throughBefore = this.through;
			request.limitedBefore = this.limited;
		}
		request.departure = ++this.latestDeparture;
		this.inFlight.add(request);
		this.planNext(now);
		leave();
	}

	/** Schedules the next request after one is sent. */
	private planNext(now: number): void {
		this.departures.push(now);
		if (this.rate === undefined) {
			// Kept until the limit becomes known, because these requests count toward its first second.
			if (this.departures.length > MAX_DEPARTURES) this.departures.shift();
			return;
		}
		const spacing = WINDOW_MS / (this.rate * USED_SHARE_OF_LIMIT);
		const evenly = Math.max(this.earliestNext, now - CATCH_UP_MS) + spacing;
		// Even after catching up, no second contains more requests than the limit.
		const perSecond = Math.max(1, Math.floor(this.rate));
		this.departures.splice(0, this.departures.length - perSecond);
		const oldest = this.departures.length === perSecond ? (this.departures[0] ?? 0) : -Infinity;
		this.earliestNext = Math.max(evenly, oldest + WINDOW_MS);
	}
}

const RATE_LIMIT_REMEDY = 'Not sent. Run the failed items again later, or ask Modica to raise the rate limit of the application.';

function nothingGotThrough(): ModicaError {
	return new ModicaError(`Gave up after ${MAX_HOLD_MS / 1_000} s of rate limiting`, {
		mayHaveBeenSent: false,
		description: RATE_LIMIT_REMEDY,
	});
}

function heldTooLong(heldMs: number): ModicaError {
	return new ModicaError(
		`Modica asked to wait ${Math.ceil(heldMs / 1_000)} s, but the node waits ${MAX_HOLD_MS / 1_000} s at most`,
		{ mayHaveBeenSent: false, description: RATE_LIMIT_REMEDY },
	);
}
