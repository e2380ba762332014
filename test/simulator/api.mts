/** The seven endpoints. They receive requests that are authorized, within the rate limit, and valid. */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../contract/contract.mts';
import type { components } from '../contract/generated.d.mts';
import { type Answer, done, failure, json } from './answers.mts';
import type { MediaStore } from './mediaStore.mts';
import type { StoredMessage, StoredReply, UploadedPart } from './records.mts';
import type { ErrorShape, MessageStatus, ResponseShape, SimulatorSettings } from './settings.mts';

type Contract = components['schemas'];

/** The data that the endpoints use. */
export interface Store {
	settings: SimulatorSettings;
	messages: StoredMessage[];
	messagesById: Map<string, StoredMessage>;
	replies: StoredReply[];
	repliesById: Map<string, StoredReply>;
	media: MediaStore;
	/** Called for each accepted message. */
	onMessage: (message: StoredMessage) => void;
}

/** A validated request. */
export interface Call {
	requestIndex: number;
	query: Record<string, string>;
	/** The JSON body. Undefined for an upload. */
	body: unknown;
	responseShape: ResponseShape;
	errorShape: ErrorShape;
}

export type Endpoint = (store: Store, call: Call) => Answer;

const SIXTY_DAYS_MS = 60 * 24 * 60 * 60 * 1000;

/** All endpoints except the upload, by operationId. For the upload, see `receiveUpload`. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
	PostMessages(store, call) {
		const body = call.body as Contract['Message'];
		const tooLate = scheduleRefusal(body, call);
		if (tooLate) return tooLate;
		const to = body.to ?? body.destination ?? '';
		const { id } = take(store, { to, body, requestIndex: call.requestIndex, broadcast: false });
		const { reference } = body;
		return json(202, call.responseShape === 'reference' ? { message_id: id, status: 'accepted' } : [{ id, status: 'accepted', reference }]);
	},

	messages_broadcast_post(store, call) {
		const body = call.body as Contract['BroadcastMessage'];
		const tooLate = scheduleRefusal(body, call);
		if (tooLate) return tooLate;
		const rows = body.destination.map((to) => {
			const refusal = store.settings.numbers[to]?.broadcastFailure;
			const { id, status } = take(store, { to, body, requestIndex: call.requestIndex, broadcast: true, refused: refusal !== undefined });
			return { ...(call.responseShape === 'alternative' && { destination: to }), id, status, message: refusal };
		});
		return json(202, rows);
	},

	PatchMessages({ messagesById, repliesById }, call) {
		const { message_id: id } = call.body as Contract['MessageUpdate'];
		const known = repliesById.get(id) ?? messagesById.get(id);
		if (!known) return unknown('message_id', 'no such message', call);
		known.markedAsRead = true;
		return done();
	},

	GetMessages({ messagesById, repliesById, settings }, { query, ...call }) {
		const id = query.id ?? '';
		const message = messagesById.get(id);
		if (message) return json(200, detailsOf(message, settings, call.responseShape));
		const reply = repliesById.get(id);
		if (reply) return json(200, replyDetails(reply, settings));
		return unknown('id', 'no such message', call);
	},

	GetMedia({ media, settings }, { query, ...call }) {
		const stored = media.get(query.media_id ?? '');
		if (!stored) return unknown('media_id', 'no such media', call);
		const described = settings.downloadHeaders ?? {
			'content-type': stored.mimeType,
			...(settings.contentDisposition &&
				stored.fileName !== undefined && {
					'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(stored.fileName)}`,
				}),
		};
		return { status: 200, headers: { ...described, 'content-length': String(stored.size) }, media: stored };
	},

	GetHealthz: () => done(),
};

/** The body of an upload. */
export interface Upload {
	parts: UploadedPart[];
	/** The IDs of the stored files, in the order of the parts. */
	mediaIds: string[];
}

/** Accepts an upload with one file, or rejects the upload and deletes its files. */
export async function receiveUpload({ media }: Store, { parts, mediaIds }: Upload, mimeTypes: readonly string[], call: Omit<Call, 'body' | 'query'>, violationStatus: number): Promise<Answer> {
	const refuse = async (answer: Answer) => {
		await Promise.all(mediaIds.map((id) => media.remove(id)));
		return answer;
	};
	const wrong = parts
		.filter(({ name, file }) => name !== 'file' || !file)
		.map(({ name, file }) =>
			name === 'file' && !file
				? { field: name, code: 'type', description: 'must be a file' }
				: { field: name, code: 'additionalProperties', description: 'must NOT have additional properties' },
		);
	const files = parts.filter(({ name, file }) => name === 'file' && file);
	if (files.length > 1) wrong.push({ field: 'file', code: 'maxItems', description: 'must be one file' });
	if (parts.length === 0) wrong.push({ field: 'file', code: 'required', description: "must have required property 'file'" });
	if (wrong.length > 0) return refuse(failure(violationStatus, call.errorShape, wrong));

	const mimeType = files[0]?.file?.mimeType ?? '';
	if (!mimeTypes.includes(mimeType)) {
		return refuse(failure(415, call.errorShape, [{ field: 'file', code: 'enum', description: `has the type ${mimeType}, which is none of ${mimeTypes.join(', ')}` }]));
	}
	const [id] = mediaIds;
	return json(200, call.responseShape === 'reference' ? { id } : [{ id }]);
}

/** Sets a message's status and records the time. */
export function setStatus(message: StoredMessage, status: MessageStatus): void {
	if (message.status === status) return;
	message.status = status;
	message.statusHistory.push({ status, at: performance.now() });
}

interface Taking {
	to: string;
	body: Contract['Message'] | Contract['BroadcastMessage'];
	requestIndex: number;
	broadcast: boolean;
	refused?: boolean;
}

function take(store: Store, { to, body, requestIndex, broadcast, refused = false }: Taking): StoredMessage {
	const at = performance.now();
	const status = refused ? 'failed' : 'accepted';
	const { reference, scheduled } = body;
	const message: StoredMessage = {
		id: randomUUID(),
		to,
		payload: body,
		requestIndex,
		broadcast,
		at,
		status,
		statusHistory: [{ status, at }],
		...(reference !== undefined && { reference }),
		...(scheduled !== undefined && { scheduled }),
		markedAsRead: false,
	};
	store.messages.push(message);
	store.messagesById.set(message.id, message);
	if (!refused) store.onMessage(message);
	return message;
}

function scheduleRefusal({ scheduled }: Contract['MessageCommon'], { errorShape }: Call): Answer | undefined {
	if (scheduled === undefined || Date.parse(scheduled) - Date.now() <= SIXTY_DAYS_MS) return undefined;
	return failure(422, errorShape, [{ field: 'scheduled', code: 'maximum', description: 'must be at most 60 days ahead' }]);
}

const unknown = (field: string, description: string, { errorShape }: Pick<Call, 'errorShape'>): Answer =>
	failure(404, errorShape, [{ field, code: 'not_found', description }]);

const withoutPlus = (number: string) => number.replace(/^\+/, '');

const epochSeconds = (at: number) => Math.floor((performance.timeOrigin + at) / 1000);

function detailsOf(message: StoredMessage, settings: SimulatorSettings, shape: ResponseShape): Contract['MessageDetails'] {
	const payload = message.payload as Contract['Message'] | Contract['BroadcastMessage'];
	const business = payload.source ?? settings.businessNumber;
	const customer = withoutPlus(message.to);
	return {
		id: message.id,
		...(message.reference !== undefined && { reference: message.reference }),
		application_id: settings.username,
		status: message.status,
		...(shape === 'reference' ? { business_number_id: business, customer_number_id: customer } : { source: business, destination: customer }),
		timestamp: epochSeconds(message.at),
		direction: 'MT',
		type: payload.type,
		attributes: attributesOf(payload),
	};
}

function attributesOf(payload: Contract['Message'] | Contract['BroadcastMessage']): Contract['MessageDetails']['attributes'] {
	if (payload.type === 'text') return { body: payload.text.body };
	if (payload.type === 'media') return { media: { type: payload.media.type } };
	const { name, header_params: header, body_params: body, buttons } = payload.template;
	// The real API returns the template's text. The simulator knows only its name and variables.
	return {
		...(header && { header: header.join(' ') }),
		body: [name, ...(body ?? [])].join(' '),
		...(buttons && { buttons: buttons.map(({ payload: text }) => ({ ...(text !== undefined && { text }) })) }),
	};
}

/** The reference describes only outbound messages, so the type of a reply is mapped to their types. */
function replyDetails({ id, source, destination, content, at }: StoredReply, { username }: SimulatorSettings): Contract['MessageDetails'] {
	const { type, text } = (content ?? {}) as JsonObject & { text?: { body?: string } };
	return {
		id,
		application_id: username,
		status: 'received',
		business_number_id: destination,
		customer_number_id: source,
		timestamp: epochSeconds(at),
		direction: 'MO',
		type: type === 'text' || type === 'button' ? 'text' : 'media',
		attributes: text?.body === undefined ? {} : { body: text.body },
	};
}
