/**
 * Modica's WhatsApp Business Messaging API v1.2.0 as it stands on the wire.
 * `test/contract` holds the whole API as an OpenAPI document; the compiler checks these types against it.
 */

export type MediaType = 'audio' | 'document' | 'image' | 'video';

/** In the order of a message's life; `frozen` is held up by a passing fault and may move on. */
export type MessageStatus =
	| 'accepted'
	| 'submitted'
	| 'sent'
	| 'received'
	| 'read'
	| 'frozen'
	| 'rejected'
	| 'failed'
	| 'dead'
	| 'expired';

/** The file types that the API takes and gives (reference: MediaMimeType). */
export type MediaMimeType =
	| 'image/png'
	| 'image/jpeg'
	| 'text/plain'
	| 'application/pdf'
	| 'audio/mp3'
	| 'video/mp4';

/** What every message may carry besides its content (reference: MessageCommon). */
export interface MessageCommon {
	/** The WhatsApp business number's id, for applications that own more than one. */
	source?: string;
	/** RFC 3339; at most 60 days ahead. */
	scheduled?: string;
	/** Comes back in the status callbacks. */
	reference?: string;
}

export interface TextContent {
	type: 'text';
	text: { body: string };
}

export interface MediaContent {
	type: 'media';
	media: { type: MediaType; url: string };
}

export interface TemplateButton {
	index?: number;
	type?: string;
	payload?: string;
}

/** The variable parts of a template. */
export interface TemplateVariables {
	header_params?: string[];
	body_params?: string[];
	media?: { type?: string; url?: string };
	buttons?: TemplateButton[];
}

export interface TemplateContent {
	type: 'template';
	template: { name: string; language: string } & TemplateVariables;
}

export type MessageContent = TextContent | MediaContent | TemplateContent;

/** Body of `POST /messages`. The reference also knows `destination`; we send `to`, as its examples do. */
export type Message = { to: string } & MessageCommon & MessageContent;

/** Body of `POST /messages/broadcast`. */
export type Broadcast = { destination: string[] } & MessageCommon & MessageContent;

/** What the API tells of a message that it took: one form of the two that are seen on the wire. */
export interface SendReceipt {
	id: string;
	status: string;
	/** Whatever else the answer held. */
	[field: string]: unknown;
}

/** What the API tells of one recipient of a broadcast. */
export interface BroadcastReceipt {
	id?: string;
	/** `accepted` or `failed`, which then has a `message`. */
	status: string;
	/** Whatever else the answer held. */
	[field: string]: unknown;
}

/** One complaint of an error answer (reference: APIError). */
export interface ApiError {
	field: string;
	code: string;
	description: string;
}
