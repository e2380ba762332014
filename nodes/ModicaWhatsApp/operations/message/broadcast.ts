import type { INodeProperties } from 'n8n-workflow';
import { NeverLeftError } from '../../api/errors';
import type { BroadcastReceipt, MessageCommon, MessageContent } from '../../api/types';
import { invalid } from '../../parameters/errors';
import { recipientField } from '../../parameters/recipient';
import { fieldsOf, toNumber, type Fields } from '../../parameters/values';
import type { Context, Item, Job, Operation, Output, Refuse, Result, Target } from '../operation';
import { orClearReferences } from './clearReferences';
import { contentFields, readContent } from './content';
import { additionalFields, readDelivery, readOnceReference, sendOptions } from './delivery';
import { dryRunOutput, isDryRun } from './dryRun';
import { fileLinks } from './fileLinks';
import { withPreview } from './preview';
import { readRecipient, readRecipients } from './recipients';
import { textFormatOption } from './text';

/** The API documents no maximum, so this default is the package's own. Users can change it. */
const DEFAULT_BATCH_SIZE = 1_000;

const recipientSourceField: INodeProperties = {
	displayName: 'Recipients From',
	name: 'recipientSource',
	type: 'options',
	noDataExpression: true,
	default: 'items',
	options: [
		{
			name: 'Input Items',
			value: 'items',
			description: 'One number per input item, such as a spreadsheet row',
		},
		{
			name: 'List',
			value: 'list',
			description: 'Numbers entered here, or a list from an expression',
		},
	],
	description: 'Source of the recipients',
};

const recipientsField: INodeProperties = {
	displayName: 'Recipients',
	name: 'recipients',
	type: 'string',
	typeOptions: { rows: 4 },
	required: true,
	default: '',
	placeholder: 'e.g. +64211234567, +64217654321',
	description: 'WhatsApp numbers of the customers, separated by commas or line breaks, or a list from an expression',
	hint: 'Include the country codes, such as +64 for New Zealand',
	displayOptions: { show: { recipientSource: ['list'] } },
};

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	description: 'Sending options',
	options: [
		{
			displayName: 'Batch Size',
			name: 'batchSize',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: DEFAULT_BATCH_SIZE,
			description: 'Number of recipients per request',
		},
		...sendOptions,
		textFormatOption,
	],
};

export const broadcast: Operation = {
	option: {
		name: 'Broadcast',
		action: 'Broadcast message',
		description: 'Send the same message to many customers in a few requests',
	},
	fields: [
		recipientSourceField,
		{ ...recipientField, displayOptions: { show: { recipientSource: ['items'] } } },
		recipientsField,
		...contentFields,
		additionalFields,
		optionsField,
	],
	maxConcurrency: 25,
	jobs: orClearReferences(broadcastJobs),
};

/** A recipient of a broadcast, and the input item that contains it. */
interface Recipient extends Target {
	readonly to: string;
	readonly position: number;
	/** Further occurrences of the number, which receive no message. */
	readonly repetitions: Target[];
}

/** Recipients of the same content. */
interface Audience {
	readonly content: MessageContent & MessageCommon;
	/** The text as customers read it, if known. */
	readonly preview: string | undefined;
	/** The reference, if each recipient is to get it only once. */
	readonly once: string | undefined;
	/** Whether to only check the broadcast. */
	readonly isDry: boolean;
	/** By number. */
	readonly recipients: Map<string, Recipient>;
}

function* broadcastJobs(items: readonly Item[], context: Context, refuse: Refuse): Iterable<Job> {
	const batchSize = readBatchSize(items[0]);
	for (const { content, preview, once, isDry, recipients } of gatherAudiences(items, context, refuse)) {
		for (const batch of inBatches([...recipients.values()], batchSize)) {
			const numbers = batch.map(({ to }) => to);
			yield {
				// A repetition has the same result as its number, so it's in the same batch.
				targets: batch.flatMap(({ repetitions, ...target }) => [target, ...repetitions]),
				lanes: numbers,
				run: async () =>
					isDry
						? batch.flatMap((each) => outputsFor(each, dryRunOutput(each.to, { destination: [each.to], ...content }, context, preview), { isDry }))
						: toResults(batch, await sendBatch(numbers, content, once, context), { reference: content.reference, preview }),
			};
		}
	}
}

/** A number whose request failed. */
class Failed {
	constructor(readonly error: unknown) {}
}

/** A number whose reference may count as sent although nothing was sent to it. */
class Claimed {
	constructor(
		readonly receipt: BroadcastReceipt,
		note: string,
	) {
		this.receipt = { ...receipt, message: [receipt.message, note].filter(Boolean).join('. ') };
	}
}

/** The result of a number. Undefined if Modica's response doesn't contain it. */
type RecipientResult = BroadcastReceipt | Claimed | Failed | undefined;

/** Sends to the numbers that haven't received the reference yet. Resolves with the result of each number. */
async function sendBatch(
	numbers: string[],
	content: MessageContent & MessageCommon,
	once: string | undefined,
	{ api, references }: Context,
): Promise<readonly RecipientResult[]> {
	const send = async (destination: string[]) => await api.broadcast({ destination, ...content });
	if (once === undefined) return await send(numbers);
	// The whole broadcast has one reference, so the key includes the recipient.
	const keys = numbers.map((to) => `${once}\n${to}`);
	let isFresh: readonly boolean[] = [];
	const sendFresh = async (fresh: readonly boolean[]) => {
		isFresh = fresh;
		const destination = numbers.filter((_, position) => fresh[position]);
		const receipts = destination.length > 0 ? await send(destination) : [];
		let next = 0;
		return fresh.map((each) => (each ? receipts[next++] : SENT_BEFORE));
	};
	try {
		const { result, noteOn } = await references.once(keys, sendFresh, (receipts, position) => receipts[position]?.status === FAILED);
		return result.map((receipt, position) => {
			const note = noteOn(position);
			return receipt && note ? new Claimed(receipt, note) : receipt;
		});
	} catch (error) {
		// The failure doesn't affect recipients that received the reference earlier.
		if (!isFresh.includes(false) || error instanceof NeverLeftError) return await Promise.reject<never>(error);
		return isFresh.map((each) => (each ? new Failed(error) : SENT_BEFORE));
	}
}

/** Status of a recipient to whom nothing was sent (reference: broadcast, 202). */
const FAILED = 'failed';

const SENT_BEFORE: BroadcastReceipt = {
	status: 'duplicate',
	message: 'Not sent again: this node already sent this reference to this recipient',
};

/** Groups recipients by content: items with the same content form one broadcast. */
function gatherAudiences(
	items: readonly Item[],
	context: Context,
	refuse: Refuse,
): Iterable<Audience> {
	const audiences = new Map<string, Audience>();
	for (const item of items) {
		try {
			const recipients = item.parameter('recipientSource') === 'list' ? readRecipients(item) : [readRecipient(item)];
			const delivery = readDelivery(item, context, recipients);
			const { content: said, preview } = readContent(item, fileLinks(item, context, delivery.scheduled));
			const content = { ...said, ...delivery };
			const once = readOnceReference(item, content.reference);
			const isDry = isDryRun(item);
			const key = JSON.stringify([content, preview, once, isDry]);
			const audience = audiences.get(key) ?? { content, preview, once, isDry, recipients: new Map() };
			audiences.set(key, audience);
			recipients.forEach((to, position) => addRecipient(audience, { item: item.index, to, position }));
		} catch (error) {
			refuse(item.index, error);
		}
	}
	return audiences.values();
}

function addRecipient({ recipients }: Audience, target: Omit<Recipient, 'repetitions'>): void {
	const first = recipients.get(target.to);
	if (first) first.repetitions.push(target);
	else recipients.set(target.to, { ...target, repetitions: [] });
}

function readBatchSize(item: Item | undefined): number {
	const value = fieldsOf(item?.parameter('options')).batchSize ?? DEFAULT_BATCH_SIZE;
	const batchSize = toNumber(value);
	if (!Number.isInteger(batchSize) || batchSize < 1) {
		throw invalid('Batch Size', value, 'is not a valid number of recipients', 'Use a whole number of at least 1.');
	}
	return batchSize;
}

function* inBatches<T>(all: readonly T[], batchSize: number): Iterable<T[]> {
	for (let start = 0; start < all.length; start += batchSize) yield all.slice(start, start + batchSize);
}

/** Fields that the output contains in addition to Modica's response. */
type SentMessage = { readonly reference: string | undefined; readonly preview: string | undefined };

function toResults(batch: readonly Recipient[], received: readonly RecipientResult[], message: SentMessage): Result[] {
	return batch.flatMap((recipient, index): Result[] => {
		const result = received[index];
		// If a number failed, all its repetitions failed.
		if (result instanceof Failed) {
			const { repetitions, ...first } = recipient;
			return [first, ...repetitions].map((target) => ({ ...target, error: result.error }));
		}
		const isClaimed = result instanceof Claimed;
		const receipt = isClaimed ? result.receipt : result;
		const told = { mayHaveBeenSent: receipt === undefined, ...(isClaimed && { mayCountAsSent: true }) };
		return outputsFor(recipient, toOutput(recipient.to, receipt, message), told, receipt?.status === FAILED ? { isRefused: true } : {});
	});
}

/**
 * Returns the outputs of a number and its repetitions.
 * @param told fields for all outputs
 * @param toldOnce fields for the first output only
 */
function outputsFor(recipient: Recipient, json: Fields, told: Partial<Output>, toldOnce: Partial<Output> = {}): Output[] {
	const output = ({ item, position = 0 }: Target, fields: Fields) => ({ item, position, json: fields, ...told });
	return [
		{ ...output(recipient, json), ...toldOnce },
		...recipient.repetitions.map((repetition) => output(repetition, repetitionOutput(recipient, repetition))),
	];
}

function toOutput(
	to: string,
	receipt: BroadcastReceipt | undefined,
	{ reference, preview }: SentMessage,
): Fields {
	if (!receipt) {
		return { status: 'unknown', to, message: 'Modica’s response does not include this recipient' };
	}
	const { id, status, ...others } = receipt;
	// Without an ID, nothing was sent.
	return withPreview({ id, status, to, ...(reference !== undefined && { reference }), ...others }, id === undefined ? undefined : preview);
}

function repetitionOutput({ to, item, position }: Recipient, repetition: Target): Fields {
	const first = item === repetition.item ? `number ${position + 1} in the list` : `item ${item}`;
	return { status: 'duplicate', to, message: `Not sent again: the number is already in this broadcast (${first})` };
}
