import { isRecord, type Fields } from '../parameters/values';
import { apiErrorText } from './errors';

/** An HTTP response. The functions below distinguish Modica's API from other servers that may return one. */
export interface ApiResponse {
	readonly statusCode: number;
	readonly headers: Fields;
	/** A stream at first. Later the parsed JSON, or the text. */
	readonly body: unknown;
}

/** No message has this ID, so the response shows only whether the API accepts the credential. */
export const UNKNOWN_MESSAGE_ID = '00000000-0000-0000-0000-000000000000';

/** Status codes that the API may return for an unknown message (reference: 4XX of `GET /messages`). */
const UNKNOWN_MESSAGE_STATUSES = [400, 404, 422];

export function isSuccess({ statusCode }: ApiResponse): boolean {
	return statusCode >= 200 && statusCode < 300;
}

/** Whether the API looked for a message and found none, which means it accepted the credential. */
export function isUnknownMessage({ statusCode, body }: ApiResponse): boolean {
	return UNKNOWN_MESSAGE_STATUSES.includes(statusCode) && isApiError(body);
}

/** Whether the API itself rejected a request because of the credential, the rate limit, or a server error. */
export function isRefusal({ statusCode, body }: ApiResponse): boolean {
	// A gateway in front of the API may reject requests with a body of its own.
	if (statusCode === 401 || statusCode === 429) return true;
	return (statusCode === 403 || statusCode >= 500) && isApiError(body);
}

/**
 * Headers that a forward proxy adds to its own responses. `Via` and `Proxy-Status` are excluded: the API's gateways
 * also set them.
 */
const PROXY_HEADERS = ['x-squid-error', 'proxy-authenticate', 'proxy-agent', 'proxy-connection'];

/**
 * Whether a response comes from the proxy between n8n and the API, as far as it can be determined. A proxy that doesn't
 * identify itself looks the same as the API's own gateway.
 */
export function isProxy({ statusCode, headers, body }: ApiResponse): boolean {
	return statusCode === 407 || (!isApiError(body) && PROXY_HEADERS.some((name) => name in headers));
}

/** Whether a body is an error in one of the API's two formats: that of the reference's schema, or that of its examples. */
function isApiError(body: unknown): boolean {
	if (!isRecord(body)) return false;
	const { errors, message, statusCode, error } = body;
	if (Array.isArray(errors)) {
		return errors.length > 0 && errors.every((entry) => hasTexts(entry, ['field', 'code', 'description']));
	}
	return typeof statusCode === 'number' && typeof message === 'string' && typeof error === 'string' && !NO_SUCH_ROUTE.test(message);
}

/** Nest and Fastify use the same format, with these messages for an endpoint that doesn't exist. */
const NO_SUCH_ROUTE = /^(Cannot GET \/|Route GET:\/)/;

function hasTexts(value: unknown, names: readonly string[]): boolean {
	return isRecord(value) && names.every((name) => typeof value[name] === 'string');
}

/** Describes a response that isn't from the API. Contains no text of a page, because a page may quote the request. */
export function describeResponse({ statusCode, headers, body }: ApiResponse, baseUrl: string): string {
	const target = statusCode >= 300 && statusCode < 400 ? originOf(headers.location, baseUrl) : undefined;
	if (target !== undefined) return `a redirect to ${target}`;
	if (body === undefined || body === null || body === '') return 'an empty body';
	if (typeof body === 'string') return isHtml(headers['content-type'], body) ? 'an HTML page' : 'text instead of JSON';
	const words = apiErrorText(body);
	return words ? `JSON: ${words}` : 'JSON';
}

/** Returns only the origin of a redirect's target, because the rest may quote the request. */
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
