import { createHash } from 'crypto';
import { ModicaError } from '../../api/errors';
import type { Message, MessageCommon, SendReceipt } from '../../api/types';
import type { Fields } from '../../parameters/values';
import type { Context, Result } from '../operation';
import { withPreview, type Content } from './preview';

/** The messages of an item. Several only if a long text is split. */
export interface Sending {
	/** The recipient, and the message fields in addition to the content. */
	readonly common: Pick<Message, 'to'> & MessageCommon;
	readonly contents: readonly Content[];
	/** Whether the output lists the parts, even if there's only one. */
	readonly isSplit: boolean;
}

/** The results of the messages that were tried, in order. */
interface Attempt {
	readonly receipts: ReadonlyArray<SendReceipt | typeof SENT_BEFORE>;
	/** Why the next message failed. Later messages aren't tried, because the customer must receive the parts in order. */
	readonly error?: unknown;
}

const SENT_BEFORE = { status: 'duplicate' } as const;

/**
 * Sends the messages of an item in order, up to the first that fails.
 * @param once the reference, if each message is to be sent only once
 * @throws the error of the first message, if nothing was sent
 */
export async function sendAll(sending: Sending, once: string | undefined, item: number, { api, references }: Context): Promise<Result> {
	const count = sending.contents.length;
	const send = async (isToSend: (index: number) => boolean): Promise<Attempt> => {
		const receipts: Array<Attempt['receipts'][number]> = [];
		for (const [index, { content }] of sending.contents.entries()) {
			try {
				receipts.push(isToSend(index) ? await api.sendMessage({ ...sending.common, ...content }) : SENT_BEFORE);
			} catch (error) {
				return { receipts, error };
			}
		}
		return { receipts };
	};
	if (once === undefined) return await toResult(sending, await send(() => true), item);
	// The reference itself covers all parts. If a part fails, it's released, but the keys of parts that were sent aren't.
	const keys = [once, ...(count > 1 ? partKeys(sending, once) : [])];
	const { result, noteOn } = await references.once(
		keys,
		async ([isFresh, ...fresh]) => (isFresh ? await send((index) => fresh[index] ?? true) : undefined),
		(attempt, position) => {
			const unsent = unsentOf(attempt ?? { receipts: [] }, count);
			return position === 0 ? unsent.length > 0 : unsent.includes(position - 1);
		},
	);
	if (!result) return { item, json: sentBefore(sending) };
	return await toResult(sending, result, item, { note: keys.map((_, position) => noteOn(position)).find(Boolean) });
}

/**
 * Returns a key for each part. The key depends on the text and the customer, so a customer never receives the end of a
 * text without its beginning.
 */
function partKeys({ common: { to }, contents }: Sending, once: string): string[] {
	return contents.map(({ content }, index) => {
		const hash = createHash('sha256').update(JSON.stringify([to, content])).digest('base64');
		return `${once}\npart ${index + 1}\n${hash}`;
	});
}

/** Returns the indexes of the messages that certainly weren't sent. */
function unsentOf({ receipts, error }: Attempt, count: number): number[] {
	const first = receipts.length + (mayHaveBeenSent(error) ? 1 : 0);
	return Array.from({ length: count - first }, (_, index) => first + index);
}

function mayHaveBeenSent(error: unknown): boolean {
	return error instanceof ModicaError && error.mayHaveBeenSent;
}

/** @param once set if each message is to be sent only once; its note says that a message counts as sent although it wasn't */
async function toResult(sending: Sending, attempt: Attempt, item: number, once?: { note: string | undefined }): Promise<Result> {
	const { receipts, error } = attempt;
	if (error === undefined) return { item, json: toOutput(sending, receipts) };
	const known = error instanceof ModicaError && once?.note ? error.with(once.note, { mayCountAsSent: true }) : error;
	const count = sending.contents.length;
	if (!(known instanceof ModicaError) || count === 1 || (receipts.length === 0 && !known.mayHaveBeenSent)) return await Promise.reject<never>(known);
	const unsent = unsentOf(attempt, count).length;
	const sentences = [
		whatWasSent(receipts.length, unsent, count),
		...(once && !once.note && unsent > 0 ? ['Run the node again with the same reference to send the rest.'] : []),
	];
	return { item, to: sending.common.to, parts: receipts, error: known.with(sentences.join(' '), { mayHaveBeenSent: true }) };
}

function toOutput(sending: Sending, receipts: Attempt['receipts']): Fields {
	const sent = receipts.find((receipt) => 'id' in receipt);
	if (!sent) return sentBefore(sending);
	const { to, reference } = sending.common;
	const { id, status, ...others } = sent;
	const told = { id, status, to, ...(reference !== undefined && { reference }), ...others };
	return withPreview({ ...told, ...(sending.isSplit && { parts: receipts }) }, sending.contents[0]?.preview);
}

function sentBefore({ common: { to, reference } }: Sending): Fields {
	return { status: 'duplicate', to, reference, message: 'Not sent again: this node already sent this reference' };
}

/** Returns a sentence: `Parts 1–2 of 4 were sent, part 3 may have been sent, part 4 was not.` */
function whatWasSent(sent: number, unsent: number, count: number): string {
	const clauses = [
		{ from: 1, to: sent, ending: (were: string) => `${were} sent` },
		{ from: sent + 1, to: count - unsent, ending: () => 'may have been sent' },
		{ from: count - unsent + 1, to: count, ending: (were: string) => `${were} not` },
	].filter(({ from, to }) => from <= to);
	const words = clauses.map(({ from, to, ending }, index) => {
		const of = index === 0 ? ` of ${count}` : '';
		return from === to ? `part ${from}${of} ${ending('was')}` : `parts ${from}–${to}${of} ${ending('were')}`;
	});
	return `P${words.join(', ').slice(1)}.`;
}
