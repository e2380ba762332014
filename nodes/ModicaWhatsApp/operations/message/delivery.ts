import type { INodeProperties } from 'n8n-workflow';
import type { MessageCommon } from '../../api/types';
import { parseSchedule } from '../../parameters/dateTime';
import { countryOption } from '../../parameters/country';
import { invalid } from '../../parameters/errors';
import { parseSource, sourceField } from '../../parameters/source';
import { parseSwitch } from '../../parameters/switch';
import { fieldsOf, isEmpty } from '../../parameters/values';
import type { Context, Item } from '../operation';
import { clearReferencesOption } from './clearReferences';
import { dryRunOption } from './dryRun';

/** The optional fields of a message, in addition to its content. */
export const additionalFields: INodeProperties = {
	displayName: 'Additional Fields',
	name: 'additionalFields',
	type: 'collection',
	placeholder: 'Add field',
	default: {},
	description: 'Optional message fields',
	options: [
		sourceField,
		{
			displayName: 'Reference',
			name: 'reference',
			type: 'string',
			default: '',
			placeholder: 'e.g. order-1234',
			description: 'Your own ID for the message, returned with each delivery status',
		},
		{
			displayName: 'Scheduled',
			name: 'scheduled',
			type: 'dateTime',
			default: '',
			description:
				'When to send the message, up to 60 days from now. Uses the workflow time zone if the value has no offset.',
		},
	],
};

/** Options for sending many messages. */
export const sendOptions: INodeProperties[] = [
	clearReferencesOption,
	countryOption,
	dryRunOption,
	{
		displayName: 'Max Concurrency',
		name: 'maxConcurrency',
		type: 'number',
		typeOptions: { minValue: 1, maxValue: 100 },
		default: 25,
		description: 'Maximum number of concurrent requests',
	},
	{
		displayName: 'Max Requests per Second',
		name: 'maxRequestsPerSecond',
		type: 'number',
		typeOptions: { minValue: 0 },
		default: 0,
		description: 'Maximum number of requests per second. Set to 0 to follow Modica’s rate limit.',
	},
	{
		displayName: 'Once per Reference',
		name: 'oncePerReference',
		type: 'boolean',
		// Applies when a user adds the option.
		default: true,
		description:
			'Whether to skip messages whose reference this node has already sent, in this or an earlier execution. This lets you run a failed campaign again. Each message needs a unique reference.',
	},
];

/**
 * Returns the optional fields of a message from an item's additional fields.
 * @param recipients the numbers to which the message is sent
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readDelivery(item: Item, { timeZone }: Context, recipients: readonly string[]): MessageCommon {
	const { source, scheduled, reference } = fieldsOf(item.parameter('additionalFields'));
	return {
		source: parseSource(source, recipients),
		scheduled: parseSchedule(scheduled, timeZone, Date.now()),
		reference: parseReference(reference),
	};
}

/**
 * Returns the reference of a message that must be sent only once, or undefined if it may be sent repeatedly.
 * @throws {InputError} if the option is on without a reference, or is neither true nor false
 */
export function readOnceReference(item: Item, reference: string | undefined): string | undefined {
	const options = fieldsOf(item.parameter('options'));
	if (!parseSwitch('Once per Reference', options, 'oncePerReference', 'Use true to send each reference once, or false to send it each time.')) return undefined;
	if (reference === undefined) {
		throw invalid('Reference', reference, '', "Enter a reference in the additional fields, or turn off 'Once per Reference'.");
	}
	return reference;
}

function parseReference(value: unknown): string | undefined {
	if (isEmpty(value)) return undefined;
	if (typeof value === 'object') {
		throw invalid('Reference', value, 'is not text', 'Use your own text, such as order-1234.');
	}
	return String(value);
}
