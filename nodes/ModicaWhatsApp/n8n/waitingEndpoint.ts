import type { IHttpRequestOptions, IWebhookFunctions } from 'n8n-workflow';
import { recognizeFault } from '../api/faults';
import type { Attempt } from '../callback/answering';
import type { Tap } from '../callback/tap';
import { ANSWER, SECRET, SIGNATURE, TAKEN_HEADER } from './waiting';
import type { IncomingRequest } from './webhook';

const TIMEOUT_MS = 30_000;

/**
 * Gives an answer to n8n's waiting endpoint, by its public address: it is the one that reaches the process which serves
 * these, whatever stands in between. Where n8n cannot reach itself by that, the socket is tried that the callback came
 * in by.
 * @returns a function that makes one attempt and never rejects
 */
export function openWaitingEndpoint(functions: IWebhookFunctions, { socket }: IncomingRequest): (tap: Tap) => Promise<Attempt> {
	const base = waitingBaseUrl(functions);
	return async (tap) => {
		const url = new URL(`${base}/${tap.executionId}/${encodeURIComponent(tap.nodeId)}`);
		url.search = new URLSearchParams({ [SECRET]: tap.secret, [ANSWER]: String(tap.answer), [SIGNATURE]: tap.signature }).toString();
		const attempt = await post(functions, url);
		if (attempt.kind !== 'unreachable' || !socket?.localAddress || !socket.localPort) return attempt;
		const host = socket.localAddress.includes(':') ? `[${socket.localAddress}]` : socket.localAddress;
		const local = new URL(`${socket.encrypted ? 'https' : 'http'}://${host}:${socket.localPort}${url.pathname}${url.search}`);
		// Its certificate is made out to the public name.
		return await post(functions, local, { headers: { Host: url.host }, skipSslCertificateValidation: true });
	};
}

/** Without the execution id behind it, of which a webhook has none (tried in 2.41.1 and 1.123.0). */
function waitingBaseUrl(functions: IWebhookFunctions): string {
	return String(functions.evaluateExpression('{{ $execution.resumeUrl }}')).replace(/\/[^/]*$/, '');
}

async function post({ helpers }: IWebhookFunctions, url: URL, options: Partial<IHttpRequestOptions> = {}): Promise<Attempt> {
	try {
		const answer: unknown = await helpers.httpRequest({
			method: 'POST',
			url: url.href,
			timeout: TIMEOUT_MS,
			encoding: 'text',
			returnFullResponse: true,
			ignoreHttpStatusErrors: true,
			disableFollowRedirect: true,
			...options,
		});
		const { statusCode, headers, body } = answer as { statusCode: number; headers: Record<string, unknown>; body: unknown };
		return { kind: 'answered', status: statusCode, isTaken: headers[TAKEN_HEADER.toLowerCase()] !== undefined, body: typeof body === 'string' ? body : JSON.stringify(body) };
	} catch (error) {
		const kind = recognizeFault(error)?.kind;
		return { kind: kind === undefined || kind === 'broken' ? 'broken' : 'unreachable' };
	}
}
