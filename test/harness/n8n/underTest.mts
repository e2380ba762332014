/** Hands the n8n that `setup.mjs` started to the test files, which Jest runs elsewhere. */
import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { N8nRest, type Execution, type Session, type StoredCredential, type WorkflowFile } from './rest.mts';
import type { N8nHandle } from './server.mts';

const VARIABLE = 'N8N_UNDER_TEST';
export const NODE = 'n8n-nodes-modica-whatsapp.modicaWhatsApp';
export const CREDENTIAL = 'modicaWhatsAppApi';

type Shared = { handle: N8nHandle; session: Session };

/** Called once, before any test file. */
export function share(shared: Shared): void {
	process.env[VARIABLE] = JSON.stringify(shared);
}

/** @returns the running n8n: how to talk to it as its owner, what its command line needs, and whether it is a version 1.x. */
export function n8nUnderTest(): { rest: N8nRest; handle: N8nHandle; is1x: boolean } {
	const { handle, session } = JSON.parse(process.env[VARIABLE] ?? '') as Shared;
	return { rest: new N8nRest(session), handle, is1x: handle.installation.version.startsWith('1.') };
}

/** What a test says about the node it runs. */
export type NodeUnderTest = {
	parameters: IDataObject;
	credential: StoredCredential;
	/** The items the node is given. Default: one, empty. */
	items?: IDataObject[];
	/** Gives each item a binary field `data` made from its fields `base64`, `fileName` and `mimeType`. */
	withBinary?: boolean;
	/** Settings of the node itself, such as `onError`. */
	settings?: Partial<INode>;
	timezone?: string;
};

/** A workflow that hands items to our node, named `WhatsApp`. */
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
		// Pinned data is what the trigger gives out when the workflow is run by hand.
		pinData: { [trigger]: items.map((json) => ({ json })) },
	};
}

/** The same with a node behind ours that keeps the execution running for a minute. */
export function withPause(workflow: WorkflowFile): WorkflowFile {
	const later: INode = {
		id: '9',
		name: 'Later',
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		position: [600, 0],
		// n8n keeps an execution that waits less than 65 seconds running.
		parameters: { amount: 60, unit: 'seconds' },
	};
	return { ...workflow, nodes: [...workflow.nodes, later], connections: { ...workflow.connections, WhatsApp: { main: [[{ node: 'Later', type: 'main', index: 0 }]] } } };
}

/** The same with a node named `Loop` that gives ours one item after the other. */
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

/** Runs our node once in the real n8n. */
export async function runNode(node: NodeUnderTest): Promise<Execution> {
	const { rest } = n8nUnderTest();
	return await rest.runWorkflow(await rest.importWorkflow(workflowWith(node)));
}

/** What our node gave out. @throws Error with the execution's error when it failed. */
export async function itemsFrom(node: NodeUnderTest): Promise<INodeExecutionData[]> {
	const execution = await runNode(node);
	if (execution.status !== 'success') {
		throw new Error(`The execution ended with ${execution.status}: ${JSON.stringify(execution.error)}`);
	}
	return execution.outputs.WhatsApp?.[0] ?? [];
}
