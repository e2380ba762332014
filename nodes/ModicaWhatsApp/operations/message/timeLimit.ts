import type { INodeProperties } from 'n8n-workflow';
import { parseFutureTime } from '../../parameters/dateTime';
import { invalid } from '../../parameters/errors';
import { fieldsOf, isRecord } from '../../parameters/values';

/** Uses the same names as n8n's own nodes, so that users recognize the option. */
export const timeLimitOption: INodeProperties = {
	displayName: 'Limit Wait Time',
	name: 'limitWaitTime',
	type: 'fixedCollection',
	placeholder: 'Add limit',
	default: { values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' } },
	options: [
		{
			displayName: 'Values',
			name: 'values',
			values: [
				{
					displayName: 'Limit Type',
					name: 'limitType',
					type: 'options',
					default: 'afterTimeInterval',
					options: [
						{ name: 'After Time Interval', value: 'afterTimeInterval' },
						{ name: 'At Specified Time', value: 'atSpecifiedTime' },
					],
					description: 'How to set the time limit',
				},
				{
					displayName: 'Amount',
					name: 'resumeAmount',
					type: 'number',
					typeOptions: { minValue: 0 },
					default: 1,
					description: 'How many minutes, hours, or days to wait, counted from Scheduled if set',
					displayOptions: { show: { limitType: ['afterTimeInterval'] } },
				},
				{
					displayName: 'Unit',
					name: 'resumeUnit',
					type: 'options',
					default: 'hours',
					options: [
						{ name: 'Days', value: 'days' },
						{ name: 'Hours', value: 'hours' },
						{ name: 'Minutes', value: 'minutes' },
					],
					description: 'Unit of the time interval',
					displayOptions: { show: { limitType: ['afterTimeInterval'] } },
				},
				{
					displayName: 'Max Date and Time',
					name: 'maxDateAndTime',
					type: 'dateTime',
					default: '',
					description: 'When to stop waiting. Must be after Scheduled if set. Uses the workflow time zone if the value has no offset.',
					displayOptions: { show: { limitType: ['atSpecifiedTime'] } },
				},
			],
		},
	],
	description: 'How long to wait for a response. If it passes, the output has timedOut set to true. Waits indefinitely if not set.',
};

const UNIT_MS: Record<string, number> = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 };
const MAX_WAIT_MS = 3_650 * 86_400_000;

/**
 * Returns when to continue without an answer, or undefined to wait indefinitely.
 * @param limitWaitTime the value of the option
 * @param now milliseconds since 1970
 * @param scheduled when the message is sent (RFC 3339), if not immediately: the limit counts from then
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseTimeLimit(limitWaitTime: unknown, timeZone: string, now: number, scheduled: string | undefined): Date | undefined {
	const { values: limit } = fieldsOf(limitWaitTime);
	if (!isRecord(limit)) return undefined;
	const sentAt = scheduled === undefined ? now : Date.parse(scheduled);
	const { limitType = 'afterTimeInterval', resumeAmount = 1, resumeUnit = 'hours', maxDateAndTime } = limit;
	if (limitType === 'atSpecifiedTime') {
		const end = parseFutureTime('Max Date and Time', maxDateAndTime, timeZone, now, 'remove the limit');
		if (end > sentAt) return new Date(end);
		throw invalid('Max Date and Time', maxDateAndTime, "is not after 'Scheduled', when the message is sent", "Use a time after 'Scheduled', or remove the limit.");
	}
	const wait = Number(resumeAmount) * (UNIT_MS[String(resumeUnit)] ?? NaN);
	if (!(wait > 0 && wait <= MAX_WAIT_MS)) {
		throw invalid('Limit Wait Time', `${String(resumeAmount)} ${String(resumeUnit)}`, 'is not a valid wait time', 'Use more than 0 and at most ten years, in minutes, hours, or days.');
	}
	return new Date(sentAt + wait);
}
