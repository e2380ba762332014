import type { FaultKind } from './faults';

/** How a failed attempt ended. */
export type FailedAttempt =
	| { kind: 'status'; statusCode: number; retryAfterMs: number | undefined }
	| { kind: 'fault'; fault: FaultKind };

/** The attempts so far, including the one that just failed. */
export interface Tried {
	/** Attempts of this request that ended with a server error or a broken connection. */
	faults: number;
	/** 429 responses to this request while other requests got through. */
	refusals: number;
	/** Consecutive attempts, across all requests, that found the host down. 0 if it isn't down. */
	lost: number;
	/** Milliseconds since the first of these attempts failed. */
	lostMs: number;
}

export type RetryDecision =
	| {
			repeat: true;
			/** Milliseconds to wait before the next attempt. Undefined to retry when the hold ends. */
			afterMs?: number;
			/** Milliseconds during which no request may be sent. */
			holdEveryoneMs?: number;
	  }
	| {
			repeat: false;
			/** Whether Modica may have fulfilled the request despite the failure. */
			mayHaveBeenDone: boolean;
			holdEveryoneMs?: number;
			/** The host stays down, so no further request may be sent. */
			giveUp?: true;
	  };

const FIRST_RETRY_DELAY_MS = 500;
/**
 * Attempts to reach a host that is down. The waits of 0.5 + 1 + 2 + 4 + 8 s cover a restart of the API, but not an
 * outage.
 */
const MAX_OUTAGE_ATTEMPTS = 6;
/** Time limit for these attempts, because one that gets no response can take up to a minute. */
const MAX_OUTAGE_MS = 60_000;
/**
 * Number of consecutive requests without a response after which the host counts as down. Each may have been fulfilled
 * and, with *Once per Reference*, counts as sent, so the number is low.
 */
export const MAX_UNANSWERED = 5;
/** Waits of 0.5 + 1 + 2 s. */
const MAX_ATTEMPTS = 4;
/** A rate limit rejects different requests each time. After this many rejections, the request itself is the cause. */
export const MAX_REFUSALS = 5;
/** Wait after a 429 without a usable `Retry-After`. Limits are per second (reference: X-RateLimit-Limit). */
export const DEFAULT_RETRY_AFTER_MS = 1_000;

/** Minimum wait, even if `Retry-After` is shorter. Otherwise, retries would be as fast as the network allows. */
const MIN_RETRY_AFTER_MS = 100;

/**
 * Decides whether to retry a failed attempt. An attempt is retried only if Modica certainly didn't accept the message,
 * or if the request is idempotent. No other code makes this decision.
 *
 * @param attempt how the attempt ended
 * @param tried the attempts so far, including this one
 * @param idempotent true for reads, downloads, uploads, and marking as read; false for all requests that send a message
 */
export function decideRetry(attempt: FailedAttempt, tried: Tried, idempotent: boolean): RetryDecision {
	if (attempt.kind === 'status') {
		const { statusCode, retryAfterMs } = attempt;
		if (statusCode === 429) {
			// Presumably the rate limit, so all requests wait. The pacer decides how long this may last in total.
			const holdEveryoneMs = Math.max(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, MIN_RETRY_AFTER_MS);
			// The message wasn't accepted. If other requests get through, the rate limit isn't the cause.
			if (tried.refusals >= MAX_REFUSALS) return { repeat: false, mayHaveBeenDone: false, holdEveryoneMs };
			return { repeat: true, holdEveryoneMs };
		}
		// 303 is the response to a completed POST (RFC 9110, 15.4.4).
		if (statusCode === 303) return { repeat: false, mayHaveBeenDone: true };
		// A gateway also returns 408 if it forwarded the request and got no response.
		if (statusCode === 408) return afterFault(tried, idempotent);
		// Any other 3xx or 4xx would be the same on each attempt.
		if (statusCode < 500) return { repeat: false, mayHaveBeenDone: false };
		// A server may accept the message before it fails.
		return afterFault(tried, idempotent);
	}
	switch (attempt.fault) {
		case 'unreachable':
			// Nothing was sent. The host is down for all requests: one retries, and the others wait for the result.
			return staysDown(tried)
				? { repeat: false, mayHaveBeenDone: false, giveUp: true }
				: { repeat: true, holdEveryoneMs: backoffMs(tried.lost) };
		case 'untrusted':
		case 'blocked':
			// Nothing was sent, and a retry would fail the same way.
			return { repeat: false, mayHaveBeenDone: false };
		case 'broken':
			// A timeout or a lost connection doesn't show what the server did.
			if (tried.lost === 0) return afterFault(tried, idempotent);
			return staysDown(tried)
				? { repeat: false, mayHaveBeenDone: true, giveUp: true }
				: { ...afterFault(tried, idempotent), holdEveryoneMs: backoffMs(tried.lost) };
	}
}

function staysDown({ lost, lostMs }: Tried): boolean {
	return lost >= MAX_OUTAGE_ATTEMPTS || lostMs >= MAX_OUTAGE_MS;
}

function afterFault({ faults }: Tried, idempotent: boolean): RetryDecision {
	return idempotent && faults < MAX_ATTEMPTS
		? { repeat: true, afterMs: backoffMs(faults) }
		: { repeat: false, mayHaveBeenDone: true };
}

/**
 * Returns the wait in milliseconds after a number of consecutive failed attempts: 500 after the first, doubled after
 * each further one.
 */
export function backoffMs(attempts: number): number {
	return FIRST_RETRY_DELAY_MS * 2 ** (attempts - 1);
}
