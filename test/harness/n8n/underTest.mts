/** Passes the n8n that `setup.mjs` started to the test files, which Jest runs in another context. */
import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { N8nRest, type Execution, type Session, type StoredCredential, type WorkflowFile } from './rest.mts';
import type { N8nHandle } from './server.mts';

const VARIABLE = 'N8N_UNDER_TEST';
export const NODE = 'n8n-nodes-modica-whatsapp.modicaWhatsApp';
export const CREDENTIAL = 'modicaWhatsAppApi';

type Shared = { handle: N8nHandle; session: Session };

/** Called once, before all test files. */
export function share(shared: Shared): void {
	process.env[VARIABLE] = JSON.stringify(shared);
}

/** @returns the running n8n: its REST interface as its owner, its handle for the command line, and whether it is n8n 1.x */
export function n8nUnderTest(): { rest: N8nRest; handle: N8nHandle; is1x: boolean } {
	const { handle, session } = JSON.parse(process.env[VARIABLE] ?? '') as Shared;
	return { rest: new N8nRest(session), handle, is1x: handle.installation.version.startsWith('1.') };
}

/** The node that a test runs. */
export type NodeUnderTest = {
	parameters: IDataObject;
	credential: StoredCredential;
	/** The node's input. Default: one empty item. */
	items?: IDataObject[];
	/** Adds a binary field `data` to each item, from its fields `base64`, `fileName`, and `mimeType`. */
	withBinary?: boolean;
	/** Settings of the node itself, such as `onError`. */
	settings?: Partial<INode>;
	timezone?: string;
};

/** A workflow that passes items to the action node, named `WhatsApp`. */
export function workflowWith({ parameters, credential, items = [{}], withBinary, settings, timezone }: NodeUnderTest): WorkflowFile {
	const trigger = 'Start';
	const file = 'File';
	const whatsApp = 'WhatsApp';
	const { id, name, type } = credential;
	const nodes: INode[] = [
		{ id: '1', name: trigger, type: 'n8n-nodes-base.manualTrigger', typeVersion: 1, position: [0, 0], parameters: {} },
		{
			id: '3',
			name: whatsApp,
			type: NODE,
			typeVersion: 1,
			position: [400, 0],
			parameters: parameters as INode['parameters'],
			credentials: { [type]: { id, name } },
			...settings,
		},
	];
	if (withBinary) {
		nodes.push({
			id: '2',
			name: file,
			type: 'n8n-nodes-base.convertToFile',
			typeVersion: 1.1,
			position: [200, 0],
			parameters: {
				operation: 'toBinary',
				sourceProperty: 'base64',
				options: { fileName: '={{ $json.fileName }}', mimeType: '={{ $json.mimeType }}' },
			},
		});
	}
	const to = (node: string) => ({ main: [[{ node, type: 'main' as const, index: 0 }]] });
	return {
		name: `${parameters.resource} ${parameters.operation}`,
		nodes,
		connections: withBinary ? { [trigger]: to(file), [file]: to(whatsApp) } : { [trigger]: to(whatsApp) },
		settings: { executionOrder: 'v1', ...(timezone && { timezone }) },
		// In a manual run, the trigger outputs the pinned data.
		pinData: { [trigger]: items.map((json) => ({ json })) },
	};
}

/** Adds a node after the action node that keeps the execution running for a minute. */
export function withPause(workflow: WorkflowFile): WorkflowFile {
	const later: INode = {
		id: '9',
		name: 'Later',
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		position: [600, 0],
		// If an execution waits for less than 65 seconds, its status remains "running".
		parameters: { amount: 60, unit: 'seconds' },
	};
	return { ...workflow, nodes: [...workflow.nodes, later], connections: { ...workflow.connections, WhatsApp: { main: [[{ node: 'Later', type: 'main', index: 0 }]] } } };
}

/** Adds a node named `Loop` that passes the items to the action node one at a time. */
export function inLoop(workflow: WorkflowFile): WorkflowFile {
	const loop: INode = {
		id: '9',
		name: 'Loop',
		type: 'n8n-nodes-base.splitInBatches',
		typeVersion: 3,
		position: [200, 0],
		parameters: { options: {} },
	};
	const to = (node: string) => [{ node, type: 'main' as const, index: 0 }];
	return {
		...workflow,
		nodes: [...workflow.nodes, loop],
		connections: { Start: { main: [to('Loop')] }, Loop: { main: [[], to('WhatsApp')] }, WhatsApp: { main: [to('Loop')] } },
	};
}

/** Runs the action node once in the real n8n. */
export async function runNode(node: NodeUnderTest): Promise<Execution> {
	const { rest } = n8nUnderTest();
	return await rest.runWorkflow(await rest.importWorkflow(workflowWith(node)));
}

/** Runs the action node. @returns its output. @throws Error with the execution's error if it failed */
export async function itemsFrom(node: NodeUnderTest): Promise<INodeExecutionData[]> {
	const execution = await runNode(node);
	if (execution.status !== 'success') {
		throw new Error(`The execution has the status ${execution.status}: ${JSON.stringify(execution.error)}`);
	}
	return execution.outputs.WhatsApp?.[0] ?? [];
}
