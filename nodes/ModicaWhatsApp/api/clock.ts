/** The time source of the engine. Tests pass a virtual clock. */
export interface Clock {
	/** Returns a time in milliseconds. Only differences between two calls are meaningful. */
	now(): number;
	sleep(milliseconds: number): Promise<void>;
}

/**
 * Polling interval of all waits, in milliseconds. n8n's timers can't be cleared, so no timer runs longer than this.
 * Otherwise, thousands of obsolete timers would accumulate.
 */
export const CHECK_MS = 200;

/** Sleeps until the time is over or `hasReason` returns false, which is checked every `CHECK_MS`. */
export async function sleepWhile(clock: Clock, milliseconds: number, hasReason: () => boolean): Promise<void> {
	const end = clock.now() + milliseconds;
	while (hasReason() && clock.now() < end) await clock.sleep(Math.min(end - clock.now(), CHECK_MS));
}
