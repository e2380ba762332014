/** The example in which a person decides about what an AI agent is about to do. */
import { readPage, send } from '../../harness/n8n/approvals.mts';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { startModel, type ScriptedModel } from '../../harness/n8n/model.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
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
	it('offers a voucher when the boss has said yes', async () => {
		const { question, messages, told } = await complain('approve');
		expect(question).toContain(`The support agent wants to send this to 64211234567: ${VOUCHER}`);
		expect(messages).toEqual([
			[CUSTOMER, VOUCHER],
			[CUSTOMER, ANSWER],
		]);
		expect(told).toContain('My order came broken');
	});

	it('offers none when the boss has said no', async () => {
		const { messages } = await complain('decline');
		expect(messages).toEqual([[CUSTOMER, ANSWER]]);
	});

	/** A customer complains, and the boss presses a button. @returns what each of them got to read, and the model */
	async function complain(answer: 'approve' | 'decline') {
		const { username, password, baseUrl } = simulator;
		const modica = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN });
		const openAi = await rest.createCredential('openAiApi', { apiKey: 'none', url: model.baseUrl });
		const workflow = await rest.importWorkflow(readExample('support-agent.json'), modica, openAi);
		await rest.activate(workflow);
		simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
		await simulator.sendReply({ type: 'text', text: 'My order came broken', source: CUSTOMER.slice(1) });

		const [first] = await until('the boss is asked', PATIENCE_MS, () => simulator.messages, ({ length }) => length > 0);
		expect(first?.to).toBe(BOSS);
		const question = textOf(first?.payload);
		const link = /https?:\S+$/.exec(question)?.[0] ?? '';
		await rest.waitForExecutions(workflow.id, ([execution]) => execution?.status === 'waiting');
		expect((await readPage(link)).buttons).toEqual({ approve: 'Send it', decline: 'No voucher' });
		expect((await send(link, { answer })).status).toBe(200);
		await rest.waitForExecutions(workflow.id, ([execution]) => execution?.status === 'success');
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
