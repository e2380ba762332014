import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';

/** Time that passes only when told to, so that minutes of waiting are tested in milliseconds and come out the same. */
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

	/** Lets time pass, ringing each timer at its moment, and everything that follows from it. */
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

	/** Time passes in which nothing happens, as when the process is stopped: whatever was due rings late. */
	standStill(milliseconds: number): void {
		this.time += milliseconds;
	}

	/** Lets time pass until something has come to its end. Rejects when that takes longer than so many milliseconds. */
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
			if (!next || next.at > limit) throw new Error(`Not ended after ${this.time} ms of virtual time`);
			this.time = Math.max(this.time, next.at);
			next.ring();
		}
	}
}

/** Lets everything go on that waits for nothing but its turn: all of that comes before the next event of Node's. */
export async function settle(): Promise<void> {
	await new Promise<void>((resolve) => setImmediate(resolve));
}
