/** Questions that are answered by a tap in the chat: a workflow that asks, and a trigger that receives the taps. */
import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import type { DeliveredCallback, Simulator } from '../../simulator/simulator.mts';
import { callbackUrl, callbackWorkflow, withLogin } from './callbacks.mts';
import type { N8nRest, StoredCredential, StoredWorkflow, WorkflowFile } from './rest.mts';
import { workflowWith } from './underTest.mts';

export const CHAT_QUESTION = {
	resource: 'message',
	operation: 'sendAndWait',
	to: '+64 21 123 4567',
	message: 'May we deliver\nyour order 1234 tomorrow?',
	responseType: 'approval',
	answerIn: 'chat',
	templateName: 'please_answer',
	templateParameters: 'fields',
	bodyParams: { values: [{ value: '{message}' }] },
};

export const CHOICES = { values: [{ choice: 'Confirm' }, { choice: 'Reschedule' }, { choice: 'Cancel' }] };

/** A workflow that asks, with node IDs as n8n's editor creates them. */
export function askingWorkflow(credential: StoredCredential, parameters: IDataObject = {}, items?: IDataObject[]): WorkflowFile {
	const workflow = workflowWith({ parameters: { ...CHAT_QUESTION, ...parameters }, credential, ...(items && { items }) });
	return { ...workflow, nodes: workflow.nodes.map((node) => ({ ...node, id: randomUUID() })) };
}

/** Activates a workflow that receives replies, and sends the simulator's replies to it. */
export async function receiveTaps(rest: N8nRest, simulator: Simulator, credential: StoredCredential, parameters: IDataObject = {}, baseUrl = rest.session.baseUrl): Promise<StoredWorkflow> {
	const stored = await rest.importWorkflow(callbackWorkflow(credential, { name: 'Replies', parameters: { events: ['reply'], ...parameters } }));
	await rest.activate(stored);
	simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(baseUrl, stored)) });
	return stored;
}

/** The payload of a button of the latest message. */
export function payloadOf(simulator: Simulator, buttonIndex: number): string {
	const { template } = simulator.messages.at(-1)?.payload as unknown as { template: { buttons: Array<{ index: number; payload: string }> } };
	return template.buttons.find(({ index }) => index === buttonIndex)?.payload ?? '';
}

/** The status of the trigger's last response to a callback. */
export function answerTo({ tries }: DeliveredCallback): number | undefined {
	return tries.at(-1)?.status;
}
