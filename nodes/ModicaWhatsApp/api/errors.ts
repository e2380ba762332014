import { quote } from '../parameters/errors';
import { isRecord } from '../parameters/values';
import { STALLED, TOO_LATE, type Fault } from './faults';
import type { ApiError } from './types';

/** A request that Modica didn't fulfill. The message is for the user, and contains no secrets and no request. */
export class ModicaError extends Error {
	override readonly name: string = 'ModicaError';
	/** What the user can do about it. */
	readonly description: string | undefined;
	/** The HTTP status, if there was a response. */
	readonly statusCode: number | undefined;
	/** Whether a message may have been sent despite the error, so that sending it again could send it twice. */
	readonly mayHaveBeenSent: boolean;
	/** Whether the reference of a message may count as sent although the message wasn't. */
	readonly mayCountAsSent: boolean;

	constructor(
		message: string,
		details: { description?: string; statusCode?: number; mayHaveBeenSent: boolean; mayCountAsSent?: boolean },
	) {
		super(message);
		this.description = details.description;
		this.statusCode = details.statusCode;
		this.mayHaveBeenSent = details.mayHaveBeenSent;
		this.mayCountAsSent = details.mayCountAsSent ?? false;
	}

	/**
	 * Returns a copy of this error with additional information.
	 * @param note the addition to the description, as a sentence
	 */
	with(note: string, known: { mayHaveBeenSent?: true; mayCountAsSent?: true }): ModicaError {
		const { message, description, statusCode, mayHaveBeenSent, mayCountAsSent } = this;
		return new ModicaError(message, {
			description: [description, note].filter(Boolean).join(' '),
			...(statusCode !== undefined && { statusCode }),
			mayHaveBeenSent,
			mayCountAsSent,
			...known,
		});
	}
}

/**
 * An error of this package or of n8n rather than of the network or the API. It keeps the original message. Of the
 * original error, it contains only the stack, with secrets masked.
 */
export class UnexpectedError extends ModicaError {
	override readonly name = 'UnexpectedError';

	/** @param details.stack for n8n's log */
	constructor(message: string, { stack, mayHaveBeenSent }: { stack: string; mayHaveBeenSent: boolean }) {
		super(message, {
			mayHaveBeenSent,
			...describe('This is not a response from Modica. For details, see n8n’s log.', mayHaveBeenSent),
		});
		this.stack = stack;
	}
}

/** The execution was canceled before the request was sent or while it was in flight. */
export class CanceledError extends ModicaError {
	override readonly name: string = 'CanceledError';

	constructor(mayHaveBeenSent = false) {
		super('The execution was canceled', { mayHaveBeenSent });
	}
}

/** The execution was canceled, or the run stopped, before the request could be sent. */
export class NeverLeftError extends CanceledError {
	override readonly name = 'NeverLeftError';
}

const REMEDIES: Record<number, string> = {
	400: 'Check the fields of this operation. The message contains Modica’s reason.',
	401: 'Check the username (the name of the gateway application) and the password in the credential. If the application has an IP allowlist, ask Modica to add the address of your n8n: all other addresses get a 401, too.',
	403: 'Ask Modica which features and WhatsApp numbers are enabled for the application.',
	408: 'A gateway between n8n and Modica timed out. Try again later.',
	413: 'Use a smaller file. The limits of WhatsApp itself are 5 MB for images, 16 MB for audio and video, and 100 MB for documents.',
	415: 'Use a PNG or JPEG image, plain text, PDF, MP3, or MP4.',
	422: 'Check the fields that Modica names. A template must be approved, and its parameters must match it. Text and media only reach customers who wrote in the last 24 hours.',
	429: 'Try again later, or ask Modica to raise the rate limit of the application.',
};

const BASE_URL_REMEDY =
	"Check 'Base URL' in the credential. It is the full address from Modica, such as https://api.modicagroup.com/rest/wab/v1.";
/** For a 404, by what the ID in the request refers to. */
const NOT_FOUND_REMEDIES: Record<Subject, string> = {
	message: 'The application of the credential has no message with this ID. Check the ID and the credential.',
	file: 'The application of the credential has no file with this ID. Check the ID and the credential.',
};

const SERVER_FAULT_REMEDY =
	'The cause is on Modica’s side. Try again later, and contact Modica’s support if this persists.';
const REDIRECT_REMEDY =
	"Check 'Base URL' in the credential: Modica’s API never redirects. To protect the password, redirects are not followed.";
const PROXY_REMEDY =
	"Check the proxy in n8n’s environment (HTTPS_PROXY), or ask its administrator to allow requests to 'Base URL' in the credential.";
const SENT_WARNING =
	'The message may have been sent. Check its status before you send it again.';

/** What the ID in a request refers to. */
export type Subject = 'message' | 'file';

/**
 * Maximum length in characters of text quoted from a response, because errors are read by people and stored with the
 * execution.
 */
const MAX_QUOTED_LENGTH = 500;

/**
 * Returns the error for a response with an error status.
 * @param statusCode the HTTP status; the `statusCode` in the body is unreliable (the reference's 429 example contains
 * 500)
 * @param words the API's own error text, as returned by {@link apiErrorText}
 * @param mayHaveBeenSent whether the request may have been fulfilled despite the error
 * @param details.by who sent the response
 * @param details.subject what the ID in the request refers to, if it contains one
 */
export function refusal(
	statusCode: number,
	words: string,
	mayHaveBeenSent: boolean,
	{ by = 'Modica', subject }: { by?: 'Modica' | 'proxy'; subject?: Subject | undefined } = {},
): ModicaError {
	const remedy = by === 'proxy' ? PROXY_REMEDY : remedyFor(statusCode, subject);
	return new ModicaError(
		`${by === 'proxy' ? 'The proxy between n8n and Modica' : 'Modica'} returned ${statusCode}${STATUS_NAMES[statusCode] ?? ''}${words ? `: ${words.slice(0, MAX_QUOTED_LENGTH)}` : ''}`,
		{ statusCode, mayHaveBeenSent, ...describe(remedy, mayHaveBeenSent) },
	);
}

function remedyFor(statusCode: number, subject: Subject | undefined): string | undefined {
	if (statusCode === 404) return subject ? NOT_FOUND_REMEDIES[subject] : BASE_URL_REMEDY;
	return REMEDIES[statusCode] ?? (statusCode >= 500 ? SERVER_FAULT_REMEDY : statusCode < 400 ? REDIRECT_REMEDY : undefined);
}

const STATUS_NAMES: Record<number, string> = {
	400: ' (bad request)',
	401: ' (wrong username or password)',
	403: ' (not allowed)',
	404: ' (not found)',
	407: ' (proxy authentication required)',
	408: ' (timeout)',
	413: ' (too large)',
	415: ' (unsupported file type)',
	422: ' (not accepted)',
	429: ' (too many requests)',
};

/** Returns the error for a request that repeatedly got a 429 while others got through. */
export function refusedRepeatedly(refusals: number, words: string): ModicaError {
	return new ModicaError(
		`Modica rate-limited this request ${refusals} times but accepted others${words ? `: ${words.slice(0, MAX_QUOTED_LENGTH)}` : ''}`,
		{
			statusCode: 429,
			mayHaveBeenSent: false,
			description: 'Not sent. Modica or WhatsApp may limit messages to this recipient. Try again later.',
		},
	);
}

/** Descriptions of connections that were never established, or never became secure. */
const UNREACHABLE: Record<string, string> = {
	ECONNREFUSED: 'connection refused',
	ENOTFOUND: 'the host does not exist',
	EAI_AGAIN: 'the DNS lookup failed',
	EHOSTUNREACH: 'the host is unreachable',
	ENETUNREACH: 'the network is unreachable',
	ECONNABORTED: 'the connection timed out',
	ETIMEDOUT: 'the connection timed out',
	ERR_CANCELED: 'the connection timed out',
	ECONNRESET: 'the connection was closed during the TLS handshake',
	EPIPE: 'the connection was closed during the TLS handshake',
	EPROTO: 'the TLS handshake failed',
};

const BROKEN: Record<string, string> = {
	[STALLED]: 'the transfer stalled',
	[TOO_LATE]: 'the request timed out',
	ECONNRESET: 'the connection was lost',
	EPIPE: 'the connection was lost',
	ECONNABORTED: 'the request timed out',
	ETIMEDOUT: 'the request timed out',
};

/** Returns the error for a request without a response. */
export function noResponse({ kind, code }: Fault, host: string, mayHaveBeenSent: boolean): ModicaError {
	switch (kind) {
		case 'blocked':
			return new ModicaError(`n8n blocks requests to ${host}: the address is internal or not allowed`, {
				description: "Check 'Base URL' in the credential, or ask your n8n administrator to allow the address (N8N_SSRF_ALLOWED_HOSTNAMES).",
				mayHaveBeenSent,
			});
		case 'untrusted':
			return new ModicaError(`Could not connect to ${host}: its certificate is not trusted`, {
				description: `The server certificate was rejected (${code.toLowerCase()}). Check 'Base URL' in the credential.`,
				mayHaveBeenSent,
			});
		case 'unreachable':
			return new ModicaError(`Could not connect to ${host}: ${UNREACHABLE[code] ?? 'no connection was established'}`, {
				description: "Check 'Base URL' in the credential, and whether n8n can reach it.",
				mayHaveBeenSent,
			});
		case 'broken':
			return new ModicaError(`No response from ${host}: ${BROKEN[code] ?? 'the request failed'}`, {
				mayHaveBeenSent,
				...describe('Try again later.', mayHaveBeenSent),
			});
	}
}

/** Returns the error for a request that wasn't sent because the host had stopped responding. */
export function hostNotResponding(host: string): ModicaError {
	return new ModicaError(`Gave up: ${host} did not respond to any recent request`, {
		description: 'Not sent. Try again later, and contact Modica’s support if this persists.',
		mayHaveBeenSent: false,
	});
}

/** Returns the error for a download that didn't complete. */
export function incompleteDownload(code: string, host: string): ModicaError {
	return new ModicaError(`Download from ${host} incomplete: ${BROKEN[code] ?? 'the connection was lost'}`, {
		mayHaveBeenSent: false,
		description: 'The partial file was discarded. Try again later.',
	});
}

/** Returns the error for a success status with an unusable body. */
export function unreadable(what: string, statusCode: number, mayHaveBeenSent: boolean): ModicaError {
	return new ModicaError(`Modica returned ${statusCode} without a valid ${what}`, {
		statusCode,
		mayHaveBeenSent,
		...describe("Check that 'Base URL' in the credential is the address of Modica’s API.", mayHaveBeenSent),
	});
}

/**
 * Returns the error for a response that can't be from Modica's API: something else is at the base URL, or in between.
 * @param request the request, such as `GET /healthz`
 * @param answer a description of the response, such as `an HTML page`
 */
export function unexpectedResponse(baseUrl: string, request: string, statusCode: number, answer: string): ModicaError {
	return new ModicaError(
		`Unexpected response from Base URL ${quote(baseUrl)}: ${request} returned ${statusCode} with ${answer.slice(0, MAX_QUOTED_LENGTH)}`,
		{
			statusCode,
			mayHaveBeenSent: false,
			description:
				statusCode >= 500
					? `${BASE_URL_REMEDY} If it is correct, try again later.`
					: statusCode >= 300 && statusCode < 400
						? `${BASE_URL_REMEDY} To protect the password, redirects are not followed.`
						: BASE_URL_REMEDY,
		},
	);
}

function describe(remedy: string | undefined, mayHaveBeenSent: boolean): { description?: string } {
	const sentences = [mayHaveBeenSent ? SENT_WARNING : undefined, remedy].filter(Boolean);
	return sentences.length > 0 ? { description: sentences.join(' ') } : {};
}

const MAX_API_ERRORS = 50;

/**
 * Returns the error text of a response, in either of the API's error formats or any other.
 * @param body the body, parsed if it's JSON
 */
export function apiErrorText(body: unknown): string {
	if (!isRecord(body)) return word(body).trim();
	if (Array.isArray(body.errors)) {
		return body.errors.slice(0, MAX_API_ERRORS).map(formatApiError).filter(Boolean).join('; ');
	}
	return [body.message, body.error].map(word).filter(Boolean).join(': ').trim();
}

function formatApiError(error: unknown): string {
	if (!isRecord(error)) return word(error);
	const given: Partial<Record<keyof ApiError, unknown>> = error;
	const [field, code, description] = [given.field, given.code, given.description].map(word);
	return `${field ? `${field}: ` : ''}${description}${code ? ` (${code})` : ''}`.trim();
}

/** Returns strings and numbers as text, and an empty string for anything else. */
function word(value: unknown): string {
	return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
