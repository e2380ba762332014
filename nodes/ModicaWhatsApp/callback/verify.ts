import { createHash, timingSafeEqual } from 'crypto';
import type { Fields } from '../parameters/values';

/** Username and password that callbacks must have. */
export interface CallbackLogin {
	readonly username: string;
	readonly password: string;
}

/** The log-in for callbacks that a credential holds; undefined unless it has both halves, as n8n's own Webhook node asks. */
export function loginOf({ callbackUsername: username, callbackPassword: password }: Fields): CallbackLogin | undefined {
	const isComplete = typeof username === 'string' && typeof password === 'string' && username !== '' && password !== '';
	return isComplete ? { username, password } : undefined;
}

/** `Basic` and the encoded pair, padded or not (RFC 7617, with the alphabet of RFC 4648, 4). */
const BASIC = /^basic +([a-z0-9+/]+={0,2})$/i;
/** Far more than any user name and password; what is longer need not be decoded. */
const LONGEST_HEADER = 8_192;

/**
 * Whether a callback may come in. Modica signs nothing: user name and password are all there is to go by.
 * @param header the request's `Authorization`, as it came
 */
export function isAuthorized(header: unknown, { username, password }: CallbackLogin): boolean {
	if (typeof header !== 'string' || header.length > LONGEST_HEADER) return false;
	const encoded = BASIC.exec(header)?.[1];
	if (encoded === undefined) return false;
	const given = Buffer.from(encoded, 'base64');
	const pair = `${username}:${password}`;
	const isUtf8 = sameBytes(given, Buffer.from(pair, 'utf8'));
	// Some senders still encode by the old default, Latin-1. Node.js cuts other characters down to fit.
	const latin1 = Buffer.from(pair, 'latin1');
	const isLatin1 = sameBytes(given, latin1) && latin1.toString('latin1') === pair;
	return isUtf8 || isLatin1;
}

/** Compares hashes, which are of one length, in constant time: how long it takes tells nothing of the password. */
function sameBytes(given: Buffer, expected: Buffer): boolean {
	return timingSafeEqual(digest(given), digest(expected));
}

function digest(bytes: Buffer): Buffer {
	return createHash('sha256').update(bytes).digest();
}
