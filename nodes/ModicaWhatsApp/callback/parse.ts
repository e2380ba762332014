import type { MessageStatus } from '../api/types';
import { isEmpty, isRecord, parseJson, type Fields } from '../parameters/values';

/** The delivery status of a sent message changed (reference: StatusCallback). */
export interface StatusCallback {
	readonly kind: 'status';
	readonly id: string;
	/** The reference that the message was sent with. */
	readonly reference?: string;
	/** A status of the reference, or a newer one. */
	readonly status: string;
	/** Whether no further status is expected. */
	readonly final: boolean;
	/** All other fields of the body. */
	readonly extra: Fields;
}

/** A customer sent a message (reference: ReplyCallback). */
export interface ReplyCallback {
	readonly kind: 'reply';
	readonly id: string;
	/** The customer's number in Modica's format, or the ID that replaces it if the customer hides their number in WhatsApp. */
	readonly source?: string;
	/** The business number's ID. */
	readonly destination?: string;
	readonly content: ReplyContent;
	/** All other fields of the body. */
	readonly extra: Fields;
}

/** The content of a customer's message (reference: ReplyCallbackContent). */
export type ReplyContent =
	| { readonly kind: 'text'; readonly type: string; readonly text: string; readonly fields: Fields }
	| { readonly kind: 'media'; readonly type: string; readonly caption?: string; readonly media: Media; readonly fields: Fields }
	/** Any other type, including types that are newer than this package. */
	| { readonly kind: 'other'; readonly type: string; readonly fields: Fields }
	/** A string that should contain the content as JSON but doesn't. */
	| { readonly kind: 'unreadable'; readonly raw: string; readonly problem: string };

/** A file from the customer, which can be downloaded by its ID. */
export interface Media {
	readonly id: string;
	readonly fileName?: string;
}

export type Callback = StatusCallback | ReplyCallback;
/** A body that isn't a callback, with the reason for the people who operate the sender. */
export interface NoCallback {
	readonly kind: 'none';
	readonly reason: string;
}

/**
 * All statuses of the reference (StatusCallback.status), and whether each is final. `received` may still be followed by
 * `read`.
 */
const STATUSES: Record<MessageStatus, { final: boolean }> = {
	accepted: { final: false },
	submitted: { final: false },
	sent: { final: false },
	received: { final: false },
	read: { final: true },
	// Delayed by a temporary fault.
	frozen: { final: false },
	rejected: { final: true },
	failed: { final: true },
	dead: { final: true },
	expired: { final: true },
};

/** The content types with a file that can be downloaded. */
const MEDIA_TYPES = ['audio', 'document', 'image', 'sticker', 'video'];

/** IDs have 36 characters and statuses 9. The limit bounds the memory for each remembered callback. */
const MAX_NAME_LENGTH = 255;
/** Content is nested 3 levels deep. n8n can't store data that is nested some thousand levels deep. */
const MAX_NESTING = 32;

/**
 * Parses the body of a request. Both kinds of callbacks are sent to the same URL, so the body determines the kind: a
 * reply contains `content`, and a status callback `status`. Only these and `id` must match the reference, because the
 * callback is useless without them. All other unexpected data is passed on in `extra`, so that no callback is lost
 * because of it.
 * @param body the body from n8n: parsed, or text if the content type isn't JSON
 */
export function parseCallback(body: unknown): Callback | NoCallback {
	const value = typeof body === 'string' ? parseJson(body) : body;
	if (value === undefined) return none('the body is empty or not JSON');
	if (!isRecord(value)) return none('the body is not an object');
	if (isNestedTooDeep(value)) return none(`the body is nested more than ${MAX_NESTING} levels deep`);

	const { id: givenId, ...fields } = value;
	const id = name(givenId);
	if (id === undefined) return none(`'id' must be a string of 1 to ${MAX_NAME_LENGTH} characters`);
	const content = parseContent(fields.content);
	const status = name(fields.status);
	if (content && (isFromCustomer(fields) || !isKnown(status))) return toReply(id, content, fields);
	if (status !== undefined) return toStatus(id, status, fields);
	if ('content' in fields) return none("'content' must be an object, or a JSON string of one");
	if ('status' in fields) return none(`'status' must be a string of 1 to ${MAX_NAME_LENGTH} characters`);
	return none("'status' or 'content' is required");
}

/** Returns a key that identifies a callback and is the same for its duplicates. */
export function dedupeKey(callback: Callback): string {
	switch (callback.kind) {
		case 'status':
			return `status:${callback.id}:${callback.status}`;
		case 'reply':
			return `reply:${callback.id}`;
	}
}

function toStatus(id: string, status: string, fields: Fields): StatusCallback {
	const reference = text(fields.reference);
	return {
		kind: 'status',
		id,
		...(reference !== undefined && { reference }),
		status,
		final: isKnown(status) && STATUSES[status].final,
		extra: rest(fields, ['status'], { reference }),
	};
}

function toReply(id: string, content: ReplyContent, fields: Fields): ReplyCallback {
	// One page of Modica's documentation capitalizes the name.
	const end = 'destination' in fields ? 'destination' : 'Destination';
	const source = text(fields.source)?.trim() || undefined;
	const destination = text(fields[end]);
	return {
		kind: 'reply',
		id,
		...(source !== undefined && { source }),
		...(destination !== undefined && { destination }),
		content,
		extra: rest(fields, ['content'], { source, [end]: destination }),
	};
}

/**
 * Returns the fields of a body that aren't passed on by name.
 * @param understood the parsed values of text fields, by name; a field that couldn't be parsed is included, unless it's
 * empty
 */
function rest(fields: Fields, known: readonly string[], understood: Fields): Fields {
	const isRest = ([field, value]: [string, unknown]) =>
		!known.includes(field) && !(Object.hasOwn(understood, field) && (understood[field] !== undefined || isEmpty(value)));
	return Object.fromEntries(Object.entries(fields).filter(isRest));
}

/** Whether a body contains a sender or a recipient, which only replies have. */
function isFromCustomer(fields: Fields): boolean {
	return ['source', 'destination', 'Destination'].some((end) => end in fields);
}

/** Parses content, which is an object (reference: its examples) or an object in a JSON string (reference: its schema). */
function parseContent(given: unknown): ReplyContent | undefined {
	if (isRecord(given)) return readContent(given);
	if (typeof given !== 'string') return undefined;
	const unreadable = (problem: string): ReplyContent => ({ kind: 'unreadable', raw: given, problem });
	const parsed = parseJson(given);
	if (parsed === undefined) return unreadable('The content is not valid JSON');
	if (!isRecord(parsed)) return unreadable('The content is not an object');
	if (isNestedTooDeep(parsed)) return unreadable(`The content is nested more than ${MAX_NESTING} levels deep`);
	return readContent(parsed);
}

function readContent(fields: Fields): ReplyContent {
	const type = text(fields.type) || 'unknown';
	const part = Object.hasOwn(fields, type) ? fields[type] : undefined;
	if (MEDIA_TYPES.includes(type) && isRecord(part) && typeof part.id === 'string') {
		const { id, filename, caption } = part;
		const media = { id, ...(typeof filename === 'string' && { fileName: filename }) };
		return { kind: 'media', type, media, fields, ...(typeof caption === 'string' && { caption }) };
	}
	const words = isRecord(part) ? { text: part.body, button: part.text }[type] : undefined;
	if (typeof words === 'string') return { kind: 'text', type, text: words, fields };
	return { kind: 'other', type, fields };
}

function none(reason: string): NoCallback {
	return { kind: 'none', reason };
}

/** Whether a status is in the reference. */
export function isKnown(status: string | undefined): status is MessageStatus {
	return status !== undefined && Object.hasOwn(STATUSES, status);
}

/** Returns a text that can serve as an identifier: neither empty nor longer than any actual one. */
function name(value: unknown): string | undefined {
	const given = text(value);
	return given !== undefined && given !== '' && given.length <= MAX_NAME_LENGTH ? given : undefined;
}

/** Returns a text, or a whole number as text if it's small enough to be exact, because senders omit quotes. */
function text(value: unknown): string | undefined {
	if (Number.isSafeInteger(value)) return String(value);
	return typeof value === 'string' ? value : undefined;
}

/** Not recursive, because deep nesting would overflow the stack. */
function isNestedTooDeep(value: object): boolean {
	let level: object[] = [value];
	for (let depth = 1; level.length > 0; depth++) {
		if (depth > MAX_NESTING) return true;
		level = level.flatMap((parent) => Object.values(parent).filter(isObject));
	}
	return false;
}

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}
