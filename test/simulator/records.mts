/** The simulator's records of what it received and sent. */
import type { JsonObject, Violation } from '../contract/contract.mts';
import type { MessageStatus } from './settings.mts';

/** A request to the API, with any result. Times are milliseconds of `performance.now()`. */
export interface RecordedRequest {
	/** Position among all requests since the start or the last reset. */
	index: number;
	at: number;
	method: string;
	/** Path below the base URL, such as `/messages`. */
	path: string;
	query: JsonObject;
	/** As received, but `authorization` contains only the scheme. */
	headers: Record<string, string | string[] | undefined>;
	/** Whether the Basic auth was correct. */
	authorized: boolean;
	/** Parsed JSON, the text if it isn't JSON, or `{parts}` for an upload. */
	body: unknown;
	/** Position among the `POST /messages` requests. Undefined for others. */
	messageIndex?: number;
	/** Status of the response. Null if there is no response yet, or if a fault prevented it. */
	status: number | null;
	/** When the response was sent. */
	answeredAt: number | null;
	/** The request's violations of the contract. */
	violations: Violation[];
	/** Kind of the fault that affected it. */
	fault?: string;
	remotePort: number;
	/** Number of the TCP connection, in the order of their first requests. */
	connection: number;
	/** Requests in flight at its arrival, including itself. */
	inFlight: number;
}

/** A part of an upload. */
export interface UploadedPart {
	name: string;
	/** Undefined for a field that isn't a file. */
	file?: { fileName: string | undefined; mimeType: string; size: number; sha256: string };
	value?: string;
}

/** An accepted message, or a rejected broadcast row, whose status is `failed`. */
export interface StoredMessage {
	id: string;
	to: string;
	/** The request's entire body, even for a broadcast. */
	payload: JsonObject;
	/** `index` of its request. */
	requestIndex: number;
	broadcast: boolean;
	at: number;
	status: MessageStatus;
	statusHistory: Array<{ status: MessageStatus; at: number }>;
	reference?: string;
	scheduled?: string;
	/** Marked as read with PATCH. */
	markedAsRead: boolean;
}

/** An inbound message that was sent as a reply callback. */
export interface StoredReply {
	id: string;
	source: string;
	destination: string;
	/** As an object if it can be parsed. */
	content: unknown;
	at: number;
	markedAsRead: boolean;
}

/** A file, uploaded or part of a reply. */
export interface StoredMedia {
	id: string;
	origin: 'upload' | 'reply';
	fileName: string | undefined;
	mimeType: string;
	/** Bytes. */
	size: number;
	/** Hex. */
	sha256: string;
	/** Name of the multipart field. */
	fieldName?: string;
	/** The query parameter `source`. */
	source?: string;
	/** `Content-Length` of the upload request. Undefined for chunked transfer encoding. */
	requestContentLength?: number | undefined;
	requestIndex?: number;
	/** The temporary file with the content. Undefined if the content is in memory. */
	file?: string;
	at: number;
}

/** A callback and all attempts to deliver it. */
export interface DeliveredCallback {
	index: number;
	kind: 'status' | 'reply';
	/** Without username and password. */
	url: string;
	/** The body as sent. */
	body: JsonObject;
	tries: CallbackTry[];
	/** Whether the response to an attempt was 2xx. */
	delivered: boolean;
}

export interface CallbackTry {
	at: number;
	/** Status of the response. Undefined if there was none. */
	status?: number;
	/** Why there was no response, such as `ECONNREFUSED`. */
	error?: string;
}

/** The result of fetching the link of a media message. */
export interface MediaFetch {
	messageId: string;
	url: string;
	status?: number;
	mimeType?: string;
	/** Bytes. */
	size?: number;
	/** Hex. */
	sha256?: string;
	/** Why there was no response. */
	error?: string;
}
