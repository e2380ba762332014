import { isRecord } from '../parameters/values';
import { isSuccess, isUnknownMessage, UNKNOWN_MESSAGE_ID, type ApiResponse } from './access';
import type { Clock } from './clock';
import { hostNotResponding, unreadable, type ModicaError } from './errors';
import { Exchange, type ApiRequest, type DownloadedMedia, type FailedResult, type Http, type Upload } from './exchange';
import { parseLimit } from './headers';
import { Pacer, type PacedRequest, type PacerSettings } from './pacing';
import { parseBroadcastReceipts, parseReceipt } from './receipts';
import { decideRetry, MAX_UNANSWERED, type RetryDecision } from './retry';
import { Secrets } from './secrets';
import type { Waits } from './slowdown';
import type { Broadcast, BroadcastReceipt, Message, SendReceipt } from './types';

export interface ClientSettings extends Omit<PacerSettings, 'clock'> {
	clock: Clock;
	/** The API's address, as returned by `parseBaseUrl`. */
	baseUrl: string;
	/** The credential's secrets and other secrets of the requests. They're masked wherever a response quotes them. */
	secrets: Secrets;
	/** False to send each request only once, because a person is waiting for the response. */
	retries?: boolean;
	/** True to send nothing more after a request has failed. */
	stopOnError?: boolean;
	/**
	 * Time limit for the complete response in milliseconds, extended for large uploads. Also the time after which a file
	 * transfer without progress counts as stalled.
	 */
	timeoutMs?: number;
}

/** n8n's own default is 300 s. A healthy API responds faster than this. */
const TIMEOUT_MS = 60_000;

/**
 * Modica's API, with one method for each endpoint.
 * All methods reject with a `ModicaError` if Modica refuses the request or can't be reached, and with a
 * `CanceledError` if the execution is canceled.
 */
export class ModicaClient {
	private readonly host: string;
	private readonly exchange: Exchange;
	private readonly pacer: Pacer;
	private readonly retries: boolean;
	private readonly stopOnError: boolean;
	private readonly secrets: Secrets;

	constructor(
		http: Http,
		{ baseUrl, secrets, retries = true, stopOnError = false, timeoutMs = TIMEOUT_MS, clock, signal, ...pacing }: ClientSettings,
	) {
		this.host = new URL(baseUrl).host;
		this.retries = retries;
		this.stopOnError = stopOnError;
		this.secrets = secrets;
		this.pacer = new Pacer({ clock, signal, ...pacing });
		this.exchange = new Exchange(http, { baseUrl, clock, signal, secrets, timeoutMs, onResponse: (response) => this.learn(response) });
	}

	/** `POST /messages`: sends one message. */
	async sendMessage(message: Message): Promise<SendReceipt> {
		const { body, statusCode } = await this.request({
			method: 'POST',
			path: '/messages',
			body: message,
			idempotent: false,
		});
		// The reference returns one object. Modica's code samples show an array with one object.
		const receipt = parseReceipt(Array.isArray(body) ? body[0] : body);
		if (!receipt) throw unreadable('message ID', statusCode, true);
		return receipt;
	}

	/**
	 * `POST /messages/broadcast`: sends the same content to many numbers.
	 * @returns one receipt for each number of `destination`, in the same order. Undefined for a number that the response
	 * doesn't contain
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
		if (!receipts) throw unreadable('result for each recipient', statusCode, true);
		return receipts;
	}

	/** `GET /messages`: returns all fields that Modica has for a message. */
	async getMessage(id: string): Promise<Record<string, unknown>> {
		const { body, statusCode } = await this.request({
			method: 'GET',
			path: '/messages',
			qs: { id },
			subject: 'message',
			idempotent: true,
		});
		if (!isRecord(body)) throw unreadable('message', statusCode, false);
		return body;
	}

	/** `PATCH /messages`: marks a message from a customer as read. */
	async markAsRead(id: string): Promise<void> {
		await this.request({
			method: 'PATCH',
			path: '/messages',
			body: { message_id: id },
			subject: 'message',
			idempotent: true,
		});
	}

	/**
	 * `POST /media`: uploads a file.
	 * @param open opens the file for each attempt, just before the request is sent. If it rejects, the error is passed
	 * on.
	 * @param source the WhatsApp business number's ID. Required by v1.3.1 of the API, and missing from the v1.2.0
	 * reference
	 */
	async uploadMedia(open: () => Promise<Upload>, source: string | undefined): Promise<Record<string, unknown>> {
		const { body, statusCode } = await this.request({
			method: 'POST',
			path: '/media',
			qs: { source },
			// An upload sends no message, and a duplicate of the file has no effect.
			idempotent: true,
			open,
		});
		const media: unknown = Array.isArray(body) ? body[0] : body;
		if (!isRecord(media) || typeof media.id !== 'string') {
			throw unreadable('file ID', statusCode, false);
		}
		return media;
	}

	/**
	 * `GET /media`: downloads a file.
	 * @param receive consumes the file. Called again from the beginning of the file if the connection is lost midway. If
	 * it rejects for its own reasons, the error is passed on.
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
			subject: 'file',
			idempotent: true,
			receive: async (media) => {
				received[0] = await receive(media);
			},
		});
		// Always set: an attempt succeeds only once the file has been received.
		return received[0] as T;
	}

	/**
	 * Resolves if Modica's API is up and accepts the credential: `GET /healthz` succeeds, and `GET /messages` doesn't
	 * find a message that can't exist. The first request alone isn't enough, because it may not require authentication,
	 * and any server may respond to it.
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

	/** Returns a value with the credential and signed URLs masked. */
	hideSecrets<T>(value: T): T {
		return this.secrets.hideInResponse(value);
	}

	/** Number of messages whose requests are in flight. Whether they're sent isn't known yet. */
	get messagesInFlight(): number {
		return this.pacer.messagesInFlight;
	}

	/** How long requests waited, by cause. */
	get waits(): Waits {
		return { ms: this.pacer.slowdown.ms, limit: this.pacer.limit };
	}

	/** @throws {ModicaError} with the reason, if nothing can be sent anymore */
	ensureOpen(): void {
		this.pacer.ensureOpen();
	}

	/** Sends no further requests. Those in flight complete. */
	stop(): void {
		this.pacer.stop();
	}

	/** Sends a request, and retries it as long as `decideRetry` says so. */
	private async request(request: ApiRequest): Promise<ApiResponse> {
		const paced = this.pacer.enter(request.messages);
		for (let faults = 1; ; ) {
			await this.pacer.turn(paced);
			const result = await this.exchange.attempt(request);
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

	/** Evaluates a failed attempt, and informs the pacer before any other request can be sent. */
	private decide(
		{ failure, responded, toError }: FailedResult,
		{ idempotent }: ApiRequest,
		paced: PacedRequest,
		faults: number,
	): Extract<RetryDecision, { repeat: true }> | { error: ModicaError } {
		const isUnreachable = failure.kind === 'fault' && failure.fault === 'unreachable';
		const isBroken = failure.kind === 'fault' && failure.fault === 'broken';
		const isUnanswered = isBroken && !responded && this.pacer.unanswered() >= MAX_UNANSWERED;
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
		// The host is down for all other requests too, so they don't need to try.
		if (!decision.repeat && decision.giveUp) this.pacer.giveUp(isUnreachable ? error : hostNotResponding(this.host));
		return { error };
	}

	/** Informs the pacer of a response as soon as its headers arrive. */
	private learn({ statusCode, headers }: ApiResponse): void {
		this.pacer.learn(parseLimit(headers['x-ratelimit-limit']));
		if (statusCode !== 429) this.pacer.gotThrough();
	}
}
