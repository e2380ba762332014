import { invalid } from './errors';
import { isEmpty } from './values';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** Reference: `scheduled` allows scheduling "with an upper limit of 60 days". */
const MAX_SCHEDULE_MS = 60 * DAY_MS;

const REMEDY =
	'Use a date and time such as 2026-11-30T09:00 (in the workflow’s time zone) or 2026-11-30T09:00+13:00.';
const LOCAL_DATE_TIME =
	/^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/i;

/**
 * Returns the time to send a message in the API's format (RFC 3339), or undefined if the value is empty.
 * @param value a date and time from the editor's date picker, an expression, or a spreadsheet
 * @param timeZone applies to times without an offset
 * @param now milliseconds since 1970
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseSchedule(value: unknown, timeZone: string, now: number): string | undefined {
	if (isEmpty(value)) return undefined;
	const time = parseFutureTime('Scheduled', value, timeZone, now, 'remove the field to send immediately');
	if (time > now + MAX_SCHEDULE_MS) {
		throw invalid('Scheduled', value, 'is more than 60 days away', 'Modica accepts messages up to 60 days ahead.');
	}
	return new Date(time).toISOString();
}

/**
 * Returns a future time in milliseconds since 1970.
 * @param otherwise the alternative to a future time, which completes the sentence "Use a time to come, or"
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseFutureTime(field: string, value: unknown, timeZone: string, now: number, otherwise: string): number {
	const text = typeof value === 'object' ? writtenOut(value) : value;
	const time = typeof text === 'string' ? parseDateTime(text.trim(), timeZone) : undefined;
	if (time === undefined) throw invalid(field, value, 'is not a date and time', REMEDY);
	if (time <= now) throw invalid(field, value, 'is in the past', `Use a future time, or ${otherwise}.`);
	return time;
}

/** Converts a date to ISO text. Both JavaScript and Luxon dates, which expressions return, serialize to it. */
function writtenOut(value: object | null): unknown {
	try {
		return JSON.parse(JSON.stringify(value));
	} catch {
		return undefined;
	}
}

/** Returns milliseconds since 1970, or undefined if the text isn't a valid date and time, such as 30 February. */
function parseDateTime(text: string, timeZone: string): number | undefined {
	const parts = LOCAL_DATE_TIME.exec(text);
	if (!parts) return undefined;
	const [, year, month, day, hour, minute, second = '00', offset] = parts;
	const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
	const asUtc = Date.parse(`${local}Z`);
	// Date.parse converts 30 February to 2 March, so an invalid date doesn't convert back to the same text.
	if (Number.isNaN(asUtc) || !new Date(asUtc).toISOString().startsWith(local)) return undefined;
	if (offset) return Date.parse(`${local}${offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase()}`) || undefined;
	// When clocks change, a local time can occur twice or be skipped. RFC 5545 (3.3.5) selects the first of the two, and
	// for a skipped time the offset before the change.
	const before = asUtc - zoneOffset(asUtc - DAY_MS, timeZone);
	const after = asUtc - zoneOffset(asUtc + DAY_MS, timeZone);
	const isShown = (time: number) => time + zoneOffset(time, timeZone) === asUtc;
	return isShown(before) || !isShown(after) ? before : after;
}

/** Returns how far a time zone is ahead of UTC at a given time, in milliseconds. */
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
	// Not from text: Date.parse accepts only four-digit years.
	const wallClock = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
	return wallClock - Math.floor(time / 1_000) * 1_000;
}
