import { sleep, type IHttpRequestOptions, type IN8nHttpFullResponse } from 'n8n-workflow';
import { describeAnswer, isProxy, isRefusal, isSuccess, isUnknownMessage, UNKNOWN_MESSAGE_ID, type Answer } from './access';
import {
	answersNobody,
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
import { recognizeFault, STALLED, TOO_LATE, type Fault } from './faults';
import { IncomingBytes } from './incoming';
import { Pacer, type Clock, type PacedRequest, type PacerSettings } from './pacing';
import { decideRetry, MOST_UNANSWERED, parseRetryAfter, type FailedAttempt, type RetryDecision } from './retry';
import { Secrets } from './secrets';
import type { Broadcast, BroadcastReceipt, Message, SendReceipt } from './types';
import { Watch, type WatchedAttempt } from './watch';

/** What the client needs of n8n. */
export interface Http {
	/**
	 * Sends one request with the credential's authentication and resolves with the answer, whatever its status, as soon as
	 * its body begins: a stream, which also ends when the request's `abortSignal` is aborted.
	 * Rejects when there was no answer, also when the `abortSignal` broke the request off.
	 */
	request(options: IHttpRequestOptions): Promise<IN8nHttpFullResponse>;
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
	 * How long to wait for the whole of an answer, in milliseconds; uploads get more, the larger they are. Also how long
	 * a file may stand still on its way.
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
/** n8n's time-out comes after our own: it does not know of time in which n8n stood still. */
const N8N_GRACE_MS = 10_000;
/** How long the words of a refusal may take. */
const LONGEST_WORDS_MS = 5_000;
/** Many times the answer to the largest broadcast. Of a longer one no more than this is read. */
const MOST_ANSWER_BYTES = 4 * 1024 * 1024;

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
	private readonly watch: Watch;

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
		this.watch = new Watch(clock, signal);
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
		{ failure, answered, toError }: FailedResult,
		{ idempotent }: ApiRequest,
		paced: PacedRequest,
		faults: number,
	): Extract<RetryDecision, { repeat: true }> | { error: ModicaError } {
		const isUnreachable = failure.kind === 'fault' && failure.fault === 'unreachable';
		const isBroken = failure.kind === 'fault' && failure.fault === 'broken';
		const isUnanswered = isBroken && !answered && this.pacer.unanswered() >= MOST_UNANSWERED;
		const isRefused = failure.kind === 'status' && failure.statusCode === 429;
		const isLost = isUnreachable || isUnanswered;
		if (!isLost) this.pacer.reached(paced);
		const refusals = isRefused ? this.pacer.refused(paced) : 0;
		const outage = isLost ? this.pacer.lost(paced) : { lost: 0, lostMs: 0 };

		const decision = decideRetry(failure, { faults, refusals, ...outage }, idempotent);
		if (decision.holdEveryoneMs !== undefined) this.pacer.hold(decision.holdEveryoneMs, isLost ? 'outage' : 'now');
		if (decision.repeat && this.retries) return decision;
		const mayHaveBeenSent = !decision.repeat && decision.mayHaveBeenDone && !idempotent;
		const error = toError(mayHaveBeenSent, decision.repeat ? 0 : refusals);
		// The host is as lost for all others: none of them has to find that out for itself.
		if (!decision.repeat && decision.giveUp) this.pacer.giveUp(isUnreachable ? error : answersNobody(new URL(this.baseUrl).host));
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
		const withinMs = this.timeoutMs + (upload?.file.size ?? 0) / SLOWEST_UPLOAD_BYTES_PER_MS;
		let incoming: IncomingBytes | undefined;
		let file: IncomingBytes | undefined;
		const attempt = this.watch.begin({
			withinMs,
			stallMs: this.timeoutMs,
			bytesMoved: () => file?.count ?? (upload && bytesUnderWay(upload)),
		});
		try {
			const response = await this.http.request({
				method,
				baseURL: this.baseUrl,
				url: path,
				...(qs && { qs: withoutUndefined(qs) }),
				...(body && { body }),
				json: !upload,
				encoding: 'stream',
				abortSignal: attempt.signal,
				timeout: withinMs + N8N_GRACE_MS,
				// The status is judged here. n8n's own errors hide `Retry-After` and send a 401 twice.
				returnFullResponse: true,
				ignoreHttpStatusErrors: true,
				// The API never redirects, and a redirect would carry the password to another host.
				disableFollowRedirect: true,
			});
			const { statusCode, headers } = response;
			const hasSucceeded = isSuccess(response);
			this.pacer.learn(parseLimit(headers['x-ratelimit-limit']));
			if (statusCode !== 429) this.pacer.gotThrough();
			incoming = new IncomingBytes(response.body, attempt.signal);
			if (receive && hasSucceeded) {
				file = incoming;
				attempt.fileBegins();
				await receive({ headers: this.secrets.hideInAnswer(headers), content: file });
				return { response };
			}
			// The status alone makes a refusal. Its words get little time: whatever it decides waits for them.
			if (!hasSucceeded) attempt.restWithin(LONGEST_WORDS_MS);
			const text = await incoming.text(MOST_ANSWER_BYTES).catch((error: unknown) => {
				if (hasSucceeded) throw error;
				return '';
			});
			const answer = { ...response, body: parseJson(text) as IN8nHttpFullResponse['body'] };
			if ((expects ?? isSuccess)(answer)) return { response: this.withoutSecrets(answer) };
			return {
				answered: true,
				failure: { kind: 'status', statusCode, retryAfterMs: parseRetryAfter(headers['retry-after'], dateOf(headers.date)) },
				toError: (mayHaveBeenSent, refusals) => {
					if (expects) return this.toAccessError(`${method} ${path}`, answer);
					const words = this.secrets.hideInText(apiErrorText(answer.body));
					if (refusals > 0) return refusedRepeatedly(refusals, words);
					return refusal(statusCode, words, mayHaveBeenSent, isProxy(answer) ? 'proxy' : 'Modica');
				},
			};
		} catch (error) {
			// n8n's own file is gone, or a file that came could not be taken in, as on a full disk.
			const fileFault = upload?.failure() ?? (file && !file.broken && !this.pacer.cancelled ? error : undefined);
			if (fileFault !== undefined) return { error: fileFault };
			const fault = this.faultOf(error, attempt, incoming?.broken);
			if (!fault) return { error: this.unexpected(error, !idempotent) };
			const { host } = new URL(this.baseUrl);
			return {
				answered: incoming !== undefined,
				failure: { kind: 'fault', fault: fault.kind },
				toError: (mayHaveBeenSent) => {
					// Requests of a cancelled execution are broken off.
					if (this.pacer.cancelled) return new CancelledError(mayHaveBeenSent);
					return file ? cutOff(fault.code, host) : noAnswer(fault, host, mayHaveBeenSent);
				},
			};
		} finally {
			this.watch.end(attempt);
		}
	}

	/**
	 * The network's fault that ended an attempt; undefined when it was something else.
	 * @param broken what broke the answer off once it had begun
	 */
	private faultOf(error: unknown, { signal, brokenOff }: WatchedAttempt, broken: unknown): Fault | undefined {
		const fault = recognizeFault(error);
		// Whatever broke the attempt off, what is certain stays so.
		if (fault?.kind === 'unreachable') return fault;
		if (signal.aborted) return { kind: 'broken', code: brokenOff === 'stalled' ? STALLED : TOO_LATE };
		// An answer may break off with any error, such as one of the unpacking.
		return broken === undefined ? fault : { kind: 'broken', code: fault?.code ?? '' };
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

	private withoutSecrets({ headers, body, ...rest }: IN8nHttpFullResponse): IN8nHttpFullResponse {
		return { ...rest, headers: this.secrets.hideInAnswer(headers), body: this.secrets.hideInAnswer(body) };
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
	/** True when an answer had begun, whether or not it came whole. */
	answered: boolean;
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

/**
 * Requests a second that `X-RateLimit-Limit` allows; undefined when it does not say. A gateway may double the header, or
 * add its window in seconds in the form of the RFC's drafts: `80, 80;w=1`.
 */
function parseLimit(header: unknown): number | undefined {
	const [limit, ...others] = String(header ?? '').split(',').map((entry) => /^\s*(\d+(?:\.\d+)?)\s*(?:;(.*))?$/.exec(entry));
	const [, number, ownWindow] = limit ?? [];
	const window = ownWindow ?? others.find((other) => other?.[1] === number)?.[2];
	const seconds = toNumber(/(?:^|;)\s*w=(\d+)/.exec(window ?? '')?.[1] ?? '1');
	// Whole requests per second (reference: X-RateLimit-Limit); a fraction of one would hold a run for ever.
	const perSecond = toNumber(number) / seconds;
	return Number.isFinite(perSecond) && perSecond >= 1 ? perSecond : undefined;
}

/** The moment at which an answer was made, by the clock of whoever made it: n8n's own may go wrong. */
function dateOf(header: unknown): number {
	const date = Date.parse(String(header));
	return Number.isNaN(date) ? Date.now() : date;
}

/** The value of a JSON text; the text itself where it is none. */
function parseJson(text: string): unknown {
	try {
		return JSON.parse(text.replace(/^\uFEFF/, ''));
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
