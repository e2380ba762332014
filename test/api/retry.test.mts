import { decideRetry, parseRetryAfter } from '../../nodes/ModicaWhatsApp/api/retry';

const status = (statusCode: number, retryAfterMs?: number) => ({
	kind: 'status' as const,
	statusCode,
	retryAfterMs,
});
const fault = (fault: 'unreachable' | 'untrusted' | 'broken') => ({ kind: 'fault' as const, fault });
const MESSAGE = false;
const READ = true;

describe('what may be repeated', () => {
	it.each([
		['a message refused for coming too fast', status(429, 3_000), 1, MESSAGE, { repeat: true, afterMs: 3_000, holdEveryone: true }],
		['a read refused for coming too fast', status(429), 1, READ, { repeat: true, afterMs: 1_000, holdEveryone: true }],
		['a message that was refused often', status(429, 0), 500, MESSAGE, { repeat: true, afterMs: 100, holdEveryone: true }],
		['a message that met a server error', status(500), 1, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a message that met a gateway’s time-out', status(504), 1, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a read that met a server error', status(500), 1, READ, { repeat: true, afterMs: 500, holdEveryone: false }],
		['a read that met it again', status(503), 3, READ, { repeat: true, afterMs: 2_000, holdEveryone: false }],
		['a read that met it too often', status(500), 4, READ, { repeat: false, mayHaveBeenDone: true }],
		['a refused message', status(422), 1, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a refused password', status(401), 1, READ, { repeat: false, mayHaveBeenDone: false }],
		['a redirect', status(302), 1, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a message without a connection', fault('unreachable'), 1, MESSAGE, { repeat: true, afterMs: 500, holdEveryone: true }],
		['a message without a connection for long', fault('unreachable'), 5, MESSAGE, { repeat: true, afterMs: 8_000, holdEveryone: true }],
		['a message without a connection for too long', fault('unreachable'), 6, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a message to a host that is not trusted', fault('untrusted'), 1, MESSAGE, { repeat: false, mayHaveBeenDone: false }],
		['a message whose connection broke', fault('broken'), 1, MESSAGE, { repeat: false, mayHaveBeenDone: true }],
		['a read whose connection broke', fault('broken'), 1, READ, { repeat: true, afterMs: 500, holdEveryone: false }],
		['a read whose connection broke too often', fault('broken'), 4, READ, { repeat: false, mayHaveBeenDone: true }],
	])('%s', (_what, attempt, attempts, harmlessTwice, decision) => {
		expect(decideRetry(attempt, attempts, harmlessTwice)).toEqual(decision);
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
	])('%j is %s ms', (header, milliseconds) => {
		expect(parseRetryAfter(header, now)).toBe(milliseconds);
	});
});
