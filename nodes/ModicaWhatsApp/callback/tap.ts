import { MAX_PAYLOAD_LENGTH } from '../parameters/text';
import { fieldsOf } from '../parameters/values';
import type { Callback, ReplyContent } from './parse';

/** An answer to the question of a waiting execution, given by tapping a quick-reply button of the message. */
export interface Tap {
	/** The index of the answer in the question's list of answers. */
	readonly answer: number;
	/** Only digits, because n8n numbers its executions. */
	readonly executionId: string;
	/** The node that sent the question. */
	readonly nodeId: string;
	/** Identifies the question: 22 characters of base64url. */
	readonly secret: string;
	/** n8n's signature of the link for this answer: 64 hexadecimal digits. */
	readonly signature: string;
}

/** The prefix of this package's payloads. Items show only this part of them. */
const PREFIX = 'MW1';
const PAYLOAD = new RegExp(
	`^${PREFIX}\\.(?<answer>\\d)\\.(?<executionId>\\d{1,10})\\.(?<node>[\\w-]{22}|~[\\w-]+)\\.(?<secret>[\\w-]{22})\\.(?<signature>[\\w-]{43})$`,
);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Path segments that resolve to another URL (RFC 3986, 5.2.4). */
const CLIMBING = ['', '.', '..'];

/**
 * Returns the payload for a button: `MW1.<answer>.<execution id>.<node id>.<secret>.<signature>`. The last three parts
 * are packed, because WhatsApp limits payloads to 128 characters.
 * @returns undefined if the payload is too long or one of its parts is invalid
 */
export function packTap({ answer, executionId, nodeId, secret, signature }: Tap): string | undefined {
	const packed = [PREFIX, answer, executionId, packNodeId(nodeId), secret, pack(signature, 'hex')].join('.');
	const isWhole = packed.length <= MAX_PAYLOAD_LENGTH && !CLIMBING.includes(nodeId) && PAYLOAD.test(packed);
	return isWhole ? packed : undefined;
}

/**
 * Parses a payload. Returns undefined if it's not from this package. Exactly one payload is valid for each tap: without
 * this check, the spare bits in the last character of base64 would allow several.
 */
export function unpackTap(payload: string): Tap | undefined {
	const { answer, executionId = '', node = '', secret = '', signature = '' } = PAYLOAD.exec(payload)?.groups ?? {};
	const tap = { answer: Number(answer), executionId, nodeId: unpackNodeId(node), secret, signature: unpack(signature, 'hex') };
	return packTap(tap) === payload ? tap : undefined;
}

/** Returns the tap in a reply, or undefined for any other callback. */
export function tapIn(callback: Callback): Tap | undefined {
	const payload = callback.kind === 'reply' ? payloadOf(callback.content) : undefined;
	return payload === undefined ? undefined : unpackTap(payload);
}

/** Matches payloads anywhere in a text, including modified ones. */
const IN_TEXT = new RegExp(`(${PREFIX})\\.\\d\\.[\\w.~-]{60,}`, 'g');

/**
 * Returns an item with all payloads that answer a question masked, because people who can view an execution must not be
 * able to answer.
 */
export function withoutAnswers<T>(item: T): T {
	const text = JSON.stringify(item);
	const hidden = text.replace(IN_TEXT, '$1');
	return hidden === text ? item : (JSON.parse(hidden) as T);
}

function payloadOf(content: ReplyContent): string | undefined {
	if (content.kind === 'unreadable') return undefined;
	const { payload } = fieldsOf(content.fields.button);
	return typeof payload === 'string' ? payload : undefined;
}

/** Packs the bytes of a UUID, which n8n's editor assigns to nodes, or the text of any other ID. */
function packNodeId(id: string): string {
	return UUID.test(id) ? pack(id.replaceAll('-', ''), 'hex') : `~${pack(id, 'utf8')}`;
}

function unpackNodeId(node: string): string {
	if (node.startsWith('~')) return unpack(node.slice(1), 'utf8');
	return unpack(node, 'hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function pack(text: string, encoding: 'hex' | 'utf8'): string {
	return Buffer.from(text, encoding).toString('base64url');
}

function unpack(packed: string, encoding: 'hex' | 'utf8'): string {
	return Buffer.from(packed, 'base64url').toString(encoding);
}
