/** The example of an AI agent that needs approval for vouchers and hands customers over to a person. */
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { answerTo } from '../../harness/n8n/chat.mts';
import { editRows, rowsOf } from '../../harness/n8n/dataTable.mts';
import { startModel, type ModelResponse, type ScriptedModel, type Turn } from '../../harness/n8n/model.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { StoredWorkflow } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const { rest, handle, is1x } = n8nUnderTest();
/** n8n has human review for AI tools since 2.8. */
const describeWithReview = is1x ? describe.skip : describe;

const TABLE = 'WhatsApp handovers';
const MANAGER = '64219999999';
const VOUCHER = 'We are sorry: here are 20 dollars, code SORRY-20.';
const ANSWER = 'Is there anything else that I can do for you?';

let simulator: Simulator;
let model: ScriptedModel;
let workflow: StoredWorkflow;
/** How the model responds. */
let script: (turn: Turn) => Promise<ModelResponse> | ModelResponse;
let executionsBefore: number;

describeWithReview('support-agent.json', () => {
	beforeAll(async () => {
		simulator = await startSimulator({ statusSteps: [], callbackTimeoutMs: 60_000 });
		model = await startModel((turn) => script(turn));
		const { username, password, baseUrl } = simulator;
		const modica = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN });
		const openAi = await rest.createCredential('openAiApi', { apiKey: 'none', url: model.baseUrl });
		workflow = await rest.importWorkflow(readExample('support-agent.json'), modica, openAi);
		await rest.activate(workflow);
		simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
	});

	beforeEach(async () => {
		await simulator.reset();
		model.turns.length = 0;
		executionsBefore = (await rest.executions(workflow.id)).length;
	});

	afterEach(() => {
		expect(simulator.requests.flatMap(({ violations }) => violations)).toEqual([]);
	});

	afterAll(async () => {
		await rest.deactivate(workflow);
		await model.stop();
		await simulator.stop();
	});

	it('offers a voucher after the manager taps yes', async () => {
		const customer = '64211111111';
		await complain(customer, 0);
		expect(messages()).toEqual([
			[MANAGER, 'approval_request', `The support agent wants to send this message to ${customer}: ${VOUCHER}`],
			[customer, VOUCHER],
			[customer, ANSWER],
		]);
		expect(heard(model.turns[0]!)).toEqual(['My order came broken']);
	});

	it('offers no voucher after the manager taps no', async () => {
		const customer = '64212222222';
		await complain(customer, 1);
		expect(messages().slice(1)).toEqual([[customer, ANSWER]]);
	});

	it("answers two customers concurrently in WhatsApp's formatting, and keeps their conversations separate", async () => {
		// The second answer exceeds the limit of a message.
		const terms = `${'These are the terms of our shop. '.repeat(124)}\n\n`;
		script = (turn) => ({ say: `${heard(turn).length > 1 ? terms : ''}## I heard\n${heard(turn).map((words) => `- **${words}**`).join('\n')}` });
		const customers = [
			{ source: '64213333333', name: 'Aroha' },
			{ source: '64214444444', name: 'Wiremu' },
		];
		// If marking a message as read fails, the customer still gets an answer.
		simulator.addFault({ kind: 'status', status: 404, match: { method: 'PATCH' } });
		await Promise.all(customers.map(async ({ source, name }) => await say(source, `I am ${name}`)));
		await ended(2);
		await Promise.all(customers.map(async ({ source }) => await say(source, 'Who am I?')));
		await ended(4);
		for (const { source, name } of customers) {
			expect(messages(source)).toEqual([`*I heard*\n- *I am ${name}*`, terms.trim(), `*I heard*\n- *I am ${name}*\n- *Who am I?*`]);
		}
		expect(simulator.messages).toHaveLength(6);
		expect(simulator.replies.filter(({ markedAsRead }) => markedAsRead)).toHaveLength(3);
	});

	it("hands a customer over to the manager, stays silent until the manager returns them, and doesn't treat the manager as a customer", async () => {
		const customer = '64215555555';
		script = async (turn) => {
			const [last] = heard(turn).slice(-1);
			// The agent handles both messages concurrently. This one is still in progress after the other one has led to a handover.
			if (last === 'Quick!') await until('the manager is notified', PATIENCE_MS, () => messages(MANAGER), ({ length }) => length > 0);
			if (last === 'A person, please' && turn.messages.at(-1)?.role === 'user') {
				await until('the other message reaches the model', PATIENCE_MS, () => model.turns, ({ length }) => length === 2);
				return { call: toolOf(turn, 'Hand_over'), with: { reason: 'Wants to talk about the order.' } };
			}
			return { say: `I heard: ${last}` };
		};
		await Promise.all([say(customer, 'A person, please'), say(customer, 'Quick!')]);
		await ended(2);
		await say(customer, 'Are you\nthere?');
		await say(MANAGER, 'I am the manager');
		await ended(4);
		expect(messages()).toEqual([
			[customer, 'I heard: A person, please'],
			[
				MANAGER,
				'hand_over',
				`Customer ${customer} needs your help: Wants to talk about the order. Write to them at https://wa.me/${customer} and tap the button when you are done. The agent answers again after 4 hours at the latest.`,
			],
			[MANAGER, 'customer_wrote', customer, 'Quick!'],
			[MANAGER, 'customer_wrote', customer, 'Are you there?'],
		]);

		await tapQuestion(0);
		await until('the customer is returned to the agent', PATIENCE_MS, () => rowsOf(rest, TABLE), (rows) => !rows.some((row) => row.customer === customer));
		await say(customer, 'Back again');
		await ended(5);
		expect(messages(customer).slice(1)).toEqual(['I heard: Back again']);
	});

	it('hands a customer over if the agent fails, and answers again after the handover expires', async () => {
		const customer = '64216666666';
		script = () => ({ refuse: 'No.' });
		await say(customer, 'Where is my order?');
		await ended(1);
		expect(messages()).toEqual([
			[customer, 'Sorry, I can’t answer this right now. A colleague will write to you soon.'],
			[MANAGER, 'hand_over', expect.stringMatching(/^Customer 64216666666 needs your help: The agent failed\. The customer wrote: Where is my order\? Write to /)],
		]);

		script = () => ({ say: 'Here I am again' });
		await say(customer, 'Anybody?');
		await ended(2);
		const [{ until: end } = {}] = (await rowsOf(rest, TABLE)).filter((row) => row.customer === customer);
		expect((Date.parse(String(end)) - Date.now()) / 3_600_000).toBeCloseTo(4, 0);
		await editRows(rest, TABLE, ['customer', customer], { until: new Date().toISOString() });
		await say(customer, 'And now?');
		await ended(3);
		expect(messages().slice(2)).toEqual([
			[MANAGER, 'customer_wrote', customer, 'Anybody?'],
			[customer, 'Here I am again'],
		]);
	});
});

/** A customer complains, and the manager taps a button. */
async function complain(customer: string, buttonIndex: number): Promise<void> {
	script = (turn) =>
		turn.messages.at(-1)?.role === 'user'
			? { call: toolOf(turn, 'Offer_voucher'), with: { toolParameters: { text: VOUCHER }, hitlParameters: {} } }
			: { say: ANSWER };
	await say(customer, 'My order came broken');
	await until('the manager is asked', PATIENCE_MS, () => simulator.messages, ({ length }) => length > 0);
	await tapQuestion(buttonIndex);
	await until('the customer is answered', PATIENCE_MS, () => messages(customer), (read) => read.includes(ANSWER));
	await ended(1);
}

async function say(source: string, text: string): Promise<void> {
	expect(answerTo(await simulator.sendReply({ type: 'text', text, source }))).toBe(200);
}

/** The manager taps a button of the test's only question. The tap arrives at the customers' trigger and starts no execution. */
async function tapQuestion(buttonIndex: number): Promise<void> {
	const { id } = simulator.messages.find(({ payload }) => (payload.template as { buttons?: object[] } | undefined)?.buttons?.length)!;
	expect(answerTo(await simulator.tap({ id, buttonIndex }))).toBe(200);
}

/** Waits until this test has `count` executions and each has succeeded or is waiting. */
async function ended(count: number): Promise<void> {
	const all = await rest.waitForExecutions(workflow.id, (seen) => seen.length === executionsBefore + count && seen.every(({ status }) => status !== 'new' && status !== 'running'));
	expect(all.slice(0, count).filter(({ status }) => status !== 'success' && status !== 'waiting')).toEqual([]);
}

/** The customer's messages in the conversation that the model receives. */
function heard({ messages: conversation }: Turn): string[] {
	return conversation.filter(({ role }) => role === 'user').map(({ content }) => content ?? '');
}

function toolOf({ tools }: Turn, name: string): string {
	const tool = tools.find((one) => one.name.includes(name));
	if (!tool) throw new Error(`The agent has no tool ${name}: ${tools.map((one) => one.name).join(', ')}`);
	return tool.name;
}

/** The sent messages in order: recipient, then the text or the template with its parameters. For one recipient: only the texts. */
function messages(): string[][];
function messages(to: string): string[];
function messages(to?: string): string[] | string[][] {
	const all = simulator.messages.map((message) => {
		const { text, template } = message.payload as { text?: { body: string }; template?: { name: string; body_params: string[] } };
		return [message.to.slice(1), ...(text ? [text.body] : [template?.name ?? '', ...(template?.body_params ?? [])])];
	});
	return to === undefined ? all : all.filter(([recipient]) => recipient === to).map(([, ...words]) => words.join('\n'));
}
