import { LONGEST_PAYLOAD } from '../parameters/text';
import { fieldsOf } from '../parameters/values';
import type { Callback, ReplyContent } from './parse';

/** An answer to a question that an execution waits for, given by tapping one of the message's quick-reply buttons. */
export interface Tap {
	/** The index of the answer among those that the question offers. */
	readonly answer: number;
	/** Digits: n8n counts its executions. */
	readonly executionId: string;
	/** The node that asks. */
	readonly nodeId: string;
	/** Tells the question from all others, in 22 characters of base64url. */
	readonly secret: string;
	/** n8n's signature of the link that gives this answer: 64 hexadecimal digits. */
	readonly signature: string;
}

/** What the payloads of our buttons begin with. It is all that an item shows of one. */
const PREFIX = 'MW1';
const PAYLOAD = new RegExp(
	`^${PREFIX}\\.(?<answer>\\d)\\.(?<executionId>\\d{1,10})\\.(?<node>[\\w-]{22}|~[\\w-]+)\\.(?<secret>[\\w-]{22})\\.(?<signature>[\\w-]{43})$`,
);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Path segments that lead to another address (RFC 3986, 5.2.4). */
const CLIMBING = ['', '.', '..'];

/**
 * The payload for a button: `MW1.<answer>.<execution id>.<node id>.<secret>.<signature>`. All but the first two are as
 * short as they can be: WhatsApp takes up to 128 characters.
 * @returns undefined when it does not fit, or when one of its parts cannot be part of a payload
 */
export function packTap({ answer, executionId, nodeId, secret, signature }: Tap): string | undefined {
	const packed = [PREFIX, answer, executionId, packNodeId(nodeId), secret, pack(signature, 'hex')].join('.');
	const isWhole = packed.length <= LONGEST_PAYLOAD && !CLIMBING.includes(nodeId) && PAYLOAD.test(packed);
	return isWhole ? packed : undefined;
}

/**
 * What a payload holds; undefined for one that is none of ours. Each tap has one payload: the last character of base64
 * has spare bits, which would let several pass.
 */
export function unpackTap(payload: string): Tap | undefined {
	const { answer, executionId = '', node = '', secret = '', signature = '' } = PAYLOAD.exec(payload)?.groups ?? {};
	const tap = { answer: Number(answer), executionId, nodeId: unpackNodeId(node), secret, signature: unpack(signature, 'hex') };
	return packTap(tap) === payload ? tap : undefined;
}

/** The tap in a reply; undefined for any other callback. */
export function tapIn(callback: Callback): Tap | undefined {
	const payload = callback.kind === 'reply' ? payloadOf(callback.content) : undefined;
	return payload === undefined ? undefined : unpackTap(payload);
}

/** Finds payloads wherever they are, and those that were bent on the way. */
const IN_TEXT = new RegExp(`(${PREFIX})\\.\\d\\.[\\w.~-]{60,}`, 'g');

/** An item without what answers a question, in any of its texts: whoever may see an execution must not be able to answer. */
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

/** UUIDs, which n8n's editor gives to nodes, by their bytes; other ids by those of their text. */
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
