import { setTimeout as sleep } from 'node:timers/promises';

/** For what comes at once on a quiet machine. On a busy one, even a second process of n8n takes half a minute to start. */
export const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

/**
 * Looks at something again and again until it is as hoped for.
 *
 * @param what the hope in words, for the error.
 * @param timeoutMs how long to keep looking.
 * @returns what was seen last.
 * @throws Error with what was seen last, once the time is up.
 */
export async function until<T>(
	what: string,
	timeoutMs: number,
	look: () => Promise<T> | T,
	isAsHoped: (seen: T) => boolean = Boolean,
): Promise<T> {
	const deadline = Date.now() + timeoutMs;
	for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
		const seen = await look();
		if (isAsHoped(seen)) return seen;
		if (Date.now() >= deadline) {
			throw new Error(`Not within ${timeoutMs / 1000} s: ${what}. Seen last: ${JSON.stringify(seen)?.slice(0, 2_000)}`);
		}
		await sleep(pause);
	}
}
