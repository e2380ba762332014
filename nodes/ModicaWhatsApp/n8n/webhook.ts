import type { IWebhookResponseData } from 'n8n-workflow';
import type { Response } from '../callback/acknowledgment';
import { parseCallback, type Callback, type NoCallback } from '../callback/parse';

/** What is used of Express’s request and response, which n8n hands over. */
export interface IncomingRequest {
	readonly headers: Readonly<Record<string, unknown>>;
	/** Parsed, if n8n knows the content type. */
	readonly body?: unknown;
	/** There once n8n has read it: for other content types it leaves that to the node (tried: above version 1 of a node). */
	readonly rawBody?: Buffer;
	/** Reads it; rejects when it is too long, or packed in a way that does not unpack. */
	readRawBody?(): Promise<void>;
	/** Whose ends are n8n's own address and the sender's (Node.js: net.Socket, tls.TLSSocket). */
	readonly socket?: { readonly localAddress?: string; readonly localPort?: number; readonly encrypted?: boolean };
}

export interface OutgoingResponse extends Response {
	writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

/** Answers a request that starts nothing. */
export function refuse(
	response: OutgoingResponse,
	status: number,
	message: string,
	headers: Record<string, string> = {},
): IWebhookResponseData {
	response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify({ message }));
	return { noWebhookResponse: true };
}

/**
 * The callback in a request, whatever its content type says: `curl -d` calls everything a form, and some senders call
 * JSON bytes. Never rejects.
 */
export async function readCallback(request: IncomingRequest): Promise<Callback | NoCallback> {
	if (request.body === undefined) await request.readRawBody?.().catch(() => undefined);
	const parsed = parseCallback(request.body);
	return parsed.kind === 'none' && request.rawBody ? parseCallback(request.rawBody.toString('utf8')) : parsed;
}
