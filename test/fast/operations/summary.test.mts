/** The message above the output of a run. */
import { ModicaError } from '../../../nodes/ModicaWhatsApp/api/errors';
import type { Waits } from '../../../nodes/ModicaWhatsApp/api/slowdown';
import type { Result } from '../../../nodes/ModicaWhatsApp/operations/operation';
import { summarize } from '../../../nodes/ModicaWhatsApp/operations/summary';
import { InputError, invalid } from '../../../nodes/ModicaWhatsApp/parameters/errors';

const NONE: Waits = { ms: { limit: 0, refusal: 0, outage: 0 }, limit: undefined };
const sent = (json = {}): Result => ({ item: 0, json: { status: 'accepted', ...json } });
const failed = (error: unknown): Result => ({ item: 0, error });
const refused = (statusCode: number) => failed(new ModicaError('no', { statusCode, mayHaveBeenSent: false }));
const times = (count: number, result: Result) => Array.from({ length: count }, () => result);

describe('the summary', () => {
	it.each([
		['there was nothing to do', []],
		['everything was sent', [sent(), sent()]],
		['a requested message has failed', [sent({ status: 'failed' })]],
		['some messages were duplicates', [sent({ status: 'duplicate' })]],
	])('is empty if %s', (_what, results) => {
		expect(summarize(results, NONE)).toBeUndefined();
		expect(summarize(results, { ms: { limit: 4_999, refusal: 4_999, outage: 4_999 }, limit: 50 })).toBeUndefined();
	});

	it.each<[string, Result[]]>([
		[
			"12 of 1,000 failed: 8 with an invalid 'To', 4 rejected (422).",
			[...times(4, refused(422)), ...times(8, failed(invalid('To', '021', 'is a local number', 'Use +64.'))), ...times(988, sent())],
		],
		['1 of 1 failed: 1 with invalid fields.', [failed(new InputError("'Recipient 1' is empty."))]],
		['1 of 2 failed: 1 for another reason.', [failed(new Error('x')), sent()]],
		['2 of 2 failed: 1 without a response, 1 not sent. 1 may have been sent.', [true, false].map((mayHaveBeenSent) => failed(new ModicaError('x', { mayHaveBeenSent })))],
		['1 of 1 failed: 1 with status 500. 1 may have been sent.', [failed(new ModicaError('x', { statusCode: 500, mayHaveBeenSent: true }))]],
		['1 of 1 failed: 1 with status 302.', [refused(302)]],
		['1 of 2 failed: 1 rejected.', [{ item: 0, json: { status: 'failed' }, isRefused: true }, sent()]],
		['1 may have been sent.', [{ item: 0, json: { status: 'unknown' }, mayHaveBeenSent: true }, sent()]],
		[
			'8 of 8 failed: 3 rejected (422), 1 rejected (400), 1 rejected (401), 1 rejected (403), 2 for other reasons.',
			[...times(3, refused(422)), ...[400, 401, 403, 404, 413].map(refused)],
		],
	])('reports problems: %s', (message, results) => {
		expect(summarize(results, NONE)).toEqual({ message, isWarning: true });
	});

	it('reports a dry run', () => {
		const valid: Result = { item: 0, json: { status: 'valid' }, isDry: true };
		expect(summarize([valid], NONE)).toEqual({ message: 'Nothing was sent: 1 is valid.', isWarning: false });
		expect(summarize([...times(4_988, valid), ...times(12, failed(invalid('To', '', '', 'Write one.')))], NONE)).toEqual({
			message: "Nothing was sent: 4,988 are valid, 12 are invalid (12 with an invalid 'To').",
			isWarning: true,
		});
		expect(summarize([valid, { item: 1, json: { status: 'duplicate' }, isDry: true }], NONE)?.message).toBe('Nothing was sent: 1 is valid, 1 is a duplicate.');
		// Some were sent anyway, or may have been.
		expect(summarize([valid, sent()], NONE)).toEqual({ message: '1 was only checked.', isWarning: false });
		expect(summarize([valid, valid, failed(new ModicaError('x', { mayHaveBeenSent: true }))], NONE)?.message).toBe(
			'1 of 3 failed: 1 without a response. 2 were only checked. 1 may have been sent.',
		);
	});

	it('reports what slowed down the run', () => {
		expect(summarize([sent()], { ms: { limit: 9_000, refusal: 0, outage: 0 }, limit: 1 })?.message).toBe('Slowed down by the limit of 1 request per second: 9 s.');
		expect(summarize([sent()], { ms: { limit: 20_400, refusal: 4_000, outage: 0 }, limit: 50 })).toEqual({
			message: 'Slowed down by the limit of 50 requests per second: 20 s.',
			isWarning: false,
		});
		expect(summarize([refused(400)], { ms: { limit: 5_000, refusal: 60_000, outage: 7_600 }, limit: 80 })?.message).toBe(
			'1 of 1 failed: 1 rejected (400). Slowed down by the limit of 80 requests per second: 5 s, rate limiting (429): 60 s, an outage: 8 s.',
		);
	});
});
