import type { IDataObject } from 'n8n-workflow';
import { loginOf } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN } from '../../harness/n8n/callbacks.mts';
import { askingWorkflow, receiveTaps } from '../../harness/n8n/chat.mts';
import { latestLink, readPage, send } from '../../harness/n8n/approvals.mts';
import { CREDENTIAL, workflowWith } from '../../harness/n8n/underTest.mts';
import { freePort } from '../../harness/ports.mts';
import { startBalancer, type Balancer } from '../../harness/queue/balancer.mts';
import { startWithPackage, type N8nWithPackage } from '../../harness/n8n/withPackage.mts';
import { until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

/** Long enough that a busy n8n stops before it expires. */
const TIME_LIMIT_MS = 10_000;

let simulator: Simulator;
let n8n: N8nWithPackage | undefined;
let balancer: Balancer | undefined;

beforeAll(async () => {
	simulator = await startSimulator({ statusSteps: [], callbackTries: 100, callbackRetryMs: 500, callbackTimeoutMs: 60_000 });
});
afterAll(async () => {
	await balancer?.stop();
	await n8n?.stop();
	await simulator.stop();
});

describe('a question that is open when n8n stops', () => {
	it('can be answered after a restart, with the same link or a tap made during the downtime; an expired one continues unanswered', async () => {
		n8n = await startWithPackage();
		const { rest: before, server } = n8n;
		const credential = await before.createCredential(CREDENTIAL, { ...loginOf(simulator), ...CALLBACK_LOGIN });
		// The node's input contains an earlier approval, as when two people must approve.
		const ask = async (options: IDataObject) => {
			const parameters = { resource: 'message', operation: 'sendAndWait', to: '+64211234567', message: 'May we?', responseType: 'approval', messageType: 'text', options };
			const items = [{ data: { approved: true } }];
			const execution = await before.runWorkflow(await before.importWorkflow(workflowWith({ parameters, credential, items })));
			expect(execution.status).toBe('waiting');
			return { execution, link: latestLink(simulator) };
		};
		const limited = await ask({ limitWaitTime: { values: { limitType: 'afterTimeInterval', resumeAmount: TIME_LIMIT_MS / 60_000, resumeUnit: 'minutes' } } });
		const timeIsUp = Date.now() + TIME_LIMIT_MS;
		const open = await ask({});
		const port = await freePort();
		balancer = await startBalancer(port, server.baseUrl, [server.baseUrl]);
		const replies = await receiveTaps(before, simulator, credential, {}, `http://127.0.0.1:${port}`);
		const inChat = { execution: await before.runWorkflow(await before.importWorkflow(askingWorkflow(credential))) };
		const message = simulator.messages.at(-1)!;
		await server.stop();
		// The simulator retries a callback until it's accepted, as Modica does.
		const tapped = simulator.tap({ id: message.id, buttonIndex: 1 });
		await until('the time limit expires', TIME_LIMIT_MS, () => Date.now() > timeIsUp);

		await n8n.restart();
		const { rest: after } = n8n;
		const ended = async ({ execution: { id, workflowId } }: Pick<typeof open, 'execution'>) => {
			await after.waitForExecutions(workflowId, (all) => all.some((one) => one.id === id && one.status === 'success'), 120_000);
			return (await after.getExecution(id)).outputs.WhatsApp?.[0]?.map(({ json }) => json.data);
		};
		expect((await readPage(open.link)).buttons).toEqual({ approve: 'Approve', decline: 'Decline' });
		expect((await send(open.link, { answer: 'approve' })).words).toMatch(/Thank you/);
		expect(await ended(open)).toEqual([{ approved: true, answeredIn: 'page', respondedAt: expect.any(String) }]);

		const { tries, delivered } = await tapped;
		expect([tries[0]?.status, delivered]).toEqual([503, true]);
		expect(await ended(inChat)).toEqual([{ approved: false, answeredIn: 'chat', respondedAt: expect.any(String) }]);
		expect(await after.executions(replies.id)).toEqual([]);

		expect(await ended(limited)).toEqual([{ approved: false, timedOut: true }]);
		const late = await send(limited.link, { answer: 'approve' });
		expect(late.words).toMatch(/no action|no longer/i);
	}, 300_000);
});
