/** A campaign that a webhook starts, so that it is a production execution: n8n queues it for a worker. */
import { randomUUID } from 'node:crypto';
import { post } from '../n8n/callbacks.mts';
import type { N8nRest, StoredCredential, StoredWorkflow, WorkflowFile } from '../n8n/rest.mts';
import { NODE } from '../n8n/underTest.mts';
import { into, nodeOf } from './workflow.mts';

export type Row = { to: string; reference: string };

/** Rows of a campaign, with references that are unique for each name. */
export function rowsOf(name: string, count: number): Row[] {
	return Array.from({ length: count }, (_, index) => ({ to: `+6421${1_000_000 + index}`, reference: `${name}-${index}` }));
}

export function numbersOf(rows: readonly Row[]): string[] {
	return rows.map(({ to }) => to);
}

/** All values that occur more than once. */
export function repeated(all: readonly string[]): string[] {
	return all.filter((one, index) => all.indexOf(one) !== index);
}

/** A workflow that sends a text to each row in the request, once per reference, with a node named `WhatsApp`. */
function campaignWorkflow({ id, name, type }: StoredCredential): { workflow: WorkflowFile; path: string } {
	const path = randomUUID();
	return {
		path,
		workflow: {
			name: 'Campaign',
			nodes: [
				nodeOf('Start', 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path, responseMode: 'onReceived' }, { webhookId: randomUUID() }),
				nodeOf('Rows', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.rows', options: {} }),
				nodeOf(
					'WhatsApp',
					NODE,
					1,
					{
						resource: 'message',
						operation: 'send',
						to: '={{ $json.to }}',
						messageType: 'text',
						text: 'Kia ora',
						additionalFields: { reference: '={{ $json.reference }}' },
						options: { oncePerReference: true },
					},
					{ credentials: { [type]: { id, name } } },
				),
			],
			connections: { Start: into('Rows'), Rows: into('WhatsApp') },
			settings: { executionOrder: 'v1' },
		},
	};
}

export interface LiveCampaign {
	workflow: StoredWorkflow;
	/** Starts the campaign once. @throws Error if n8n rejects the request */
	start(rows: readonly Row[], webhookUrl: string): Promise<void>;
}

/** Activates a campaign that can be started at any webhook process. */
export async function liveCampaign(rest: N8nRest, credential: StoredCredential): Promise<LiveCampaign> {
	const { workflow: file, path } = campaignWorkflow(credential);
	const workflow = await rest.importWorkflow(file);
	await rest.activate(workflow);
	const start: LiveCampaign['start'] = async (rows, webhookUrl) => {
		const { status, body } = await post(`${webhookUrl}/webhook/${path}`, { rows }, {});
		if (status !== 200) throw new Error(`n8n returned ${status} for the campaign: ${body}`);
	};
	return { workflow, start };
}
