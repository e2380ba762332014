import { isRecord, type Fields } from '../parameters/values';
import { apiErrorText } from './errors';

/** An answer to a request. How to tell Modica’s API from any other server that may give one is told below. */
export interface Answer {
	readonly statusCode: number;
	readonly headers: Fields;
	/** A stream at first; then the value of its JSON, or its text. */
	readonly body: unknown;
}

/** No message has this ID, so the answer says whether the API lets the credential in, and nothing else. */
export const UNKNOWN_MESSAGE_ID = '00000000-0000-0000-0000-000000000000';

/** How the API may say that it knows no such message (reference: 4XX of `GET /messages`). */
const UNKNOWN_MESSAGE_STATUSES = [400, 404, 422];

export function isSuccess({ statusCode }: Answer): boolean {
	return statusCode >= 200 && statusCode < 300;
}

/** True when the API has looked for a message and found none: the credential was let in. */
export function isUnknownMessage({ statusCode, body }: Answer): boolean {
	return UNKNOWN_MESSAGE_STATUSES.includes(statusCode) && isApiError(body);
}

/** True when the API itself refuses a request: because of the credential, the rate limit or a fault of its own. */
export function isRefusal({ statusCode, body }: Answer): boolean {
	// A gateway in front of the API may refuse with a body of its own.
	if (statusCode === 401 || statusCode === 429) return true;
	return (statusCode === 403 || statusCode >= 500) && isApiError(body);
}

/** Headers of a forward proxy’s own answers. Not `Via` and `Proxy-Status`: the API’s own gateways have them, too. */
const PROXY_HEADERS = ['x-squid-error', 'proxy-authenticate', 'proxy-agent', 'proxy-connection'];

/**
 * True when an answer comes from the proxy through which n8n reaches the API, where that can be known. A proxy that
 * says nothing of itself cannot be told from the API’s own gateway.
 */
export function isProxy({ statusCode, headers, body }: Answer): boolean {
	return statusCode === 407 || (!isApiError(body) && PROXY_HEADERS.some((name) => name in headers));
}

/** True for an error in either of the API’s formats: that of the reference’s schema, or that of its examples. */
function isApiError(body: unknown): boolean {
	if (!isRecord(body)) return false;
	const { errors, message, statusCode, error } = body;
	if (Array.isArray(errors)) {
		return errors.length > 0 && errors.every((entry) => hasTexts(entry, ['field', 'code', 'description']));
	}
	return typeof statusCode === 'number' && typeof message === 'string' && typeof error === 'string' && !NO_SUCH_ROUTE.test(message);
}

/** Nest and Fastify have the same format, and say this where an endpoint does not exist. */
const NO_SUCH_ROUTE = /^(Cannot GET \/|Route GET:\/)/;

function hasTexts(value: unknown, names: readonly string[]): boolean {
	return isRecord(value) && names.every((name) => typeof value[name] === 'string');
}

/** What came instead of an answer of the API’s, in words that hold nothing of a page: it may quote the request. */
export function describeAnswer({ statusCode, headers, body }: Answer, baseUrl: string): string {
	const target = statusCode >= 300 && statusCode < 400 ? originOf(headers.location, baseUrl) : undefined;
	if (target !== undefined) return `a redirect to ${target}`;
	if (body === undefined || body === null || body === '') return 'an empty body';
	if (typeof body === 'string') return isHtml(headers['content-type'], body) ? 'an HTML page' : 'text instead of JSON';
	const words = apiErrorText(body);
	return words ? `JSON: ${words}` : 'JSON';
}

/** Of a redirect’s target no more than this: the rest may quote the request. */
function originOf(location: unknown, baseUrl: string): string | undefined {
	if (location === undefined) return undefined;
	try {
		const { origin } = new URL(String(location), baseUrl);
		return origin === 'null' ? undefined : origin;
	} catch {
		return undefined;
	}
}

function isHtml(contentType: unknown, body: string): boolean {
	return /html/i.test(String(contentType)) || /^\s*<(!doctype html|html)\b/i.test(body);
}
