/** A question in the chat, sent by a worker and answered through each webhook process and the load balancer. */
import { randomUUID } from 'node:crypto';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { answerTo, CHAT_QUESTION, receiveTaps } from '../../harness/n8n/chat.mts';
import { NODE } from '../../harness/n8n/underTest.mts';
import { queueUnderTest, workerOf } from '../../harness/queue/underTest.mts';
import { into, nodeOf } from '../../harness/queue/workflow.mts';

const { rest, publicUrl, webhookUrls } = queueUnderTest();
const api = apiUnderTest(rest, { statusSteps: [], callbackTimeoutMs: 60_000 }, CALLBACK_LOGIN);

describe('a question in the chat, sent by a worker', () => {
	it('is answered by a tap at each webhook process, and through the load balancer', async () => {
		const { id, name, type } = api.credential;
		const path = randomUUID();
		const workflow = await rest.importWorkflow({
			name: 'Question in the chat',
			nodes: [
				nodeOf('Start', 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path, responseMode: 'onReceived' }, { webhookId: randomUUID() }),
				nodeOf('WhatsApp', NODE, 1, CHAT_QUESTION, { credentials: { [type]: { id, name } } }),
			],
			connections: { Start: into('WhatsApp') },
			settings: { executionOrder: 'v1' },
		});
		await rest.activate(workflow);
		const replies = await receiveTaps(rest, api.simulator, api.credential, {}, publicUrl);

		const origins = [...webhookUrls, publicUrl];
		for (const [index, origin] of origins.entries()) {
			expect((await fetch(`${publicUrl}/webhook/${path}`, { method: 'POST' })).status).toBe(200);
			const [waiting] = await rest.waitForExecutions(workflow.id, (all) => all.length === index + 1 && all[0]?.status === 'waiting');
			await workerOf(waiting!.id);
			api.simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(origin, replies)) });
			const { id: messageId } = api.simulator.messages[index]!;
			expect(answerTo(await api.simulator.tap({ id: messageId, buttonIndex: index % 2 }))).toBe(200);
			await rest.waitForExecutions(workflow.id, (all) => all.every(({ status }) => status === 'success'));
			expect((await rest.getExecution(waiting!.id)).outputs.WhatsApp?.[0]?.[0]?.json.data).toMatchObject({ approved: index % 2 === 0, answeredIn: 'chat' });
		}
		expect(webhookUrls.length).toBeGreaterThan(1);
		expect(await rest.executions(replies.id)).toEqual([]);

		// The process doesn't know that another one has received the answer, and learns it from n8n.
		const late = api.simulator.messages.at(-1)!;
		api.simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(webhookUrls[0]!, replies)) });
		expect(answerTo(await api.simulator.tap({ id: late.id, buttonIndex: 1 }))).toBe(200);
		const [reply] = await rest.waitForExecutions(replies.id, (all) => all.length === 1 && all.every(({ status }) => status === 'success'));
		expect((await rest.getExecution(reply!.id)).outputs.Callback?.[0]?.[0]?.json).toMatchObject({ questionClosed: true });
	}, 300_000);
});
