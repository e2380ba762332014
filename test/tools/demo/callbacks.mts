/** The part of the demo in which Modica's stand-in calls back. */
import type { IDataObject } from 'n8n-workflow';
import { callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { rowsOf } from '../../harness/n8n/dataTable.mts';
import type { Execution, N8nRest, StoredWorkflow } from '../../harness/n8n/rest.mts';
import { until } from '../../harness/until.mts';
import type { Simulator } from '../../simulator/simulator.mts';

/** One line of the table that tells how the trial went. */
export type Trial = {
	what: string;
	/** What our node gave out, in a few words. */
	node: string;
	/** What the API received, in a few words. */
	api: string;
	isRight: boolean;
};

export type Demo = { rest: N8nRest; simulator: Simulator; examples: Map<string, StoredWorkflow> };

const CUSTOMER = '64211234567';
const LOOP_MS = 60_000;
const DELIVERIES = 'WhatsApp deliveries';

/** @throws Error when there is no example of that name. */
export function example(examples: Demo['examples'], file: string): StoredWorkflow {
	const workflow = examples.get(file);
	if (!workflow) throw new Error(`There is no examples/${file}`);
	return workflow;
}

/** The one item a node gave out; without fields when it gave none. */
export function output(execution: Execution, node: string): IDataObject {
	return execution.outputs[node]?.[0]?.[0]?.json ?? {};
}

/** What receives the callbacks. n8n publishes no workflow that lacks an account or a workflow to call, as other examples do. */
const STATUSES = 'delivery-tracking.json';
const REPLIES = 'auto-reply.json';

/** Activates the examples that receive the callbacks of the demo. */
export async function activateTriggers({ rest, examples }: Demo): Promise<void> {
	for (const file of [STATUSES, REPLIES]) await rest.activate(example(examples, file));
}

/** A message goes out, its statuses come back, and a customer's reply is answered. */
export async function tryCallbacks(demo: Demo): Promise<Trial[]> {
	const { rest, simulator, examples } = demo;
	const url = (file: string) => withLogin(callbackUrl(rest.session.baseUrl, example(examples, file)));
	simulator.configure({ statusCallbackUrl: url(STATUSES), replyCallbackUrl: url(REPLIES) });
	return [...(await tryStatuses(demo)), await tryReply(demo)];
}

async function tryStatuses({ rest, simulator, examples }: Demo): Promise<Trial[]> {
	const execution = await rest.runWorkflow(example(examples, STATUSES));
	const { id, status, reference } = output(execution, 'Send message with reference');
	const message = simulator.messages.find((candidate) => candidate.id === id);
	const steps = simulator.settings.statusSteps;
	const isTold = () => simulator.callbacks.filter(({ kind, body, delivered }) => kind === 'status' && body.id === id && delivered);
	const seen = await seenStatuses(rest, id, steps.length);
	return [
		{
			what: 'A message goes out',
			node: execution.error?.message ?? `${status} ${id}, ${reference}`,
			api: message ? `${message.payload.type} to ${message.to}, ${message.reference}` : 'nothing',
			isRight: execution.status === 'success' && message !== undefined && message.reference === reference,
		},
		{
			what: 'Its statuses come back',
			node: seen.join(', ') || 'none',
			api: `${isTold().length} callbacks answered 200`,
			isRight: steps.every((step) => seen.includes(step)) && seen.length === steps.length && isTold().length === steps.length,
		},
	];
}

/** The statuses that have become rows of the data table, in the order of a message's life. */
async function seenStatuses(rest: N8nRest, messageId: unknown, count: number): Promise<string[]> {
	const look = async () =>
		(await rowsOf(rest, DELIVERIES))
			.filter((row) => row.messageId === messageId && String(row.key).startsWith('status:'))
			.map(({ status }) => String(status));
	return await until('the statuses are in the table', LOOP_MS, look, ({ length }) => length >= count).catch(look);
}

async function tryReply({ rest, simulator, examples }: Demo): Promise<Trial> {
	const { id: workflowId } = example(examples, REPLIES);
	const sent = await simulator.sendReply({ type: 'text', text: 'Are you open on Saturday?', source: CUSTOMER });
	const [ended] = await rest.waitForExecutions(workflowId, ([first]) => first?.status === 'success' || first?.status === 'error', LOOP_MS);
	const execution = await rest.getExecution(ended!.id);
	const answer = simulator.messages.find(({ id }) => id === output(execution, 'Send reply').id);
	const isRead = simulator.replies.some(({ id, markedAsRead }) => id === sent.body.id && markedAsRead);
	return {
		what: 'A reply is answered',
		node: execution.error?.message ?? `“${output(execution, 'When a customer writes').text}”`,
		api: [...(isRead ? ['marked as read'] : []), ...(answer ? [`${answer.payload.type} to ${answer.to}`] : ['no answer'])].join(', '),
		isRight: execution.status === 'success' && isRead && answer?.to === `+${CUSTOMER}`,
	};
}
