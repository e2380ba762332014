import { sleep, type IHttpRequestOptions, type IN8nHttpFullResponse } from 'n8n-workflow';
import { describeAnswer, isRefusal, isSuccess, isUnknownMessage, UNKNOWN_MESSAGE_ID, type Answer } from './access';
import {
	apiErrorText,
	CancelledError,
	cutOff,
	InputError,
	invalid,
	isRecord,
	noAnswer,
	refusal,
	refusedRepeatedly,
	toNumber,
	UnexpectedError,
	unexpectedAnswer,
	unreadable,
	type ModicaError,
} from './errors';
import { recognizeFault, STALLED, type Fault } from './faults';
import { Pacer, type Clock, type PacedRequest, type PacerSettings } from './pacing';
import { decideRetry, parseRetryAfter, type FailedAttempt, type RetryDecision } from './retry';
import { Secrets } from './secrets';
import { IncomingBytes, Transfer } from './transfer';
import type { Broadcast, BroadcastReceipt, Message, SendReceipt } from './types';

/** The two things the client needs of n8n. */
export interface Http {
	/**
	 * Sends one request with the credential's authentication and resolves with the whole answer, whatever its status.
	 * Rejects when there was no answer, also when the request's `abortSignal` broke it off.
	 */
	request(options: IHttpRequestOptions): Promise<IN8nHttpFullResponse>;
	/** Reads the body of a streamed answer as text. */
	readText(body: unknown): Promise<string>;
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
	readonly headers: Record<string, unknown>;
	/** Not read yet. */
	readonly content: Pick<IncomingBytes, 'chunks' | 'toStream'>;
}

export interface ClientSettings extends Partial<PacerSettings> {
	/** The API's address, as the credential has it. */
	baseUrl: unknown;
	/** What `http` authenticates with: never passed on, should an answer quote it. */
	username?: unknown;
	password?: unknown;
	/** False to make every request once only, when a person waits for the answer. */
	retries?: boolean;
	/** True to let nothing more leave once a request has failed. */
	stopOnError?: boolean;
	/**
	 * How long to wait for an answer, in milliseconds; uploads get more, the larger they are. Also how long a file may
	 * stand still on its way.
	 */
	timeoutMs?: number;
}

// n8n allows community nodes no timers but its own.
const REAL_TIME: Clock = { now: () => performance.now(), sleep };

interface ApiRequest {
	method: 'GET' | 'POST' | 'PATCH';
	path: string;
	qs?: Record<string, string | undefined>;
	body?: object;
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

/** n8n's own default is 300 s. A message that takes longer than this is answered by no API in good health. */
const TIMEOUT_MS = 60_000;
/** A line slower than this times out: 256 kB/s. One on which nothing moves at all is given up much earlier. */
const SLOWEST_UPLOAD_BYTES_PER_MS = 256;

/**
 * Modica's API: one method for each of its endpoints. The only code that knows HTTP.
 * Every method rejects with a `ModicaError` when Modica says no or cannot be reached, and with a
 * `CancelledError` once the execution is cancelled.
 */
export class ModicaClient {
	private readonly baseUrl: string;
	private readonly pacer: Pacer;
	private readonly secrets: Secrets;
	private readonly retries: boolean;
	private readonly stopOnError: boolean;
	private readonly timeoutMs: number;
	private readonly clock: Clock;
	private readonly signal: AbortSignal | undefined;

	/** @throws {InputError} when the base URL cannot be used */
	constructor(
		private readonly http: Http,
		{
			baseUrl,
			username,
			password,
			retries = true,
			stopOnError = false,
			timeoutMs = TIMEOUT_MS,
			clock = REAL_TIME,
			signal,
			...pacing
		}: ClientSettings,
	) {
		this.secrets = new Secrets(username, password);
		this.baseUrl = parseBaseUrl(baseUrl);
		this.retries = retries;
		this.stopOnError = stopOnError;
		this.timeoutMs = timeoutMs;
		this.clock = clock;
		this.signal = signal;
		this.pacer = new Pacer({ clock, signal, ...pacing });
	}

	/** `POST /messages`: sends one message. */
	async sendMessage(message: Message): Promise<SendReceipt> {
		const { body, statusCode } = await this.request({
			method: 'POST',
			path: '/messages',
			body: message,
			idempotent: false,
		});
		// The reference answers with one object; the vendor's code samples show an array of one.
		const receipt = parseReceipt(Array.isArray(body) ? body[0] : body);
		if (!receipt) throw unreadable('the message’s id', statusCode, true);
		return receipt;
	}

	/**
	 * `POST /messages/broadcast`: sends one content to many numbers.
	 * @returns one receipt for each number of `destination`, in its order; undefined for a number that the answer
	 * says nothing about
	 */
	async broadcast(broadcast: Broadcast): Promise<Array<BroadcastReceipt | undefined>> {
		const { body, statusCode } = await this.request({
			method: 'POST',
			path: '/messages/broadcast',
			body: broadcast,
			idempotent: false,
			messages: broadcast.destination.length,
		});
		const receipts = parseBroadcastReceipts(body, broadcast.destination);
		if (!receipts) throw unreadable('what became of each recipient', statusCode, true);
		return receipts;
	}

	/** `GET /messages`: what Modica knows of a message, with whatever fields it gives. */
	async getMessage(id: string): Promise<Record<string, unknown>> {
		const { body, statusCode } = await this.request({
			method: 'GET',
			path: '/messages',
			qs: { id },
			idempotent: true,
		});
		if (!isRecord(body)) throw unreadable('the message', statusCode, false);
		return body;
	}

	/** `PATCH /messages`: marks a message of the customer’s as read. */
	async markAsRead(id: string): Promise<void> {
		await this.request({
			method: 'PATCH',
			path: '/messages',
			body: { message_id: id },
			idempotent: true,
		});
	}

	/**
	 * `POST /media`: uploads a file.
	 * @param open opens the file when a request is to leave, and again for each further attempt. What it rejects with
	 * is passed on.
	 * @param source the WhatsApp business number's id; not in the v1.2.0 reference, needed by v1.3.1
	 */
	async uploadMedia(open: () => Promise<Upload>, source: string | undefined): Promise<Record<string, unknown>> {
		const { body, statusCode } = await this.request({
			method: 'POST',
			path: '/media',
			qs: { source },
			// An upload sends nothing to anybody; a second copy is never referred to.
			idempotent: true,
			open,
		});
		const media: unknown = Array.isArray(body) ? body[0] : body;
		if (!isRecord(media) || typeof media.id !== 'string') {
			throw unreadable('the file’s id', statusCode, false);
		}
		return media;
	}

	/**
	 * `GET /media`: fetches a file.
	 * @param receive takes the file in; called again, from the file's beginning, when the connection was lost midway.
	 * What it rejects with for reasons of its own is passed on.
	 */
	async downloadMedia<T>(
		id: string,
		source: string | undefined,
		receive: (media: DownloadedMedia) => Promise<T>,
	): Promise<T> {
		const received: T[] = [];
		await this.request({
			method: 'GET',
			path: '/media',
			qs: { media_id: id, source },
			idempotent: true,
			receive: async (media) => {
				received[0] = await receive(media);
			},
		});
		return received[0] as T;
	}

	/**
	 * Resolves when Modica’s API is up and lets the credential in: `GET /healthz` succeeds, and `GET /messages` does not
	 * find a message that cannot exist. Two questions, for anybody may be let in to the first, and any server may
	 * answer it.
	 */
	async checkAccess(): Promise<void> {
		await this.request({ method: 'GET', path: '/healthz', idempotent: true, expects: isSuccess });
		await this.request({
			method: 'GET',
			path: '/messages',
			qs: { id: UNKNOWN_MESSAGE_ID },
			idempotent: true,
			expects: isUnknownMessage,
		});
	}

	/** Messages whose requests are in flight: whether they are sent is not known yet. */
	get messagesInFlight(): number {
		return this.pacer.messagesInFlight;
	}

	/** @throws {ModicaError} once nothing can leave any more, with the reason */
	ensureOpen(): void {
		this.pacer.ensureOpen();
	}

	/** No further request leaves; those in flight come to their end. */
	stop(): void {
		this.pacer.stop();
	}

	/** One request, made again as long as `decideRetry` says so. */
	private async request(request: ApiRequest): Promise<IN8nHttpFullResponse> {
		const paced = this.pacer.enter(request.messages);
		for (let faults = 1; ; ) {
			await this.pacer.turn(paced);
			const result = await this.attempt(request);
			const decision = 'failure' in result ? this.decide(result, request, paced, faults) : result;
			if ('error' in decision && this.stopOnError) this.pacer.stop();
			this.pacer.ended(paced);
			if ('response' in decision) return decision.response;
			if ('error' in decision) throw decision.error;
			if (decision.afterMs === undefined) continue;
			faults++;
			await this.pacer.wait(decision.afterMs);
		}
	}

	/** What comes after a failed attempt. The pacer knows of it before anything else may leave. */
	private decide(
		{ failure, toError }: FailedResult,
		{ idempotent }: ApiRequest,
		paced: PacedRequest,
		faults: number,
	): Extract<RetryDecision, { repeat: true }> | { error: ModicaError } {
		const isUnreachable = failure.kind === 'fault' && failure.fault === 'unreachable';
		const isRefused = failure.kind === 'status' && failure.statusCode === 429;
		if (!isUnreachable) this.pacer.reached(paced);
		const refusals = isRefused ? this.pacer.refused(paced) : 0;
		const connections = isUnreachable ? this.pacer.unreachable(paced) : 0;

		const decision = decideRetry(failure, { faults, refusals, connections }, idempotent);
		if (decision.holdEveryoneMs !== undefined) this.pacer.hold(decision.holdEveryoneMs, isUnreachable ? 'outage' : 'now');
		if (decision.repeat && this.retries) return decision;
		const mayHaveBeenSent = !decision.repeat && decision.mayHaveBeenDone && !idempotent;
		const error = toError(mayHaveBeenSent, decision.repeat ? 0 : refusals);
		// The host is as unreachable for all others: none of them has to find that out for itself.
		if (isUnreachable) this.pacer.giveUp(error);
		return { error };
	}

	/** Makes a request once. Never rejects. */
	private async attempt(request: ApiRequest): Promise<AttemptResult> {
		if (!request.open) return await this.exchange(request, undefined);
		let upload: Upload | undefined;
		try {
			upload = await request.open();
			return await this.exchange(request, upload);
		} catch (error) {
			return { error };
		} finally {
			upload?.close();
		}
	}

	private async exchange(
		{ method, path, qs, body: json, expects, receive, idempotent }: ApiRequest,
		upload: Upload | undefined,
	): Promise<AttemptResult> {
		const body = upload ? formOf(upload) : json;
		let incoming: IncomingBytes | undefined;
		const transfer =
			(upload ?? receive) &&
			new Transfer({
				clock: this.clock,
				stallMs: this.timeoutMs,
				cancel: this.signal,
				bytesMoved: () => incoming?.count ?? (upload && bytesUnderWay(upload)),
			});
		try {
			const response = await this.http.request({
				method,
				baseURL: this.baseUrl,
				url: path,
				...(qs && { qs: withoutUndefined(qs) }),
				...(body && { body }),
				json: !upload,
				...(receive && { encoding: 'stream' }),
				...(transfer && { abortSignal: transfer.signal }),
				timeout: this.timeoutMs + (upload?.file.size ?? 0) / SLOWEST_UPLOAD_BYTES_PER_MS,
				// The status is judged here. n8n's own errors hide `Retry-After` and send a 401 twice.
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				// The API never redirects, and a redirect would carry the password to another host.
				disableFollowRedirect: true,
			});
			const { statusCode, headers } = response;
			this.pacer.learn(parseLimit(headers['x-ratelimit-limit']));
			if (statusCode !== 429) this.pacer.gotThrough();
			if (receive) incoming = new IncomingBytes(response.body);
			if ((expects ?? isSuccess)(response)) {
				const safe = this.withoutSecrets(response, incoming !== undefined);
				if (incoming) await receive?.({ headers: safe.headers, content: incoming });
				return { response: safe };
			}
			const answer = incoming
				? parseJson(await this.http.readText(incoming.toStream(incoming.chunks())))
				: response.body;
			return {
				failure: { kind: 'status', statusCode, retryAfterMs: parseRetryAfter(headers['retry-after'], Date.now()) },
				toError: (mayHaveBeenSent, refusals) => {
					if (expects) return this.toAccessError(`${method} ${path}`, response);
					const words = this.secrets.hideInText(apiErrorText(answer));
					return refusals > 0 ? refusedRepeatedly(refusals, words) : refusal(statusCode, words, mayHaveBeenSent);
				},
			};
		} catch (error) {
			// n8n's own file is gone, or a file that came could not be taken in, as on a full disk.
			const fileFault = upload?.failure() ?? (incoming && !incoming.broken && !this.pacer.cancelled ? error : undefined);
			if (fileFault !== undefined) return { error: fileFault };
			const fault = this.faultOf(error, transfer, incoming);
			if (!fault) return { error: this.unexpected(error, !idempotent) };
			const { host } = new URL(this.baseUrl);
			return {
				failure: { kind: 'fault', fault: fault.kind },
				toError: (mayHaveBeenSent) => {
					// n8n breaks off the requests of a cancelled execution.
					if (this.pacer.cancelled) return new CancelledError(mayHaveBeenSent);
					return incoming ? cutOff(fault.code, host) : noAnswer(fault, host, mayHaveBeenSent);
				},
			};
		} finally {
			transfer?.end();
		}
	}

	/** The network's fault that ended an attempt; undefined when it was something else. */
	private faultOf(error: unknown, transfer: Transfer | undefined, incoming: IncomingBytes | undefined): Fault | undefined {
		if (transfer?.stalled) return { kind: 'broken', code: STALLED };
		// A stream that broke off has, whatever its error calls it; and n8n breaks off the requests of a cancelled execution.
		if (incoming?.broken || this.pacer.cancelled) return { kind: 'broken', code: recognizeFault(incoming?.broken)?.code ?? '' };
		return recognizeFault(error);
	}

	private unexpected(error: unknown, mayHaveBeenSent: boolean): UnexpectedError {
		const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
		return new UnexpectedError(this.secrets.hideInText(message), {
			stack: this.secrets.hideInText(stack),
			mayHaveBeenSent,
		});
	}

	private toAccessError(request: string, answer: Answer): ModicaError {
		const { statusCode, body } = answer;
		// Only words of JSON are quoted: in a page, a secret may be spelled in ways that are not known here.
		if (isRefusal(answer)) return refusal(statusCode, this.secrets.hideInText(isRecord(body) ? apiErrorText(body) : ''), false);
		const what = this.secrets.hideInText(describeAnswer(answer, this.baseUrl));
		return unexpectedAnswer(this.baseUrl, request, statusCode, what + (isSuccess(answer) ? ' for a message that does not exist' : ''));
	}

	/** A streamed body stays as it is: it is a file, or the text of an error, which is looked at when it is read. */
	private withoutSecrets(response: IN8nHttpFullResponse, isStreamed: boolean): IN8nHttpFullResponse {
		const { headers, body } = response;
		return {
			...response,
			headers: this.secrets.hideInAnswer(headers),
			body: isStreamed ? body : this.secrets.hideInAnswer(body),
		};
	}
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

type AttemptResult = { response: IN8nHttpFullResponse } | FailedResult | { error: unknown };

interface FailedResult {
	failure: FailedAttempt;
	/** @param refusals how often the request was refused while others got through; 0 when that is not why it fails */
	toError(mayHaveBeenSent: boolean, refusals: number): ModicaError;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * The API's address as the client wants it: without a slash at the end.
 * @throws {InputError} when it is no address, or would send the password unencrypted over a network
 */
export function parseBaseUrl(value: unknown): string {
	const text = typeof value === 'string' ? value.trim() : '';
	const example = 'Use the address that Modica gave you, such as https://api.modicagroup.com/rest/wab/v1.';
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw invalidBaseUrl(withoutLogin(value), 'is not a web address', example);
	}
	if (url.username || url.password) {
		throw invalidBaseUrl(url.host, 'was given with a password in it', 'Put user name and password into their own fields.');
	}
	if (url.search || url.hash) throw invalidBaseUrl(value, 'holds more than an address', example);
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
		throw invalidBaseUrl(
			value,
			'would send the password unencrypted',
			'Use https; plain http is for this machine only (localhost).',
		);
	}
	return url.href.replace(/\/+$/, '');
}

/** What is no address may still hold a password. */
function withoutLogin(value: unknown): unknown {
	return typeof value === 'string' && value.includes('@') ? `…${value.slice(value.lastIndexOf('@'))}` : value;
}

function invalidBaseUrl(value: unknown, problem: string, remedy: string): InputError {
	return invalid('Base URL', value, problem, remedy);
}

function parseLimit(header: unknown): number | undefined {
	const limit = toNumber(header);
	// Whole requests per second (reference: X-RateLimit-Limit); a fraction of one would hold a run for ever.
	return Number.isFinite(limit) && limit >= 1 ? limit : undefined;
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}

function withoutUndefined(qs: Record<string, string | undefined>): Record<string, string> {
	return Object.fromEntries(
		Object.entries(qs).filter((entry): entry is [string, string] => entry[1] !== undefined),
	);
}

/** One receipt, from either shape: the reference calls its id `message_id`, other pages of the vendor `id`. */
function parseReceipt(value: unknown): SendReceipt | undefined {
	if (!isRecord(value)) return undefined;
	const { message_id, id = message_id, status = 'accepted', ...others } = value;
	if (typeof id !== 'string' || id === '' || typeof status !== 'string') return undefined;
	return { ...others, id, status };
}

/**
 * The receipts of a broadcast in the order of its recipients: by `destination` where the answer names it (the
 * vendor's samples), by position where it does not (the reference's example). Undefined when neither can be told.
 */
function parseBroadcastReceipts(
	body: unknown,
	recipients: readonly string[],
): Array<BroadcastReceipt | undefined> | undefined {
	if (!Array.isArray(body)) return undefined;
	const receipts = body.map(parseBroadcastReceipt);
	const byNumber = new Map<string, BroadcastReceipt | undefined>();
	body.forEach((row: unknown, position) => {
		if (isRecord(row) && typeof row.destination === 'string') {
			byNumber.set(digits(row.destination), receipts[position]);
		}
	});
	if (byNumber.size > 0) return recipients.map((recipient) => byNumber.get(digits(recipient)));
	return receipts.length === recipients.length ? receipts : undefined;
}

function parseBroadcastReceipt(row: unknown): BroadcastReceipt | undefined {
	if (!isRecord(row)) return undefined;
	const { id, status, ...others } = row;
	delete others.destination;
	return {
		...others,
		status: typeof status === 'string' ? status : 'unknown',
		...(typeof id === 'string' && { id }),
	};
}

function digits(number: string): string {
	return number.replace(/\D/g, '');
}
