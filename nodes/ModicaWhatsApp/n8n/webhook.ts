import type { IWebhookResponseData } from 'n8n-workflow';
import type { Response } from '../callback/acknowledgment';
import { parseCallback, type Callback, type NoCallback } from '../callback/parse';

/** The part of Express's request that is used here. */
export interface IncomingRequest {
	readonly headers: Readonly<Record<string, unknown>>;
	/** Parsed, if n8n supports the content type. */
	readonly body?: unknown;
	/** Set after n8n has read the body. For other content types, the node must read it (tried: for node versions above 1). */
	readonly rawBody?: Buffer;
	/** Reads the body. Rejects if it's too long or can't be decompressed. */
	readRawBody?(): Promise<void>;
	/** Its local address is n8n's own (Node.js: net.Socket, tls.TLSSocket). */
	readonly socket?: { readonly localAddress?: string; readonly localPort?: number; readonly encrypted?: boolean };
}

export interface OutgoingResponse extends Response {
	writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

/** Responds to a request without starting an execution. */
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
 * Returns the callback in a request of any content type, because `curl -d` declares all data as a form, and some
 * senders declare JSON as binary. Never rejects.
 */
export async function readCallback(request: IncomingRequest): Promise<Callback | NoCallback> {
	if (request.body === undefined) await request.readRawBody?.().catch(() => undefined);
	const parsed = parseCallback(request.body);
	return parsed.kind === 'none' && request.rawBody ? parseCallback(request.rawBody.toString('utf8')) : parsed;
}
