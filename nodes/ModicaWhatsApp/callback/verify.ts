import { createHash, timingSafeEqual } from 'crypto';
import type { Fields } from '../parameters/values';

/** The username and password that callbacks must contain. */
export interface CallbackLogin {
	readonly username: string;
	readonly password: string;
}

/**
 * Returns the callback login of a credential, or undefined unless it has both a username and a password, as n8n's own
 * Webhook node requires.
 */
export function loginOf({ callbackUsername: username, callbackPassword: password }: Fields): CallbackLogin | undefined {
	const isComplete = typeof username === 'string' && typeof password === 'string' && username !== '' && password !== '';
	return isComplete ? { username, password } : undefined;
}

/** `Basic` and the encoded pair, with or without padding (RFC 7617, with the alphabet of RFC 4648, 4). */
const BASIC = /^basic +([a-z0-9+/]+={0,2})$/i;
/** Far longer than any username and password, so longer headers are not decoded. */
const MAX_HEADER_LENGTH = 8_192;

/**
 * Whether a callback has the correct login. Modica doesn't sign callbacks, so username and password are the only
 * protection.
 * @param header the request's `Authorization` header
 */
export function isAuthorized(header: unknown, { username, password }: CallbackLogin): boolean {
	if (typeof header !== 'string' || header.length > MAX_HEADER_LENGTH) return false;
	const encoded = BASIC.exec(header)?.[1];
	if (encoded === undefined) return false;
	const given = Buffer.from(encoded, 'base64');
	const pair = `${username}:${password}`;
	const isUtf8 = sameBytes(given, Buffer.from(pair, 'utf8'));
	// Some senders still use the former default encoding, Latin-1. Node.js truncates characters that it can't encode.
	const latin1 = Buffer.from(pair, 'latin1');
	const isLatin1 = sameBytes(given, latin1) && latin1.toString('latin1') === pair;
	return isUtf8 || isLatin1;
}

/** Compares hashes, which have the same length, in constant time, so that the duration reveals nothing about the password. */
function sameBytes(given: Buffer, expected: Buffer): boolean {
	return timingSafeEqual(digest(given), digest(expected));
}

function digest(bytes: Buffer): Buffer {
	return createHash('sha256').update(bytes).digest();
}
