import type { Clock } from './pacing';

export interface AttemptLimits {
	/** Milliseconds until the answer must be there, all of it. */
	withinMs: number;
	/** Milliseconds without a byte of a file after which it counts as stalled. */
	stallMs: number;
	/** Bytes of a file that have moved so far; undefined while none are due, such as while the API thinks about an answer. */
	bytesMoved: () => number | undefined;
}

/** How often it looks, so how late a limit may be noticed; n8n's timers cannot be cleared. */
const CHECK_MS = 200;

/**
 * Breaks off attempts that take too long, and all of them once the execution is cancelled. n8n's own time-out sees
 * neither an answer that trickles nor a file that stalls.
 */
export class Watch {
	private readonly attempts = new Set<WatchedAttempt>();
	private looking = false;
	/** How long the process has stood still. Answers may have come meanwhile, so that is no attempt's fault. */
	private lostMs = 0;

	/** @param cancel aborted when the execution is cancelled */
	constructor(
		private readonly clock: Clock,
		private readonly cancel: AbortSignal | undefined,
	) {}

	/** An attempt begins. Whoever began it says when it has ended. */
	begin(limits: AttemptLimits): WatchedAttempt {
		const attempt = new WatchedAttempt(limits, this.time());
		if (this.attempts.size === 0) this.cancel?.addEventListener('abort', this.breakAllOff);
		this.attempts.add(attempt);
		if (!this.looking) void this.look();
		// Cancelled after its turn, while its file was opened.
		if (this.cancel?.aborted) attempt.breakOff();
		return attempt;
	}

	end(attempt: WatchedAttempt): void {
		this.attempts.delete(attempt);
		// The signal is the execution's, which may outlive this run for long.
		if (this.attempts.size === 0) this.cancel?.removeEventListener('abort', this.breakAllOff);
	}

	private readonly breakAllOff = () => {
		for (const attempt of this.attempts) attempt.breakOff();
	};

	private async look(): Promise<void> {
		this.looking = true;
		while (this.attempts.size > 0) {
			const before = this.clock.now();
			await this.clock.sleep(CHECK_MS);
			this.lostMs += Math.max(0, this.clock.now() - before - 2 * CHECK_MS);
			for (const attempt of this.attempts) attempt.look(this.time());
		}
		this.looking = false;
	}

	private time(): number {
		return this.clock.now() - this.lostMs;
	}
}

/** One attempt at a request, from its departure to the last byte of its answer. */
export class WatchedAttempt {
	private readonly breaker = new AbortController();
	private ends: number;
	private latestBytes: number | undefined;
	private movedAt: number;
	/** Why it was broken off: its answer was not there in time, or the file stood still. */
	brokenOff: 'late' | 'stalled' | undefined;

	constructor(
		private readonly limits: AttemptLimits,
		now: number,
	) {
		this.ends = now + limits.withinMs;
		this.movedAt = now;
	}

	/** Aborted when the attempt is to be broken off. */
	get signal(): AbortSignal {
		return this.breaker.signal;
	}

	/** The answer is a file and has begun: it may take as long as it moves. */
	fileBegins(): void {
		this.ends = Infinity;
	}

	breakOff(): void {
		this.breaker.abort();
	}

	look(now: number): void {
		const bytes = this.limits.bytesMoved();
		if (bytes === undefined || bytes !== this.latestBytes) this.movedAt = now;
		this.latestBytes = bytes;
		if (now >= this.ends) this.brokenOff = 'late';
		else if (now - this.movedAt >= this.limits.stallMs) this.brokenOff = 'stalled';
		else return;
		this.breakOff();
	}
}
