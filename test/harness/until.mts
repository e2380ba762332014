import { setTimeout as sleep } from 'node:timers/promises';

/** A limit for events that occur within seconds on an idle machine. On a busy one, even a second n8n process takes half a minute to start. */
export const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * Polls a value until it meets a condition.
 *
 * @param what describes the condition in the error.
 * @param timeoutMs how long to poll.
 * @returns the value that meets the condition.
 * @throws Error with the last value after the time limit.
 */
export async function until<T>(
	what: string,
	timeoutMs: number,
	read: () => Promise<T> | T,
	isExpected: (seen: T) => boolean = Boolean,
): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
		const seen = await read();
		if (isExpected(seen)) return seen;
		if (Date.now() >= deadline) {
			throw new Error(`Timed out after ${timeoutMs / 1000} s waiting until ${what}. Last value: ${JSON.stringify(seen)?.slice(0, 2_000)}`);
		}
		await sleep(pause);
	}
}
