/** Why requests wait: for the rate limit, for the end of a hold after a 429, or for a host that is down. */
export type Cause = 'limit' | 'refusal' | 'outage';

export interface Waits {
	/** Milliseconds that requests waited, by cause. */
	readonly ms: Readonly<Record<Cause, number>>;
	/** Limit in requests per second. Undefined if none is known. */
	readonly limit: number | undefined;
}

/** Measures how long requests that could otherwise have been sent waited, by cause. Concurrent waits count once. */
export class Slowdown {
	private readonly total: Record<Cause, number> = { limit: 0, refusal: 0, outage: 0 };
	private waiting: { cause: Cause; since: number } | undefined;

	/** Starts or continues a wait. @param now in milliseconds, from `Clock` */
	waitsFor(cause: Cause, now: number): void {
		this.waitsNoMore(now);
		this.waiting = { cause, since: now };
	}

	/** Ends the current wait, if any. */
	waitsNoMore(now: number): void {
		if (this.waiting) this.total[this.waiting.cause] += now - this.waiting.since;
		this.waiting = undefined;
	}

	/** Milliseconds waited, by cause. */
	get ms(): Readonly<Record<Cause, number>> {
		return this.total;
	}
}
