/** The example in which customers answer by tapping a button. */
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { answerTo } from '../../harness/n8n/chat.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const { rest, handle } = n8nUnderTest();
const api = apiUnderTest(rest, { statusSteps: [], callbackTimeoutMs: 60_000 }, CALLBACK_LOGIN);

const CUSTOMERS = [
	{ to: '+64211111111', name: 'Aroha', at: '10:30 AM', buttonIndex: 0, answer: 'Thank you, see you tomorrow.' },
	{ to: '+64212222222', name: 'Wiremu', at: '2:00 PM', buttonIndex: 1, answer: 'No problem. Which day and time would suit you?' },
	{ to: '+64213333333', name: 'Mia', at: '4:00 PM', buttonIndex: 2, answer: 'Your appointment is canceled. To book another one, message us at any time.' },
];

describe('appointment-confirmation.json', () => {
	it('asks all customers at the same time, handles the tap of each customer, and replies to a late tap', async () => {
		const workflow = await rest.importWorkflow(readExample('appointment-confirmation.json'), api.credential);
		await rest.activate(workflow);
		const { simulator } = api;
		simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
		await rest.startWorkflow(workflow, 'Every day at 9 am');

		const sentTo = (to: string) => simulator.messages.filter((message) => message.to === to);
		await until('all are asked', PATIENCE_MS, () => simulator.messages, ({ length }) => length === CUSTOMERS.length);
		for (const { to, name, at } of CUSTOMERS) {
			expect(sentTo(to).map(({ payload }) => payload.template)).toEqual([
				{
					name: 'appointment_question',
					language: 'en',
					body_params: [name, `Can you come tomorrow at ${at}?`],
					buttons: [0, 1, 2].map((index) => ({ index, type: 'quick_reply', payload: expect.stringMatching(/^MW1\./) as string })),
				},
			]);
		}
		const tap = async (to: string, buttonIndex: number) => answerTo(await simulator.tap({ id: sentTo(to)[0]!.id, buttonIndex }));
		expect(await Promise.all(CUSTOMERS.map(async ({ to, buttonIndex }) => await tap(to, buttonIndex)))).toEqual([200, 200, 200]);
		for (const { to, answer } of CUSTOMERS) {
			const [, second] = await until(`${to} is answered`, PATIENCE_MS, () => sentTo(to), ({ length }) => length === 2);
			expect(second?.payload.text).toEqual({ body: answer });
		}

		expect(await tap('+64211111111', 2)).toBe(200);
		const [, , third] = await until('the late tap is answered', PATIENCE_MS, () => sentTo('+64211111111'), ({ length }) => length === 3);
		expect(third?.payload.text).toEqual({ body: expect.stringMatching(/^This question was already answered/) as string });
		await rest.waitForExecutions(workflow.id, (all) => all.every(({ status }) => status === 'success'));
		await rest.deactivate(workflow);
	}, 300_000);
});
