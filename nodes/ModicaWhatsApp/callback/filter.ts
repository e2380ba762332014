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
			action: 'On a reply from a customer',
			description: 'A customer has written to one of your business numbers',
		},
		{
			name: 'Status',
			value: 'status',
			action: 'On the status of a message',
			description: 'A message you sent has moved on: sent, received, read, failed…',
		},
	],
	description: 'What starts the workflow. With both, each has an output of its own.',
};

export const filterOptions: INodeProperties[] = [
	{
		displayName: 'Business Numbers',
		name: 'businessNumbers',
		type: 'string',
		default: '',
		placeholder: 'e.g. 102046588645210, 102046588645211',
		description:
			'Replies to these business numbers only; several with commas between. They are the “destination” of a reply. Statuses name no number, so they all pass.',
	},
	{
		displayName: 'Content Types',
		name: 'contentTypes',
		type: 'multiOptions',
		default: [],
		options: [
			{ name: 'Any Other', value: 'other', description: 'Types that are not in this list, and content that cannot be read' },
			{ name: 'Audio', value: 'audio' },
			{ name: 'Button', value: 'button', description: 'A quick reply of a template was tapped' },
			{ name: 'Document', value: 'document' },
			{ name: 'Image', value: 'image' },
			{ name: 'Sticker', value: 'sticker' },
			{ name: 'Text', value: 'text' },
			{ name: 'Video', value: 'video' },
		],
		description: 'Replies of these types only. None chosen: all types.',
	},
	{
		displayName: 'Senders',
		name: 'senders',
		type: 'string',
		default: '',
		placeholder: 'e.g. +64211234567, +64217654321',
		description:
			'Replies from these customers’ numbers only; several with commas between. Spaces, dots, dashes and brackets do not matter. Statuses name no customer, so they all pass.',
	},
	{
		displayName: 'Statuses',
		name: 'statuses',
		type: 'multiOptions',
		default: [],
		options: [
			{ name: 'Accepted', value: 'accepted', description: 'Modica took the message' },
			{ name: 'Any Other', value: 'other', description: 'Statuses that are newer than this list' },
			{ name: 'Dead', value: 'dead', description: 'Could not be delivered; final' },
			{ name: 'Expired', value: 'expired', description: 'Was not delivered in time; final' },
			{ name: 'Failed', value: 'failed', description: 'Could not be sent; final' },
			{ name: 'Frozen', value: 'frozen', description: 'Held up by a passing fault; may move on' },
			{ name: 'Read', value: 'read', description: 'The customer has opened it; final' },
			{ name: 'Received', value: 'received', description: 'Reached the customer’s phone; may still become read' },
			{ name: 'Rejected', value: 'rejected', description: 'Was refused; final' },
			{ name: 'Sent', value: 'sent', description: 'WhatsApp has it' },
			{ name: 'Submitted', value: 'submitted', description: 'On its way to WhatsApp' },
		],
		description: 'These statuses only. None chosen: all statuses.',
	},
];

/** Which callbacks start the workflow. An empty list lets all pass. */
export interface Filter {
	readonly events: readonly string[];
	/** `other` stands for every status that has no name here. */
	readonly statuses: readonly string[];
	/** `other` stands for every type that has no name here. */
	readonly contentTypes: readonly string[];
	/** Digits only. */
	readonly businessNumbers: readonly string[];
	/** Digits only. */
	readonly senders: readonly string[];
}

/** The content types that have a name in the editor (reference: ReplyCallbackContent.type). */
const NAMED_CONTENT_TYPES = ['audio', 'button', 'document', 'image', 'sticker', 'text', 'video'];

/**
 * The filter that the user has set up.
 * @throws {InputError} when it could not let anything pass, or is not what it should be
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
		throw invalid('Trigger On', '', '', 'Choose at least one event that is to start the workflow.');
	}
	return filter;
}

/** @returns the name of the setting that keeps a callback from starting the workflow; undefined when it may */
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

/** @param hasName whether it can be chosen by its name in the editor */
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
			'Use what stands in the "destination" of your replies, such as 102046588645210; several with commas between.',
		);
	}
	return number;
}
