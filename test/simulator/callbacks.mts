import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import axios, { type AxiosRequestConfig, isAxiosError } from 'axios';
import type { JsonObject } from '../contract/contract.mts';
import type { CallbackTry, DeliveredCallback, MediaFetch } from './records.mts';
import type { SimulatorSettings } from './settings.mts';
import type { Timers } from './timers.mts';

// Limits the number of connections to a receiver if there are thousands of messages.
const CALLBACK_CONNECTIONS = 20;

type CallbackSettings = Pick<SimulatorSettings, 'callbackTries' | 'callbackRetryMs' | 'callbackTimeoutMs'>;

/** All requests that the simulator sends. */
export class Outbound {
	readonly callbacks: DeliveredCallback[] = [];
	readonly mediaFetches: MediaFetch[] = [];
	#abort = newAbort();
	#agents = {
		httpAgent: new http.Agent({ keepAlive: true, maxSockets: CALLBACK_CONNECTIONS }),
		httpsAgent: new https.Agent({ keepAlive: true, maxSockets: CALLBACK_CONNECTIONS }),
	};

	constructor(private readonly timers: Timers) {}

	/**
	 * Posts a callback until the response is 2xx or all attempts are used. The result is in `tries` and `delivered`.
	 * Rejects only if the URL is invalid.
	 */
	async deliver(kind: DeliveredCallback['kind'], target: string, body: JsonObject, settings: CallbackSettings): Promise<DeliveredCallback> {
		const { url, auth } = splitCredentials(target);
		const callback: DeliveredCallback = { index: this.callbacks.length, kind, url, body, tries: [], delivered: false };
		this.callbacks.push(callback);
		const { signal } = this.#abort;
		const request: AxiosRequestConfig = {
			url,
			method: 'post',
			data: JSON.stringify(body),
			headers: { 'content-type': 'application/json' },
			...(auth && { auth }),
			timeout: settings.callbackTimeoutMs,
			maxRedirects: 0,
			signal,
		};

		for (let attempt = 0; attempt < settings.callbackTries; attempt += 1) {
			const isRepeat = attempt > 0;
			if (isRepeat && !(await this.timers.wait(settings.callbackRetryMs * 2 ** (attempt - 1)))) break;
			if (signal.aborted) break;
			const outcome = await this.#attempt(request);
			callback.tries.push(outcome);
			callback.delivered = outcome.status !== undefined && outcome.status >= 200 && outcome.status < 300;
			if (callback.delivered) break;
		}
		return callback;
	}

	/** Fetches the link of a media message without credentials, as WhatsApp does. Never rejects. */
	async fetchMedia(messageId: string, url: string): Promise<MediaFetch> {
		const fetched: MediaFetch = { messageId, url };
		this.mediaFetches.push(fetched);
		try {
			const { status, headers, data } = await axios.get<AsyncIterable<Buffer>>(url, {
				...this.#agents,
				responseType: 'stream',
				validateStatus: () => true,
				proxy: false,
				signal: this.#abort.signal,
			});
			const hash = createHash('sha256');
			let size = 0;
			for await (const chunk of data) {
				hash.update(chunk);
				size += chunk.length;
			}
			return Object.assign(fetched, { status, mimeType: String(headers['content-type'] ?? ''), size, sha256: hash.digest('hex') });
		} catch (error) {
			return Object.assign(fetched, { error: reasonOf(error) });
		}
	}

	/** Aborted when pending requests must end. */
	get signal(): AbortSignal {
		return this.#abort.signal;
	}

	/** Aborts pending requests and deletes all records. */
	reset(): void {
		this.#abort.abort();
		this.#abort = newAbort();
		this.callbacks.length = 0;
		this.mediaFetches.length = 0;
	}

	/** Aborts pending requests and closes all connections. */
	stop(): void {
		this.#abort.abort();
		this.#agents.httpAgent.destroy();
		this.#agents.httpsAgent.destroy();
	}

	async #attempt(request: AxiosRequestConfig): Promise<CallbackTry> {
		const at = performance.now();
		try {
			const { status } = await axios.request({ ...request, ...this.#agents, validateStatus: () => true, proxy: false, responseType: 'text' });
			return { at, status };
		} catch (error) {
			return { at, error: reasonOf(error) };
		}
	}
}

function newAbort(): AbortController {
	const abort = new AbortController();
	// Every pending request adds a listener. This isn't a leak.
	setMaxListeners(0, abort.signal);
	return abort;
}

const reasonOf = (error: unknown): string =>
	isAxiosError(error) ? (error.code ?? error.message) : error instanceof Error ? error.message : String(error);

/** Separates the percent-encoded username and password from a URL. */
function splitCredentials(target: string): { url: string; auth: { username: string; password: string } | undefined } {
	const url = new URL(target);
	const auth = url.username === '' ? undefined : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
	url.username = '';
	url.password = '';
	return { url: url.href, auth };
}
