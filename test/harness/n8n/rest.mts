/** What a user does in n8n's editor, through the same REST interface. */
import http from 'node:http';
import axios, { type AxiosInstance, type AxiosRequestConfig } from 'axios';
import { parse as unflatten } from 'flatted';
import type { IDataObject, INode, INodeExecutionData, INodeTypeDescription, IWorkflowBase } from 'n8n-workflow';
import { PATIENCE_MS, until } from '../until.mts';

/** The login of an n8n that exists only for tests and the demo. */
export const OWNER = { email: 'demo@example.com', password: 'Demo-12345', firstName: 'Demo', lastName: 'Owner' };

/** The most that n8n returns in one response. */
const EXECUTIONS_PER_PAGE = 100;
/** n8n binds a session to the browser that opened it. */
export const BROWSER_ID = 'n8n-nodes-modica-whatsapp';

/** A workflow as the editor exports it. */
export type WorkflowFile = Pick<IWorkflowBase, 'name' | 'nodes' | 'connections'> & Partial<Pick<IWorkflowBase, 'settings' | 'pinData'>>;
export type StoredWorkflow = WorkflowFile & { id: string; versionId: string };
export type StoredCredential = { id: string; name: string; type: string };
export type CredentialTest = { status: 'OK' | 'Error'; message: string };
export type ExecutionStatus = 'canceled' | 'crashed' | 'error' | 'new' | 'running' | 'success' | 'unknown' | 'waiting';
export type ExecutionSummary = { id: string; workflowId: string; status: ExecutionStatus; mode: string };

/** An error as n8n stores it with an execution. */
export type ExecutionError = {
	message: string;
	description?: string | null;
	httpCode?: string | null;
	context?: IDataObject;
	node?: INode;
};

export type Execution = ExecutionSummary & {
	/** By node name, the output of the node's last run: a list of items for each output. */
	outputs: Record<string, INodeExecutionData[][]>;
	/** By node name, the duration of the node's last run in milliseconds, as measured by n8n. */
	durations: Record<string, number>;
	/** By node name, the hints above the output of the node's last run. */
	hints: Record<string, string[]>;
	/** The execution's highlighted data. */
	customData: Record<string, string>;
	/** Why the execution failed. */
	error?: ExecutionError;
};

/** Statuses of executions that don't continue without an external event. */
const ENDED: ReadonlySet<ExecutionStatus> = new Set(['canceled', 'crashed', 'error', 'success', 'waiting']);

/** Identifies an {@link N8nRest} in another process. */
export type Session = { baseUrl: string; cookie: string };

/** A user's session with n8n. Any response other than success throws an error with n8n's own message. */
export class N8nRest {
	private readonly http: AxiosInstance;

	constructor(readonly session: Session) {
		this.http = axios.create({
			baseURL: session.baseUrl,
			headers: { cookie: session.cookie, 'browser-id': BROWSER_ID },
			timeout: PATIENCE_MS,
			// No connection is reused: if n8n closed an idle one while this process was busy, the next request would fail.
			httpAgent: new http.Agent({ keepAlive: false }),
			proxy: false,
			validateStatus: () => true,
		});
	}

	/** Logs in as {@link OWNER}. If n8n has no owner yet, sets up the owner first. */
	static async logIn(baseUrl: string): Promise<N8nRest> {
		const post = (path: string, data: object) =>
			axios.post(baseUrl + path, data, {
				headers: { 'browser-id': BROWSER_ID },
				timeout: PATIENCE_MS,
				proxy: false,
				validateStatus: () => true,
			});
		let answer = await post('/rest/owner/setup', OWNER);
		if (answer.status === 400) {
			answer = await post('/rest/login', { emailOrLdapLoginId: OWNER.email, password: OWNER.password });
		}
		const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
		if (!cookie) throw new Error(`Logging in to n8n failed: ${answer.status} ${JSON.stringify(answer.data)}`);
		return new N8nRest({ baseUrl, cookie });
	}

	/** The description of each node type in n8n's editor. */
	async nodeTypes(): Promise<INodeTypeDescription[]> {
		return await this.request({ url: '/types/nodes.json' });
	}

	/** All credential types with their fields. */
	async credentialTypes(): Promise<Array<{ name: string; displayName: string; properties: IDataObject[] }>> {
		return await this.request({ url: '/types/credentials.json' });
	}

	async createCredential(type: string, data: IDataObject, name = type): Promise<StoredCredential> {
		const { id } = await this.rest<StoredCredential>('post', '/credentials', { name, type, data });
		return { id, name, type };
	}

	/** Tests a credential, as the editor does on *Save*. The message is the one that the user sees. */
	async testCredential(credential: StoredCredential, data: IDataObject): Promise<CredentialTest> {
		return await this.rest('post', '/credentials/test', { credentials: { ...credential, data } });
	}

	/** Imports a workflow. Replaces the credentials of its nodes with the specified ones of the same type. */
	async importWorkflow(file: WorkflowFile, ...credentials: StoredCredential[]): Promise<StoredWorkflow> {
		const { name, connections, settings = {}, pinData } = file;
		const nodes = file.nodes.map((node) => credentials.reduce(withCredential, node));
		return await this.rest('post', '/workflows', { name, nodes, connections, settings, pinData, active: false });
	}

	/** Activates the workflow, and waits until its webhooks are registered. */
	async activate(workflow: StoredWorkflow): Promise<void> {
		await this.setActive(workflow, true);
	}

	async deactivate(workflow: StoredWorkflow): Promise<void> {
		await this.setActive(workflow, false);
	}

	/** Starts a workflow manually from its trigger, as *Execute workflow* does. @returns the execution's ID */
	async startWorkflow(workflow: StoredWorkflow, trigger = triggerOf(workflow)): Promise<string> {
		const { executionId } = await this.rest<{ executionId: string }>('post', `/workflows/${workflow.id}/run`, {
			triggerToStartFrom: { name: trigger },
			// n8n 1.x runs the workflow shown in the editor, 2.x the stored one. Here, both are the same.
			workflowData: workflow,
		});
		return executionId;
	}

	/** Runs a workflow manually, until it succeeds, fails, or starts to wait. */
	async runWorkflow(workflow: StoredWorkflow, timeoutMs = PATIENCE_MS, trigger = triggerOf(workflow)): Promise<Execution> {
		const id = await this.startWorkflow(workflow, trigger);
		return await until(
			`execution ${id} of "${workflow.name}" has ended`,
			timeoutMs,
			() => this.getExecution(id),
			// n8n 1.x stores the status before the data.
			({ status, outputs, error }) => ENDED.has(status) && (status === 'crashed' || error !== undefined || Object.keys(outputs).length > 0),
		);
	}

	async stopExecution(id: string): Promise<void> {
		await this.rest('post', `/executions/${id}/stop`);
	}

	async getExecution(id: string): Promise<Execution> {
		// The data is a string in the format of the `flatted` package.
		const { data, customData = {}, ...summary } = await this.rest<ExecutionSummary & { data: string; customData?: Record<string, string> }>(
			'get',
			`/executions/${id}`,
		);
		// An execution that has just started has no data yet.
		const resultData = (unflatten(data) as StoredData | undefined)?.resultData;
		const outputs = Object.entries(resultData?.runData ?? {}).map(([node, runs]) => {
			const items = runs.at(-1)?.data?.main ?? [];
			return [node, items.map((output) => output ?? [])] as const;
		});
		const durations = Object.entries(resultData?.runData ?? {}).map(([node, runs]) => [node, runs.at(-1)?.executionTime ?? 0] as const);
		const hints = Object.entries(resultData?.runData ?? {}).map(([node, runs]) => [node, runs.at(-1)?.hints?.map(({ message }) => message) ?? []] as const);
		return {
			...pickSummary(summary),
			outputs: Object.fromEntries(outputs),
			durations: Object.fromEntries(durations),
			hints: Object.fromEntries(hints),
			customData,
			error: resultData?.error,
		};
	}

	/** The workflow's latest executions, at most {@link EXECUTIONS_PER_PAGE}, newest first. */
	async executions(workflowId: string): Promise<ExecutionSummary[]> {
		const { results } = await this.rest<{ results: ExecutionSummary[] }>('get', '/executions', undefined, {
			filter: JSON.stringify({ workflowId }),
			limit: EXECUTIONS_PER_PAGE,
		});
		return results.map(pickSummary);
	}

	/** Waits until the workflow's executions meet a condition. @returns them, newest first */
	async waitForExecutions(
		workflowId: string,
		condition: (executions: ExecutionSummary[]) => boolean,
		timeoutMs = PATIENCE_MS,
	): Promise<ExecutionSummary[]> {
		return await until(`the executions of workflow ${workflowId} are as expected`, timeoutMs, () => this.executions(workflowId), condition);
	}

	/** The content of an item's binary field, wherever n8n stores it. */
	async binary(item: INodeExecutionData, property = 'data'): Promise<Buffer> {
		const binary = item.binary?.[property];
		if (!binary) throw new Error(`The item has no binary field "${property}"`);
		if (!binary.id) return Buffer.from(binary.data, 'base64');
		return await this.request({
			url: '/rest/binary-data',
			params: { id: binary.id, action: 'download' },
			responseType: 'arraybuffer',
		});
	}

	/** Sends any request to n8n's REST interface. */
	async rest<T>(method: 'delete' | 'get' | 'patch' | 'post', path: string, data?: object, params?: object): Promise<T> {
		const answer = await this.request<{ data: T }>({ method, url: `/rest${path}`, data, params });
		return answer.data;
	}

	private async setActive({ id, name, versionId }: StoredWorkflow, active: boolean): Promise<void> {
		await this.rest('post', `/workflows/${id}/${active ? 'activate' : 'deactivate'}`, { versionId });
		const { status, triggers } = await until(
			`"${name}" is ${active ? 'active' : 'inactive'}`,
			PATIENCE_MS,
			() => this.publication(id),
			// n8n reads two tables one after the other. If it writes to them in between, the status is briefly "not_published".
			({ status }) => status !== 'in_progress' && !(active && status === 'not_published'),
		);
		if (active && status !== 'published') throw new Error(`"${name}" was not activated: ${JSON.stringify(triggers)}`);
	}

	/** n8n 2.x responds before it registers the triggers. n8n 1.x registers them first, and doesn't have this endpoint. */
	private async publication(workflowId: string): Promise<Publication> {
		const { status, data } = await this.http.get<{ data: Publication }>(`/rest/workflows/${workflowId}/publication-status`);
		if (status === 404) return { status: 'published', triggers: [] };
		if (status === 200) return data.data;
		throw new Error(`n8n returned ${status} for the publication status of a workflow: ${JSON.stringify(data)}`);
	}

	private async request<T>(config: AxiosRequestConfig): Promise<T> {
		const { status, data } = await this.http.request<T & { message?: string }>(config);
		if (status >= 400) {
			const { method = 'get', url } = config;
			throw new Error(`n8n returned ${status} for ${method.toUpperCase()} ${url}: ${data?.message ?? JSON.stringify(data)}`);
		}
		return data;
	}
}

type Publication = { status: 'failed' | 'in_progress' | 'not_published' | 'partial' | 'published'; triggers: IDataObject[] };

type StoredData = {
	resultData?: {
		runData?: Record<string, Array<{ executionTime?: number; hints?: Array<{ message: string }>; data?: { main?: Array<INodeExecutionData[] | null> } }>>;
		error?: ExecutionError;
	};
};

function pickSummary({ id, workflowId, status, mode }: ExecutionSummary): ExecutionSummary {
	return { id, workflowId, status, mode };
}

function withCredential(node: INode, { id, name, type }: StoredCredential): INode {
	return node.credentials?.[type] ? { ...node, credentials: { ...node.credentials, [type]: { id, name } } } : node;
}

function triggerOf({ name, nodes }: WorkflowFile): string {
	const trigger = nodes.find(({ type }) => /trigger$/i.test(type));
	if (!trigger) throw new Error(`The workflow "${name}" has no trigger`);
	return trigger.name;
}
