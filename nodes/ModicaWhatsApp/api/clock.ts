/** Time as the engine sees it. Tests bring one of their own. */
export interface Clock {
	/** Milliseconds; only differences matter. */
	now(): number;
	sleep(milliseconds: number): Promise<void>;
}

/**
 * How often whoever waits looks whether there is still something to wait for, in milliseconds. n8n's timers cannot be
 * cleared, so none is longer than this: thousands of them would pile up.
 */
export const CHECK_MS = 200;

/** Sleeps for as long as there is a reason to, which is checked each `CHECK_MS`. */
export async function sleepWhile(clock: Clock, milliseconds: number, hasReason: () => boolean): Promise<void> {
	const end = clock.now() + milliseconds;
	while (hasReason() && clock.now() < end) await clock.sleep(Math.min(end - clock.now(), CHECK_MS));
}
