import { CancelledError, ModicaError } from './errors';

/** Time as the pacer sees it; tests bring their own. */
export interface Clock {
	/** Milliseconds; only differences matter. */
	now(): number;
	sleep(milliseconds: number): Promise<void>;
}

export interface PacerSettings {
	clock: Clock;
	/** The user's own limit, requests a second; 0 leaves it to the API's `X-RateLimit-Limit`. */
	maxRequestsPerSecond?: number;
	/** Aborted when the execution is cancelled. */
	signal?: AbortSignal | undefined;
}

/** Requests in flight until an answer has told the limit, and again after each refusal. */
const MOST_IN_FLIGHT_WHILE_UNSURE = 2;
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
/** How late a cancelled execution may be noticed. */
const CANCEL_CHECK_MS = 200;

/**
 * Gives each request of a run its turn, so that they leave as fast as the API allows and no faster.
 *
 * - Until an answer has told the limit, only a few requests are in flight.
 * - A known limit is spread evenly over the second: limiters that count per second and limiters that refill a
 *   bucket both let that through.
 * - A refusal (429) holds everyone until the time that the API names. Then a few try first.
 * - When nothing gets through for five minutes, or the API asks for a longer wait, every further turn fails.
 */
export class Pacer {
	private readonly clock: Clock;
	private readonly signal: AbortSignal | undefined;
	private readonly configuredRate: number | undefined;
	private rate: number | undefined;
	private unsure = true;
	private inFlight = 0;
	private earliestNext = 0;
	/** When the latest requests left, as many as the limit allows in a second. */
	private departures: number[] = [];
	private heldUntil = 0;
	private nothingThroughSince: number | undefined;
	private lastTurn: Promise<void> = Promise.resolve();
	private wake: () => void = () => {};

	constructor({ clock, maxRequestsPerSecond = 0, signal }: PacerSettings) {
		this.clock = clock;
		this.signal = signal;
		this.configuredRate = maxRequestsPerSecond > 0 ? maxRequestsPerSecond : undefined;
		this.rate = this.configuredRate;
		this.signal?.addEventListener('abort', () => this.wake(), { once: true });
	}

	/**
	 * Resolves when one request may leave; first come, first served. Whoever had a turn calls `finished` once.
	 * @throws {CancelledError} once the execution is cancelled
	 * @throws {ModicaError} when the API has let nothing through for too long
	 */
	async turn(): Promise<void> {
		const turn = this.lastTurn.then(async () => await this.untilAllowed());
		// The next in line waits for this turn to be over, however it ended.
		this.lastTurn = turn.catch(() => {});
		await turn;
	}

	/** A request came to its end, whatever that was. */
	finished(): void {
		this.inFlight--;
		this.wake();
	}

	/** An answer told the API's limit: requests a second, or undefined when it told none. */
	learn(limit: number | undefined): void {
		if (limit === undefined) return;
		this.rate = Math.min(limit, this.configuredRate ?? limit);
	}

	/** The API answered a request, and not with a refusal for coming too fast. */
	gotThrough(): void {
		this.unsure = false;
		this.nothingThroughSince = undefined;
		this.wake();
	}

	/** Nobody may send for a while: the API refused a request for coming too fast, or cannot be reached. */
	hold(milliseconds: number): void {
		const now = this.clock.now();
		this.unsure = true;
		this.nothingThroughSince ??= now;
		this.heldUntil = Math.max(this.heldUntil, now + milliseconds);
	}

	/**
	 * Waits before one request is made again, without holding the others.
	 * @throws {CancelledError} once the execution is cancelled
	 */
	async wait(milliseconds: number): Promise<void> {
		const end = this.clock.now() + milliseconds;
		while (this.clock.now() < end) {
			this.throwIfCancelled();
			await this.clock.sleep(Math.min(end - this.clock.now(), CANCEL_CHECK_MS));
		}
		this.throwIfCancelled();
	}

	get cancelled(): boolean {
		return this.signal?.aborted === true;
	}

	private throwIfCancelled(): void {
		if (this.cancelled) throw new CancelledError();
	}

	private async untilAllowed(): Promise<void> {
		for (;;) {
			this.throwIfCancelled();
			const now = this.clock.now();
			this.giveUpIfNothingGetsThrough(now);
			const waitMs = Math.max(this.heldUntil, this.earliestNext) - now;
			if (waitMs > 0) await this.sleep(waitMs);
			else if (this.unsure && this.inFlight >= MOST_IN_FLIGHT_WHILE_UNSURE) await this.sleep();
			else break;
		}
		this.inFlight++;
		this.planNext(this.clock.now());
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

	private giveUpIfNothingGetsThrough(now: number): void {
		// A request that left before the hold may still get through; that does not make the hold any shorter.
		const waitMs = Math.max(this.heldUntil, now) - (this.nothingThroughSince ?? now);
		if (waitMs <= LONGEST_HOLD_MS) return;
		throw new ModicaError(
			`Modica lets nothing through: waiting for it would take ${Math.ceil(waitMs / 1_000)} s, and ${LONGEST_HOLD_MS / 1_000} s is the most that is waited`,
			{
				mayHaveBeenSent: false,
				description:
					'Not sent. Run the failed items again later, or ask Modica about the limit of the application.',
			},
		);
	}

	/** Sleeps until something happens: a request ends, the execution is cancelled, or the time is over if one is given. */
	private async sleep(milliseconds?: number): Promise<void> {
		const woken = new Promise<void>((resolve) => {
			this.wake = resolve;
		});
		await (milliseconds === undefined
			? woken
			: Promise.race([woken, this.clock.sleep(milliseconds)]));
	}
}
