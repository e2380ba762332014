import type { IHttpRequestOptions } from 'n8n-workflow';
import { isRecord, parseJson, type Fields } from '../parameters/values';
import { describeAnswer, isProxy, isRefusal, isSuccess, type Answer } from './access';
import type { Clock } from './clock';
import {
	apiErrorText,
	CancelledError,
	cutOff,
	noAnswer,
	refusal,
	refusedRepeatedly,
	UnexpectedError,
	unexpectedAnswer,
	type ModicaError,
	type Subject,
} from './errors';
import { recognizeFault, STALLED, TOO_LATE, type Fault } from './faults';
import { parseContentType, parseDate, parseFileName, parseRetryAfter } from './headers';
import { IncomingBytes } from './incoming';
import type { FailedAttempt } from './retry';
import type { Secrets } from './secrets';
import { Watch, type WatchedAttempt } from './watch';

/** What is needed of n8n. */
export interface Http {
	/**
	 * Sends one request with the credential's authentication and resolves with the answer, whatever its status, as soon as
	 * its body begins: a stream, which also ends when the request's `abortSignal` is aborted.
	 * Rejects when there was no answer, also when the `abortSignal` broke the request off.
	 */
	request(options: IHttpRequestOptions): Promise<Answer>;
}

/** A file to upload. */
export interface Upload {
	/** Read as it is sent, from its beginning each time, and never held whole. */
	readonly file: File;
	/** How much has been read since it was last read from its beginning. */
	bytesRead(): number;
	/** Why it could not be read; undefined as long as it could. */
	failure(): unknown;
	/** Lets go of the file, sent or not. */
	close(): void;
}

/** A file as the API gives it. */
export interface DownloadedMedia {
	/** As the API names it, which may be anything. */
	readonly fileName: string | undefined;
	/** Undefined when the API does not say. */
	readonly mimeType: string | undefined;
	/** Not read yet. */
	readonly content: Pick<IncomingBytes, 'chunks' | 'toStream'>;
}

export interface ApiRequest {
	method: 'GET' | 'POST' | 'PATCH';
	path: string;
	qs?: Record<string, string | undefined>;
	body?: object;
	/** What the id in it stands for, where there is one. */
	subject?: Subject;
	/** False for anything that sends a message: see `decideRetry`. */
	idempotent: boolean;
	/** Messages that it sends, where it is not one. */
	messages?: number;
	/** Opens the file that is the body. */
	open?: () => Promise<Upload>;
	/** What counts as success; any 2xx when left out. Anything else may then come from another server than Modica’s. */
	expects?: (answer: Answer) => boolean;
	/** What to do with a file that comes in the answer, as part of the attempt: it may break off. */
	receive?: (media: DownloadedMedia) => Promise<unknown>;
}

/** An answer, a failure that `decideRetry` judges, or an error that has nothing to do with the API. */
export type AttemptResult = { answer: Answer } | FailedResult | { error: unknown };

export interface FailedResult {
	failure: FailedAttempt;
	/** True when an answer had begun, whether or not it came whole. */
	answered: boolean;
	/** @param refusals how often the request was refused while others got through; 0 when that is not why it fails */
	toError(mayHaveBeenSent: boolean, refusals: number): ModicaError;
}

export interface ExchangeSettings {
	baseUrl: string;
	clock: Clock;
	/** Aborted when the execution is cancelled. */
	signal: AbortSignal | undefined;
	secrets: Secrets;
	/** Milliseconds: see `ClientSettings`. */
	timeoutMs: number;
	/** Told the status and the headers of each answer as soon as they are there. */
	onAnswer: (answer: Answer) => void;
}

/** A line slower than this times out: 256 kB/s. One on which nothing moves at all is given up much earlier. */
const SLOWEST_UPLOAD_BYTES_PER_MS = 256;
/** n8n's time-out comes after our own: it does not know of time in which n8n stood still. */
const N8N_GRACE_MS = 10_000;
/** How long the words of a refusal may take. */
const LONGEST_WORDS_MS = 5_000;
/** Many times the answer to the largest broadcast. Of a longer one no more than this is read. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;

/** Single attempts at requests, and what came of them. The only code that knows HTTP. */
export class Exchange {
	private readonly watch: Watch;

	constructor(
		private readonly http: Http,
		private readonly settings: ExchangeSettings,
	) {
		this.watch = new Watch(settings.clock, settings.signal);
	}

	/** Makes a request once. Never rejects. */
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
		const { secrets, timeoutMs, onAnswer } = this.settings;
		const withinMs = timeoutMs + (upload?.file.size ?? 0) / SLOWEST_UPLOAD_BYTES_PER_MS;
		let incoming: IncomingBytes | undefined;
		let file: IncomingBytes | undefined;
		const attempt = this.watch.begin({
			withinMs,
			stallMs: timeoutMs,
			bytesMoved: () => file?.count ?? (upload && bytesUnderWay(upload)),
		});
		try {
			const answer = await this.http.request(this.toOptions(request, upload, attempt.signal, withinMs));
			onAnswer(answer);
			incoming = new IncomingBytes(answer.body, attempt.signal);
			if (!request.receive || !isSuccess(answer)) {
				const body = await readBody(answer, incoming, attempt);
				return this.judge(request, { ...answer, body });
			}
			file = incoming;
			attempt.fileBegins();
			await request.receive(toMedia(secrets.hideInAnswer(answer.headers), file));
			return { answer };
		} catch (error) {
			// n8n's own file is gone, or a file that came could not be taken in, as on a full disk.
			const fileFault = upload?.failure() ?? (file && !file.broken && !this.cancelled ? error : undefined);
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
			// The status is judged here. n8n's own errors hide `Retry-After` and send a 401 twice.
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			// The API never redirects, and a redirect would carry the password to another host.
			disableFollowRedirect: true,
		};
	}

	/** An answer has come whole. */
	private judge({ method, path, subject, expects }: ApiRequest, answer: Answer): AttemptResult {
		const { statusCode, headers, body } = answer;
		const { secrets } = this.settings;
		if ((expects ?? isSuccess)(answer)) {
			return { answer: { statusCode, headers: secrets.hideInAnswer(headers), body: secrets.hideInAnswer(body) } };
		}
		return {
			answered: true,
			failure: { kind: 'status', statusCode, retryAfterMs: parseRetryAfter(headers['retry-after'], parseDate(headers.date)) },
			toError: (mayHaveBeenSent, refusals) => {
				if (expects) return this.toAccessError(`${method} ${path}`, answer);
				const words = secrets.hideInText(apiErrorText(body));
				if (refusals > 0) return refusedRepeatedly(refusals, words);
				return refusal(statusCode, words, mayHaveBeenSent, { by: isProxy(answer) ? 'proxy' : 'Modica', subject });
			},
		};
	}

	/** No answer has come, or not the whole of it. */
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
			answered: incoming !== undefined,
			failure: { kind: 'fault', fault: fault.kind },
			toError: (mayHaveBeenSent) => {
				// Requests of a cancelled execution are broken off.
				if (this.cancelled) return new CancelledError(mayHaveBeenSent);
				return isFile ? cutOff(fault.code, host) : noAnswer(fault, host, mayHaveBeenSent);
			},
		};
	}

	private get cancelled(): boolean {
		return this.settings.signal?.aborted === true;
	}

	private unexpected(error: unknown, mayHaveBeenSent: boolean): UnexpectedError {
		const { secrets } = this.settings;
		const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
		return new UnexpectedError(secrets.hideInText(message), { stack: secrets.hideInText(stack), mayHaveBeenSent });
	}

	private toAccessError(request: string, answer: Answer): ModicaError {
		const { baseUrl, secrets } = this.settings;
		const { statusCode, body } = answer;
		// Only words of JSON are quoted: in a page, a secret may be spelled in ways that are not known here.
		if (isRefusal(answer)) return refusal(statusCode, secrets.hideInText(isRecord(body) ? apiErrorText(body) : ''), false);
		const what = secrets.hideInText(describeAnswer(answer, baseUrl));
		return unexpectedAnswer(baseUrl, request, statusCode, what + (isSuccess(answer) ? ' for a message that does not exist' : ''));
	}
}

/** The body of an answer: the value of its JSON, or its text where it is none. */
async function readBody(answer: Answer, incoming: IncomingBytes, attempt: WatchedAttempt): Promise<unknown> {
	const hasSucceeded = isSuccess(answer);
	// The status alone makes a refusal. Its words get little time: whatever it decides waits for them.
	if (!hasSucceeded) attempt.restWithin(LONGEST_WORDS_MS);
	const text = await incoming.text(MOST_ANSWER_BYTES).catch((error: unknown) => {
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
 * The network's fault that ended an attempt; undefined when it was something else.
 * @param broken what broke the answer off once it had begun
 */
function faultOf(error: unknown, { signal, brokenOff }: WatchedAttempt, broken: unknown): Fault | undefined {
	const fault = recognizeFault(error);
	// Whatever broke the attempt off, what is certain stays so.
	if (fault?.kind === 'unreachable') return fault;
	if (signal.aborted) return { kind: 'broken', code: brokenOff === 'stalled' ? STALLED : TOO_LATE };
	// An answer may break off with any error, such as one of the unpacking.
	return broken === undefined ? fault : { kind: 'broken', code: fault?.code ?? '' };
}

function formOf({ file }: Upload): FormData {
	const form = new FormData();
	// No third argument: giving the file a name here would copy it and read it whole.
	form.append('file', file);
	return form;
}

/** How much of an upload has been read; undefined once all of it has, when it is for the API to move. */
function bytesUnderWay({ file, bytesRead }: Upload): number | undefined {
	const bytes = bytesRead();
	return bytes < file.size ? bytes : undefined;
}

function withoutUndefined(qs: Record<string, string | undefined>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(qs).filter((entry): entry is [string, string] => entry[1] !== undefined),
	);
}
