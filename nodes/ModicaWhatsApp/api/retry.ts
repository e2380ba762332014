import type { FaultKind } from './faults';

/** How one attempt ended without success. */
export type FailedAttempt =
	| { kind: 'status'; statusCode: number; retryAfterMs: number | undefined }
	| { kind: 'fault'; fault: FaultKind };

/** What was tried so far, the failed attempt included. */
export interface Tried {
	/** Attempts of this request that met a server error or a broken connection. */
	faults: number;
	/** Refusals (429) of this request while other requests got through. */
	refusals: number;
	/** Attempts in a row, whichever request made them, that found the host lost; 0 when it is not. */
	lost: number;
	/** Milliseconds since the first of these failed. */
	lostMs: number;
}

export type RetryDecision =
	| {
			repeat: true;
			/** Milliseconds to wait before the next attempt; undefined when that is when everyone goes on. */
			afterMs?: number;
			/** Milliseconds during which no request may leave. */
			holdEveryoneMs?: number;
	  }
	| {
			repeat: false;
			/** True when Modica may have fulfilled the request in spite of the failure. */
			mayHaveBeenDone: boolean;
			holdEveryoneMs?: number;
			/** The host stays lost: no request is to leave any more. */
			giveUp?: true;
	  };

const FIRST_RETRY_DELAY_MS = 500;
/** Attempts at a lost host. Waits of 0.5 + 1 + 2 + 4 + 8 s: a restart of the API is survived, an outage is not waited out. */
const MOST_LOST = 6;
/** A host that leaves attempts without an answer is not waited for any longer: each of them takes up to a minute. */
const LONGEST_OUTAGE_MS = 60_000;
/**
 * Requests in a row without an answer after which the host counts as lost. Each of them may have been fulfilled, so there
 * must not be many: with *Once per Reference* they count as sent.
 */
export const MOST_UNANSWERED = 5;
/** Waits of 0.5 + 1 + 2 s. */
const MOST_FAULTS = 4;
/** A limit refuses now this request and now that one. Refused this often, the request itself is what is refused. */
export const MOST_REFUSALS = 5;
/** What a 429 without a usable `Retry-After` waits: limits are per second (reference: X-RateLimit-Limit). */
export const DEFAULT_RETRY_AFTER_MS = 1_000;

/** However short the API's own `Retry-After` is: a refusal must not be repeated as fast as the network allows. */
const LEAST_RETRY_AFTER_MS = 100;

/**
 * Whether a failed attempt may be repeated: only when it is certain that Modica did not take the message, or when the
 * request is idempotent. This is the one place where that is decided.
 *
 * @param attempt how the attempt ended
 * @param tried what was tried so far, this attempt included
 * @param idempotent true for reads, downloads, uploads and marking as read; false for anything that sends
 */
export function decideRetry(attempt: FailedAttempt, tried: Tried, idempotent: boolean): RetryDecision {
	if (attempt.kind === 'status') {
		const { statusCode, retryAfterMs } = attempt;
		if (statusCode === 429) {
			// Everyone comes too fast, for all that is known. How long nothing may get through is the pacer's to say.
			const holdEveryoneMs = Math.max(retryAfterMs ?? DEFAULT_RETRY_AFTER_MS, LEAST_RETRY_AFTER_MS);
			// The message was not taken. Refused again and again while others get through, it is not the limit's doing.
			if (tried.refusals >= MOST_REFUSALS) return { repeat: false, mayHaveBeenDone: false, holdEveryoneMs };
			return { repeat: true, holdEveryoneMs };
		}
		// The answer to a POST that is done (RFC 9110, 15.4.4).
		if (statusCode === 303) return { repeat: false, mayHaveBeenDone: true };
		// A gateway gives 408 also when it has passed the request on and waited for the answer in vain.
		if (statusCode === 408) return afterFault(tried, idempotent);
		// Any other refusal stays one however often the request is made.
		if (statusCode < 500) return { repeat: false, mayHaveBeenDone: false };
		// A server that fails may have taken the message before it failed.
		return afterFault(tried, idempotent);
	}
	switch (attempt.fault) {
		case 'unreachable':
			// Nothing was sent. The host is down for every request: one tries again, the others wait for how that ends.
			return staysLost(tried)
				? { repeat: false, mayHaveBeenDone: false, giveUp: true }
				: { repeat: true, holdEveryoneMs: backoffMs(tried.lost) };
		case 'untrusted':
		case 'blocked':
			// Nothing was sent, and nothing will be the next time.
			return { repeat: false, mayHaveBeenDone: false };
		case 'broken':
			// A time-out or a lost connection tells nothing about what the other side did.
			if (tried.lost === 0) return afterFault(tried, idempotent);
			return staysLost(tried)
				? { repeat: false, mayHaveBeenDone: true, giveUp: true }
				: { ...afterFault(tried, idempotent), holdEveryoneMs: backoffMs(tried.lost) };
	}
}

function staysLost({ lost, lostMs }: Tried): boolean {
	return lost >= MOST_LOST || lostMs >= LONGEST_OUTAGE_MS;
}

function afterFault({ faults }: Tried, idempotent: boolean): RetryDecision {
	return idempotent && faults < MOST_FAULTS
		? { repeat: true, afterMs: backoffMs(faults) }
		: { repeat: false, mayHaveBeenDone: true };
}

/** Milliseconds to wait after so many failed attempts in a row: 500 after the first, twice as many after each further one. */
export function backoffMs(attempts: number): number {
	return FIRST_RETRY_DELAY_MS * 2 ** (attempts - 1);
}
