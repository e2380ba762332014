import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';

interface Timer {
	at: number;
	/** Timers that are due at the same time fire in the order in which they were set. */
	order: number;
	ring: () => void;
}

/** The start of virtual time. A whole second, because HTTP dates have no smaller unit. */
const EPOCH = Date.UTC(2026, 10, 25);

/** A clock that jumps from one timer to the next: hours of waiting take milliseconds, with the same result each time. */
export class SimulatedClock {
	private time = 0;
	private timersSet = 0;
	/** A binary heap: the earliest timer is first. */
	private readonly timers: Timer[] = [];

	now(): number {
		return this.time;
	}

	/** The current date, for headers. */
	date(): number {
		return EPOCH + this.time;
	}

	sleep(milliseconds: number): Promise<void> {
		return new Promise<void>((ring) => this.at(this.time + Math.max(0, milliseconds), ring));
	}

	at(moment: number, ring: () => void): void {
		const { timers } = this;
		const timer = { at: Math.max(moment, this.time), order: this.timersSet++, ring };
		let place = timers.length;
		timers.push(timer);
		while (place > 0) {
			const parent = (place - 1) >> 1;
			const above = timers[parent] as Timer;
			if (!isEarlier(timer, above)) break;
			timers[place] = above;
			place = parent;
		}
		timers[place] = timer;
	}

	/**
	 * Advances time until `ended` returns true.
	 * @returns false if it never does, because no timer is left or the limit is reached
	 */
	async runUntil(ended: () => boolean, limit: number): Promise<boolean> {
		for (;;) {
			await settle();
			if (ended()) return true;
			const next = this.timers[0];
			if (!next || next.at > limit) return false;
			this.removeFirst();
			this.time = next.at;
			next.ring();
		}
	}

	private removeFirst(): void {
		const { timers } = this;
		const last = timers.pop();
		if (!last || timers.length === 0) return;
		let place = 0;
		for (;;) {
			let child = 2 * place + 1;
			if (child >= timers.length) break;
			if (child + 1 < timers.length && isEarlier(timers[child + 1] as Timer, timers[child] as Timer)) child++;
			if (!isEarlier(timers[child] as Timer, last)) break;
			timers[place] = timers[child] as Timer;
			place = child;
		}
		timers[place] = last;
	}
}

function isEarlier(one: Timer, other: Timer): boolean {
	return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** The clock that the engine uses. Counts the engine's sleeps. */
export class CountedClock implements Clock {
	/** Sleeps in progress. */
	pending = 0;
	/** Sleeps started so far. */
	begun = 0;

	constructor(private readonly clock: SimulatedClock) {}

	now(): number {
		return this.clock.now();
	}

	sleep(milliseconds: number): Promise<void> {
		this.begun++;
		this.pending++;
		return new Promise<void>((ring) => {
			this.clock.at(this.clock.now() + milliseconds, () => {
				this.pending--;
				ring();
			});
		});
	}
}

/**
 * Lets all work that doesn't wait for a timer complete. Node.js processes its tick queue only when the promise queue is
 * empty, as long as promise code requested the tick. This is why the first `await` is needed.
 */
async function settle(): Promise<void> {
	await Promise.resolve();
	await new Promise<void>((resolve) => process.nextTick(resolve));
}

/** Runs `work` while `Date.now()` returns virtual time. */
export async function withCalendarOf<T>(clock: SimulatedClock, work: () => Promise<T>): Promise<T> {
	const realNow = Date.now;
	Date.now = () => clock.date();
	try {
		return await work();
	} finally {
		Date.now = realNow;
	}
}
