import { CHECK_MS, type Clock } from './clock';

export interface AttemptLimits {
	/** Milliseconds until the response must be complete. */
	withinMs: number;
	/** Milliseconds without progress after which a file transfer counts as stalled. */
	stallMs: number;
	/**
	 * Bytes of the file that were transferred so far. Undefined while no bytes are expected, for example while the API
	 * processes an upload.
	 */
	bytesMoved: () => number | undefined;
}

/**
 * Aborts attempts that take too long, and all attempts when the execution is canceled. n8n's own timeout detects
 * neither a response that trickles in nor a stalled file.
 */
export class Watch {
	private readonly attempts = new Set<WatchedAttempt>();
	private checking = false;
	/**
	 * Total time during which the event loop was blocked. Responses may have arrived in that time, so it doesn't count.
	 * On a machine that is always busy, limits are therefore longer.
	 */
	private blockedMs = 0;

	/** @param cancel aborted when the execution is canceled */
	constructor(
		private readonly clock: Clock,
		private readonly cancel: AbortSignal | undefined,
	) {}

	/** Starts to watch an attempt. Call `end` when it's over. */
	begin(limits: AttemptLimits): WatchedAttempt {
		const attempt = new WatchedAttempt(limits, () => this.clock.now() - this.blockedMs);
		if (this.attempts.size === 0) this.cancel?.addEventListener('abort', this.abortAll);
		this.attempts.add(attempt);
		if (!this.checking) void this.checkAll();
		// The execution can be canceled after the request's turn, while its file is opened.
		if (this.cancel?.aborted) attempt.abort();
		return attempt;
	}

	end(attempt: WatchedAttempt): void {
		this.attempts.delete(attempt);
		// The signal belongs to the execution, which may last much longer than this run.
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

/** One attempt, from sending the request to the last byte of the response. */
export class WatchedAttempt {
	private readonly aborter = new AbortController();
	private deadline: number;
	private latestBytes: number | undefined;
	private movedAt: number;
	/** Why the attempt was aborted: the response wasn't complete in time, or the file stalled. */
	abortReason: 'late' | 'stalled' | undefined;

	/** @param now returns the time without periods in which the event loop was blocked */
	constructor(
		private readonly limits: AttemptLimits,
		private readonly now: () => number,
	) {
		this.deadline = now() + limits.withinMs;
		this.movedAt = now();
	}

	/** Aborted when the attempt must end. */
	get signal(): AbortSignal {
		return this.aborter.signal;
	}

	/** The response is a file, and its transfer has started: there's no deadline as long as it makes progress. */
	fileBegins(): void {
		this.deadline = Infinity;
	}

	/** Limits the time for the rest of the response, within the overall deadline. */
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
		if (now >= this.deadline) this.abortReason = 'late';
		else if (now - this.movedAt >= this.limits.stallMs) this.abortReason = 'stalled';
		else return;
		this.abort();
	}
}
