/** What the simulator remembers of what it was sent and what it sent. */
import type { JsonObject, Violation } from '../contract/contract.mts';
import type { MessageStatus } from './settings.mts';

/** One request to the API, however it ended. Times are milliseconds of `performance.now()`. */
export interface RecordedRequest {
	/** Position among all requests since the start or the last reset. */
	index: number;
	at: number;
	method: string;
	/** Path below the base URL, such as `/messages`. */
	path: string;
	query: JsonObject;
	/** As received, with `authorization` cut down to its scheme. */
	headers: Record<string, string | string[] | undefined>;
	/** Whether the Basic auth was right. */
	authorized: boolean;
	/** Parsed JSON; the text where it is no JSON; `{parts}` for an upload. */
	body: unknown;
	/** Position among the `POST /messages` requests; absent on others. */
	messageIndex?: number;
	/** Status answered; null while unanswered, or when a fault let no answer out. */
	status: number | null;
	/** When the answer was handed to the connection. */
	answeredAt: number | null;
	/** What was wrong with the request; empty when nothing was. */
	violations: Violation[];
	/** Kind of the fault that acted on it. */
	fault?: string;
	remotePort: number;
	/** Numbers the TCP connections in the order of their first request. */
	connection: number;
	/** Requests under way at its arrival, itself included. */
	inFlight: number;
}

/** One part of an upload as it arrived. */
export interface UploadedPart {
	name: string;
	/** Absent on a field that is no file. */
	file?: { fileName: string | undefined; mimeType: string; size: number; sha256: string };
	value?: string;
}

/** One message taken, or one broadcast row refused (its status is then `failed`). */
export interface StoredMessage {
	id: string;
	to: string;
	/** The request's body as sent; for a broadcast the whole of it. */
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

/** One inbound message that was told to the reply callback. */
export interface StoredReply {
	id: string;
	source: string;
	destination: string;
	/** As an object where it can be read as one. */
	content: unknown;
	at: number;
	markedAsRead: boolean;
}

/** One file, uploaded or part of a reply. */
export interface StoredMedia {
	id: string;
	origin: 'upload' | 'reply';
	fileName: string | undefined;
	mimeType: string;
	/** Bytes. */
	size: number;
	/** Hex. */
	sha256: string;
	/** Name of the multipart field it came in. */
	fieldName?: string;
	/** The query parameter of that name. */
	source?: string;
	/** `Content-Length` of the upload request; undefined when it came chunked. */
	requestContentLength?: number | undefined;
	requestIndex?: number;
	/** Where the bytes are: this file, or memory when it is absent. */
	file?: string;
	at: number;
}

/** One callback and every attempt at it. */
export interface DeliveredCallback {
	index: number;
	kind: 'status' | 'reply';
	/** Without user and password. */
	url: string;
	/** The body as sent. */
	body: JsonObject;
	tries: CallbackTry[];
	/** Whether an attempt was answered 2xx. */
	delivered: boolean;
}

export interface CallbackTry {
	at: number;
	/** Status answered; absent when there was no answer. */
	status?: number;
	/** Why there was no answer, such as `ECONNREFUSED`. */
	error?: string;
}

/** What came of fetching the link of a media message. */
export interface MediaFetch {
	messageId: string;
	url: string;
	status?: number;
	mimeType?: string;
	/** Bytes. */
	size?: number;
	/** Hex. */
	sha256?: string;
	/** Why there was no answer. */
	error?: string;
}
