import type { Fields } from '../parameters/values';
import { dedupeKey, type Callback, type ReplyContent } from './parse';

/**
 * A callback as the workflow gets it. Nothing of the request but its body goes in: its headers hold the password.
 * @param problem what went wrong on the way, where the callback is passed on all the same
 */
export function toItem(callback: Callback, problem: { downloadError?: string } = {}): Fields {
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
			return {
				event: 'reply',
				id,
				source,
				...(destination !== undefined && { destination }),
				...contentFields(content),
				dedupeKey: dedupeKey(callback),
				...extra,
				...problem,
			};
		}
	}
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
