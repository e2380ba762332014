import type { Fields } from '../parameters/values';
import { dedupeKey, type Callback, type ReplyCallback, type ReplyContent } from './parse';
import { withoutAnswers } from './tap';

/** What became of a reply before it is passed on. */
export interface ReplyNotes {
	/** Why its file is missing. */
	readonly downloadError?: string;
	/** True when it was to answer a question that is closed. */
	readonly questionClosed?: true;
}

/**
 * A callback as the workflow gets it. Nothing of the request but its body goes in: its headers hold the password. Nor
 * does what answers a question.
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

/** What providers call the id of a customer who hides their number (Meta's webhooks; what Modica sends is not published). */
const CUSTOMER_IDS = ['user_id', 'from_user_id', 'userId', 'username'];

/**
 * What n8n's AI nodes tell conversations by (with `chatInput`, they read it by themselves): the customer, and the
 * business number they write to. A reply that does not tell who wrote it is a conversation of its own: better forgotten
 * than mixed up with that of somebody else.
 */
function sessionId({ id, source, destination, extra }: ReplyCallback): string {
	const named = CUSTOMER_IDS.map((name) => extra[name]).find((value) => typeof value === 'string' && value !== '');
	const customer = source ?? named ?? id;
	return [customer, ...(destination ? [destination] : [])].join(':');
}

/** `text` is whatever the customer wrote: a text, the label of the button they tapped, a caption. */
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
