/** The examples that store previous messages of a customer. */
import { isDeepStrictEqual } from 'node:util';
import type { IDataObject } from 'n8n-workflow';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { editRows, rowsOf } from '../../harness/n8n/dataTable.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { Execution, StoredCredential, StoredWorkflow, WorkflowFile } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const { rest, handle, is1x } = n8nUnderTest();
/** Workflows can create data tables since n8n 2.x. */
const describeWithTables = is1x ? describe.skip : describe;

let simulator: Simulator;
let credential: StoredCredential;

beforeAll(async () => {
	simulator = await startSimulator({ statusSteps: [], callbackTimeoutMs: 60_000 });
	const { username, password, baseUrl } = simulator;
	credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN });
});
afterAll(async () => {
	await simulator.stop();
	expect(simulator.requests.flatMap(({ violations }) => violations)).toEqual([]);
});

/** Imports and activates a workflow, and sends the simulator's replies to it. */
async function live(file: WorkflowFile): Promise<StoredWorkflow> {
	await simulator.reset();
	const workflow = await rest.importWorkflow(file, credential);
	await rest.activate(workflow);
	simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
	return workflow;
}

const write = async (source: string, text: string) => await simulator.sendReply({ type: 'text', text, source });

/** Waits until `count` executions have started and all have succeeded. */
async function ended({ id }: StoredWorkflow, count: number): Promise<void> {
	await rest.waitForExecutions(id, (all) => all.length === count && all.every(({ status }) => status === 'success'));
}

/** The same workflow with another expression in a field that one of its *Edit Fields* nodes sets. */
function withField(file: WorkflowFile, nodeName: string, field: string, change: (expression: string) => string): WorkflowFile {
	const copy = structuredClone(file);
	const { assignments } = copy.nodes.find(({ name }) => name === nodeName)!.parameters as { assignments: { assignments: IDataObject[] } };
	const assignment = assignments.assignments.find(({ name }) => name === field)!;
	const changed = change(assignment.value as string);
	expect(changed).not.toBe(assignment.value);
	assignment.value = changed;
	return copy;
}

describeWithTables('conversation-window.json', () => {
	const TABLE = 'WhatsApp latest messages';
	const now = Date.now();
	const MINUTE_MS = 60_000;
	const before = (ms: number) => new Date(now - ms).toISOString();
	const LAST_MOMENT_MS = (24 * 60 - 1) * MINUTE_MS;

	const MESSAGES = [
		{ to: '+64 21 111 1111', name: 'Aroha', order: '1' },
		{ to: '64212222222', name: 'Wiremu', order: '2' },
		{ to: '+64213333333', name: 'Mia', order: '3' },
		{ to: '0064214444444', name: 'Tama', order: '4' },
		{ to: '+64-21-555-5555', name: 'Ngaio', order: '5' },
		{ to: '021 999 9999', name: 'Nobody', order: '6' },
		{ to: '+64211111111', name: 'Aroha', order: '7' },
		{ to: '+64216666666', name: 'Kiri', order: '8' },
	];

	const byNumberTheLatestFirst = (one: IDataObject, other: IDataObject) =>
		Number(one.number) - Number(other.number) || Date.parse(String(other.wroteAt)) - Date.parse(String(one.wroteAt));

	it('sends a text to customers who wrote in the last 23 h 59 min and a template to all others, each once', async () => {
		const atNow = withField(readExample('conversation-window.json'), 'Set start of window', 'opened', (expression) => expression.replace('$now', `DateTime.fromMillis(${now})`));
		const workflow = await live(withField(atNow, 'Sample messages', 'messages', () => JSON.stringify(MESSAGES)));
		await Promise.all(['64211111111', '64212222222', '64214444444', '64215555555', '64216666666'].map(async (source) => await write(source, 'Kia ora')));
		// No message can be sent to a customer with a hidden number.
		await simulator.sendReply({ type: 'text', text: 'Who am I?', source: '', extra: { source: undefined } });
		await ended(workflow, 6);
		// The fourth customer wrote just now. The test sets the times of the others.
		await editRows(rest, TABLE, ['number', '+64211111111'], { wroteAt: before(LAST_MOMENT_MS) });
		await editRows(rest, TABLE, ['number', '+64212222222'], { wroteAt: before(LAST_MOMENT_MS + 1) });
		await editRows(rest, TABLE, ['number', '+64216666666'], { wroteAt: before(24 * 60 * MINUTE_MS + MINUTE_MS) });
		// Two executions can end in the wrong order. The later time then remains, and the customer has a second row.
		await editRows(rest, TABLE, ['number', '+64214444444'], { wroteAt: before(-60 * MINUTE_MS) });
		await write('64214444444', 'And one more');
		await ended(workflow, 7);
		expect((await rowsOf(rest, TABLE)).sort(byNumberTheLatestFirst)).toEqual([
			{ number: '+64211111111', wroteAt: before(LAST_MOMENT_MS) },
			{ number: '+64212222222', wroteAt: before(LAST_MOMENT_MS + 1) },
			{ number: '+64214444444', wroteAt: before(-60 * MINUTE_MS) },
			{ number: '+64214444444', wroteAt: expect.any(String) as string },
			{ number: '+64215555555', wroteAt: expect.any(String) as string },
			{ number: '+64216666666', wroteAt: before(24 * 60 * MINUTE_MS + MINUTE_MS) },
		]);

		const { status, error, outputs } = await rest.runWorkflow(workflow, undefined, 'When clicking ‘Execute workflow’');
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		const text = (name: string, order: string) => `Kia ora ${name}, your order ${order} is ready to be picked up. Reply here if you have any questions.`;
		const template = (name: string, order: string) => ({ name: 'order_ready', language: 'en', body_params: [name, order] });
		const idOf = (content: object) => simulator.messages.find(({ payload }) => isDeepStrictEqual(payload.text ?? payload.template, content))?.id;
		const accepted = (to: string, content: object) => ({ id: idOf(content), status: 'accepted', to });
		expect(simulator.messages).toHaveLength(MESSAGES.length - 1);
		expect(outputs['Send text']?.[0]?.map(({ json }) => json)).toEqual([
			accepted('+64211111111', { body: text('Aroha', '1') }),
			accepted('+64214444444', { body: text('Tama', '4') }),
			accepted('+64215555555', { body: text('Ngaio', '5') }),
			accepted('+64211111111', { body: text('Aroha', '7') }),
		]);
		// An invalid row doesn't affect the others.
		expect(outputs['Send template']?.[0]?.map(({ json }) => json)).toEqual([
			accepted('+64212222222', template('Wiremu', '2')),
			accepted('+64213333333', template('Mia', '3')),
			{ error: expect.stringMatching(/^To '021 999 9999' is a local number/) as string, mayHaveBeenSent: false },
			accepted('+64216666666', template('Kiri', '8')),
		]);
		await rest.deactivate(workflow);
	});

	it('sends the template to all customers if none has written', async () => {
		await simulator.reset();
		const workflow = await rest.importWorkflow(inTable(readExample('conversation-window.json'), 'Nobody yet'), credential);
		const { status, error, outputs } = await rest.runWorkflow(workflow, undefined, 'When clicking ‘Execute workflow’');
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(outputs['Send template']?.[0]?.map(({ json }) => json.to)).toEqual(['+64211111111', '+64212222222', '+64213333333']);
		expect(simulator.messages).toHaveLength(3);
	});

	function inTable(file: WorkflowFile, table: string): WorkflowFile {
		return JSON.parse(JSON.stringify(file).replaceAll(TABLE, table)) as WorkflowFile;
	}
});

describeWithTables('free-text-question.json', () => {
	const TABLE = 'WhatsApp open questions';
	const [AROHA, WIREMU, MIA, TAMA, NGAIO, KIRI, HANA] = ['+64211111111', '+64212222222', '+64213333333', '+64214444444', '+64215555555', '+64216666666', '+64217777777'] as const;
	const QUESTIONS = [
		{ to: '+64 21 111 1111', question: 'Where should we leave your parcel?' },
		{ to: WIREMU, question: 'What should we write on your cake?' },
		{ to: MIA, question: 'Which color?' },
		{ to: TAMA, question: 'Which size?' },
		{ to: TAMA, question: 'Which name?' },
		{ to: NGAIO, question: 'Which day?' },
		{ to: KIRI, question: 'Which shop?' },
		{ to: HANA, question: 'Which street?' },
	];

	let workflow: StoredWorkflow;
	const ends = new Map<string, Execution>();

	/** The output of a node in all ended executions. */
	async function outputOf(node: string): Promise<IDataObject[]> {
		for (const { id, status } of await rest.executions(workflow.id)) {
			if ((status === 'success' || status === 'error') && !ends.has(id)) ends.set(id, await rest.getExecution(id));
		}
		return [...ends.values()].flatMap(({ outputs }) => outputs[node]?.[0] ?? []).map(({ json }) => json);
	}

	const answersOf = async (to: string) => (await outputOf('Set answer')).filter((answer) => answer.to === to);
	const ordinary = async (source: string | undefined) => (await outputOf('Other message')).filter((message) => message.source === source?.slice(1));
	/** Waits for an ordinary message of a customer. @returns all of them */
	const passedOn = async (source: string | undefined) => await until(`a message of ${source} is passed on`, PATIENCE_MS, () => ordinary(source), ({ length }) => length > 0);
	const open = async (to: string) => (await rowsOf(rest, TABLE)).filter(({ number }) => number === to);
	const say = async (to: string, text: string) => await write(to.slice(1), text);

	beforeAll(async () => {
		const file = withField(readExample('free-text-question.json'), 'Sample questions', 'questions', () => JSON.stringify(QUESTIONS));
		const wait = file.nodes.find(({ name }) => name === 'Wait for answer')!;
		// n8n checks once a minute which executions have reached their time limit.
		wait.parameters.resumeAmount = `={{ $('When called for a question').first().json.to === '${MIA}' ? 0.0005 : ${wait.parameters.resumeAmount} }}`;
		workflow = await live(file);
		// The customer receives the message before n8n receives the response.
		for (const to of [AROHA, WIREMU]) simulator.addFault({ kind: 'latency', ms: 3_000, match: { to } });
		simulator.addFault({ kind: 'status', status: 500, match: { to: KIRI } });
		await rest.startWorkflow(workflow, 'When clicking ‘Execute workflow’');
	});
	afterAll(async () => {
		await rest.deactivate(workflow);
	});

	it('continues each execution with the answer of its customer, even if the answer arrives before n8n waits for it', async () => {
		const isAsked = (to: string) => simulator.messages.some((message) => message.to === to);
		await until('both are asked', PATIENCE_MS, () => isAsked(AROHA) && isAsked(WIREMU));
		await Promise.all([say(WIREMU, 'Happy birthday'), say(AROHA, 'At the back door')]);
		const thanks = (answer: string) => ({ body: `Thank you! We received your answer: ${answer}` });
		for (const [to, answer] of [[AROHA, 'At the back door'], [WIREMU, 'Happy birthday']] as const) {
			const messages = () => simulator.messages.filter((message) => message.to === to);
			const [, second] = await until(`${to} is thanked`, PATIENCE_MS, messages, ({ length }) => length === 2);
			expect(second?.payload.text).toEqual(thanks(answer));
			expect([await open(to), await ordinary(to)]).toEqual([[], []]);
		}
	});

	it('does not treat images, or messages from unasked or hidden customers, as answers', async () => {
		await until('both questions are asked', PATIENCE_MS, () => simulator.messages.filter(({ to }) => to === TAMA), ({ length }) => length === 2);
		await simulator.sendReply({ type: 'image', caption: 'Like this', source: TAMA.slice(1) });
		await say('+64219999999', 'Are you open?');
		await simulator.sendReply({ type: 'text', text: 'Who am I?', source: '', extra: { source: undefined } });
		expect(await passedOn(TAMA)).toEqual([expect.objectContaining({ type: 'image', text: 'Like this' })]);
		expect(await passedOn('+64219999999')).toEqual([expect.objectContaining({ event: 'reply', text: 'Are you open?' })]);
		expect(await passedOn(undefined)).toEqual([expect.objectContaining({ text: 'Who am I?' })]);
		expect(await open(TAMA)).toHaveLength(2);
	});

	it('assigns the first answer to the newest of two questions, and the next answer to the other', async () => {
		const [older, newer] = (await open(TAMA)).map(({ question }) => question);
		await say(TAMA, 'First answer');
		await until('one question is open', PATIENCE_MS, () => open(TAMA), ({ length }) => length === 1);
		await say(TAMA, 'Second answer');
		const answers = await until('both are answered', PATIENCE_MS, () => answersOf(TAMA), ({ length }) => length === 2);
		expect(new Set(answers)).toEqual(
			new Set([
				{ to: TAMA, question: newer, answered: true, answer: 'First answer' },
				{ to: TAMA, question: older, answered: true, answer: 'Second answer' },
			]),
		);
	});

	it('closes a question that could not be sent', async () => {
		const failed = await until('it has failed', PATIENCE_MS, async () => {
			await outputOf('Send question');
			return [...ends.values()].find(({ status }) => status === 'error');
		});
		expect(failed?.error?.message).toMatch(/^The question could not be sent: Modica returned 500/);
		expect(await open(KIRI)).toEqual([]);
	});

	it('passes a message on if its question has just been answered, or its execution was stopped', async () => {
		const [{ execution } = {}] = await open(NGAIO);
		await rest.stopExecution(String(execution));
		await Promise.all([say(HANA, 'Queen Street'), say(HANA, 'No, King Street'), say(NGAIO, 'On Monday')]);
		expect(await passedOn(NGAIO)).toEqual([expect.objectContaining({ text: 'On Monday' })]);
		const answers = await until('one is the answer', PATIENCE_MS, () => answersOf(HANA), ({ length }) => length > 0);
		const messages = await passedOn(HANA);
		expect([...answers.map(({ answer }) => answer), ...messages.map(({ text }) => text)].sort()).toEqual(['No, King Street', 'Queen Street']);
		expect([await open(NGAIO), await open(HANA)]).toEqual([[], []]);
	});

	it('continues without an answer after the time limit, and passes later messages on', async () => {
		expect(await until('the time limit expires', PATIENCE_MS, () => answersOf(MIA), ({ length }) => length > 0)).toEqual([{ to: MIA, question: 'Which color?', answered: false, answer: '' }]);
		expect(await open(MIA)).toEqual([]);
		await say(MIA, 'Green, if it is not too late');
		expect(await passedOn(MIA)).toEqual([expect.objectContaining({ text: 'Green, if it is not too late' })]);
	});
});
