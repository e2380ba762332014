import { parseContentDisposition } from '../bundled/contentDisposition';
import { toNumber } from '../parameters/values';

/**
 * Requests a second that `X-RateLimit-Limit` allows; undefined when it does not say. A gateway may double the header, or
 * add its window in seconds in the form of the RFC's drafts: `80, 80;w=1`.
 */
export function parseLimit(header: unknown): number | undefined {
	const [limit, ...others] = String(header ?? '').split(',').map((entry) => /^\s*(\d+(?:\.\d+)?)\s*(?:;(.*))?$/.exec(entry));
	const [, number, ownWindow] = limit ?? [];
	const window = ownWindow ?? others.find((other) => other?.[1] === number)?.[2];
	const seconds = toNumber(/(?:^|;)\s*w=(\d+)/.exec(window ?? '')?.[1] ?? '1');
	// Whole requests per second (reference: X-RateLimit-Limit); a fraction of one would hold a run for ever.
	const perSecond = toNumber(number) / seconds;
	return Number.isFinite(perSecond) && perSecond >= 1 ? perSecond : undefined;
}

/**
 * Milliseconds to wait as a `Retry-After` header says, in seconds (reference: Retry-After) or as an HTTP date
 * (RFC 9110, 10.2.3); undefined when there is none or it makes no sense.
 */
export function parseRetryAfter(header: unknown, now: number): number | undefined {
	if (typeof header !== 'string' && typeof header !== 'number') return undefined;
	const text = String(header).trim();
	if (/^\d+(\.\d+)?$/.test(text)) return Math.min(Number(text) * 1_000, Number.MAX_SAFE_INTEGER);
	if (!/[a-z]/i.test(text)) return undefined;
	const date = Date.parse(text);
	return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** When an answer was made, by the clock of whoever made it: n8n's own may go wrong. */
export function parseDate(header: unknown): number {
	const date = Date.parse(String(header));
	return Number.isNaN(date) ? Date.now() : date;
}

/** The type without its parameters, such as `audio/ogg` of `audio/ogg; codecs=opus`. */
export function parseContentType(header: unknown): string | undefined {
	const type = typeof header === 'string' ? withoutParameters(header) : '';
	return type && type !== 'application/octet-stream' ? type : undefined;
}

/** A content type in lower case, without its parameters. */
export function withoutParameters(contentType: string): string {
	return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** The file name of a `Content-Disposition`, whatever it may be. */
export function parseFileName(header: unknown): string | undefined {
	if (typeof header !== 'string') return undefined;
	// Node.js reads headers byte by byte; many servers put UTF-8 there all the same.
	return parseContentDisposition(decodeUtf8(Buffer.from(header, 'latin1')) ?? header).parameters.filename;
}

function decodeUtf8(bytes: Buffer): string | undefined {
	try {
		return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
	} catch {
		return undefined;
	}
}
