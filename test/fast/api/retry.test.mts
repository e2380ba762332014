import type { FaultKind } from '../../../nodes/ModicaWhatsApp/api/faults';
import { parseRetryAfter } from '../../../nodes/ModicaWhatsApp/api/headers';
import { decideRetry } from '../../../nodes/ModicaWhatsApp/api/retry';

const status = (statusCode: number, retryAfterMs?: number) => ({
	kind: 'status' as const,
	statusCode,
	retryAfterMs,
});
const fault = (fault: FaultKind) => ({ kind: 'fault' as const, fault });
const MESSAGE = false;
const READ = true;

/** The first attempt, however it failed. */
const FIRST = { faults: 1, refusals: 0, lost: 0, lostMs: 0 };
const LOST = { ...FIRST, lost: 1 };

describe('decideRetry', () => {
	it.each([
		['a message that gets a 429', status(429, 3_000), FIRST, MESSAGE, { repeat: true, holdEveryoneMs: 3_000 }],
		['a read that gets a 429', status(429), FIRST, READ, { repeat: true, holdEveryoneMs: 1_000 }],
		['a 429 with Retry-After: 0', status(429, 0), FIRST, MESSAGE, { repeat: true, holdEveryoneMs: 100 }],
		['the fourth 429 for a message while others got through', status(429), { ...FIRST, refusals: 4 }, MESSAGE, { repeat: true, holdEveryoneMs: 1_000 }],
		['the fifth 429 for a message while others got through', status(429), { ...FIRST, refusals: 5 }, MESSAGE, { repeat: false, mayHaveBeenDone: false, holdEveryoneMs: 1_000 }],
		['a message that gets a server error', status(500), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a message that gets a gateway timeout', status(504), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a read that gets a server error', status(500), FIRST, READ, { repeat: true, afterMs: 500 }],
		['a read that gets several server errors', status(503), { ...FIRST, faults: 3 }, READ, { repeat: true, afterMs: 2_000 }],
		['a read that gets too many server errors', status(500), { ...FIRST, faults: 4 }, READ, { repeat: false, mayHaveBeenDone: true }],
		['a rejected message', status(422), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a rejected password', status(401), FIRST, READ, { repeat: false, mayHaveBeenDone: false }],
		['a redirect', status(302), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a message that gets a 303, because a 303 means that it was processed', status(303), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a message that gets a 408 from a gateway', status(408), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a read that gets a 408 from a gateway', status(408), FIRST, READ, { repeat: true, afterMs: 500 }],
		['a message without a connection', fault('unreachable'), LOST, MESSAGE, { repeat: true, holdEveryoneMs: 500 }],
		['a message to a host that has been down for a while', fault('unreachable'), { ...LOST, lost: 5 }, MESSAGE, { repeat: true, holdEveryoneMs: 8_000 }],
		['a message to a host that has been down for too long', fault('unreachable'), { ...LOST, lost: 6 }, MESSAGE, { repeat: false, mayHaveBeenDone: false, giveUp: true }],
		['a message to a host that has dropped packets for a minute', fault('unreachable'), { ...LOST, lost: 2, lostMs: 60_000 }, MESSAGE, { repeat: false, mayHaveBeenDone: false, giveUp: true }],
		['a message to a host with an untrusted certificate', fault('untrusted'), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a message to a host that n8n blocks', fault('blocked'), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a message whose connection breaks', fault('broken'), FIRST, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['one of many messages without a response', fault('broken'), LOST, MESSAGE, { repeat: false, mayHaveBeenDone: true, holdEveryoneMs: 500 }],
		['one of many reads without a response', fault('broken'), { ...LOST, lost: 2 }, READ, { repeat: true, afterMs: 500, holdEveryoneMs: 1_000 }],
		['a message without a response, like all others for too long', fault('broken'), { ...LOST, lost: 6 }, MESSAGE, { repeat: false, mayHaveBeenDone: true, giveUp: true }],
		['a read whose connection breaks', fault('broken'), FIRST, READ, { repeat: true, afterMs: 500 }],
		['a read whose connection breaks too often', fault('broken'), { ...FIRST, faults: 4 }, READ, { repeat: false, mayHaveBeenDone: true }],
	])('decides whether to retry %s', (_what, attempt, tried, idempotent, decision) => {
		expect(decideRetry(attempt, tried, idempotent)).toEqual(decision);
	});
});

describe('Retry-After', () => {
	const now = Date.parse('2026-11-22T10:00:00Z');

	it.each([
		['3', 3_000],
		[' 3 ', 3_000],
		['0', 0],
		['0.5', 500],
		[2, 2_000],
		['99999999999', 99_999_999_999_000],
		['Sun, 22 Nov 2026 10:00:07 GMT', 7_000],
		['Sun, 22 Nov 2026 09:59:00 GMT', 0],
		['-5', undefined],
		['soon', undefined],
		['', undefined],
		[undefined, undefined],
		[['3'], undefined],
	])('%j means %s ms', (header, milliseconds) => {
		expect(parseRetryAfter(header, now)).toBe(milliseconds);
	});
});
