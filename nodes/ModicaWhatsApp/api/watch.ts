import { CHECK_MS, type Clock } from './clock';

export interface AttemptLimits {
	/** Milliseconds until all of the answer must be there. */
	withinMs: number;
	/** Milliseconds without a byte of a file after which it counts as stalled. */
	stallMs: number;
	/** Bytes of a file that have moved so far; undefined while none are due, such as while the API thinks about an answer. */
	bytesMoved: () => number | undefined;
}

/**
 * Breaks off attempts that take too long, and all of them once the execution is cancelled. n8n's own time-out sees
 * neither an answer that trickles nor a file that stalls.
 */
export class Watch {
	private readonly attempts = new Set<WatchedAttempt>();
	private checking = false;
	/**
	 * Time in which the event loop was blocked. Answers may have arrived meanwhile, so it does not count. On a machine
	 * that is always busy, limits take longer for that.
	 */
	private blockedMs = 0;

	/** @param cancel aborted when the execution is cancelled */
	constructor(
		private readonly clock: Clock,
		private readonly cancel: AbortSignal | undefined,
	) {}

	/** An attempt begins. Call `end` when it is over. */
	begin(limits: AttemptLimits): WatchedAttempt {
		const attempt = new WatchedAttempt(limits, () => this.clock.now() - this.blockedMs);
		if (this.attempts.size === 0) this.cancel?.addEventListener('abort', this.abortAll);
		this.attempts.add(attempt);
		if (!this.checking) void this.checkAll();
		// Cancelled after its turn, while its file was opened.
		if (this.cancel?.aborted) attempt.abort();
		return attempt;
	}

	end(attempt: WatchedAttempt): void {
		this.attempts.delete(attempt);
		// The signal is the execution's, which may outlive this run for long.
		if (this.attempts.size === 0) this.cancel?.removeEventListener('abort', this.abortAll);
	}

	private readonly abortAll = () => {
		for (const attempt of this.attempts) attempt.abort();
	};

	private async checkAll(): Promise<void> {
		this.checking = true;
		while (this.attempts.size > 0) {
			const before = this.clock.now();
			await this.clock.sleep(CHECK_MS);
			this.blockedMs += Math.max(0, this.clock.now() - before - 2 * CHECK_MS);
			for (const attempt of this.attempts) attempt.check();
		}
		this.checking = false;
	}
}

/** One attempt at a request, from its departure to the last byte of its answer. */
export class WatchedAttempt {
	private readonly aborter = new AbortController();
	private deadline: number;
	private latestBytes: number | undefined;
	private movedAt: number;
	/** Why it was broken off: its answer was not there in time, or the file stood still. */
	brokenOff: 'late' | 'stalled' | undefined;

	/** @param now the time, without that in which the event loop was blocked */
	constructor(
		private readonly limits: AttemptLimits,
		private readonly now: () => number,
	) {
		this.deadline = now() + limits.withinMs;
		this.movedAt = now();
	}

	/** Aborted when the attempt is to be broken off. */
	get signal(): AbortSignal {
		return this.aborter.signal;
	}

	/** The answer is a file and has begun: it may take as long as it moves. */
	fileBegins(): void {
		this.deadline = Infinity;
	}

	/** What counts of the answer is there: the rest of it gets so many milliseconds, and no more than all of it had. */
	restWithin(milliseconds: number): void {
		this.deadline = Math.min(this.deadline, this.now() + milliseconds);
	}

	abort(): void {
		this.aborter.abort();
	}

	check(): void {
		const now = this.now();
		const bytes = this.limits.bytesMoved();
		if (bytes === undefined || bytes !== this.latestBytes) this.movedAt = now;
		this.latestBytes = bytes;
		if (now >= this.deadline) this.brokenOff = 'late';
		else if (now - this.movedAt >= this.limits.stallMs) this.brokenOff = 'stalled';
		else return;
		this.abort();
	}
}
