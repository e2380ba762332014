import { invalid } from './errors';
import { isEmpty } from './values';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Reference: `scheduled` allows scheduling "with an upper limit of 60 days". */
const FURTHEST_SCHEDULE_MS = 60 * DAY_MS;

const REMEDY =
	'Use a date and time such as 2026-11-30T09:00 (in the workflow’s time zone) or 2026-11-30T09:00+13:00.';
const LOCAL_DATE_TIME =
	/^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * When to send, as the API wants it (RFC 3339).
 * @param value as the editor's date picker, an expression or a spreadsheet gives it
 * @param timeZone what a time without an offset is meant in
 * @param now milliseconds since 1970
 */
export function parseSchedule(value: unknown, timeZone: string, now: number): string | undefined {
	if (isEmpty(value)) return undefined;
	const time = parseFutureTime('Scheduled', value, timeZone, now, 'leave the field out to send at once');
	if (time > now + FURTHEST_SCHEDULE_MS) {
		throw invalid('Scheduled', value, 'is more than 60 days away', 'Modica takes messages up to 60 days ahead.');
	}
	return new Date(time).toISOString();
}

/**
 * A time to come, in milliseconds since 1970.
 * @param otherwise what to do for no such time, in words that go on after "Use a time to come, or"
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseFutureTime(field: string, value: unknown, timeZone: string, now: number, otherwise: string): number {
	const text = typeof value === 'object' ? writtenOut(value) : value;
	const time = typeof text === 'string' ? parseDateTime(text.trim(), timeZone) : undefined;
	if (time === undefined) throw invalid(field, value, 'is not a date and time', REMEDY);
	if (time <= now) throw invalid(field, value, 'is in the past', `Use a time to come, or ${otherwise}.`);
	return time;
}

/** Dates of JavaScript and of luxon, which expressions give, both write themselves as ISO text. */
function writtenOut(value: object | null): unknown {
	try {
		return JSON.parse(JSON.stringify(value));
	} catch {
		return undefined;
	}
}

/** Milliseconds since 1970; undefined for anything that is no date and time, such as 30 February. */
function parseDateTime(text: string, timeZone: string): number | undefined {
	const parts = LOCAL_DATE_TIME.exec(text);
	if (!parts) return undefined;
	const [, year, month, day, hour, minute, second = '00', offset] = parts;
	const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
	const asUtc = Date.parse(`${local}Z`);
	// Date.parse makes 2 March of 30 February; such a date comes out differently from how it went in.
	if (Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(local)) return undefined;
	if (offset) return Date.parse(`${local}${offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase()}`) || undefined;
	// Once a year a clock shows the same time twice, and once it skips an hour. RFC 5545 (3.3.5) says what is meant:
	// the first of the two, and a time that is skipped by the clock as it was before.
	const before = asUtc - zoneOffset(asUtc - DAY_MS, timeZone);
	const after = asUtc - zoneOffset(asUtc + DAY_MS, timeZone);
	const isShown = (time: number) => time + zoneOffset(time, timeZone) === asUtc;
	return isShown(before) || !isShown(after) ? before : after;
}

/** How far a zone's clocks are ahead of UTC at a time, in milliseconds. */
function zoneOffset(time: number, timeZone: string): number {
	const parts = new Intl.DateTimeFormat('en-US', {
		timeZone,
		hourCycle: 'h23',
		year: 'numeric',
		month: '2-digit',
		day: '2-digit',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit',
	}).formatToParts(time);
	const part = (type: Intl.DateTimeFormatPartTypes) =>
		Number(parts.find((candidate) => candidate.type === type)?.value);
	// From numbers: Date.parse knows no years of other than four digits.
	const wallClock = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
	return wallClock - Math.floor(time / 1_000) * 1_000;
}
