import { sleep, type IHttpRequestOptions, type IN8nHttpFullResponse } from 'n8n-workflow';
import { describeAnswer, isRefusal, isSuccess, isUnknownMessage, UNKNOWN_MESSAGE_ID, type Answer } from './access';
import {
	apiErrorText,
	CancelledError,
	classifyFault,
	cutOff,
	InputError,
	invalid,
	isRecord,
	noAnswer,
	refusal,
	STALLED,
	toNumber,
	unexpectedAnswer,
	unreadable,
	type ModicaError,
} from './errors';
import { Pacer, type Clock, type PacerSettings } from './pacing';
import { decideRetry, parseRetryAfter, type FailedAttempt } from './retry';
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
	patient?: boolean;
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
	harmlessTwice: boolean;
	/** The file in the body. */
	upload?: Upload;
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
	private readonly patient: boolean;
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
			patient = true,
			timeoutMs = TIMEOUT_MS,
			clock = REAL_TIME,
			signal,
			...pacing
		}: ClientSettings,
	) {
		this.secrets = new Secrets(username, password);
		this.baseUrl = parseBaseUrl(baseUrl);
		this.patient = patient;
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
			harmlessTwice: false,
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
			harmlessTwice: false,
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
			harmlessTwice: true,
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
			harmlessTwice: true,
		});
	}

	/**
	 * `POST /media`: uploads a file.
	 * @param upload read again when it is repeated
	 * @param source the WhatsApp business number's id; not in the v1.2.0 reference, needed by v1.3.1
	 */
	async uploadMedia(upload: Upload, source: string | undefined): Promise<Record<string, unknown>> {
		const form = new FormData();
		// No third argument: giving the file a name here would copy it and read it whole.
		form.append('file', upload.file);
		const { body, statusCode } = await this.request({
			method: 'POST',
			path: '/media',
			qs: { source },
			body: form,
			// An upload sends nothing to anybody; a second copy is never referred to.
			harmlessTwice: true,
			upload,
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
			harmlessTwice: true,
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
		await this.request({ method: 'GET', path: '/healthz', harmlessTwice: true, expects: isSuccess });
		await this.request({
			method: 'GET',
			path: '/messages',
			qs: { id: UNKNOWN_MESSAGE_ID },
			harmlessTwice: true,
			expects: isUnknownMessage,
		});
	}

	/** One request, made again as long as `decideRetry` says so. */
	private async request(request: ApiRequest): Promise<IN8nHttpFullResponse> {
		for (let attempts = 1; ; attempts++) {
			const result = await this.attempt(request);
			if (result.succeeded) return result.response;

			const decision = decideRetry(result.failure, attempts, request.harmlessTwice);
			if (!decision.repeat) {
				throw result.toError(decision.mayHaveBeenDone && !request.harmlessTwice);
			}
			if (!this.patient) throw result.toError(false);
			if (decision.holdEveryone) this.pacer.hold(decision.afterMs);
			else await this.pacer.wait(decision.afterMs);
		}
	}

	private async attempt({ method, path, qs, body, upload, expects, receive }: ApiRequest): Promise<AttemptResult> {
		await this.pacer.turn();
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
				json: !(body instanceof FormData),
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
			if (receive) incoming = new IncomingBytes(response.body);
			if ((expects ?? isSuccess)(response)) {
				this.pacer.gotThrough();
				const safe = this.withoutSecrets(response, incoming !== undefined);
				if (incoming) await receive?.({ headers: safe.headers, content: incoming });
				return { succeeded: true, response: safe };
			}
			if (statusCode !== 429) this.pacer.gotThrough();
			const answer = incoming
				? parseJson(await this.http.readText(incoming.toStream(incoming.chunks())))
				: response.body;
			return {
				succeeded: false,
				failure: {
					kind: 'status',
					statusCode,
					retryAfterMs: parseRetryAfter(headers['retry-after'], Date.now()),
				},
				toError: (mayHaveBeenSent) =>
					expects
						? this.toAccessError(`${method} ${path}`, response)
						: refusal(statusCode, this.secrets.hideInText(apiErrorText(answer)), mayHaveBeenSent),
			};
		} catch (error) {
			// Not the network's fault: n8n's own file is gone, or a file that came could not be taken in, as on a full disk.
			const ownFault = upload?.failure() ?? (incoming && !incoming.broken && !this.pacer.cancelled ? error : undefined);
			if (ownFault !== undefined) throw ownFault;
			const code = transfer?.stalled ? STALLED : faultCode(incoming?.broken ?? error);
			const { host } = new URL(this.baseUrl);
			return {
				succeeded: false,
				failure: { kind: 'fault', fault: classifyFault(code) },
				toError: (mayHaveBeenSent) => {
					// n8n breaks off the requests of a cancelled execution.
					if (this.pacer.cancelled) return new CancelledError(mayHaveBeenSent);
					return incoming ? cutOff(code, host) : noAnswer(code, host, mayHaveBeenSent);
				},
			};
		} finally {
			transfer?.end();
			this.pacer.finished();
		}
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

/** How much of an upload has been read; undefined once all of it has, when it is for the API to move. */
function bytesUnderWay({ file, bytesRead }: Upload): number | undefined {
	const bytes = bytesRead();
	return bytes < file.size ? bytes : undefined;
}

type AttemptResult =
	| { succeeded: true; response: IN8nHttpFullResponse }
	| {
			succeeded: false;
			failure: FailedAttempt;
			toError(mayHaveBeenSent: boolean): ModicaError;
	  };

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

/** The code of a failed connection, wherever n8n left it. */
function faultCode(error: unknown): string {
	if (!isRecord(error)) return '';
	// n8n's NodeApiError carries the code of the axios error that it wraps in `httpCode`.
	for (const code of [error.httpCode, error.code, isRecord(error.cause) && error.cause.code]) {
		if (typeof code === 'string') return code;
	}
	return '';
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
