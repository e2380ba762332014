import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { InputError, invalid, isEmpty, isRecord, toNumber } from '../../api/errors';
import type { BroadcastReceipt, MessageCommon, MessageContent } from '../../api/types';
import { fileLinks } from '../binary';
import type { Aside, Context, Item, Job, Operation, Output, Refuse, Subject } from '../operation';
import { contentFields, readContent } from './content';
import { additionalFields, readDelivery, readOnceReference, sendOptions } from './delivery';
import { parseRecipient, recipientField } from './recipient';

/** The API states no largest broadcast, so this is ours and the user's to change. */
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
			description: 'One number from each input item, such as the rows of a spreadsheet',
		},
		{
			name: 'List',
			value: 'list',
			description: 'Numbers typed here, or a list from an expression',
		},
	],
	description: 'Where the numbers come from',
};

const recipientsField: INodeProperties = {
	displayName: 'Recipients',
	name: 'recipients',
	type: 'string',
	typeOptions: { rows: 4 },
	required: true,
	default: '',
	placeholder: 'e.g. +64211234567, +64217654321',
	description: 'The customers’ WhatsApp numbers with country code: separated by commas or lines, or a list from an expression',
	displayOptions: { show: { recipientSource: ['list'] } },
};

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	description: 'How to go about sending',
	options: [
		{
			displayName: 'Batch Size',
			name: 'batchSize',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: DEFAULT_BATCH_SIZE,
			description: 'How many recipients to hand to Modica in one request',
		},
		...sendOptions,
	],
};

export const broadcast: Operation = {
	option: {
		name: 'Broadcast',
		action: 'Broadcast a message',
		description: 'Send the same message to many customers with few requests',
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
	jobs: broadcastJobs,
};

/** A recipient of a broadcast, and the input item that it came from. */
interface Recipient extends Subject {
	readonly to: string;
	/** The recipient that is the same number in the same broadcast and comes before: this one gets no message. */
	readonly duplicateOf?: Recipient;
}

/** Recipients that get the same content. */
interface Audience {
	readonly content: MessageContent & MessageCommon;
	/** The reference that each recipient is to get it once for. */
	readonly once: string | undefined;
	readonly recipients: Recipient[];
	readonly firstOfNumber: Map<string, Recipient>;
}

function* broadcastJobs(items: readonly Item[], context: Context, refuse: Refuse): Iterable<Job> {
	const batchSize = readBatchSize(items[0]);
	for (const { content, once, recipients } of gatherAudiences(items, context, refuse)) {
		for (const batch of inBatches(recipients, batchSize)) {
			const numbers = batch.flatMap(({ to, duplicateOf }) => (duplicateOf ? [] : [to]));
			yield {
				subjects: batch,
				lanes: numbers,
				run: async (aside) => toOutputs(batch, await sendBatch(numbers, content, once, context, aside), content.reference),
			};
		}
	}
}

/** Sends to the numbers that did not get it before; resolves with what became of each. */
async function sendBatch(
	numbers: string[],
	content: MessageContent & MessageCommon,
	once: string | undefined,
	{ api, references }: Context,
	aside: Aside,
): Promise<ReadonlyArray<BroadcastReceipt | undefined>> {
	const send = async (destination: string[]) => await api.broadcast({ destination, ...content });
	if (once === undefined) return await send(numbers);
	// A broadcast has one reference for all: it is the recipient that makes the difference.
	return await references.once(numbers.map((to) => `${once}\n${to}`), async (fresh) => {
		const destination = numbers.filter((_, position) => fresh[position]);
		const receipts = destination.length > 0 ? await send(destination) : [];
		let next = 0;
		return fresh.map((sent) => (sent ? receipts[next++] : SENT_BEFORE));
	}, aside);
}

const SENT_BEFORE: BroadcastReceipt = {
	status: 'duplicate',
	message: 'Not sent again: this node has sent the reference to this recipient before',
};

/** Who is to get what: items whose content is the same are one broadcast. */
function gatherAudiences(
	items: readonly Item[],
	context: Context,
	refuse: Refuse,
): Iterable<Audience> {
	const audiences = new Map<string, Audience>();
	for (const item of items) {
		try {
			const delivery = readDelivery(item, context);
			const content = { ...readContent(item, fileLinks(item, context, delivery.scheduled)), ...delivery };
			const once = readOnceReference(item, content.reference);
			const recipients = readRecipients(item);
			const key = JSON.stringify([content, once]);
			const audience = audiences.get(key) ?? { content, once, recipients: [], firstOfNumber: new Map() };
			audiences.set(key, audience);
			for (const to of recipients) addRecipient(audience, item.index, to);
		} catch (error) {
			refuse(item.index, error);
		}
	}
	return audiences.values();
}

function addRecipient({ recipients, firstOfNumber }: Audience, item: number, to: string): void {
	const duplicateOf = firstOfNumber.get(to);
	const recipient: Recipient = duplicateOf ? { item, to, duplicateOf } : { item, to };
	if (!duplicateOf) firstOfNumber.set(to, recipient);
	recipients.push(recipient);
}

function readRecipients(item: Item): string[] {
	return item.parameter('recipientSource') === 'list'
		? parseRecipients(item.parameter('recipients'))
		: [parseRecipient(item.parameter('to'))];
}

/**
 * Numbers from a text with commas, semicolons or lines between them, or from a list.
 * @throws {InputError} that names every number that cannot be used
 */
export function parseRecipients(value: unknown): string[] {
	const remedy = 'Give international numbers separated by commas or lines, such as +64211234567, +64217654321.';
	const entries: unknown[] = Array.isArray(value)
		? value
		: typeof value === 'string' || typeof value === 'number'
			? String(value).split(/[,;\r\n]/).map((entry) => entry.trim()).filter((entry) => !isEmpty(entry))
			: [];
	if (entries.length === 0) {
		throw invalid('Recipients', value, 'holds no number', remedy);
	}
	const problems: string[] = [];
	const numbers = entries.flatMap((entry, index) => {
		try {
			return parseRecipient(entry, `Recipient ${index + 1}`);
		} catch (error) {
			problems.push(error instanceof Error ? error.message : String(error));
			return [];
		}
	});
	if (problems.length > 0) throw new InputError(summarize(problems));
	return numbers;
}

const MOST_PROBLEMS_SHOWN = 5;

function summarize(problems: readonly string[]): string {
	const more = problems.length - MOST_PROBLEMS_SHOWN;
	const shown = problems.slice(0, MOST_PROBLEMS_SHOWN);
	return [...shown, ...(more > 0 ? [`And ${more} more.`] : [])].join('\n');
}

function readBatchSize(item: Item | undefined): number {
	const options = item?.parameter('options');
	const value = isRecord(options) ? (options.batchSize ?? DEFAULT_BATCH_SIZE) : DEFAULT_BATCH_SIZE;
	const batchSize = toNumber(value);
	if (!Number.isInteger(batchSize) || batchSize < 1) {
		throw invalid('Batch Size', value, 'is not a number of recipients', 'Use a whole number from 1.');
	}
	return batchSize;
}

/** Cuts recipients into batches that hold so many numbers to send to; duplicates stay with their neighbours. */
function* inBatches(recipients: readonly Recipient[], batchSize: number): Iterable<Recipient[]> {
	let batch: Recipient[] = [];
	let numbers = 0;
	for (const recipient of recipients) {
		if (!recipient.duplicateOf && numbers === batchSize) {
			yield batch;
			batch = [];
			numbers = 0;
		}
		batch.push(recipient);
		if (!recipient.duplicateOf) numbers++;
	}
	if (batch.length > 0) yield batch;
}

function toOutputs(
	batch: readonly Recipient[],
	receipts: ReadonlyArray<BroadcastReceipt | undefined>,
	reference: string | undefined,
): Output[] {
	let next = 0;
	return batch.map(({ item, to, duplicateOf }) => ({
		item,
		json: duplicateOf ? duplicateOutput(to, duplicateOf) : toOutput(to, receipts[next++], reference),
	}));
}

function toOutput(
	to: string,
	receipt: BroadcastReceipt | undefined,
	reference: string | undefined,
): IDataObject {
	if (!receipt) {
		return { status: 'unknown', to, message: 'Modica’s answer says nothing about this recipient' };
	}
	const { id, status, ...others } = receipt;
	return { id, status, to, ...(reference !== undefined && { reference }), ...others } as IDataObject;
}

function duplicateOutput(to: string, first: Recipient): IDataObject {
	return {
		status: 'duplicate',
		to,
		message: `Not sent again: the number is already in this broadcast, from item ${first.item}`,
	};
}
