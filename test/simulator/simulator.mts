/** Simulates the WhatsApp API on the loopback interface, and checks requests against the contract in test/contract. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { setStatus } from './api.mts';
import { Outbound } from './callbacks.mts';
import { addControlPlane, CONTROL_PATH } from './controlPlane.mts';
import { type Fault, FaultList } from './faults.mts';
import { MediaStore } from './mediaStore.mts';
import { createLimiter } from './rateLimit.mts';
import type { DeliveredCallback, MediaFetch, RecordedRequest, StoredMedia, StoredMessage, StoredReply } from './records.mts';
import { contentOf, quickReplyOf, type ReplyRequest } from './replies.mts';
import { addApi, BASE_PATH, refuse, type ServerState } from './server.mts';
import { DEFAULT_SETTINGS, type MessageStatus, mergeSettings, type SimulatorSettings } from './settings.mts';
import { Timers } from './timers.mts';

export type { Fault, FaultAction, FaultMatch, When } from './faults.mts';
export type * from './records.mts';
export type { ReplyContent, ReplyMessage, ReplyRequest } from './replies.mts';
export { DEFAULT_SETTINGS } from './settings.mts';
export type { ErrorShape, MessageStatus, NumberRule, RateLimit, ResponseShape, SimulatorSettings } from './settings.mts';

/** A status callback to send. */
export interface StatusRequest {
	id: string;
	/** Default: the message's reference. */
	reference?: string;
	status: MessageStatus;
}

/** A tap on a quick-reply button. */
export interface TapRequest {
	/** The message's ID. */
	id: string;
	buttonIndex: number;
	/** The button's label, which is part of the template and unknown here. Default: a generic label. */
	text?: string;
	/** The reply's ID. Default: a new one. An existing ID creates a duplicate. */
	replyId?: string;
}

/** A running simulator. The lists are live. */
export interface Simulator {
	/** `http://127.0.0.1:PORT` */
	readonly origin: string;
	/** The base URL for the credential: `http://127.0.0.1:PORT/rest/wab/v1` */
	readonly baseUrl: string;
	/** The control plane: `http://127.0.0.1:PORT/_simulator` */
	readonly controlUrl: string;
	/** The accepted username and password. */
	readonly username: string;
	readonly password: string;
	readonly settings: Readonly<SimulatorSettings>;
	readonly requests: readonly RecordedRequest[];
	readonly messages: readonly StoredMessage[];
	readonly replies: readonly StoredReply[];
	readonly media: readonly StoredMedia[];
	readonly callbacks: readonly DeliveredCallback[];
	readonly mediaFetches: readonly MediaFetch[];
	/** The faults that still affect requests. */
	readonly faults: readonly Fault[];
	/** The number of requests in flight. */
	readonly inFlight: number;
	/** The maximum number of requests in flight since the start or the last reset. */
	readonly maxInFlight: number;
	/** Changes settings. Undefined resets a setting to its default. Throws for an unknown name and for `port`. */
	configure(patch: Partial<SimulatorSettings>): void;
	/** Throws for an unknown kind. */
	addFault(fault: Fault): void;
	clearFaults(): void;
	/** Posts an inbound message to `replyCallbackUrl`, with retries. Rejects if the URL isn't set. */
	sendReply(reply: ReplyRequest): Promise<DeliveredCallback>;
	/**
	 * Taps a quick-reply button of an accepted message: sends its payload as a reply from the recipient. Rejects if the button
	 * doesn't exist.
	 */
	tap(tap: TapRequest): Promise<DeliveredCallback>;
	/** Posts a status to `statusCallbackUrl`, with retries, and sets it for the message if it exists. Rejects if the URL isn't set. */
	sendStatus(status: StatusRequest): Promise<DeliveredCallback>;
	/** Deletes everything except the settings: records, messages, files, and faults. Ends pending statuses and retries. */
	reset(): Promise<void>;
	/** Closes all connections and deletes all files. */
	stop(): Promise<void>;
}

// Larger than any message or list of numbers. Doesn't apply to files.
const JSON_BODY_LIMIT_BYTES = 32 * 1024 * 1024;

// The limit of setTimeout. The status of messages that are scheduled later remains `accepted`.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Starts a simulator. Rejects if the port is in use or a setting is unknown. */
export async function startSimulator(options: Partial<SimulatorSettings> = {}): Promise<Simulator> {
	const timers = new Timers();
	const outbound = new Outbound(timers);
	const settings = mergeSettings(DEFAULT_SETTINGS, options);
	const state: ServerState = {
		settings,
		requests: [],
		messages: [],
		messagesById: new Map(),
		replies: [],
		repliesById: new Map(),
		media: new MediaStore(),
		faults: new FaultList(),
		limiter: settings.rateLimit && createLimiter(settings.rateLimit),
		timers,
		inFlight: 0,
		maxInFlight: 0,
		messageRequests: 0,
		onMessage(message) {
			void walk(message);
			const { media, template } = message.payload as { media?: { url: string }; template?: { media?: { url: string } } };
			const url = (media ?? template?.media)?.url;
			if (state.settings.fetchMediaUrls && url) void outbound.fetchMedia(message.id, url);
		},
	};

	/** Sends the statuses of a message, each after the response to the previous one. */
	const walk = async (message: StoredMessage): Promise<void> => {
		const dueMs = message.scheduled === undefined ? 0 : Date.parse(message.scheduled) - Date.now();
		if (dueMs > LONGEST_TIMER_MS) return;
		if (dueMs > 0 && !(await timers.wait(dueMs))) return;
		// A reset or stop can occur while a callback is in flight, not only while a timer is running.
		const { signal } = outbound;
		for (const status of state.settings.numbers[message.to]?.statusSteps ?? state.settings.statusSteps) {
			if (signal.aborted || !(await timers.wait(state.settings.statusStepMs))) return;
			setStatus(message, status);
			const { statusCallbackUrl } = state.settings;
			if (statusCallbackUrl === undefined) continue;
			await outbound.deliver('status', statusCallbackUrl, statusBody(message.id, message.reference, status), state.settings);
		}
	};

	const app = Fastify({ bodyLimit: JSON_BODY_LIMIT_BYTES, exposeHeadRoutes: false, forceCloseConnections: true });
	await addApi(app, state);
	addControlPlane(app, () => simulator);
	app.setNotFoundHandler((request, reply) => refuse(state, request, reply, 404, [{ field: '', code: 'not_found', description: 'no such endpoint' }]));
	app.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) =>
		refuse(state, request, reply, error.statusCode ?? 500, [{ field: '', code: 'unreadable', description: error.message }]),
	);
	await app.listen({ host: '127.0.0.1', port: settings.port });
	const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;

	const simulator: Simulator = {
		origin,
		baseUrl: origin + BASE_PATH,
		controlUrl: origin + CONTROL_PATH,
		get username() {
			return state.settings.username;
		},
		get password() {
			return state.settings.password;
		},
		get settings() {
			return state.settings;
		},
		requests: state.requests,
		messages: state.messages,
		replies: state.replies,
		media: state.media.items,
		callbacks: outbound.callbacks,
		mediaFetches: outbound.mediaFetches,
		get faults() {
			return state.faults.list();
		},
		get inFlight() {
			return state.inFlight;
		},
		get maxInFlight() {
			return state.maxInFlight;
		},

		configure(patch) {
			if ('port' in patch) throw new Error('The port cannot be changed once started');
			state.settings = mergeSettings(state.settings, patch);
			const { rateLimit } = state.settings;
			if ('rateLimit' in patch) state.limiter = rateLimit && createLimiter(rateLimit);
		},
		addFault: (fault) => state.faults.add(fault),
		clearFaults: () => state.faults.clear(),

		async sendReply(request) {
			const { replyCallbackUrl, replyContentAs, businessNumber } = state.settings;
			if (replyCallbackUrl === undefined) throw new Error('replyCallbackUrl is not set');
			const { source, destination = businessNumber, id = randomUUID(), as = replyContentAs, extra } = request;
			const content = await contentOf(request, state.media);
			const reply: StoredReply = { id, source, destination, content, at: performance.now(), markedAsRead: false };
			state.replies.push(reply);
			state.repliesById.set(id, reply);
			const encoded = as === 'string' && typeof content !== 'string' ? JSON.stringify(content) : content;
			return outbound.deliver('reply', replyCallbackUrl, { id, source, destination, content: encoded, ...extra }, state.settings);
		},

		async tap({ id, buttonIndex, text = `Button ${buttonIndex}`, replyId }) {
			const message = state.messagesById.get(id);
			if (!message) throw new Error(`There is no message ${id}`);
			const payload = quickReplyOf(message, buttonIndex);
			if (payload === undefined) throw new Error(`The message has no quick-reply button ${buttonIndex}`);
			return await simulator.sendReply({ type: 'button', text, payload, source: message.to.replace('+', ''), ...(replyId !== undefined && { id: replyId }) });
		},

		async sendStatus({ id, reference, status }) {
			const { statusCallbackUrl } = state.settings;
			if (statusCallbackUrl === undefined) throw new Error('statusCallbackUrl is not set');
			const message = state.messagesById.get(id);
			if (message) setStatus(message, status);
			return outbound.deliver('status', statusCallbackUrl, statusBody(id, reference ?? message?.reference, status), state.settings);
		},

		async reset() {
			timers.clear();
			outbound.reset();
			state.faults.clear();
			state.requests.length = 0;
			state.messages.length = 0;
			state.messagesById.clear();
			state.replies.length = 0;
			state.repliesById.clear();
			state.messageRequests = 0;
			state.maxInFlight = state.inFlight;
			await state.media.clear();
		},

		async stop() {
			outbound.stop();
			const closed = app.close();
			timers.clear();
			await closed;
			await state.media.clear();
		},
	};
	return simulator;
}

const statusBody = (id: string, reference: string | undefined, status: MessageStatus) => ({
	id,
	...(reference !== undefined && { reference }),
	status,
});
