/**
 * The request and response bodies of Modica's WhatsApp Business Messaging API v1.2.0.
 * `test/contract` contains the whole API as an OpenAPI document. The compiler checks these types against it.
 */

export type MediaType = 'audio' | 'document' | 'image' | 'video';

/**
 * In the order in which a message passes through them. `frozen` means delayed by a temporary fault: the status may
 * still change.
 */
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

/** The file types that the API supports (reference: MediaMimeType). */
export type MediaMimeType =
	| 'image/png'
	| 'image/jpeg'
	| 'text/plain'
	| 'application/pdf'
	| 'audio/mp3'
	| 'video/mp4';

/** The fields of every message in addition to its content (reference: MessageCommon). */
export interface MessageCommon {
	/** The WhatsApp business number's ID, for applications with several numbers. */
	source?: string;
	/** RFC 3339, at most 60 days ahead. */
	scheduled?: string;
	/** Returned in status callbacks. */
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

/**
 * Body of `POST /messages`. The reference also allows `destination`. The client sends `to`, as the reference's examples
 * do.
 */
export type Message = { to: string } & MessageCommon & MessageContent;

/** Body of `POST /messages/broadcast`. */
export type Broadcast = { destination: string[] } & MessageCommon & MessageContent;

/** The response to an accepted message, in one of its two formats. */
export interface SendReceipt {
	id: string;
	status: string;
	/** Any other fields of the response. */
	[field: string]: unknown;
}

/** The result of a broadcast for one recipient. */
export interface BroadcastReceipt {
	id?: string;
	/** `accepted`, or `failed` with a `message`. */
	status: string;
	/** Any other fields of the response. */
	[field: string]: unknown;
}

/** One entry of an error response (reference: APIError). */
export interface ApiError {
	field: string;
	code: string;
	description: string;
}
