/** Workflows that start with the trigger, and callbacks to them. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import axios from 'axios';
import type { IDataObject, INode } from 'n8n-workflow';
import type { StoredCredential, StoredWorkflow, WorkflowFile } from './rest.mts';

export const TRIGGER = 'n8n-nodes-modica-whatsapp.modicaWhatsAppTrigger';
/** With characters that must be encoded in URLs and headers. */
export const CALLBACK_LOGIN = { callbackUsername: 'modica', callbackPassword: 'p@ss:wörd/%20 ü' };

const CALL_TIMEOUT_MS = 120_000;

export interface CallbackWorkflow {
	name?: string;
	/** Parameters of the trigger. */
	parameters?: IDataObject;
	/** Version of the trigger. */
	typeVersion?: number;
	/** Nodes after the trigger. */
	nodes?: INode[];
	connections?: WorkflowFile['connections'];
}

/** A workflow with a trigger named `Callback`. */
export function callbackWorkflow(
	credential: StoredCredential,
	{ name = 'Callbacks', parameters = {}, typeVersion = 2, ...more }: CallbackWorkflow = {},
): WorkflowFile {
	const { id, name: credentialName, type } = credential;
	const trigger: INode = {
		id: randomUUID(),
		name: 'Callback',
		type: TRIGGER,
		typeVersion,
		position: [0, 0],
		webhookId: randomUUID(),
		parameters: { events: ['status', 'reply'], options: {}, ...parameters },
		credentials: { [type]: { id, name: credentialName } },
	};
	return { name, nodes: [trigger, ...(more.nodes ?? [])], connections: more.connections ?? {}, settings: { executionOrder: 'v1' } };
}

/**
 * The URL that a user registers with Modica for a workflow.
 * @param kind `webhook` for the production URL, `webhook-test` for the test URL
 * @param triggerType the node type of the trigger in another build of the package
 */
export function callbackUrl(baseUrl: string, { name, nodes }: StoredWorkflow, kind: 'webhook' | 'webhook-test' = 'webhook', triggerType = TRIGGER): string {
	const trigger = nodes.find(({ type }) => type === triggerType);
	if (!trigger?.webhookId) throw new Error(`The workflow "${name}" has no trigger with a URL`);
	return `${baseUrl}/${kind}/${trigger.webhookId}/modica-whatsapp`;
}

/** Adds username and password to the URL, as Modica's API configuration requires. */
export function withLogin(url: string, { callbackUsername, callbackPassword } = CALLBACK_LOGIN): string {
	const [scheme, rest] = url.split('://');
	return `${scheme}://${encodeURIComponent(callbackUsername)}:${encodeURIComponent(callbackPassword)}@${rest}`;
}

export function basicAuth(username: string, password: string): string {
	return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

export const AUTHORIZATION = basicAuth(CALLBACK_LOGIN.callbackUsername, CALLBACK_LOGIN.callbackPassword);

export type Answer = { status: number; body: string; headers: Record<string, unknown> };

const agent = new http.Agent({ keepAlive: true });

/**
 * Posts a body. Strings are sent unchanged, all other values as JSON.
 * @param headers default: the correct login
 * @throws Error if the connection breaks before a response
 */
export async function post(url: string, body: unknown, headers: Record<string, string> = { authorization: AUTHORIZATION }): Promise<Answer> {
	const { status, data, headers: answered } = await axios.post<string>(
		url,
		typeof body === 'string' ? body : JSON.stringify(body),
		{
			headers: { 'content-type': 'application/json', ...headers },
			httpAgent: agent,
			proxy: false,
			timeout: CALL_TIMEOUT_MS,
			maxRedirects: 0,
			maxBodyLength: Infinity,
			responseType: 'text',
			// By default, axios turns invalid JSON into valid JSON.
			transformRequest: (text: string) => text,
			transformResponse: (text: string) => text,
			validateStatus: () => true,
		},
	);
	return { status, body: data, headers: { ...answered } };
}

/** Processes the entries of a list, at most `atOnce` concurrently. @returns the results in the list's order */
export async function eachOf<T, R>(list: readonly T[], atOnce: number, work: (entry: T, index: number) => Promise<R>): Promise<R[]> {
	const results: R[] = new Array(list.length);
	let next = 0;
	await Promise.all(
		Array.from({ length: Math.min(atOnce, list.length) }, async () => {
			while (next < list.length) {
				const index = next++;
				results[index] = await work(list[index]!, index);
			}
		}),
	);
	return results;
}
