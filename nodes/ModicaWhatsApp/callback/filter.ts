import type { INodeProperties } from 'n8n-workflow';
import { invalid } from '../parameters/errors';
import { parseTextList } from '../parameters/list';
import { parseRecipient } from '../parameters/recipient';
import { digits, fieldsOf } from '../parameters/values';
import { isKnown, type Callback } from './parse';

export const eventsField: INodeProperties = {
	displayName: 'Trigger On',
	name: 'events',
	type: 'multiOptions',
	required: true,
	default: ['status', 'reply'],
	options: [
		{
			name: 'Reply',
			value: 'reply',
			action: 'On customer reply',
			description: 'A customer sent a message to one of your business numbers',
		},
		{
			name: 'Status',
			value: 'status',
			action: 'On message status change',
			description: 'The delivery status of a sent message changed',
		},
	],
	description: 'Events that start the workflow. If you select both, the node has an output for each.',
};

export const filterOptions: INodeProperties[] = [
	{
		displayName: 'Business Numbers',
		name: 'businessNumbers',
		type: 'string',
		default: '',
		placeholder: 'e.g. 102046588645210, 102046588645211',
		description:
			'Business numbers to accept replies to, separated by commas. A reply contains the number in destination. Statuses are not filtered. Leave empty for all numbers.',
	},
	{
		displayName: 'Content Types',
		name: 'contentTypes',
		type: 'multiOptions',
		default: [],
		options: [
			{ name: 'Any Other', value: 'other', description: 'Types not listed here, and unreadable content' },
			{ name: 'Audio', value: 'audio' },
			{ name: 'Button', value: 'button', description: 'The customer tapped a quick-reply button of a template' },
			{ name: 'Document', value: 'document' },
			{ name: 'Image', value: 'image' },
			{ name: 'Sticker', value: 'sticker' },
			{ name: 'Text', value: 'text' },
			{ name: 'Video', value: 'video' },
		],
		description: 'Types of replies that start the workflow. Leave empty for all types.',
	},
	{
		displayName: 'Senders',
		name: 'senders',
		type: 'string',
		default: '',
		placeholder: 'e.g. +64211234567, +64217654321',
		description:
			'Customer numbers to accept replies from, separated by commas. Spaces, dots, dashes, and parentheses are ignored. Statuses are not filtered. Leave empty for all customers.',
	},
	{
		displayName: 'Statuses',
		name: 'statuses',
		type: 'multiOptions',
		default: [],
		options: [
			{ name: 'Accepted', value: 'accepted', description: 'Modica accepted the message' },
			{ name: 'Any Other', value: 'other', description: 'Statuses not listed here' },
			{ name: 'Dead', value: 'dead', description: 'The message could not be delivered (final)' },
			{ name: 'Expired', value: 'expired', description: 'The message was not delivered in time (final)' },
			{ name: 'Failed', value: 'failed', description: 'The message could not be sent (final)' },
			{ name: 'Frozen', value: 'frozen', description: 'The message is delayed by a temporary failure' },
			{ name: 'Read', value: 'read', description: 'The customer read the message (final)' },
			{ name: 'Received', value: 'received', description: 'The message was delivered to the phone of the customer' },
			{ name: 'Rejected', value: 'rejected', description: 'The message was refused (final)' },
			{ name: 'Sent', value: 'sent', description: 'WhatsApp accepted the message' },
			{ name: 'Submitted', value: 'submitted', description: 'Modica submitted the message to WhatsApp' },
		],
		description: 'Delivery statuses that start the workflow. Leave empty for all statuses.',
	},
];

/** The callbacks that start the workflow. An empty list matches all. */
export interface Filter {
	readonly events: readonly string[];
	/** `other` matches all statuses without an option in the editor. */
	readonly statuses: readonly string[];
	/** `other` matches all types without an option in the editor. */
	readonly contentTypes: readonly string[];
	/** Digits only. */
	readonly businessNumbers: readonly string[];
	/** Digits only. */
	readonly senders: readonly string[];
}

/** The content types with an option in the editor (reference: ReplyCallbackContent.type). */
const NAMED_CONTENT_TYPES = ['audio', 'button', 'document', 'image', 'sticker', 'text', 'video'];

/**
 * Returns the filter that the user has configured.
 * @throws {InputError} if the filter is invalid or matches nothing
 */
export function parseFilter(events: unknown, options: unknown): Filter {
	const { statuses, contentTypes, businessNumbers, senders } = fieldsOf(options);
	const filter = {
		events: parseTextList('Trigger On', events),
		statuses: parseTextList('Statuses', statuses),
		contentTypes: parseTextList('Content Types', contentTypes),
		businessNumbers: parseTextList('Business Numbers', businessNumbers).map(parseBusinessNumber),
		senders: parseTextList('Senders', senders).map((sender) => digits(parseRecipient(sender, { field: 'Senders' }))),
	};
	if (filter.events.length === 0) {
		throw invalid('Trigger On', '', '', 'Select at least one event.');
	}
	return filter;
}

/** @returns the filter that rejects a callback, or undefined if the callback starts the workflow */
export function filteredBy(callback: Callback, filter: Filter): string | undefined {
	if (!filter.events.includes(callback.kind)) return 'events';
	switch (callback.kind) {
		case 'status':
			return passesByName(filter.statuses, callback.status, isKnown(callback.status)) ? undefined : 'statuses';
		case 'reply': {
			const { content, source = '', destination = '' } = callback;
			const type = content.kind === 'unreadable' ? 'other' : content.type;
			if (!passesByName(filter.contentTypes, type, NAMED_CONTENT_TYPES.includes(type))) return 'contentTypes';
			if (!passes(filter.businessNumbers, digits(destination))) return 'businessNumbers';
			return passes(filter.senders, source.replace(/^\+/, '')) ? undefined : 'senders';
		}
	}
}

function passes(allowed: readonly string[], value: string): boolean {
	return allowed.length === 0 || allowed.includes(value);
}

/** @param hasName whether the editor has an option for the value */
function passesByName(allowed: readonly string[], value: string, hasName: boolean): boolean {
	return passes(allowed, value) || (!hasName && allowed.includes('other'));
}

function parseBusinessNumber(value: string): string {
	const number = digits(value);
	if (number === '' || /[^\d\s+()./-]/.test(value)) {
		throw invalid(
			'Business Numbers',
			value,
			'is not a business number',
			"Use the 'destination' of a reply, such as 102046588645210. Separate several numbers with commas.",
		);
	}
	return number;
}
