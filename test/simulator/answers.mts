/** Responses of the API, before they are sent. */
import type { Violation } from '../contract/contract.mts';
import type { StoredMedia } from './records.mts';
import type { ErrorShape } from './settings.mts';

export interface Answer {
	status: number;
	headers: Record<string, string>;
	/** Undefined for a download and for an empty response. */
	body?: string;
	/** The file of a download. */
	media?: StoredMedia;
	/** The request's violations of the contract. Only for errors. */
	violations?: Violation[];
}

/** A response with a JSON body. */
export const json = (status: number, value: unknown): Answer => ({
	status,
	headers: { 'content-type': 'application/json; charset=utf-8' },
	body: JSON.stringify(value),
});

/** A 200 without a body, because the reference describes none. */
export const done = (): Answer => ({ status: 200, headers: {} });

const ERRORS: Readonly<Record<number, string>> = {
	400: 'bad request error',
	401: 'unauthorized error',
	403: 'forbidden error',
	404: 'not found error',
	413: 'payload too large error',
	415: 'unsupported media type error',
	422: 'unprocessable entity error',
	429: 'too many requests error',
	500: 'internal server error',
	503: 'service unavailable error',
};

/** An error in this format. Without violations, its texts are those of the reference's examples. */
export function failure(status: number, shape: ErrorShape, violations: Violation[] = []): Answer {
	const name = ERRORS[status] ?? `status ${status} error`;
	const text = `${name} message`;
	const body =
		shape === 'message'
			? {
					message: 'Whatsapp Cloud API error',
					// The reference's example of a 429 has this value.
					statusCode: status === 429 ? 500 : status,
					error: violations.length > 0 ? violations.map(({ field, description }) => `${field || 'request'} ${description}`).join('; ') : text,
				}
			: { errors: violations.length > 0 ? violations : [{ field: '', code: name.replaceAll(' ', '_'), description: text }] };
	return { ...json(status, body), violations };
}

// The reference lists the two security headers for these statuses, and only the limit for all other 4XX.
const SECURED = (status: number) => status < 400 || status === 401 || status === 429 || status >= 500;

/** Headers of every response with this status. */
export const commonHeaders = (status: number, limit: number | undefined): Record<string, string> => ({
	...(SECURED(status) && {
		'content-security-policy': "default-src 'self'",
		'strict-transport-security': 'max-age=31536000; includeSubDomains',
	}),
	...(limit !== undefined && { 'x-ratelimit-limit': String(limit) }),
});
