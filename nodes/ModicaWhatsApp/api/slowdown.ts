/** What requests wait for: the limit, the end of a hold after a refusal (429), or the host to come back. */
export type Cause = 'limit' | 'refusal' | 'outage';

export interface Waits {
	/** How long requests waited, by what they waited for. */
	readonly ms: Readonly<Record<Cause, number>>;
	/** Requests a second, where a limit is known. */
	readonly limit: number | undefined;
}

/** How long requests waited that could have left otherwise, by what they waited for. Time counts once, however many wait. */
export class Slowdown {
	private readonly total: Record<Cause, number> = { limit: 0, refusal: 0, outage: 0 };
	private waiting: { cause: Cause; since: number } | undefined;

	/** Requests wait from now on; as before, if they did. @param now in milliseconds, as from `Clock` */
	waitsFor(cause: Cause, now: number): void {
		this.waitsNoMore(now);
		this.waiting = { cause, since: now };
	}

	/** Nothing waits any more, or for something else. */
	waitsNoMore(now: number): void {
		if (this.waiting) this.total[this.waiting.cause] += now - this.waiting.since;
		this.waiting = undefined;
	}

	/** Milliseconds. */
	get ms(): Readonly<Record<Cause, number>> {
		return this.total;
	}
}
