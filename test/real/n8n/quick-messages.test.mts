/** The example that gives one answer to several messages sent in quick succession. */
import type { IDataObject, INode } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { createTable, rowsOf } from '../../harness/n8n/dataTable.mts';
import { startModel, type ScriptedModel, type Turn } from '../../harness/n8n/model.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { StoredWorkflow, WorkflowFile } from '../../harness/n8n/rest.mts';
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const { rest, handle, is1x } = n8nUnderTest();
const api = apiUnderTest(rest, { statusSteps: [] }, CALLBACK_LOGIN);

const TABLE = 'WhatsApp messages to answer';
const DATA_TABLE = 'n8n-nodes-base.dataTable';
const WAIT_SECONDS = 5;
const [BURST, SLOW, UNLUCKY, HIDDEN] = ['64211111111', '64212222222', '64213333333', 'NZ.13491208655302741918'];

let model: ScriptedModel;
let workflow: StoredWorkflow;

afterEach(async () => {
	await rest.deactivate(workflow);
	await model.stop();
});

/** The last message that the model received. */
const lastWords = ({ messages }: Turn) => messages.at(-1)?.content ?? '';

describe('quick-messages.json', () => {
	it("answers each customer's messages together and in order, one answer at a time, and keeps messages after a failure", async () => {
		let finish = () => {};
		const thought = new Promise<void>((resolve) => (finish = resolve));
		let refusals = 0;
		model = await startModel(async (turn) => {
			const heard = lastWords(turn);
			if (heard === 'Are you open?') await thought;
			if (heard.startsWith('unlucky') && refusals++ === 0) return { refuse: 'No.' };
			return { say: `I heard: **${heard}**` };
		});
		workflow = await goLive();
		const { simulator } = api;

		await Promise.all([say(BURST, 'one', 'two', 'three', 'four', 'five'), say(SLOW, 'Are you open?'), say(UNLUCKY, 'unlucky'), say(HIDDEN, 'boo')]);
		await until('the burst is answered', PATIENCE_MS, () => answersTo(BURST), ({ length }) => length > 0);
		await until('the slow agent is running, and the failing one has failed', PATIENCE_MS, () => model.turns, ({ length }) => length === 3);
		const executions = await rest.waitForExecutions(workflow.id, (all) => all.length === 8 && all.filter(({ status }) => status === 'new' || status === 'running').length === 1);
		const [failed, ...others] = executions.filter(({ status }) => status === 'error');
		expect(others).toEqual([]);
		expect((await rest.getExecution(failed!.id)).error?.message).toMatch(/^Not answered yet\. The workflow answers these messages together with the customer’s next one\. Bad request/);

		await Promise.all([say(BURST, 'six'), say(SLOW, 'Until when?'), say(UNLUCKY, 'Hello?')]);
		const waiting = await executionOf('Until when?');
		await until('the next answer waits for the slow one', PATIENCE_MS, () => rest.getExecution(waiting), ({ outputs }) => 'Ready to answer?' in outputs);
		finish();
		await rest.waitForExecutions(workflow.id, (all) => all.length === 11 && all.every(({ status }) => status === 'success' || status === 'error'));

		expect([BURST, SLOW, UNLUCKY].map(answersTo)).toEqual([
			['I heard: *one*\n*two*\n*three*\n*four*\n*five*', 'I heard: *six*'],
			['I heard: *Are you open?*', 'I heard: *Until when?*'],
			['I heard: *unlucky*\n*Hello?*'],
		]);
		expect(simulator.messages).toHaveLength(5);
		expect(await rowsOf(rest, TABLE)).toEqual([]);
	}, 300_000);
});

/** Sends a customer's messages one after the other. */
async function say(source: string, ...texts: string[]): Promise<void> {
	for (const text of texts) await api.simulator.sendReply({ type: 'text', text, source });
}

function answersTo(customer: string): string[] {
	return api.simulator.messages.filter(({ to }) => to === `+${customer}`).map(({ payload }) => (payload.text as { body: string }).body);
}

/** The execution that a message started. */
async function executionOf(text: string): Promise<string> {
	const row = await until(`"${text}" is stored`, PATIENCE_MS, async () => (await rowsOf(rest, TABLE)).find((one) => one.text === text));
	return String(row?.execution);
}

/** Sets up the example as a user does, with a shorter wait, and sends the simulator's callbacks to it. */
async function goLive(): Promise<StoredWorkflow> {
	const openAi = await rest.createCredential('openAiApi', { apiKey: 'none', url: model.baseUrl });
	const example = readExample('quick-messages.json');
	const shorter = (node: INode): INode => (node.name === 'Wait for more messages' ? { ...node, parameters: { ...node.parameters, amount: WAIT_SECONDS } } : node);
	// Without this setting, n8n doesn't store the progress of a running execution.
	const edited = { ...example, nodes: example.nodes.map(shorter), settings: { ...example.settings, saveExecutionProgress: true } };
	const stored = await rest.importWorkflow(is1x ? await withExistingTable(edited) : edited, api.credential, openAi);
	await rest.activate(stored);
	api.simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, stored)) });
	return stored;
}

/** In n8n 1.x, a workflow can neither create a data table nor find one by name. */
async function withExistingTable(example: WorkflowFile): Promise<WorkflowFile> {
	const createsTable = ({ type, parameters }: INode) => type === DATA_TABLE && parameters.resource === 'table';
	const { columns } = example.nodes.find(createsTable)!.parameters as { columns: { column: Array<{ name: string; type: string }> } };
	const id = await createTable(rest, TABLE, columns.column);
	const nodes = example.nodes.map((node): INode => {
		if (createsTable(node)) return { ...node, disabled: true };
		if (node.type !== DATA_TABLE) return node;
		return { ...node, parameters: { ...node.parameters, dataTableId: { __rl: true, mode: 'id', value: id } as IDataObject } as INode['parameters'] };
	});
	return { ...example, nodes };
}
