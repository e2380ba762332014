import { isRecord } from '../parameters/values';
import { isSuccess, isUnknownMessage, UNKNOWN_MESSAGE_ID, type Answer } from './access';
import type { Clock } from './clock';
import { answersNobody, unreadable, type ModicaError } from './errors';
import { Exchange, type ApiRequest, type DownloadedMedia, type FailedResult, type Http, type Upload } from './exchange';
import { parseLimit } from './headers';
import { Pacer, type PacedRequest, type PacerSettings } from './pacing';
import { parseBroadcastReceipts, parseReceipt } from './receipts';
import { decideRetry, MOST_UNANSWERED, type RetryDecision } from './retry';
import { Secrets } from './secrets';
import type { Waits } from './slowdown';
import type { Broadcast, BroadcastReceipt, Message, SendReceipt } from './types';

export interface ClientSettings extends Omit<PacerSettings, 'clock'> {
	clock: Clock;
	/** The API's address, as `parseBaseUrl` gives it. */
	baseUrl: string;
	/** What `http` authenticates with, and other secrets of the requests: never passed on, should an answer quote them. */
	secrets: Secrets;
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

/** n8n's own default is 300 s. A message that takes longer than this is answered by no API in good health. */
const TIMEOUT_MS = 60_000;

/**
 * Modica's API: one method for each of its endpoints.
 * Every method rejects with a `ModicaError` when Modica says no or cannot be reached, and with a
 * `CancelledError` once the execution is cancelled.
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
		this.exchange = new Exchange(http, { baseUrl, clock, signal, secrets, timeoutMs, onAnswer: (answer) => this.learn(answer) });
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
			subject: 'message',
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
			subject: 'message',
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
			subject: 'file',
			idempotent: true,
			receive: async (media) => {
				received[0] = await receive(media);
			},
		});
		// There is one: an attempt succeeds only once the file has been received.
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

	/** A value as it may be shown: without the credential and what n8n signed. */
	hideSecrets<T>(value: T): T {
		return this.secrets.hideInAnswer(value);
	}

	/** Messages whose requests are in flight: whether they are sent is not known yet. */
	get messagesInFlight(): number {
		return this.pacer.messagesInFlight;
	}

	/** What slowed the requests down. */
	get waits(): Waits {
		return { ms: this.pacer.slowdown.ms, limit: this.pacer.limit };
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
	private async request(request: ApiRequest): Promise<Answer> {
		const paced = this.pacer.enter(request.messages);
		for (let faults = 1; ; ) {
			await this.pacer.turn(paced);
			const result = await this.exchange.attempt(request);
			const decision = 'failure' in result ? this.decide(result, request, paced, faults) : result;
			if ('error' in decision && this.stopOnError) this.pacer.stop();
			this.pacer.ended(paced);
			if ('answer' in decision) return decision.answer;
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
		if (!decision.repeat && decision.giveUp) this.pacer.giveUp(isUnreachable ? error : answersNobody(this.host));
		return { error };
	}

	/** What an answer tells the pacer, as soon as it begins. */
	private learn({ statusCode, headers }: Answer): void {
		this.pacer.learn(parseLimit(headers['x-ratelimit-limit']));
		if (statusCode !== 429) this.pacer.gotThrough();
	}
}
