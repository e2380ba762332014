import type { MessageStatus } from '../api/types';
import { isRecord, parseJson, type Fields } from '../parameters/values';

/** A message that was sent has moved on (reference: StatusCallback). */
export interface StatusCallback {
	readonly kind: 'status';
	readonly id: string;
	/** What the message was sent with. */
	readonly reference?: string;
	readonly status: MessageStatus;
	/** True when nothing else will follow. */
	readonly final: boolean;
	/** Whatever else the body held. */
	readonly extra: Fields;
}

/** A customer has written (reference: ReplyCallback). */
export interface ReplyCallback {
	readonly kind: 'reply';
	readonly id: string;
	/** The customer's number, as Modica writes it. */
	readonly source: string;
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

/** Every status (reference: StatusCallback.status), and whether nothing follows it. A `received` may still be read. */
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

/** Real ids have 36 characters; what is remembered of a callback must not grow with what a stranger sends. */
const LONGEST_ID = 255;
/** Real content is nested 3 deep. n8n cannot store what is nested some thousand deep. */
const DEEPEST_NESTING = 32;

/**
 * Reads a request's body. Both kinds of callback come to the same address, so the body tells which it is:
 * a reply has a `content`, a status a `status`.
 * @param body as n8n gives it: parsed, or the text of a body whose content type does not say JSON
 */
export function parseCallback(body: unknown): Callback | NoCallback {
	const value = typeof body === 'string' ? parseJson(body) : body;
	if (value === undefined) return none('the body is empty or not JSON');
	if (!isRecord(value)) return none('the body is not an object');
	if (isNestedTooDeep(value)) return none(`the body is nested more than ${DEEPEST_NESTING} deep`);

	const { id: givenId, ...fields } = value;
	const id = text(givenId);
	if (!id || id.length > LONGEST_ID) return none(`"id" must be a text of 1 to ${LONGEST_ID} characters`);
	if ('content' in fields && ('source' in fields || !('status' in fields))) return parseReply(id, fields);
	if ('status' in fields) return parseStatus(id, fields);
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

function parseStatus(id: string, { status, reference, ...extra }: Fields): StatusCallback | NoCallback {
	if (!isStatus(status)) return none(`"status" must be one of ${Object.keys(STATUSES).join(', ')}`);
	const { final } = STATUSES[status];
	if (reference === undefined || reference === null) return { kind: 'status', id, status, final, extra };
	const known = text(reference);
	if (known === undefined) return none('"reference" must be a text');
	return { kind: 'status', id, reference: known, status, final, extra };
}

function parseReply(id: string, fields: Fields): ReplyCallback | NoCallback {
	// One page of the vendor spells it with a capital.
	const { source: givenSource, Destination, destination: givenDestination = Destination, content: given, ...extra } = fields;
	const source = text(givenSource);
	if (!source) return none('"source" must be the customer’s number');
	const destination = text(givenDestination);
	if (destination === undefined && givenDestination !== undefined && givenDestination !== null) {
		return none('"destination" must be a text');
	}
	const content = parseContent(given);
	if (!content) return none('"content" must be an object, or one as a JSON string');
	return { kind: 'reply', id, source, ...(destination !== undefined && { destination }), content, extra };
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

function isStatus(value: unknown): value is MessageStatus {
	return typeof value === 'string' && Object.hasOwn(STATUSES, value);
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
