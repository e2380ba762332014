import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';

/** A clock that advances only on request, so that tests of long waits take milliseconds and are deterministic. */
export class VirtualClock implements Clock {
	private time = 0;
	private readonly timers: Array<{ at: number; ring: () => void }> = [];

	now(): number {
		return this.time;
	}

	async sleep(milliseconds: number): Promise<void> {
		await new Promise<void>((ring) => {
			this.timers.push({ at: this.time + Math.max(0, milliseconds), ring });
		});
	}

	/** Advances the time, and fires each timer at its due time, including timers that are added meanwhile. */
	async pass(milliseconds: number): Promise<void> {
		const end = this.time + milliseconds;
		for (;;) {
			await settle();
			this.timers.sort((a, b) => a.at - b.at);
			const next = this.timers[0];
			if (!next || next.at > end) break;
			this.timers.shift();
			this.time = Math.max(this.time, next.at);
			next.ring();
		}
		this.time = end;
	}

	/** Advances the time without firing timers, as if the process were suspended. Due timers fire late. */
	standStill(milliseconds: number): void {
		this.time += milliseconds;
	}

	/** Advances the time until a promise settles. Rejects if that takes longer than `limitMs`. */
	async until<T>(work: Promise<T>, limitMs = 3_600_000): Promise<T> {
		let ended = false;
		void work.then(
			() => (ended = true),
			() => (ended = true),
		);
		const limit = this.time + limitMs;
		for (;;) {
			await settle();
			if (ended) return await work;
			this.timers.sort((a, b) => a.at - b.at);
			const next = this.timers.shift();
			if (!next || next.at > limit) throw new Error(`Not settled after ${this.time} ms of virtual time`);
			this.time = Math.max(this.time, next.at);
			next.ring();
		}
	}
}

/** Runs all pending microtasks: Node.js runs them before the next event. */
export async function settle(): Promise<void> {
	await new Promise<void>((resolve) => setImmediate(resolve));
}
