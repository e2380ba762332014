import { CHECK_MS, sleepWhile, type Clock } from './clock';
import { CancelledError, ModicaError, NeverLeftError } from './errors';
import { Slowdown } from './slowdown';

export interface PacerSettings {
	clock: Clock;
	/** Requests in flight at once, at most. */
	maxConcurrency?: number;
	/** The user's own limit, requests a second; 0 leaves it to the API's `X-RateLimit-Limit`. */
	maxRequestsPerSecond?: number;
	/** Aborted when the execution is cancelled. */
	signal?: AbortSignal | undefined;
}

/** One request with all its attempts, as the pacer knows it. */
export interface PacedRequest {
	/** Messages that it sends. */
	readonly messages: number;
	/** Which departure of the run its latest attempt was, counted from 1; undefined before the first. */
	departure: number | undefined;
	refused: boolean;
	/** How often in a row it was refused (429) while other requests got through and none of them was refused. */
	refusals: number;
	/** How many requests had got through when it first left, or when it was last refused. */
	throughBefore: number;
	/** How many requests had been refused for the first time by then. */
	limitedBefore: number;
}

/** Requests in flight until an answer has told the limit, and again after each refusal. */
export const MOST_IN_FLIGHT_WHILE_UNSURE = 2;
/** Of a known limit this share is used, so that two clocks never disagree to our cost. */
const USED_SHARE_OF_LIMIT = 0.99;
/** After a stall (a timer that fired late), this much of the lost time may be made up by sending closer together. */
const CATCH_UP_MS = 100;
/** How many departures are kept while no limit is known. */
const MOST_REMEMBERED = 100;
/** Every limit of the API is a number of requests per second (reference: X-RateLimit-Limit). */
const WINDOW_MS = 1_000;
/** The longest time without any request getting through, be it one long wait or many refusals in a row. */
const LONGEST_HOLD_MS = 5 * 60_000;

interface Waiting {
	readonly request: PacedRequest;
	readonly leave: () => void;
	readonly fail: (error: ModicaError) => void;
}

/**
 * The one limiter of a run: decides when each request may leave, so that they leave as fast as the API allows and no
 * faster.
 *
 * - At most `maxConcurrency` requests are in flight; only a few until an answer has told the limit.
 * - A known limit is spread evenly over the second: limiters that count per second and limiters that refill a
 *   bucket both let that through.
 * - A refusal (429) holds everyone until the time that the API names. Then a few try first, refused requests and new
 *   ones in turn, so that a request that is always refused cannot keep the others from leaving.
 * - While the host is lost, one request tries and the others wait. When it gives up, all of them fail.
 * - When nothing gets through for five minutes, or the API asks for a longer wait, all of them fail.
 * - Once the run is stopped or cancelled, nothing leaves any more.
 */
export class Pacer {
	private readonly clock: Clock;
	private readonly signal: AbortSignal | undefined;
	private readonly maxConcurrency: number;
	private readonly configuredRate: number | undefined;
	private rate: number | undefined;
	private unsure = true;
	/** The latest departure when `unsure` last became true. */
	private unsureSince = 0;
	private stopped = false;
	private readonly inFlight = new Set<PacedRequest>();
	private readonly fresh: Waiting[] = [];
	private readonly again: Waiting[] = [];
	private latestLeftAgain = false;
	private latestDeparture = 0;
	private earliestNext = 0;
	/** When the latest requests left, as many as the limit allows in a second. */
	private departures: number[] = [];
	/** Requests that the API answered, other than with a refusal. */
	private through = 0;
	/** Requests that were refused at their first attempt: the limit’s doing, most likely. */
	private limited = 0;
	private heldUntil = 0;
	/** Why it is held. */
	private heldBy: 'refusal' | 'outage' = 'refusal';
	readonly slowdown = new Slowdown();
	private nothingThroughSince: number | undefined;
	/** Attempts in a row that got no answer, with none that got one in between. */
	private unansweredInRow = 0;
	/** The host is lost: the attempts that found it so, when the first and the latest ended, and the latest departure then. */
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

	/** A request that is to leave, when it is its turn. */
	enter(messages = 1): PacedRequest {
		return { messages, departure: undefined, refused: false, refusals: 0, throughBefore: 0, limitedBefore: 0 };
	}

	/**
	 * Resolves when an attempt of a request may leave. Whoever had a turn calls `ended` once.
	 * @throws {NeverLeftError} once the execution is cancelled or the run stopped
	 * @throws {ModicaError} when the host cannot be reached, or the API has let nothing through for too long
	 */
	async turn(request: PacedRequest): Promise<void> {
		await new Promise<void>((leave, fail) => {
			const queue = request.departure === undefined ? this.fresh : this.again;
			queue.push({ request, leave, fail });
			this.proceed();
		});
	}

	/** An attempt came to its end. To be called last, once all that it told is known. */
	ended(request: PacedRequest): void {
		this.inFlight.delete(request);
		this.proceed();
	}

	/** An answer told the API's limit: requests a second, or undefined when it told none. */
	learn(limit: number | undefined): void {
		if (limit === undefined) return;
		this.rate = Math.min(limit, this.configuredRate ?? limit);
	}

	/** The API answered a request, and not with a refusal for coming too fast. */
	gotThrough(): void {
		this.through++;
		this.unsure = false;
		this.nothingThroughSince = undefined;
		this.unansweredInRow = 0;
		this.outage = undefined;
		this.proceed();
	}

	/**
	 * The API refused a request for coming too fast.
	 * @returns how often in a row this request was refused while others got through. When another is refused meanwhile,
	 * it is the limit that refuses, such as one that is shared with another program, and the count begins anew.
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

	/** An attempt got no answer. @returns how many in a row have got none */
	unanswered(): number {
		return ++this.unansweredInRow;
	}

	/**
	 * The host is lost: a request could not reach it, or none gets an answer any more.
	 * @returns the attempts in a row that found it so, of which those that were in flight together count as one, and the
	 * milliseconds since the first of them failed
	 */
	lost(request: PacedRequest): { lost: number; lostMs: number } {
		const now = this.clock.now();
		if (!this.outage || this.leftInOutage(request)) {
			const { attempts, began } = this.outage ?? { attempts: 0, began: now };
			this.outage = { attempts: attempts + 1, began, failedAt: now, departure: this.latestDeparture };
		}
		return { lost: this.outage.attempts, lostMs: now - this.outage.began };
	}

	/** A request found the host, though it got no answer. */
	reached(request: PacedRequest): void {
		// One that left before the host was lost tells nothing about now.
		if (this.leftInOutage(request)) this.outage = undefined;
	}

	/**
	 * Nothing may leave for a while: the API refused a request for coming too fast, or cannot be reached.
	 * @param since what the time counts from: now, or the latest failed attempt at the host
	 */
	hold(milliseconds: number, since: 'now' | 'outage' = 'now'): void {
		const now = this.clock.now();
		const from = since === 'outage' ? (this.outage?.failedAt ?? now) : now;
		if (!this.unsure) this.unsureSince = this.latestDeparture;
		this.unsure = true;
		this.nothingThroughSince ??= now;
		if (from + milliseconds > this.heldUntil) {
			this.heldUntil = from + milliseconds;
			this.heldBy = since === 'outage' ? 'outage' : 'refusal';
		}
		// Time that was held is not lost, as it is by a timer that fired late: nothing is made up for.
		this.earliestNext = Math.max(this.earliestNext, this.heldUntil);
	}

	/** Nothing leaves any more: all that wait, and all that come, fail with this error. */
	giveUp(error: ModicaError): void {
		this.givenUp ??= error;
	}

	/** The run is stopped: nothing leaves any more, and what is in flight comes to its end. */
	stop(): void {
		this.stopped = true;
		this.proceed();
	}

	/**
	 * Waits before one request is made again, without holding the others.
	 * @throws {CancelledError} once the execution is cancelled
	 * @throws {NeverLeftError} once the run is stopped
	 */
	async wait(milliseconds: number): Promise<void> {
		await sleepWhile(this.clock, milliseconds, () => !this.halted);
		if (this.halted) throw this.cancelled ? new CancelledError() : new NeverLeftError();
	}

	get cancelled(): boolean {
		return this.signal?.aborted === true;
	}

	/** Requests a second, as the API or the user limits them; undefined while no limit is known. */
	get limit(): number | undefined {
		return this.rate;
	}

	/** Messages whose requests are in flight. */
	get messagesInFlight(): number {
		let messages = 0;
		for (const request of this.inFlight) messages += request.messages;
		return messages;
	}

	/** @throws {ModicaError} once nothing leaves any more, with the reason */
	ensureOpen(): void {
		const failure = this.reasonToFail(this.clock.now());
		if (failure) throw failure;
	}

	private get halted(): boolean {
		return this.stopped || this.cancelled;
	}

	/** Lets go whatever may leave now, and looks again when the next one may. */
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
		// A request that left before the hold may still get through; that does not make the hold any shorter.
		const heldMs = this.heldUntil - now;
		if (heldMs > LONGEST_HOLD_MS) return heldTooLong(heldMs);
		const waitMs = Math.max(this.heldUntil, now) - (this.nothingThroughSince ?? now);
		return waitMs > LONGEST_HOLD_MS ? nothingGotThrough() : undefined;
	}

	private failAll(error: ModicaError): void {
		for (const { fail } of this.fresh.splice(0)) fail(error);
		// Those have left before: of a cancelled run they have a result.
		const latest = this.cancelled ? new CancelledError() : error;
		for (const { fail } of this.again.splice(0)) fail(latest);
	}

	private proceedAfter(milliseconds: number): void {
		// The next departure is only ever put off, so the timer that is running never ends too late for it.
		if (this.timerIsRunning) return;
		this.timerIsRunning = true;
		void this.clock.sleep(Math.min(milliseconds, CHECK_MS)).then(() => {
			this.timerIsRunning = false;
			this.proceed();
		});
	}

	private get hasRoom(): boolean {
		if (this.inFlight.size >= this.maxConcurrency) return false;
		// Those that left before may take a minute to come to an end: they keep nobody from trying.
		if (this.outage) return this.inFlightSince(this.outage.departure) === 0;
		return !this.unsure || this.inFlightSince(this.unsureSince) < MOST_IN_FLIGHT_WHILE_UNSURE;
	}

	/** Requests in flight that left after a departure of the run. */
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

	/** A request leaves now: works out when the next one may. */
	private planNext(now: number): void {
		this.departures.push(now);
		if (this.rate === undefined) {
			// Kept for when the limit becomes known: these requests count in its first second, too.
			if (this.departures.length > MOST_REMEMBERED) this.departures.shift();
			return;
		}
		const spacing = WINDOW_MS / (this.rate * USED_SHARE_OF_LIMIT);
		const evenly = Math.max(this.earliestNext, now - CATCH_UP_MS) + spacing;
		// Whatever was made up for: no second ever sees more requests than the limit.
		const perSecond = Math.max(1, Math.floor(this.rate));
		this.departures.splice(0, this.departures.length - perSecond);
		const oldest = this.departures.length === perSecond ? (this.departures[0] ?? 0) : -Infinity;
		this.earliestNext = Math.max(evenly, oldest + WINDOW_MS);
	}
}

const RATE_LIMIT_REMEDY = 'Not sent. Run the failed items again later, or ask Modica to raise the rate limit of the application.';

function nothingGotThrough(): ModicaError {
	return new ModicaError(`Gave up after ${LONGEST_HOLD_MS / 1_000} s of rate limiting`, {
		mayHaveBeenSent: false,
		description: RATE_LIMIT_REMEDY,
	});
}

function heldTooLong(heldMs: number): ModicaError {
	return new ModicaError(
		`Modica asked to wait ${Math.ceil(heldMs / 1_000)} s, and the node waits ${LONGEST_HOLD_MS / 1_000} s at most`,
		{ mayHaveBeenSent: false, description: RATE_LIMIT_REMEDY },
	);
}
