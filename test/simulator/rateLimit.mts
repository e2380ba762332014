import type { RateLimit } from './settings.mts';

/** Counts a request at this time (ms). @returns 0 if it's allowed, or the milliseconds until a request is allowed */
export type Limiter = (now: number) => number;

const SECOND_MS = 1000;

/** Two common algorithms. Modica hasn't published which one it uses. */
export function createLimiter(limit: RateLimit): Limiter {
	return limit.algorithm === 'fixedWindow' ? fixedWindow(limit) : tokenBucket(limit);
}

function fixedWindow({ requestsPerSecond }: RateLimit): Limiter {
	let window = -1;
	let taken = 0;
	return (now) => {
		const current = Math.floor(now / SECOND_MS);
		if (current !== window) {
			window = current;
			taken = 0;
		}
		if (taken >= requestsPerSecond) return (window + 1) * SECOND_MS - now;
		taken += 1;
		return 0;
	};
}

function tokenBucket({ requestsPerSecond, burst = requestsPerSecond }: RateLimit): Limiter {
	let tokens = burst;
	let last: number | undefined;
	return (now) => {
		tokens = Math.min(burst, tokens + ((now - (last ?? now)) / SECOND_MS) * requestsPerSecond);
		last = now;
		if (tokens < 1) return ((1 - tokens) / requestsPerSecond) * SECOND_MS;
		tokens -= 1;
		return 0;
	};
}

/** The value of `Retry-After` for a wait (RFC 9110, 10.2.3), or undefined to omit the header. */
export function retryAfterHeader(form: RateLimit['retryAfter'], waitMs: number): string | undefined {
	if (form === 'absent') return undefined;
	// An HTTP date has a resolution of one second. It's rounded up, so that the client doesn't retry too early.
	if (form === 'date') return new Date(Math.ceil((Date.now() + waitMs) / SECOND_MS) * SECOND_MS).toUTCString();
	if (form === undefined || form === 'seconds') return String(Math.max(1, Math.ceil(waitMs / SECOND_MS)));
	return form;
}
