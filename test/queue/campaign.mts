/** A campaign that begins with a call to a webhook, so that it takes the way of a production execution: through the queue to a worker. */
import { randomUUID } from 'node:crypto';
import type { IDataObject, INode } from 'n8n-workflow';
import { post } from '../n8n/callbacks.mts';
import type { StoredCredential, WorkflowFile } from '../n8n/rest.mts';
import { NODE } from '../n8n/underTest.mts';

export type Row = { to: string; reference: string };

/** Rows of a campaign; each name gives references of its own. */
export function rowsOf(name: string, count: number): Row[] {
	return Array.from({ length: count }, (_, index) => ({ to: `+6421${1_000_000 + index}`, reference: `${name}-${index}` }));
}

/** Sends a text to each row that it is called with, once for each reference, by a node named `WhatsApp`. */
export function campaignWorkflow({ id, name, type }: StoredCredential): { workflow: WorkflowFile; path: string } {
	const path = randomUUID();
	const node = (nodeName: string, nodeType: string, typeVersion: number, parameters: IDataObject, more: Partial<INode> = {}): INode => ({
		id: randomUUID(),
		name: nodeName,
		type: nodeType,
		typeVersion,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		...more,
	});
	const to = (next: string) => ({ main: [[{ node: next, type: 'main' as const, index: 0 }]] });
	return {
		path,
		workflow: {
			name: 'Campaign',
			nodes: [
				node('Start', 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path, responseMode: 'onReceived' }, { webhookId: randomUUID() }),
				node('Rows', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.rows', options: {} }),
				node(
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
			connections: { Start: to('Rows'), Rows: to('WhatsApp') },
			settings: { executionOrder: 'v1' },
		},
	};
}

/** Starts a campaign. @throws Error when n8n does not take it */
export async function startCampaign(webhookUrl: string, path: string, rows: readonly Row[]): Promise<void> {
	const { status, body } = await post(`${webhookUrl}/webhook/${path}`, { rows }, {});
	if (status !== 200) throw new Error(`n8n answered ${status} to the campaign: ${body}`);
}
