import type { IWebhookResponseData } from 'n8n-workflow';
import type { Response } from '../callback/acknowledgment';

/** What is used of Express’s request and response, which n8n hands over. */
export interface IncomingRequest {
	readonly headers: Readonly<Record<string, unknown>>;
	/** Parsed, if n8n knows the content type. */
	readonly body?: unknown;
	readonly rawBody?: Buffer;
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
