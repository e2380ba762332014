import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
	IBinaryData,
	ICredentialDataDecryptedObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IWebhookData,
	IWorkflowExecuteAdditionalData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { ModicaWhatsAppTrigger } from '../../../nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node.ts';
import { credentialsHelper, loadCore, workflowOf } from './core.mts';

/** The trigger's setup when a callback arrives. */
export interface Setup {
	parameters: INodeParameters;
	credential: ICredentialDataDecryptedObject | 'unreadable';
	/** Identifies the trigger. Each trigger has a separate memory of callbacks. */
	workflowId: string;
	typeVersion: number;
	/** Identifies the credential, whose callback login the trigger caches. */
	credentialId: string;
	mode: WorkflowExecuteMode;
	/** n8n's public address for webhooks, without a trailing slash. */
	webhookUrl: string;
	/** The socket that the node sees. Default: the real one. */
	socket?: { localAddress: string; localPort: number };
	/** Stores an execution, as n8n does before it responds. If it rejects, n8n responds with 500. */
	store: (outputs: INodeExecutionData[][]) => Promise<void>;
}

export interface Reply {
	status: number;
	headers: IncomingMessage['headers'];
	body: string;
}

/**
 * The trigger behind a real HTTP server, called through n8n-core's own WebhookContext. Reading the body, storing the
 * execution, and responding imitate n8n 2.41; `test/real/n8n` tests the same in a real n8n.
 */
export interface Endpoint {
	/** Tests can change it between calls. */
	setup: Setup;
	/** The trigger's outputs in each stored execution. */
	readonly executions: INodeExecutionData[][][];
	/** How often a credential was decrypted. */
	credentialsRead: number;
	/** Makes reading the body fail if the node reads it itself. */
	unreadable: boolean;
	/** Handles requests to n8n's endpoint for waiting executions. */
	waiting: RequestListener;
	call(body: string | Buffer, headers?: OutgoingHttpHeaders): Promise<Reply>;
	readFile(binary: IBinaryData): Promise<Buffer>;
	stop(): Promise<void>;
}

export const LOGIN = { callbackUsername: 'modica', callbackPassword: 'p@ss:wörd' };
export const AUTHORIZATION = `Basic ${Buffer.from('modica:p@ss:wörd').toString('base64')}`;

let workflows = 0;

/** A new trigger with default parameters and the correct credential. */
export function freshSetup(endpoint: Pick<Endpoint, 'executions'>, apiBaseUrl = 'http://127.0.0.1:9'): Setup {
	const workflowId = `workflow-${workflows++}`;
	return {
		parameters: { events: ['status', 'reply'], options: {} },
		credential: { username: 'wab_demo', password: 'wab-demo-password', baseUrl: apiBaseUrl, ...LOGIN },
		workflowId,
		typeVersion: 2,
		credentialId: `credential of ${workflowId}`,
		mode: 'webhook',
		webhookUrl: 'http://127.0.0.1:9',
		store: async (outputs) => void (await Promise.resolve(endpoint.executions.push(outputs))),
	};
}

export async function startEndpoint(): Promise<Endpoint> {
	const loaded = await loadCore();
	const { core, binaryData } = loaded;
	const type = new ModicaWhatsAppTrigger() as INodeType;

	function read(credential: Setup['credential']): ICredentialDataDecryptedObject {
		endpoint.credentialsRead++;
		if (credential === 'unreadable') throw new Error('Credentials could not be decrypted');
		return credential;
	}

	async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
		const { parameters, credential, credentialId, workflowId, typeVersion, mode, webhookUrl, socket, store } = endpoint.setup;
		const httpRequest: IncomingMessage & { rawBody?: Buffer; body?: unknown } = incoming;
		const readRawBody = async () => {
			if (endpoint.unreadable) throw new Error('Request body stream was aborted mid-read or is not readable');
			return (httpRequest.rawBody ??= await readAll(incoming));
		};
		Object.assign(httpRequest, { readRawBody });
		if (typeVersion === 1 || isParsedByN8n(incoming.headers['content-type'])) {
			const parsed = parse(await readRawBody(), incoming.headers['content-type']);
			if (parsed === 'invalid') return void response.writeHead(422).end();
			httpRequest.body = parsed.body;
		}
		if (socket) Object.defineProperty(httpRequest, 'socket', { value: socket });
		const workflow = workflowOf(loaded, type, { id: workflowId, parameters, active: true });
		const node = workflow.getNode(type.description.displayName) as INode;
		Object.assign(node, { typeVersion, credentials: { modicaWhatsAppApi: { id: credentialId || null, name: 'Modica' } } });
		const context = new core.WebhookContext(
			workflow,
			node,
			{ ...additionalData(webhookUrl, () => read(credential)), httpRequest, httpResponse: response } as unknown as IWorkflowExecuteAdditionalData,
			mode,
			{ webhookDescription: type.description.webhooks?.[0] } as IWebhookData,
			[],
			null,
		);
		const { workflowData, webhookResponse, noWebhookResponse } = await type.webhook!.call(context);
		if (noWebhookResponse) return;
		if (workflowData) await store(workflowData);
		response.writeHead(200).end(workflowData ? '' : JSON.stringify(webhookResponse));
	}

	const server = createServer((incoming, response) => {
		if (incoming.url?.startsWith('/webhook-waiting/')) return endpoint.waiting(incoming, response);
		receive(incoming, response).catch((error: Error) => {
			if (!response.headersSent) response.writeHead(500);
			response.end(error.message);
		});
	});
	// By default, the server closes idle connections after 5 s. A busy test may notice that only after its next call.
	server.keepAliveTimeout = 0;
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const agent = new Agent({ keepAlive: true });

	const endpoint: Endpoint = {
		setup: freshSetup({ executions: [] }),
		executions: [],
		credentialsRead: 0,
		unreadable: false,
		waiting: (_incoming, response) => response.writeHead(404).end(),
		call: async (body, headers = {}) => await call(server, agent, body, headers),
		readFile: async (binary) => await binaryData.getAsBuffer(binary),
		async stop() {
			agent.destroy();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			loaded.stop();
		},
	};
	return endpoint;
}

async function call(server: Server, agent: Agent, body: string | Buffer, headers: OutgoingHttpHeaders): Promise<Reply> {
	const { port } = server.address() as AddressInfo;
	const outgoing = request({
		agent,
		host: '127.0.0.1',
		port,
		method: 'POST',
		headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
	});
	outgoing.end(body);
	const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
	return { status: response.statusCode ?? 0, headers: response.headers, body: (await readAll(response)).toString('utf8') };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of stream) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

/** Whether n8n reads bodies of this content type itself, even for nodes above version 1 (n8n 2.41: isParsableContentType). */
function isParsedByN8n(contentType = ''): boolean {
	return ['text/plain', 'application/x-www-form-urlencoded', 'application/json'].includes(mediaType(contentType));
}

function mediaType(contentType: string): string {
	return contentType.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Parses a body as n8n does: by its content type, or not at all. */
function parse(raw: Buffer, contentType = ''): { body: unknown } | 'invalid' {
	const type = mediaType(contentType);
	if (raw.length === 0) return { body: undefined };
	if (type === 'text/plain') return { body: raw.toString('utf8') };
	if (type === 'application/x-www-form-urlencoded') return { body: Object.fromEntries(new URLSearchParams(raw.toString('utf8'))) };
	if (type !== 'application/json') return { body: undefined };
	try {
		return { body: JSON.parse(raw.toString('utf8')) as unknown };
	} catch {
		return 'invalid';
	}
}

function additionalData(webhookUrl: string, decrypt: () => ICredentialDataDecryptedObject) {
	return {
		restApiUrl: 'http://127.0.0.1:5678/rest',
		webhookWaitingBaseUrl: `${webhookUrl}/webhook-waiting`,
		credentialsHelper: credentialsHelper(decrypt),
	};
}
