import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { InputError, invalid, isEmpty, isRecord, NeverLeftError, toNumber } from '../../api/errors';
import type { BroadcastReceipt, MessageCommon, MessageContent } from '../../api/types';
import { fileLinks } from '../binary';
import type { Context, Item, Job, Operation, Refuse, Result, Subject } from '../operation';
import { orClearReferences } from './clearing';
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
	jobs: orClearReferences(broadcastJobs),
};

/** A number that a broadcast goes to, and the input item that it came from. */
interface Recipient extends Subject {
	readonly to: string;
	readonly position: number;
	/** Where the number comes again: it gets no further message. */
	readonly repetitions: Subject[];
}

/** Recipients that get the same content. */
interface Audience {
	readonly content: MessageContent & MessageCommon;
	/** The reference that each recipient is to get it once for. */
	readonly once: string | undefined;
	/** By their numbers. */
	readonly recipients: Map<string, Recipient>;
}

function* broadcastJobs(items: readonly Item[], context: Context, refuse: Refuse): Iterable<Job> {
	const batchSize = readBatchSize(items[0]);
	for (const { content, once, recipients } of gatherAudiences(items, context, refuse)) {
		for (const batch of inBatches([...recipients.values()], batchSize)) {
			const numbers = batch.map(({ to }) => to);
			yield {
				// A repetition shares the fate of its number, so it is in the same batch.
				subjects: batch.flatMap(({ repetitions, ...subject }) => [subject, ...repetitions]),
				lanes: numbers,
				run: async () => toResults(batch, await sendBatch(numbers, content, once, context), content.reference),
			};
		}
	}
}

/** A number whose request failed. */
class Failed {
	constructor(readonly error: unknown) {}
}

/** A number whose reference may count as sent though nothing was sent to it. */
class Claimed {
	constructor(
		readonly receipt: BroadcastReceipt,
		note: string,
	) {
		this.receipt = { ...receipt, message: [receipt.message, note].filter(Boolean).join('. ') };
	}
}

/** What became of a number: what Modica answered, if it said anything. */
type Outcome = BroadcastReceipt | Claimed | Failed | undefined;

/** Sends to the numbers that did not get it before; resolves with what became of each. */
async function sendBatch(
	numbers: string[],
	content: MessageContent & MessageCommon,
	once: string | undefined,
	{ api, references }: Context,
): Promise<readonly Outcome[]> {
	const send = async (destination: string[]) => await api.broadcast({ destination, ...content });
	if (once === undefined) return await send(numbers);
	// A broadcast has one reference for all: it is the recipient that makes the difference.
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
		// Those that got it before have nothing to do with what failed now.
		if (!isFresh.includes(false) || error instanceof NeverLeftError) return await Promise.reject<never>(error);
		return isFresh.map((each) => (each ? new Failed(error) : SENT_BEFORE));
	}
}

/** Of a recipient to whom nothing was sent (reference: broadcast, 202). */
const FAILED = 'failed';

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
			const audience = audiences.get(key) ?? { content, once, recipients: new Map() };
			audiences.set(key, audience);
			recipients.forEach((to, position) => addRecipient(audience, { item: item.index, to, position }));
		} catch (error) {
			refuse(item.index, error);
		}
	}
	return audiences.values();
}

function addRecipient({ recipients }: Audience, subject: Omit<Recipient, 'repetitions'>): void {
	const first = recipients.get(subject.to);
	if (first) first.repetitions.push(subject);
	else recipients.set(subject.to, { ...subject, repetitions: [] });
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

function* inBatches<T>(all: readonly T[], batchSize: number): Iterable<T[]> {
	for (let start = 0; start < all.length; start += batchSize) yield all.slice(start, start + batchSize);
}

function toResults(batch: readonly Recipient[], outcomes: readonly Outcome[], reference: string | undefined): Result[] {
	return batch.flatMap(({ repetitions, ...recipient }, index): Result[] => {
		const outcome = outcomes[index];
		// A number that failed has failed wherever it stands.
		if (outcome instanceof Failed) return [recipient, ...repetitions].map((subject) => ({ ...subject, error: outcome.error }));
		const isClaimed = outcome instanceof Claimed;
		const told = { inDoubt: outcome === undefined, ...(isClaimed && { mayCountAsSent: true }) };
		const output = ({ item, position = 0 }: Subject, json: IDataObject) => ({ item, position, json, ...told });
		return [
			output(recipient, toOutput(recipient.to, isClaimed ? outcome.receipt : outcome, reference)),
			...repetitions.map((repetition) => output(repetition, repetitionOutput(recipient))),
		];
	});
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

function repetitionOutput({ to, item }: Pick<Recipient, 'to' | 'item'>): IDataObject {
	return {
		status: 'duplicate',
		to,
		message: `Not sent again: the number is already in this broadcast, from item ${item}`,
	};
}
