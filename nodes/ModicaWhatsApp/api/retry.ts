import type { TransportFault } from './errors';

/** How one attempt ended without success. */
export type FailedAttempt =
	| { kind: 'status'; statusCode: number; retryAfterMs: number | undefined }
	| { kind: 'fault'; fault: TransportFault };

export type RetryDecision =
	| {
			repeat: true;
			/** Milliseconds to wait before the next attempt. */
			afterMs: number;
			/** True when nobody should send anything before that, not only this request. */
			holdEveryone: boolean;
	  }
	| {
			repeat: false;
			/** True when Modica may have fulfilled the request in spite of the failure. */
			mayHaveBeenDone: boolean;
	  };

const FIRST_RETRY_DELAY_MS = 500;
/** Waits of 0.5 + 1 + 2 + 4 + 8 s: a restart of the API is survived, an outage is not waited out. */
const MOST_ATTEMPTS_UNREACHABLE = 6;
/** Waits of 0.5 + 1 + 2 s. */
const MOST_ATTEMPTS_FAULTY = 4;
/** What a 429 without a usable `Retry-After` waits: limits are per second (reference: X-RateLimit-Limit). */
export const DEFAULT_RETRY_AFTER_MS = 1_000;

/** However short the API's own `Retry-After` is: a refusal must not be asked for as fast as the line allows. */
const LEAST_RETRY_AFTER_MS = 100;

/**
 * Whether a failed attempt may be repeated: only when it is certain that Modica did not take the message,
 * or when doing it twice does no harm. This is the one place where that is decided.
 *
 * @param attempt how the attempt ended
 * @param attempts how many attempts were made, this one included
 * @param harmlessTwice true for reads, downloads, uploads and marking as read; false for anything that sends
 */
export function decideRetry(
	attempt: FailedAttempt,
	attempts: number,
	harmlessTwice: boolean,
): RetryDecision {
	if (attempt.kind === 'status') {
		const { statusCode, retryAfterMs } = attempt;
		// A 429 is a refusal: the message was not taken. How long refusals are borne is the pacer's to say.
		if (statusCode === 429) {
			const afterMs = Math.max(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, LEAST_RETRY_AFTER_MS);
			return { repeat: true, afterMs, holdEveryone: true };
		}
		// Any other refusal stays one however often it is asked.
		if (statusCode < 500) return { repeat: false, mayHaveBeenDone: false };
		// A server that fails may have taken the message before it failed.
		if (harmlessTwice && attempts < MOST_ATTEMPTS_FAULTY) {
			return { repeat: true, afterMs: backoffMs(attempts), holdEveryone: false };
		}
		return { repeat: false, mayHaveBeenDone: true };
	}
	switch (attempt.fault) {
		case 'unreachable':
			// The connection was never made, so nothing was sent; nor will anybody else get through now.
			return attempts < MOST_ATTEMPTS_UNREACHABLE
				? { repeat: true, afterMs: backoffMs(attempts), holdEveryone: true }
				: { repeat: false, mayHaveBeenDone: false };
		case 'untrusted':
			// The certificate was refused before anything was sent, and will be again.
			return { repeat: false, mayHaveBeenDone: false };
		case 'broken':
			// A time-out or a lost connection tells nothing about what the other side did.
			return harmlessTwice && attempts < MOST_ATTEMPTS_FAULTY
				? { repeat: true, afterMs: backoffMs(attempts), holdEveryone: false }
				: { repeat: false, mayHaveBeenDone: true };
	}
}

function backoffMs(attempts: number): number {
	return FIRST_RETRY_DELAY_MS * 2 ** (attempts - 1);
}

/**
 * Milliseconds to wait as a `Retry-After` header says, in seconds (reference: Retry-After) or as an HTTP date
 * (RFC 9110, 10.2.3); undefined when there is none or it makes no sense.
 */
export function parseRetryAfter(header: unknown, now: number): number | undefined {
	if (typeof header !== 'string' && typeof header !== 'number') return undefined;
	const text = String(header).trim();
	if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
	if (!/[a-z]/i.test(text)) return undefined;
	const date = Date.parse(text);
	return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
