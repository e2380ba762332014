import type { IWebhookFunctions } from 'n8n-workflow';
import { recognizeFault } from '../api/faults';
import type { Attempt } from '../callback/answering';
import type { Tap } from '../callback/tap';
import { fieldsOf, parseJson } from '../parameters/values';
import { ANSWER, SECRET, SIGNATURE, TAKEN_HEADER } from './waiting';
import type { IncomingRequest } from './webhook';

const TIMEOUT_MS = 30_000;

/**
 * Posts answers to n8n's waiting endpoint. Every process that receives callbacks also serves this endpoint, on the
 * socket on which the callback arrived. Using this socket avoids any proxy in front of n8n, which may admit only
 * Modica, require authentication, or be unreachable for n8n itself. The public address is used only if the socket
 * doesn't serve the endpoint, for example if n8n has its own certificate.
 * @returns a function that makes one attempt and never rejects
 */
export function openWaitingEndpoint(functions: IWebhookFunctions, { socket }: IncomingRequest): (tap: Tap) => Promise<Attempt> {
	return async (tap) => {
		try {
			const link = linkOf(functions, tap);
			const byTheSocket = socket && (await attempt(async () => await postToSocket(socket, link)));
			const isServed = byTheSocket !== undefined && byTheSocket.kind !== 'unreachable' && !isNotFound(byTheSocket);
			return isServed ? byTheSocket : await attempt(async () => await postPublicly(functions, link));
		} catch {
			// There's no link, so nothing was sent. The error isn't passed on, because n8n would store it, and it may contain
			// the answer.
			return { kind: 'unreachable' };
		}
	};
}

/** Returns the link that n8n signed. The public address in a webhook lacks the execution ID (tried: 2.41.1 and 1.123.0). */
function linkOf(functions: IWebhookFunctions, { executionId, nodeId, secret, answer, signature }: Tap): URL {
	const base = String(functions.evaluateExpression('{{ $execution.resumeUrl }}')).replace(/\/[^/]*$/, '');
	const link = new URL(`${base}/${executionId}/${encodeURIComponent(nodeId)}`);
	link.search = new URLSearchParams({ [SECRET]: secret, [ANSWER]: String(answer), [SIGNATURE]: signature }).toString();
	return link;
}

interface Answer {
	readonly status: number;
	readonly taken: unknown;
	readonly body: string;
}

/** Uses Node.js's own `fetch`, because n8n's helper would use the proxy configured for n8n. */
async function postToSocket({ localAddress, localPort, encrypted }: NonNullable<IncomingRequest['socket']>, { pathname, search }: URL): Promise<Answer> {
	const host = localAddress?.includes(':') ? `[${localAddress}]` : localAddress;
	const url = `${encrypted ? 'https' : 'http'}://${host}:${localPort}${pathname}${search}`;
	const signal = AbortSignal.timeout(TIMEOUT_MS);
	// n8n might close a kept-alive connection while it's reused.
	const response = await fetch(url, { method: 'POST', redirect: 'manual', headers: { connection: 'close' }, signal });
	return { status: response.status, taken: response.headers.get(TAKEN_HEADER) ?? undefined, body: await response.text() };
}

async function postPublicly({ helpers }: IWebhookFunctions, { href }: URL): Promise<Answer> {
	const response: unknown = await helpers.httpRequest({
		method: 'POST',
		url: href,
		timeout: TIMEOUT_MS,
		encoding: 'text',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
	});
	const { statusCode, headers, body } = response as { statusCode: number; headers: Record<string, unknown>; body: unknown };
	return { status: statusCode, taken: headers[TAKEN_HEADER.toLowerCase()], body: typeof body === 'string' ? body : JSON.stringify(body) };
}

async function attempt(post: () => Promise<Answer>): Promise<Attempt> {
	try {
		const { status, taken, body } = await post();
		return { kind: 'answered', status, isTaken: taken !== undefined, body };
	} catch (error) {
		const fault = recognizeFault(error)?.kind ?? (isNoRequest(error) ? 'unreachable' : 'broken');
		return { kind: fault === 'broken' ? 'broken' : 'unreachable' };
	}
}

/** Whether `fetch` rejected the URL, for example because of an IPv6 zone or a blocked port. */
function isNoRequest(error: unknown): boolean {
	return fieldsOf(error).name === 'TypeError';
}

/** Whether the waiting endpoint doesn't exist. If it does, n8n reports an unknown execution as JSON. */
function isNotFound(answer: Attempt): boolean {
	return answer.kind === 'answered' && answer.status === 404 && fieldsOf(parseJson(answer.body)).code !== 404;
}
