import { parseSchedule } from '../../../nodes/ModicaWhatsApp/parameters/dateTime';

const NOW = Date.parse('2026-11-22T00:00:00Z');
const ZONE = 'Pacific/Auckland';

describe('a schedule', () => {
	it.each([
		['2026-11-23T09:00:00', '2026-11-22T20:00:00.000Z', 'in the time zone of the workflow, in summer'],
		['2026-11-23T09:00', '2026-11-22T20:00:00.000Z', 'without seconds'],
		['2026-11-23 09:00:30', '2026-11-22T20:00:30.000Z', 'with a space, as in spreadsheets'],
		['2026-11-23T09:00:00.000', '2026-11-22T20:00:00.000Z', "in the format of the editor's date picker"],
		['2026-11-23T09:00:00Z', '2026-11-23T09:00:00.000Z', 'in UTC'],
		['2026-11-23T09:00:00.000-05:00', '2026-11-23T14:00:00.000Z', 'with an offset, as in expressions'],
		['2026-11-23T09:00:00+1300', '2026-11-22T20:00:00.000Z', 'with an offset without a colon'],
		[new Date('2026-11-23T09:00:00Z'), '2026-11-23T09:00:00.000Z', 'a JavaScript date'],
		['2027-01-20T23:59:00Z', '2027-01-20T23:59:00.000Z', 'a minute less than 60 days ahead'],
		['2027-01-21T00:00:00Z', '2027-01-21T00:00:00.000Z', '60 days ahead'],
	] as Array<[unknown, string, string]>)('%s is %s: %s', (given, sent, _why) => {
		expect(parseSchedule(given, ZONE, NOW)).toBe(sent);
	});

	it.each([
		['2027-04-04T01:30', 'Pacific/Auckland', '2027-04-03T12:30:00.000Z', 'before clocks go back at three'],
		['2027-04-04T02:30', 'Pacific/Auckland', '2027-04-03T13:30:00.000Z', 'ambiguous: the first of the two'],
		['2027-04-04T04:30', 'Pacific/Auckland', '2027-04-03T16:30:00.000Z', 'after clocks went back'],
		['2027-11-07T01:30', 'America/New_York', '2027-11-07T05:30:00.000Z', 'ambiguous: the first of the two'],
		['2027-09-26T01:30', 'Pacific/Auckland', '2027-09-25T13:30:00.000Z', 'before clocks go forward at two'],
		['2027-09-26T02:30', 'Pacific/Auckland', '2027-09-25T14:30:00.000Z', 'skipped: moved to half past three'],
		['2027-09-26T03:30', 'Pacific/Auckland', '2027-09-25T14:30:00.000Z', 'after clocks went forward'],
		['2027-03-14T02:30', 'America/New_York', '2027-03-14T07:30:00.000Z', 'skipped: moved to half past three'],
		['2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30:00.000Z', 'skipped: moved to half past three'],
	])('%s in %s is %s: %s', (given, zone, sent, _why) => {
		expect(parseSchedule(given, zone, Date.parse(sent) - 24 * 60 * 60_000)).toBe(sent);
	});

	it.each(['', undefined, null, '  '])('%j means immediately', (given) => {
		expect(parseSchedule(given, ZONE, NOW)).toBeUndefined();
	});

	it.each([
		['tomorrow', 'is not a date and time'],
		['2026-11-23', 'is not a date and time'],
		['23/11/2026 09:00', 'is not a date and time'],
		['2027-02-30T09:00', 'is not a date and time'],
		['2026-11-23T25:00', 'is not a date and time'],
		['2026-11-23T09:00+99:99', 'is not a date and time'],
		[1795424400000, 'is not a date and time'],
		[{ date: '2026-11-23' }, 'is not a date and time'],
		['2026-11-21T23:59:59Z', 'is in the past'],
		['2026-11-22T00:00:00Z', 'is in the past'],
		['2027-01-21T00:01:00Z', 'is more than 60 days away'],
	])('%j is rejected: it %s', (given, problem) => {
		expect(() => parseSchedule(given, ZONE, NOW)).toThrow(problem);
	});

	it('explains the valid format', () => {
		expect(() => parseSchedule('soon', ZONE, NOW)).toThrow(
			"Scheduled 'soon' is not a date and time. Use a date and time such as 2026-11-30T09:00 (in the workflow’s time zone) or 2026-11-30T09:00+13:00.",
		);
	});
});
