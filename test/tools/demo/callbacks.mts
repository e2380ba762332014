/** The checks of the demo that involve callbacks from the simulated API. */
import type { IDataObject } from 'n8n-workflow';
import { callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { rowsOf } from '../../harness/n8n/dataTable.mts';
import type { Execution, N8nRest, StoredWorkflow } from '../../harness/n8n/rest.mts';
import { until } from '../../harness/until.mts';
import type { Simulator } from '../../simulator/simulator.mts';

/** A row of the demo's result table. */
export type Check = {
	what: string;
	/** A summary of the node's output. */
	node: string;
	/** A summary of what the API received. */
	api: string;
	isRight: boolean;
};

export type Demo = { rest: N8nRest; simulator: Simulator; examples: Map<string, StoredWorkflow> };

const CUSTOMER = '64211234567';
const LOOP_MS = 60_000;
const DELIVERIES = 'WhatsApp deliveries';

/** @throws Error if the example doesn't exist */
export function example(examples: Demo['examples'], file: string): StoredWorkflow {
	const workflow = examples.get(file);
	if (!workflow) throw new Error(`There is no examples/${file}`);
	return workflow;
}

/** The first item of a node's output, or an empty object if there is none. */
export function output(execution: Execution, node: string): IDataObject {
	return execution.outputs[node]?.[0]?.[0]?.json ?? {};
}

/** The examples that receive the callbacks. n8n can't activate the others, which need another account or a subworkflow. */
const STATUSES = 'delivery-tracking.json';
export const REPLIES = 'auto-reply.json';

/** Activates the examples that receive the demo's callbacks. */
export async function activateTriggers({ rest, examples }: Demo): Promise<void> {
	for (const file of [STATUSES, REPLIES]) await rest.activate(example(examples, file));
}

/** Sends a message, receives its statuses, and answers a customer's reply. */
export async function checkCallbacks(demo: Demo): Promise<Check[]> {
	const { rest, simulator, examples } = demo;
	const url = (file: string) => withLogin(callbackUrl(rest.session.baseUrl, example(examples, file)));
	simulator.configure({ statusCallbackUrl: url(STATUSES), replyCallbackUrl: url(REPLIES) });
	return [...(await checkStatuses(demo)), await checkReply(demo)];
}

async function checkStatuses({ rest, simulator, examples }: Demo): Promise<Check[]> {
	const execution = await rest.runWorkflow(example(examples, STATUSES));
	const { id, status, reference } = output(execution, 'Send message with reference');
	const message = simulator.messages.find((candidate) => candidate.id === id);
	const steps = simulator.settings.statusSteps;
	const delivered = () => simulator.callbacks.filter((callback) => callback.kind === 'status' && callback.body.id === id && callback.delivered);
	const seen = await seenStatuses(rest, id, steps.length);
	return [
		{
			what: 'Send with a reference',
			node: execution.error?.message ?? `${status} ${id}, ${reference}`,
			api: message ? `${message.payload.type} to ${message.to}, ${message.reference}` : 'nothing',
			isRight: execution.status === 'success' && message !== undefined && message.reference === reference,
		},
		{
			what: 'Receive its statuses',
			node: seen.join(', ') || 'none',
			api: `${delivered().length} callbacks answered 200`,
			isRight: steps.every((step) => seen.includes(step)) && seen.length === steps.length && delivered().length === steps.length,
		},
	];
}

/** Waits for the statuses in the data table. @returns them in the order of arrival */
async function seenStatuses(rest: N8nRest, messageId: unknown, count: number): Promise<string[]> {
	const read = async () =>
		(await rowsOf(rest, DELIVERIES))
			.filter((row) => row.messageId === messageId && String(row.key).startsWith('status:'))
			.map(({ status }) => String(status));
	return await until('the statuses are in the table', LOOP_MS, read, ({ length }) => length >= count).catch(read);
}

async function checkReply({ rest, simulator, examples }: Demo): Promise<Check> {
	const { id: workflowId } = example(examples, REPLIES);
	const sent = await simulator.sendReply({ type: 'text', text: 'Are you open on Saturday?', source: CUSTOMER });
	const [ended] = await rest.waitForExecutions(workflowId, ([first]) => first?.status === 'success' || first?.status === 'error', LOOP_MS);
	const execution = await rest.getExecution(ended!.id);
	const answer = simulator.messages.find(({ id }) => id === output(execution, 'Send reply').id);
	const isRead = simulator.replies.some(({ id, markedAsRead }) => id === sent.body.id && markedAsRead);
	return {
		what: 'Answer a reply',
		node: execution.error?.message ?? `“${output(execution, 'When a customer writes').text}”`,
		api: [...(isRead ? ['marked as read'] : []), ...(answer ? [`${answer.payload.type} to ${answer.to}`] : ['no answer'])].join(', '),
		isRight: execution.status === 'success' && isRead && answer?.to === `+${CUSTOMER}`,
	};
}
