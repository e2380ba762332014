/** The example in which a person decides about what an AI agent is about to do. */
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { answerTo } from '../../harness/n8n/chat.mts';
import { startModel, type ScriptedModel, type Turn } from '../../harness/n8n/model.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { StoredWorkflow } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const { rest, handle } = n8nUnderTest();
/** n8n lets people review the tools of an agent since 2.8. */
const describeWithReview = handle.installation.version.startsWith('1.') ? describe.skip : describe;

const BOSS = '+64219999999';
const CUSTOMER = '+64211234567';
const VOUCHER = 'We are sorry: here are 20 dollars, code SORRY-20.';
const ANSWER = 'Is there anything else that I can do for you?';

let simulator: Simulator;
let model: ScriptedModel;

beforeEach(async () => {
	simulator = await startSimulator({ statusSteps: [] });
	model = await startModel([
		({ tools }) => ({ call: tools[0]?.name ?? '', with: { toolParameters: { text: VOUCHER }, hitlParameters: {} } }),
		() => ({ say: ANSWER }),
	]);
});

afterEach(async () => {
	expect(simulator.requests.flatMap(({ violations }) => violations)).toEqual([]);
	await model.stop();
	await simulator.stop();
});

describeWithReview('support-agent.json', () => {
	it('offers a voucher when the boss has tapped yes', async () => {
		const { question, messages, told } = await complain(0);
		expect(question).toBe(`The support agent wants to send this to 64211234567: ${VOUCHER}`);
		expect(messages).toEqual([
			[CUSTOMER, VOUCHER],
			[CUSTOMER, ANSWER],
		]);
		expect(told).toContain('My order came broken');
	});

	it('offers none when the boss has tapped no', async () => {
		const { messages } = await complain(1);
		expect(messages).toEqual([[CUSTOMER, ANSWER]]);
	});

	it('talks with two customers at once and mixes up nothing of what they said', async () => {
		await model.stop();
		const heard = ({ messages }: Turn) => messages.filter(({ role }) => role === 'user').map(({ content }) => content);
		model = await startModel((turn) => ({ say: `I heard: ${heard(turn).join(' | ')}` }));
		const workflow = await goLive();
		const customers = [
			{ source: '64211111111', name: 'Aroha' },
			{ source: '64212222222', name: 'Wiremu' },
		];
		const say = async (text: (name: string) => string) => await Promise.all(customers.map(({ source, name }) => simulator.sendReply({ type: 'text', text: text(name), source })));
		await say((name) => `I am ${name}`);
		await until('both are answered', PATIENCE_MS, () => simulator.messages, ({ length }) => length === 2);
		await say(() => 'Who am I?');
		await until('both are answered again', PATIENCE_MS, () => simulator.messages, ({ length }) => length === 4);
		for (const { source, name } of customers) {
			const answers = simulator.messages.filter(({ to }) => to === `+${source}`).map(({ payload }) => textOf(payload));
			expect(answers).toEqual([`I heard: I am ${name}`, `I heard: I am ${name} | Who am I?`]);
		}
		await rest.deactivate(workflow);
	});

	/** The example as a person sets it up, with the simulator calling it. */
	async function goLive(): Promise<StoredWorkflow> {
		const { username, password, baseUrl } = simulator;
		const modica = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN });
		const openAi = await rest.createCredential('openAiApi', { apiKey: 'none', url: model.baseUrl });
		const workflow = await rest.importWorkflow(readExample('support-agent.json'), modica, openAi);
		await rest.activate(workflow);
		simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
		return workflow;
	}

	/** A customer complains, and the boss taps a button. @returns what each of them got to read, and the model */
	async function complain(buttonIndex: number) {
		const workflow = await goLive();
		await simulator.sendReply({ type: 'text', text: 'My order came broken', source: CUSTOMER.slice(1) });

		const [first] = await until('the boss is asked', PATIENCE_MS, () => simulator.messages, ({ length }) => length > 0);
		expect(first?.to).toBe(BOSS);
		const { body_params: [question = ''] = [] } = (first?.payload as unknown as { template: { body_params?: string[] } }).template;
		// By the same trigger as the complaint; it starts no other execution.
		expect(answerTo(await simulator.tap({ id: first!.id, buttonIndex }))).toBe(200);
		await rest.waitForExecutions(workflow.id, (all) => all.length === 1 && all[0]?.status === 'success');
		await rest.deactivate(workflow);
		return {
			question,
			messages: simulator.messages.slice(1).map(({ to, payload }) => [to, textOf(payload)]),
			told: model.turns[0]?.messages.map(({ content }) => content).join('\n'),
		};
	}
});

function textOf(payload: unknown): string {
	return (payload as { text: { body: string } }).text.body;
}
