import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';

interface Timer {
	at: number;
	/** Timers of the same moment ring in the order in which they were set. */
	order: number;
	ring: () => void;
}

/** Where the virtual calendar begins: a whole second, since the dates of HTTP know nothing shorter. */
const EPOCH = Date.UTC(2026, 10, 25);

/** Time that passes only from one timer to the next: hours of waiting take milliseconds and come out the same each time. */
export class SimulatedClock {
	private time = 0;
	private timersSet = 0;
	/** A binary heap: the earliest timer is the first. */
	private readonly timers: Timer[] = [];

	now(): number {
		return this.time;
	}

	/** The moment as the calendar has it, for dates in headers. */
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
	 * Lets time pass until `ended` says so.
	 * @returns false when that does not come: nothing is left to wait for, or the limit is reached
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

/** The engine's view of the clock, which counts what the engine waits for. */
export class CountedClock implements Clock {
	/** Sleeps that have not ended. */
	pending = 0;
	/** Sleeps begun so far. */
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
 * Lets everything go on that waits for no timer. Node.js takes its queue of ticks up only when that of the promises is
 * empty, as long as the tick was asked for by a promise's own work: hence the first `await`.
 */
async function settle(): Promise<void> {
	await Promise.resolve();
	await new Promise<void>((resolve) => process.nextTick(resolve));
}

/** Does work while `Date.now()` follows the virtual calendar. */
export async function withCalendarOf<T>(clock: SimulatedClock, work: () => Promise<T>): Promise<T> {
	const realNow = Date.now;
	Date.now = () => clock.date();
	try {
		return await work();
	} finally {
		Date.now = realNow;
	}
}
