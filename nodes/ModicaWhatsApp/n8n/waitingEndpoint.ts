import type { IWebhookFunctions } from 'n8n-workflow';
import { recognizeFault } from '../api/faults';
import type { Attempt } from '../callback/answering';
import type { Tap } from '../callback/tap';
import { fieldsOf, parseJson } from '../parameters/values';
import { ANSWER, SECRET, SIGNATURE, TAKEN_HEADER } from './waiting';
import type { IncomingRequest } from './webhook';

const TIMEOUT_MS = 30_000;

/**
 * Gives an answer to n8n's waiting endpoint. Whichever process takes callbacks serves that, too, at the socket that the
 * callback came in by. So it is called there: past whatever stands in front of n8n, which may let only Modica in, ask
 * for a log-in, or not let n8n reach itself. Only where nothing is served there, such as at an n8n that has a
 * certificate, the public address is tried.
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
			// There is no link, so nothing was sent. The error goes no further: n8n would store it, and it may hold the answer.
			return { kind: 'unreachable' };
		}
	};
}

/** What n8n signed. Its public address comes without the execution id, of which a webhook has none (tried in 2.41.1 and 1.123.0). */
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

/** By Node.js's own request: n8n's would send it through a proxy, if there is one for n8n. */
async function postToSocket({ localAddress, localPort, encrypted }: NonNullable<IncomingRequest['socket']>, { pathname, search }: URL): Promise<Answer> {
	const host = localAddress?.includes(':') ? `[${localAddress}]` : localAddress;
	const url = `${encrypted ? 'https' : 'http'}://${host}:${localPort}${pathname}${search}`;
	const signal = AbortSignal.timeout(TIMEOUT_MS);
	// One that is kept open may be closed by n8n just as it is used again.
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

/** What `fetch` says of a URL that it cannot use, such as one with the zone of an IPv6 address or a port that it blocks. */
function isNoRequest(error: unknown): boolean {
	return fieldsOf(error).name === 'TypeError';
}

/** True when there is no waiting endpoint at all: n8n says in JSON that there is no such execution. */
function isNotFound(answer: Attempt): boolean {
	return answer.kind === 'answered' && answer.status === 404 && fieldsOf(parseJson(answer.body)).code !== 404;
}
