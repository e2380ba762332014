import type { IDataObject } from 'n8n-workflow';
import { logInOf } from '../../harness/n8n/apiUnderTest.mts';
import { latestLink, readPage, send } from '../../harness/n8n/approvals.mts';
import { CREDENTIAL, workflowWith } from '../../harness/n8n/underTest.mts';
import { startWithPackage, type N8nWithPackage } from '../../harness/n8n/withPackage.mts';
import { until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

/** Longer than a busy n8n takes to ask, so that it is not up before the end. */
const TIME_LIMIT_MS = 10_000;

let simulator: Simulator;
let n8n: N8nWithPackage | undefined;

beforeAll(async () => {
	simulator = await startSimulator();
});
afterAll(async () => {
	await n8n?.stop();
	await simulator.stop();
});

describe('a question that was open when n8n ended', () => {
	it('is answered after the next start, by the same link; one whose time was up meanwhile has gone on', async () => {
		n8n = await startWithPackage();
		const { rest: before, server } = n8n;
		const credential = await before.createCredential(CREDENTIAL, logInOf(simulator));
		// An earlier approval comes into the node, as where two people have to agree.
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
		await server.stop();
		await until('the time is up', TIME_LIMIT_MS, () => Date.now() > timeIsUp);

		await n8n.startAgain();
		const { rest: after } = n8n;
		const ended = async ({ execution: { id, workflowId } }: typeof open) => {
			await after.waitForExecutions(workflowId, (all) => all.some((one) => one.id === id && one.status === 'success'), 120_000);
			return (await after.getExecution(id)).outputs.WhatsApp?.[0]?.map(({ json }) => json.data);
		};
		expect((await readPage(open.link)).buttons).toEqual({ approve: 'Approve', decline: 'Decline' });
		expect((await send(open.link, { answer: 'approve' })).words).toMatch(/Thank you/);
		expect(await ended(open)).toEqual([{ approved: true, respondedAt: expect.any(String) }]);

		expect(await ended(limited)).toEqual([{ approved: false, timedOut: true }]);
		const late = await send(limited.link, { answer: 'approve' });
		expect(late.words).toMatch(/no action|no longer/i);
	}, 300_000);
});
