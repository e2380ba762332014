import type { Fields } from '../parameters/values';
import { dedupeKey, type Callback, type ReplyCallback, type ReplyContent } from './parse';
import { withoutAnswers } from './tap';

/** Additional information about a reply. */
export interface ReplyNotes {
	/** Why the file is missing. */
	readonly downloadError?: string;
	/** Whether the reply answers a question that is already closed. */
	readonly questionClosed?: true;
}

/**
 * Returns the output item for a callback. It contains only the body of the request, because the headers contain the
 * password, and no payload that could answer a question.
 */
export function toItem(callback: Callback, notes: ReplyNotes = {}): Fields {
	const extra = Object.keys(callback.extra).length > 0 && { extra: callback.extra };
	switch (callback.kind) {
		case 'status': {
			const { id, reference, status, final } = callback;
			return {
				event: 'status',
				id,
				...(reference !== undefined && { reference }),
				status,
				final,
				dedupeKey: dedupeKey(callback),
				...extra,
			};
		}
		case 'reply': {
			const { id, source, destination, content } = callback;
			const fields = contentFields(content);
			return withoutAnswers({
				event: 'reply',
				id,
				...(source !== undefined && { source }),
				...(destination !== undefined && { destination }),
				...fields,
				sessionId: sessionId(callback),
				...(fields.text !== undefined && { chatInput: fields.text }),
				dedupeKey: dedupeKey(callback),
				...extra,
				...notes,
			});
		}
	}
}

/** Fields with the ID of a customer with a hidden number (Meta's webhooks; Modica hasn't published its own). */
const CUSTOMER_IDS = ['user_id', 'from_user_id', 'userId', 'username'];

/**
 * Returns the session ID by which n8n's AI nodes distinguish conversations: the customer and the business number. The
 * nodes read it automatically, together with `chatInput`. A reply without a sender is a separate conversation, because
 * losing its history is better than mixing it with another customer's.
 */
function sessionId({ id, source, destination, extra }: ReplyCallback): string {
	const named = CUSTOMER_IDS.map((name) => extra[name]).find((value) => typeof value === 'string' && value !== '');
	const customer = source ?? named ?? id;
	return [customer, ...(destination ? [destination] : [])].join(':');
}

/** `text` contains any text from the customer: a message, the label of a tapped button, or a caption. */
function contentFields(content: ReplyContent): Fields {
	switch (content.kind) {
		case 'text':
			return { type: content.type, text: content.text, content: content.fields };
		case 'media': {
			const { type, caption, fields } = content;
			return { type, ...(caption !== undefined && { text: caption }), content: fields };
		}
		case 'other':
			return { type: content.type, content: content.fields };
		case 'unreadable':
			return { type: 'unreadable', text: content.raw, content: {}, contentError: content.problem };
	}
}
