import { readFileSync } from 'node:fs';
import type { INode } from 'n8n-workflow';
import { CALLBACK_LOGIN, callbackUrl, TRIGGER, withLogin } from '../../harness/n8n/callbacks.mts';
import { rowsOf } from '../../harness/n8n/dataTable.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { Execution, StoredCredential, StoredWorkflow, WorkflowFile } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const { rest, handle, is1x } = n8nUnderTest();
const CUSTOMER = '64211234567';
/** Workflows can create data tables since n8n 2.x. */
const itWithTables = is1x ? it.skip : it;

let simulator: Simulator;
let credential: StoredCredential;

beforeAll(async () => {
	simulator = await startSimulator({ statusStepMs: 50 });
	const { username, password, baseUrl } = simulator;
	credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN }, 'Examples');
});
afterAll(async () => {
	await simulator.stop();
});

/** Imports and activates an example, and sends the simulator's callbacks to it. */
async function live(file: string): Promise<StoredWorkflow> {
	await simulator.reset();
	const example = readExample(file);
	const workflow = await rest.importWorkflow(example, credential);
	await rest.activate(workflow);
	const url = withLogin(callbackUrl(handle.baseUrl, workflow));
	const isForReplies = example.nodes.some(({ parameters }) => (parameters.events as string[] | undefined)?.includes('reply'));
	simulator.configure({ statusCallbackUrl: isForReplies ? undefined : url, replyCallbackUrl: isForReplies ? url : undefined });
	return workflow;
}

/** Waits until callbacks have started `count` executions and all have ended. @returns them, oldest first */
async function startedBy({ id }: StoredWorkflow, count: number): Promise<Execution[]> {
	const all = await rest.waitForExecutions(id, (seen) => {
		const started = seen.filter(({ mode }) => mode === 'webhook');
		return started.length >= count && started.every(({ status }) => status === 'success' || status === 'error');
	}, PATIENCE_MS);
	const executions = await Promise.all(all.filter(({ mode }) => mode === 'webhook').map((execution) => rest.getExecution(execution.id)));
	for (const { error } of executions) expect(error).toBeUndefined();
	return executions.reverse();
}

describe('auto-reply.json', () => {
	it('marks a message as read and replies to it', async () => {
		const workflow = await live('auto-reply.json');
		const { body } = await simulator.sendReply({ type: 'text', text: 'Are you open?', source: CUSTOMER });
		await startedBy(workflow, 1);
		expect(simulator.replies).toEqual([expect.objectContaining({ id: body.id, markedAsRead: true })]);
		expect(simulator.messages).toEqual([
			expect.objectContaining({
				to: `+${CUSTOMER}`,
				payload: expect.objectContaining({
					text: { body: 'Kia ora! Thank you for your message “Are you open?”. We will get back to you within the hour.' },
				}),
			}),
		]);
		expect(simulator.requests.flatMap(({ violations }) => violations)).toEqual([]);
		await rest.deactivate(workflow);
	});
});

describe('delivery-tracking.json', () => {
	itWithTables('stores each status of a message in a data table, with its reference', async () => {
		const workflow = await live('delivery-tracking.json');
		const { status, error } = await rest.runWorkflow(workflow);
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		const [message] = simulator.messages;
		const { id, reference } = message!;
		const states = ['accepted', 'submitted', 'sent', 'received', 'read'];
		const rows = await until(
			'all statuses are in the table',
			PATIENCE_MS,
			async () => (await rowsOf(rest, 'WhatsApp deliveries')).filter((row) => row.messageId === id),
			({ length }) => length >= states.length + 1,
		);
		const row = (state: string) => ({ key: `status:${id}:${state}`, reference, messageId: id, recipient: '', status: state, final: state === 'read' });
		expect(rows).toHaveLength(states.length + 1);
		expect(rows).toEqual(
			expect.arrayContaining([
				{ key: `send:${id}`, reference, messageId: id, recipient: '+64211234567', status: 'accepted', final: false },
				...states.map(row),
			]),
		);
		await rest.deactivate(workflow);
	});

	itWithTables('drops a duplicate that another n8n process has already handled', async () => {
		const workflow = await live('delivery-tracking.json');
		await rest.runWorkflow(workflow);
		await startedBy(workflow, 5);
		const { id } = simulator.messages[0]!;
		// The trigger's memory of callbacks belongs to its node ID: a new ID simulates another process.
		const twin = { ...workflow, nodes: workflow.nodes.map((node) => ({ ...node, ...(node.type === TRIGGER && { id: 'another-process' }) })) };
		await rest.deactivate(workflow);
		const { versionId } = await rest.rest<StoredWorkflow>('patch', `/workflows/${workflow.id}`, twin);
		await rest.activate({ ...twin, versionId });
		await simulator.sendStatus({ id, status: 'read' });
		const executions = await startedBy(workflow, 6);
		const last = executions.at(-1)!.outputs;
		expect(last['When a status changes']?.[0]?.[0]?.json).toMatchObject({ dedupeKey: `status:${id}:read` });
		expect({ kept: last['Remove duplicates']?.[0], noted: last['Save status'] }).toEqual({ kept: [], noted: undefined });
		await rest.deactivate({ ...twin, versionId });
	});
});

describe('inbound-media.json', () => {
	it('stores the file, even if the first download fails', async () => {
		const workflow = await live('inbound-media.json');
		const bytes = Buffer.from('the very bytes');
		await simulator.sendReply({ type: 'text', text: 'no file', source: CUSTOMER });
		await simulator.sendReply({ type: 'document', bytes, fileName: 'form.pdf', source: CUSTOMER });
		simulator.addFault({ kind: 'status', status: 404, match: { method: 'GET', path: '/media' } });
		await simulator.sendReply({ type: 'audio', bytes, source: CUSTOMER });
		const executions = await startedBy(workflow, 2);
		expect(executions).toHaveLength(2);
		for (const { outputs } of executions) {
			const [kept] = outputs['Store file']?.[0] ?? [];
			expect((await rest.binary(kept!, 'file')).equals(bytes)).toBe(true);
		}
		expect(executions.map(({ outputs }) => 'Retry download' in outputs)).toEqual([false, true]);
		await rest.deactivate(workflow);
	});
});

describe('opt-out.json', () => {
	itWithTables('excludes customers who wrote STOP from a campaign, and no others', async () => {
		const workflow = await live('opt-out.json');
		await simulator.sendReply({ type: 'text', text: ' Stop! ', source: '64212222222' });
		await simulator.sendReply({ type: 'text', text: 'Stop by my house', source: '64213333333' });
		await startedBy(workflow, 2);
		expect(await rowsOf(rest, 'WhatsApp opt-outs')).toEqual([{ number: '+64212222222' }]);
		expect(simulator.messages).toEqual([
			expect.objectContaining({ to: '+64212222222', payload: expect.objectContaining({ text: { body: "You won't receive any more offers from us." } }) }),
		]);

		const { status, error } = await rest.runWorkflow(workflow);
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(simulator.messages.filter(({ broadcast }) => broadcast).map(({ to }) => to)).toEqual(['+64211111111', '+64213333333']);
		await rest.deactivate(workflow);
	});
});

describe('router.json', () => {
	const SUBFLOWS = ['Call delivery workflow', 'Call sales workflow', 'Call support files workflow', 'Call support workflow'];

	/** A subworkflow, as created in the editor. */
	async function subflow(name: string): Promise<StoredWorkflow> {
		const start: INode = {
			id: 'start',
			name: 'When called',
			type: 'n8n-nodes-base.executeWorkflowTrigger',
			typeVersion: 1.1,
			position: [0, 0],
			parameters: { inputSource: 'passthrough' },
		};
		const end: INode = { id: 'end', name: 'End', type: 'n8n-nodes-base.noOp', typeVersion: 1, position: [200, 0], parameters: {} };
		const stored = await rest.importWorkflow({ name, nodes: [start, end], connections: { [start.name]: { main: [[{ node: end.name, type: 'main', index: 0 }]] } } });
		// n8n 1.x can't activate a workflow that only has an Execute Workflow Trigger.
		if (!is1x) await rest.activate(stored);
		return stored;
	}

	it('routes each callback to its workflow, and fails the execution for an unknown business number', async () => {
		await simulator.reset();
		const called = await Promise.all(SUBFLOWS.map(subflow));
		const file = readExample('router.json');
		const choose = (node: INode): INode => {
			const { id } = called[SUBFLOWS.indexOf(node.name)] ?? {};
			return id === undefined ? node : { ...node, parameters: { ...node.parameters, workflowId: { __rl: true, mode: 'id', value: id } } };
		};
		const router = await rest.importWorkflow({ ...file, nodes: file.nodes.map(choose) }, credential);
		await rest.activate(router);
		const url = withLogin(callbackUrl(handle.baseUrl, router));
		simulator.configure({ statusCallbackUrl: url, replyCallbackUrl: url });
		const [SALES, SUPPORT] = ['102046588645210', '102046588645211'];

		await simulator.sendStatus({ id: 'sent', status: 'read' });
		await simulator.sendReply({ type: 'text', text: 'to sales', source: CUSTOMER, destination: SALES });
		await simulator.sendReply({ type: 'document', bytes: Buffer.from('x'), fileName: 'form.pdf', source: CUSTOMER, destination: SUPPORT });
		await simulator.sendReply({ type: 'text', text: 'to support', source: CUSTOMER, destination: SUPPORT });
		await simulator.sendReply({ type: 'text', text: 'to nobody', source: CUSTOMER, destination: '1' });

		const got = await Promise.all(
			called.map(async ({ id }) => {
				const [execution] = await rest.waitForExecutions(id, (all) => all.length > 0 && all.every(({ status }) => status === 'success'));
				return (await rest.getExecution(execution!.id)).outputs.End?.[0]?.map(({ json }) => json);
			}),
		);
		expect(got).toEqual([
			[expect.objectContaining({ event: 'status', id: 'sent', status: 'read' })],
			[expect.objectContaining({ text: 'to sales', sessionId: `${CUSTOMER}:${SALES}` })],
			[expect.objectContaining({ type: 'document' })],
			[expect.objectContaining({ text: 'to support' })],
		]);
		const ended = await rest.waitForExecutions(router.id, (all) => all.length >= 5 && all.every(({ status }) => status === 'success' || status === 'error'));
		const failed = await Promise.all(ended.filter(({ status }) => status === 'error').map(({ id }) => rest.getExecution(id)));
		expect(failed.map(({ error }) => error?.message)).toEqual(['No workflow is set up for the business number 1']);
		await rest.deactivate(router);
	});
});

describe('a workflow saved with version 1 of the trigger', () => {
	it('still runs', async () => {
		await simulator.reset();
		const saved = JSON.parse(readFileSync('test/real/n8n/saved/trigger-version-1.json', 'utf8')) as WorkflowFile;
		const workflow = await rest.importWorkflow(saved, credential);
		await rest.activate(workflow);
		simulator.configure({ statusCallbackUrl: undefined, replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
		await simulator.sendReply({ type: 'text', text: 'Still there?', source: CUSTOMER });
		const [{ outputs } = {}] = await startedBy(workflow, 1);
		expect(outputs?.['When a customer writes']?.[0]?.[0]?.json).toMatchObject({ event: 'reply', text: 'Still there?' });
		expect(simulator.messages).toEqual([expect.objectContaining({ to: `+${CUSTOMER}` })]);
		await rest.deactivate(workflow);
	});
});
