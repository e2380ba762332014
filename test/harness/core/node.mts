import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import type {
	IBinaryData,
	DeduplicationItemTypes,
	ICredentialDataDecryptedObject,
	IDataDeduplicator,
	IDataObject,
	IDeduplicationOutput,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IWebhookData,
	IWorkflowExecuteAdditionalData,
	NodeExecutionHint,
} from 'n8n-workflow';
import type { Http } from '../../../nodes/ModicaWhatsApp/api/exchange';
import { ModicaWhatsApp } from '../../../nodes/ModicaWhatsApp/ModicaWhatsApp.node.ts';
import { openHttp } from '../../../nodes/ModicaWhatsApp/n8n/client';
import { credentialsHelper, loadCore, workflowOf } from './core.mts';

/**
 * n8n-core's own contexts and helpers, with the action node: real requests, real binary data, real expressions.
 * Only what n8n reads from its database (the credential) is replaced.
 *
 * n8n-core reads its settings from the environment when it is loaded, so `startN8n` loads it, not an import.
 */
export interface N8n {
	/** Runs the action node as a workflow does. Rejects with the node's error, as n8n shows it. */
	run(run: NodeRun): Promise<INodeExecutionData[]>;
	/** Runs an operation that puts its execution into the waiting state, and accepts answers. */
	ask(run: NodeRun): Promise<Waiting>;
	/** n8n's requests as the package's client receives them, with the credential's authentication. */
	http(credential: ICredentialDataDecryptedObject): Http;
	/** Stores a file as n8n's binary data. */
	storeFile(content: Buffer, fileName: string | undefined, mimeType: string): Promise<IBinaryData>;
	/** Reads a file of n8n's binary data. */
	readFile(binary: IBinaryData): Promise<Buffer>;
	/** n8n's helpers as the action node receives them. */
	helpers(): IExecuteFunctions['helpers'];
	/** The relative paths of all files that n8n stores as binary data. Empty in memory mode. */
	storedFiles(): string[];
	/** How often n8n decrypted the credential in the latest run. */
	credentialReads(): number;
	/** The hints above the output of the latest run. */
	hints(): NodeExecutionHint[];
	stop(): void;
}

/** A waiting execution. Imitates n8n 2.41; `test/real/n8n` tests the same in a real n8n. */
export interface Waiting {
	output: INodeExecutionData[];
	waitTill: Date | undefined;
	/** What n8n passes on after the time limit: the node's input, as the node has changed it. */
	input: INodeExecutionData[];
	/** The address at which n8n accepts answers. */
	origin: string;
	/** For each answer, the output with which the execution continued. */
	answers: INodeExecutionData[][][];
	stop(): void;
}

export interface NodeRun {
	parameters: INodeParameters;
	/** The node's input. Default: one empty item. */
	items?: INodeExecutionData[];
	credential: ICredentialDataDecryptedObject;
	/** The node's setting "On Error: Continue", or "Continue (using error output)". */
	continueOnFail?: boolean | 'errorOutput';
	signal?: AbortSignal;
	timezone?: string;
	/** n8n's public address for files. */
	publicUrl?: string;
	/** n8n's public address for webhooks, without a trailing slash. */
	webhookUrl?: string;
	nodeId?: string;
}

/** @param binaryMode where n8n stores files: on disk, the default of n8n 2.x, or in memory, the default of n8n 1.x */
export async function startN8n(binaryMode?: 'filesystem' | 'memory'): Promise<N8n> {
	const loaded = await loadCore(binaryMode);
	const { core, binaryData, folder } = loaded;
	const { createRunExecutionData } = loaded.workflow;
	await (processedItems ??= openProcessedItems());
	const node = new ModicaWhatsApp() as INodeType;
	let credentialReads = 0;
	let hints: NodeExecutionHint[] = [];

	function createContext({
		parameters,
		items = [{ json: {} }],
		credential,
		continueOnFail = false,
		signal,
		timezone = 'Pacific/Auckland',
		publicUrl = 'http://127.0.0.1:5678/',
		webhookUrl = N8N_URL,
		nodeId = 'node-1',
	}: NodeRun) {
		const workflow = workflowOf(loaded, node, {
			id: 'workflow-of-the-tests',
			parameters,
			active: false,
			settings: { timezone },
			...(continueOnFail && { onError: continueOnFail === 'errorOutput' ? 'continueErrorOutput' : 'continueRegularOutput' }),
		});
		const runData = createRunExecutionData();
		const data = { main: [items] };
		const started = workflow.getNode(node.description.displayName) as INode;
		started.id = nodeId;
		const additional = additionalData(publicUrl, webhookUrl, () => {
			credentialReads++;
			return credential;
		});
		const execution = { node: started, data, source: null };
		runData.executionData?.nodeExecutionStack.push(execution);
		const context = new core.ExecuteContext(workflow, started, additional, 'manual', runData, 0, items, data, execution, [], signal);
		return { context, workflow, started, runData, additional };
	}

	async function ask(run: NodeRun): Promise<Waiting> {
		const items = run.items ?? [{ json: {} }];
		const { context, workflow, started, runData, additional } = createContext({ ...run, items });
		const [output = []] = (await node.execute?.call(context)) as INodeExecutionData[][];
		const answers: Waiting['answers'] = [];
		const server = createServer((incoming, response) => {
			void (async () => {
				const query = Object.fromEntries(new URL(incoming.url ?? '', 'http://n8n').searchParams);
				const body = Object.fromEntries(new URLSearchParams(await text(incoming)));
				const httpRequest = Object.assign(incoming, { query, body });
				const webhook = new core.WebhookContext(
					workflow,
					started,
					{ ...additional, httpRequest, httpResponse: response },
					'manual',
					{ webhookDescription: node.description.webhooks?.[0] } as IWebhookData,
					[],
					runData,
				);
				const { workflowData, webhookResponse } = (await node.webhook?.call(webhook)) ?? {};
				if (!workflowData) return;
				answers.push(workflowData);
				response.end(webhookResponse);
			})().catch((error: Error) => response.writeHead(500).end(error.message));
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		return {
			output,
			waitTill: runData.waitTill,
			input: items,
			origin: `http://127.0.0.1:${port}`,
			answers,
			stop: () => server.close(),
		};
	}

	return {
		async run(run) {
			credentialReads = 0;
			const { context } = createContext(run);
			hints = context.hints;
			const [output] = (await node.execute?.call(context)) as INodeExecutionData[][];
			return output ?? [];
		},
		ask,
		http: (credential) => openHttp(createContext({ parameters: {}, credential }).context, credential),
		async storeFile(content, fileName, mimeType) {
			const { helpers } = createContext({ parameters: {}, credential: {} }).context;
			const stored = await helpers.prepareBinaryData(content, fileName, mimeType);
			if (fileName === undefined) delete stored.fileName;
			return stored;
		},
		readFile: async (binary) =>
			binary.id ? await binaryData.getAsBuffer(binary) : Buffer.from(binary.data, 'base64'),
		helpers: () => createContext({ parameters: {}, credential: {} }).context.helpers,
		storedFiles: () =>
			readdirSync(folder, { recursive: true, withFileTypes: true })
				.filter((entry) => entry.isFile() && entry.parentPath.includes('binary_data'))
				.map(({ name, parentPath }) => join(relative(folder, parentPath), name)),
		credentialReads: () => credentialReads,
		hints: () => hints,
		stop: loaded.stop,
	};
}

/** n8n's public address for webhooks. */
const N8N_URL = 'https://n8n.example.com';

function additionalData(publicUrl: string, webhookUrl: string, decrypt: () => ICredentialDataDecryptedObject): IWorkflowExecuteAdditionalData {
	return {
		executionId: '1234',
		restApiUrl: `${publicUrl}rest`,
		webhookWaitingBaseUrl: `${webhookUrl}/webhook-waiting`,
		formWaitingBaseUrl: `${webhookUrl}/form-waiting`,
		credentialsHelper: credentialsHelper(decrypt),
		hooks: undefined,
		setExecutionStatus: () => {},
	} as unknown as IWorkflowExecuteAdditionalData;
}

let processedItems: Promise<void> | undefined;

/** n8n-core accepts a store of processed items only once. */
async function openProcessedItems(): Promise<void> {
	const { DataDeduplicationService } = await import('n8n-core/dist/data-deduplication-service');
	await DataDeduplicationService.init(new ProcessedItems());
}

/** n8n's table of processed items, in memory. */
class ProcessedItems implements IDataDeduplicator {
	private entries: DeduplicationItemTypes[] = [];

	async checkProcessedAndRecord(items: DeduplicationItemTypes[]): Promise<IDeduplicationOutput> {
		const known = new Set(this.entries);
		const isNew = (item: DeduplicationItemTypes) => !known.has(item);
		// As in n8n's database, reading and writing are separate steps.
		await new Promise((resolve) => setImmediate(resolve));
		this.entries = [...known, ...items.filter(isNew)];
		return { new: items.filter(isNew), processed: items.filter((item) => !isNew(item)) };
	}

	async removeProcessed(items: DeduplicationItemTypes[]): Promise<void> {
		this.entries = this.entries.filter((entry) => !items.includes(entry));
		await Promise.resolve();
	}

	async clearAllProcessedItems(): Promise<void> {
		this.entries = [];
		await Promise.resolve();
	}

	async getProcessedDataCount(): Promise<number> {
		return await Promise.resolve(this.entries.length);
	}
}

/** An item as a previous node outputs it. */
export function item(json: IDataObject, binary?: Record<string, IBinaryData>): INodeExecutionData {
	return { json, ...(binary && { binary }) };
}
