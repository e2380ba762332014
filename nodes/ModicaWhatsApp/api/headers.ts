import { parseContentDisposition } from '../bundled/contentDisposition';
import { toNumber } from '../parameters/values';

/**
 * Returns the requests per second that `X-RateLimit-Limit` allows, or undefined if it contains no limit. A gateway may
 * duplicate the header, or append a window in seconds as in the drafts of the RFC: `80, 80;w=1`.
 */
export function parseLimit(header: unknown): number | undefined {
	const [limit, ...others] = String(header ?? '').split(',').map((entry) => /^\s*(\d+(?:\.\d+)?)\s*(?:;(.*))?$/.exec(entry));
	const [, number, ownWindow] = limit ?? [];
	const window = ownWindow ?? others.find((other) => other?.[1] === number)?.[2];
	const seconds = toNumber(/(?:^|;)\s*w=(\d+)/.exec(window ?? '')?.[1] ?? '1');
	// Limits are whole requests per second (reference: X-RateLimit-Limit). A fraction would block a run indefinitely.
	const perSecond = toNumber(number) / seconds;
	return Number.isFinite(perSecond) && perSecond >= 1 ? perSecond : undefined;
}

/**
 * Returns the wait in milliseconds of a `Retry-After` header, which contains seconds (reference: Retry-After) or an
 * HTTP date (RFC 9110, 10.2.3). Returns undefined if it's missing or invalid.
 */
export function parseRetryAfter(header: unknown, now: number): number | undefined {
	if (typeof header !== 'string' && typeof header !== 'number') return undefined;
	const text = String(header).trim();
	if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
	if (!/[a-z]/i.test(text)) return undefined;
	const date = Date.parse(text);
	return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Returns the time of a response by the server's clock, because n8n's own clock may be wrong. */
export function parseDate(header: unknown): number {
	const date = Date.parse(String(header));
	return Number.isNaN(date) ? Date.now() : date;
}

/** Returns a content type without its parameters, such as `audio/ogg` for `audio/ogg; codecs=opus`. */
export function parseContentType(header: unknown): string | undefined {
	const type = typeof header === 'string' ? withoutParameters(header) : '';
	return type && type !== 'application/octet-stream' ? type : undefined;
}

/** Returns a content type in lower case, without its parameters. */
export function withoutParameters(contentType: string): string {
	return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** Returns the file name of a `Content-Disposition` header. The name is not sanitized. */
export function parseFileName(header: unknown): string | undefined {
	if (typeof header !== 'string') return undefined;
	// Node.js decodes headers as Latin-1, but many servers send UTF-8.
	return parseContentDisposition(decodeUtf8(Buffer.from(header, 'latin1')) ?? header).parameters.filename;
}

function decodeUtf8(bytes: Buffer): string | undefined {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}
