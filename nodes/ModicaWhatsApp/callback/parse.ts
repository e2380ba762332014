import type { MessageStatus } from '../api/types';
import { isEmpty, isRecord, parseJson, type Fields } from '../parameters/values';

/** A message that was sent has moved on (reference: StatusCallback). */
export interface StatusCallback {
	readonly kind: 'status';
	readonly id: string;
	/** What the message was sent with. */
	readonly reference?: string;
	/** One of the reference's, or one that is newer than it. */
	readonly status: string;
	/** True when nothing else will follow, as far as is known. */
	readonly final: boolean;
	/** Whatever else the body held. */
	readonly extra: Fields;
}

/** A customer has written (reference: ReplyCallback). */
export interface ReplyCallback {
	readonly kind: 'reply';
	readonly id: string;
	/** The customer's number as Modica writes it, or the id that stands in its place: WhatsApp lets people hide theirs. */
	readonly source?: string;
	/** The business number's id. */
	readonly destination?: string;
	readonly content: ReplyContent;
	/** Whatever else the body held. */
	readonly extra: Fields;
}

/** What a customer wrote (reference: ReplyCallbackContent). */
export type ReplyContent =
	| { readonly kind: 'text'; readonly type: string; readonly text: string; readonly fields: Fields }
	| { readonly kind: 'media'; readonly type: string; readonly caption?: string; readonly media: Media; readonly fields: Fields }
	/** Anything else, with types that are not known yet among it. */
	| { readonly kind: 'other'; readonly type: string; readonly fields: Fields }
	/** A string that was to hold the content as JSON and does not. */
	| { readonly kind: 'unreadable'; readonly raw: string; readonly problem: string };

/** A file that the customer sent, to be downloaded by its id. */
export interface Media {
	readonly id: string;
	readonly fileName?: string;
}

export type Callback = StatusCallback | ReplyCallback;
/** A body that is no callback, and why, in words for whoever looks into it at the sender's side. */
export interface NoCallback {
	readonly kind: 'none';
	readonly reason: string;
}

/** Every status of the reference (StatusCallback.status), and whether nothing follows it. A `received` may still be read. */
const STATUSES: Record<MessageStatus, { final: boolean }> = {
	accepted: { final: false },
	submitted: { final: false },
	sent: { final: false },
	received: { final: false },
	read: { final: true },
	// Held up by a passing fault.
	frozen: { final: false },
	rejected: { final: true },
	failed: { final: true },
	dead: { final: true },
	expired: { final: true },
};

/** The content types whose file can be downloaded. */
const MEDIA_TYPES = ['audio', 'document', 'image', 'sticker', 'video'];

/** Real ids have 36 characters, and statuses 9; what is remembered of a callback must not grow with what is sent. */
const LONGEST_NAME = 255;
/** Real content is nested 3 deep. n8n cannot store what is nested some thousand deep. */
const DEEPEST_NESTING = 32;

/**
 * Reads a request's body. Both kinds of callback come to the same address, so the body tells which it is: a reply has a
 * `content`, a status a `status`. Only these and the `id` must be what the reference says, for without them there is
 * nothing to pass on; whatever else is unusual goes into `extra` as it came, so that no callback is lost over it.
 * @param body as n8n gives it: parsed, or the text of a body whose content type does not say JSON
 */
export function parseCallback(body: unknown): Callback | NoCallback {
	const value = typeof body === 'string' ? parseJson(body) : body;
	if (value === undefined) return none('the body is empty or not JSON');
	if (!isRecord(value)) return none('the body is not an object');
	if (isNestedTooDeep(value)) return none(`the body is nested more than ${DEEPEST_NESTING} deep`);

	const { id: givenId, ...fields } = value;
	const id = name(givenId);
	if (id === undefined) return none(`"id" must be a text of 1 to ${LONGEST_NAME} characters`);
	const content = parseContent(fields.content);
	const status = name(fields.status);
	if (content && (isFromCustomer(fields) || !isKnown(status))) return toReply(id, content, fields);
	if (status !== undefined) return toStatus(id, status, fields);
	if ('content' in fields) return none('"content" must be an object, or one as a JSON string');
	if ('status' in fields) return none(`"status" must be a text of 1 to ${LONGEST_NAME} characters`);
	return none('there is neither a "status" nor a "content"');
}

/** What tells a callback from all others, and is the same in each copy of it. */
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
	// One page of the vendor spells it with a capital.
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
 * What a body holds beside that which is passed on by its name.
 * @param understood by name, what was made of fields that should be texts: one that is none stays, unless it is empty
 */
function rest(fields: Fields, known: readonly string[], understood: Fields): Fields {
	const isRest = ([field, value]: [string, unknown]) =>
		!known.includes(field) && !(Object.hasOwn(understood, field) && (understood[field] !== undefined || isEmpty(value)));
	return Object.fromEntries(Object.entries(fields).filter(isRest));
}

/** True when a body names one of the two ends that a reply has, and a status has not. */
function isFromCustomer(fields: Fields): boolean {
	return ['source', 'destination', 'Destination'].some((end) => end in fields);
}

/** Content comes as an object (reference: its examples) or as an object in a JSON string (reference: its schema). */
function parseContent(given: unknown): ReplyContent | undefined {
	if (isRecord(given)) return readContent(given);
	if (typeof given !== 'string') return undefined;
	const unreadable = (problem: string): ReplyContent => ({ kind: 'unreadable', raw: given, problem });
	const parsed = parseJson(given);
	if (parsed === undefined) return unreadable('The content is not valid JSON');
	if (!isRecord(parsed)) return unreadable('The content is not an object');
	if (isNestedTooDeep(parsed)) return unreadable(`The content is nested more than ${DEEPEST_NESTING} deep`);
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

/** True for the statuses of the reference. */
export function isKnown(status: string | undefined): status is MessageStatus {
	return status !== undefined && Object.hasOwn(STATUSES, status);
}

/** What something is told by, such as an id: a text that is neither empty nor longer than any real one. */
function name(value: unknown): string | undefined {
	const given = text(value);
	return given !== undefined && given !== '' && given.length <= LONGEST_NAME ? given : undefined;
}

/** A text, or a whole number that someone forgot the quotes around, as long as it has not lost digits by that. */
function text(value: unknown): string | undefined {
	if (Number.isSafeInteger(value)) return String(value);
	return typeof value === 'string' ? value : undefined;
}

/** Without recursion, which is what deep nesting breaks. */
function isNestedTooDeep(value: object): boolean {
	let level: object[] = [value];
	for (let depth = 1; level.length > 0; depth++) {
		if (depth > DEEPEST_NESTING) return true;
		level = level.flatMap((parent) => Object.values(parent).filter(isObject));
	}
	return false;
}

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}
