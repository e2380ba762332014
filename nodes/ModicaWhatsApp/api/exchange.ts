import type { IHttpRequestOptions } from 'n8n-workflow';
import { isRecord, parseJson, type Fields } from '../parameters/values';
import { describeResponse, isProxy, isRefusal, isSuccess, type ApiResponse } from './access';
import type { Clock } from './clock';
import {
	apiErrorText,
	CanceledError,
	incompleteDownload,
	noResponse,
	refusal,
	refusedRepeatedly,
	UnexpectedError,
	unexpectedResponse,
	type ModicaError,
	type Subject,
} from './errors';
import { recognizeFault, STALLED, TOO_LATE, type Fault } from './faults';
import { parseContentType, parseDate, parseFileName, parseRetryAfter } from './headers';
import { IncomingBytes } from './incoming';
import type { FailedAttempt } from './retry';
import type { Secrets } from './secrets';
import { Watch, type WatchedAttempt } from './watch';

/** The HTTP client that n8n provides. */
export interface Http {
	/**
	 * Sends one request with the credential's authentication. Resolves with a response of any status as soon as its
	 * headers arrive. The body is a stream, which also ends if the request's `abortSignal` is aborted.
	 * Rejects if there was no response, including when the request was aborted.
	 */
	request(options: IHttpRequestOptions): Promise<ApiResponse>;
}

/** A file to upload. */
export interface Upload {
	/** Streamed from its beginning for each request, and never held in memory as a whole. */
	readonly file: File;
	/** Number of bytes read since reading last started at the beginning. */
	bytesRead(): number;
	/** The error that occurred when reading the file. Undefined if none did. */
	failure(): unknown;
/** Closes the file, whether or not it was sent. */
	close(): void;
}

/** A file that the API returned. */
export interface DownloadedMedia {
	/** The API's file name, which is not sanitized. */
	readonly fileName: string | undefined;
	/** Undefined if the API doesn't specify it. */
	readonly mimeType: string | undefined;
	/** The unread body. */
	readonly content: Pick<IncomingBytes, 'chunks' | 'toStream'>;
}

export interface ApiRequest {
	method: 'GET' | 'POST' | 'PATCH';
	path: string;
	qs?: Record<string, string | undefined>;
	body?: object;
	/** What the ID in the request refers to, if it contains one. */
	subject?: Subject;
	/** False for all requests that send a message: see `decideRetry`. */
	idempotent: boolean;
	/** Number of messages that the request sends, 1 by default. */
	messages?: number;
	/** Opens the file to send as the body. */
	open?: () => Promise<Upload>;
	/**
	 * Checks for success, which is any 2xx by default. With this check, other responses may also be from a server that
	 * isn't Modica's.
	 */
	expects?: (response: ApiResponse) => boolean;
	/** Consumes a file in the response. This is part of the attempt, because the transfer may fail. */
	receive?: (media: DownloadedMedia) => Promise<unknown>;
}

/** A response, a failure for `decideRetry`, or an error unrelated to the API. */
export type AttemptResult = { response: ApiResponse } | FailedResult | { error: unknown };

export interface FailedResult {
	failure: FailedAttempt;
	/** Whether response headers arrived, even if the body was incomplete. */
	responded: boolean;
	/** @param refusals number of 429 responses to this request while others got through, or 0 if that isn't the cause */
	toError(mayHaveBeenSent: boolean, refusals: number): ModicaError;
}

export interface ExchangeSettings {
	baseUrl: string;
	clock: Clock;
	/** Aborted when the execution is canceled. */
	signal: AbortSignal | undefined;
	secrets: Secrets;
	/** Milliseconds: see `ClientSettings`. */
	timeoutMs: number;
	/** Called with the status and headers of each response as soon as they arrive. */
	onResponse: (response: ApiResponse) => void;
}

/** Minimum upload speed before a timeout: 256 kB/s. A stalled upload is aborted much earlier. */
const MIN_UPLOAD_BYTES_PER_MS = 256;
/** Makes n8n's timeout expire after this package's, because n8n's doesn't exclude periods in which n8n was blocked. */
const N8N_GRACE_MS = 10_000;
/** Time limit for the body of an error response. */
const ERROR_BODY_TIMEOUT_MS = 5_000;
/** Maximum size of a response that is read. Many times the response to the largest broadcast. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** Makes single attempts at requests, and interprets the results. No other code uses HTTP. */
export class Exchange {
	private readonly watch: Watch;

	constructor(
		private readonly http: Http,
		private readonly settings: ExchangeSettings,
	) {
		this.watch = new Watch(settings.clock, settings.signal);
	}

	/** Sends a request once. Never rejects. */
	async attempt(request: ApiRequest): Promise<AttemptResult> {
		if (!request.open) return await this.send(request, undefined);
		let upload: Upload | undefined;
		try {
			upload = await request.open();
			return await this.send(request, upload);
		} catch (error) {
			return { error };
		} finally {
			upload?.close();
		}
	}

	private async send(request: ApiRequest, upload: Upload | undefined): Promise<AttemptResult> {
		const { secrets, timeoutMs, onResponse } = this.settings;
		const withinMs = timeoutMs + (upload?.file.size ?? 0) / MIN_UPLOAD_BYTES_PER_MS;
		let incoming: IncomingBytes | undefined;
		let file: IncomingBytes | undefined;
		const attempt = this.watch.begin({
			withinMs,
			stallMs: timeoutMs,
			bytesMoved: () => file?.count ?? (upload && uploadProgress(upload)),
		});
		try {
			const response = await this.http.request(this.toOptions(request, upload, attempt.signal, withinMs));
			onResponse(response);
			incoming = new IncomingBytes(response.body, attempt.signal);
			if (!request.receive || !isSuccess(response)) {
				const body = await readBody(response, incoming, attempt);
				return this.judge(request, { ...response, body });
			}
			file = incoming;
			attempt.fileBegins();
			await request.receive(toMedia(secrets.hideInResponse(response.headers), file));
			return { response };
		} catch (error) {
			// n8n's own file is missing, or a downloaded file couldn't be stored, for example because the disk is full.
			const fileFault = upload?.failure() ?? (file && !file.broken && !this.canceled ? error : undefined);
			if (fileFault !== undefined) return { error: fileFault };
			return this.explain(request, error, attempt, incoming, file !== undefined);
		} finally {
			this.watch.end(attempt);
		}
	}

	private toOptions(
		{ method, path, qs, body: json }: ApiRequest,
		upload: Upload | undefined,
		abortSignal: AbortSignal,
		withinMs: number,
	): IHttpRequestOptions {
		const body = upload ? formOf(upload) : json;
		return {
			method,
			baseURL: this.settings.baseUrl,
			url: path,
			...(qs && { qs: withoutUndefined(qs) }),
			...(body && { body }),
			json: !upload,
			encoding: 'stream',
			abortSignal,
			timeout: withinMs + N8N_GRACE_MS,
			// The status is evaluated here, because n8n's errors hide `Retry-After`, and n8n sends a request again after a
			// 401.
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			// The API never redirects, and a redirect would send the password to another host.
			disableFollowRedirect: true,
		};
	}

	/** Evaluates a complete response. */
	private judge({ method, path, subject, expects }: ApiRequest, response: ApiResponse): AttemptResult {
		const { statusCode, headers, body } = response;
		const { secrets } = this.settings;
		if ((expects ?? isSuccess)(response)) {
			return { response: { statusCode, headers: secrets.hideInResponse(headers), body: secrets.hideInResponse(body) } };
		}
		return {
			responded: true,
			failure: { kind: 'status', statusCode, retryAfterMs: parseRetryAfter(headers['retry-after'], parseDate(headers.date)) },
			toError: (mayHaveBeenSent, refusals) => {
				if (expects) return this.toAccessError(`${method} ${path}`, response);
				const words = secrets.hideInText(apiErrorText(body));
				if (refusals > 0) return refusedRepeatedly(refusals, words);
				return refusal(statusCode, words, mayHaveBeenSent, { by: isProxy(response) ? 'proxy' : 'Modica', subject });
			},
		};
	}

	/** Evaluates a missing or incomplete response. */
	private explain(
		{ idempotent }: ApiRequest,
		error: unknown,
		attempt: WatchedAttempt,
		incoming: IncomingBytes | undefined,
		isFile: boolean,
	): AttemptResult {
		const fault = faultOf(error, attempt, incoming?.broken);
		if (!fault) return { error: this.unexpected(error, !idempotent) };
		const { host } = new URL(this.settings.baseUrl);
		return {
			responded: incoming !== undefined,
			failure: { kind: 'fault', fault: fault.kind },
			toError: (mayHaveBeenSent) => {
				// Canceling the execution aborts its requests.
				if (this.canceled) return new CanceledError(mayHaveBeenSent);
				return isFile ? incompleteDownload(fault.code, host) : noResponse(fault, host, mayHaveBeenSent);
			},
		};
	}

	private get canceled(): boolean {
		return this.settings.signal?.aborted === true;
	}

	private unexpected(error: unknown, mayHaveBeenSent: boolean): UnexpectedError {
		const { secrets } = this.settings;
		const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
		return new UnexpectedError(secrets.hideInText(message), { stack: secrets.hideInText(stack), mayHaveBeenSent });
	}

	private toAccessError(request: string, response: ApiResponse): ModicaError {
		const { baseUrl, secrets } = this.settings;
		const { statusCode, body } = response;
		// Only JSON is quoted: HTML may contain a secret in a form that can't be recognized.
		if (isRefusal(response)) return refusal(statusCode, secrets.hideInText(isRecord(body) ? apiErrorText(body) : ''), false);
		const what = secrets.hideInText(describeResponse(response, baseUrl));
		return unexpectedResponse(baseUrl, request, statusCode, what + (isSuccess(response) ? ' for a message that does not exist' : ''));
	}
}

/** Returns the body of a response as parsed JSON, or as text if it isn't JSON. */
async function readBody(response: ApiResponse, incoming: IncomingBytes, attempt: WatchedAttempt): Promise<unknown> {
	const hasSucceeded = isSuccess(response);
	// The status alone identifies an error. Its body gets little time, because the retry decision waits for it.
	if (!hasSucceeded) attempt.restWithin(ERROR_BODY_TIMEOUT_MS);
	const text = await incoming.text(MAX_RESPONSE_BYTES).catch((error: unknown) => {
		if (hasSucceeded) throw error;
		return '';
	});
	const value = parseJson(text);
	return value === undefined ? text : value;
}

function toMedia(headers: Fields, content: IncomingBytes): DownloadedMedia {
	return {
		fileName: parseFileName(headers['content-disposition']),
		mimeType: parseContentType(headers['content-type']),
		content,
	};
}

/**
 * Returns the network fault that ended an attempt, or undefined if the cause was something else.
 * @param broken the error that ended the response early
 */
function faultOf(error: unknown, { signal, abortReason }: WatchedAttempt, broken: unknown): Fault | undefined {
	const fault = recognizeFault(error);
	// The attempt may also have been aborted, but it's still certain that nothing was sent.
	if (fault?.kind === 'unreachable') return fault;
	if (signal.aborted) return { kind: 'broken', code: abortReason === 'stalled' ? STALLED : TOO_LATE };
	// A response can end early with any error, for example one from decompression.
	return broken === undefined ? fault : { kind: 'broken', code: fault?.code ?? '' };
}

function formOf({ file }: Upload): FormData {
	const form = new FormData();
	// No third argument: with a file name, FormData would copy the file and read all of it.
	form.append('file', file);
	return form;
}

/** Returns the number of bytes read of an upload, or undefined once all have been read and the API must respond. */
function uploadProgress({ file, bytesRead }: Upload): number | undefined {
	const bytes = bytesRead();
	return bytes < file.size ? bytes : undefined;
}

function withoutUndefined(qs: Record<string, string | undefined>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(qs).filter((entry): entry is [string, string] => entry[1] !== undefined),
	);
}
