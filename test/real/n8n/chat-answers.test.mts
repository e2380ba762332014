/** Questions answered by a tap in WhatsApp, in a real n8n: one at a time, concurrently, too early, and too late. */
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { latestLink, readPage, send } from '../../harness/n8n/approvals.mts';
import { CALLBACK_LOGIN, eachOf } from '../../harness/n8n/callbacks.mts';
import { answerTo, askingWorkflow, CHOICES, payloadOf, receiveTaps } from '../../harness/n8n/chat.mts';
import type { Execution, StoredWorkflow } from '../../harness/n8n/rest.mts';
import { inLoop, n8nUnderTest, withPause } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const { rest } = n8nUnderTest();
// The simulator retries rejected callbacks, as Modica may do.
const api = apiUnderTest(rest, { statusSteps: [], callbackTimeoutMs: 60_000 }, CALLBACK_LOGIN);

let replies: StoredWorkflow;
beforeEach(async () => {
	replies = await receiveTaps(rest, api.simulator, api.credential);
});
afterEach(async () => await rest.deactivate(replies));

/** Asks a question. @returns the waiting execution */
async function ask(parameters: IDataObject = {}): Promise<Execution & { messageId: string }> {
	const execution = await rest.runWorkflow(await rest.importWorkflow(askingWorkflow(api.credential, parameters)));
	expect({ status: execution.status, error: execution.error }).toEqual({ status: 'waiting', error: undefined });
	return { ...execution, messageId: api.simulator.messages.at(-1)!.id };
}

const tap = async (messageId: string, buttonIndex: number, replyId?: string) =>
	await api.simulator.tap({ id: messageId, buttonIndex, ...(replyId !== undefined && { replyId }) });

/** Waits for the end of an execution. @returns the node's output */
async function dataOf({ workflowId, id }: { workflowId: string; id: string }): Promise<unknown> {
	await rest.waitForExecutions(workflowId, (all) => all.some((one) => one.id === id && one.status === 'success'));
	return (await rest.getExecution(id)).outputs.WhatsApp?.[0]?.[0]?.json.data;
}

/** Waits until `count` replies have started the workflow (n8n 1.x responds before it stores them). @returns these replies */
async function repliesPassedOn(count: number): Promise<IDataObject[]> {
	const ended = await rest.waitForExecutions(replies.id, (all) => all.length >= count && all.every(({ status }) => status === 'success'));
	const executions = await Promise.all(ended.map(async ({ id }) => await rest.getExecution(id)));
	return executions.map(({ outputs }) => outputs.Callback?.[0]?.[0]?.json ?? {});
}

describe('a question in the chat', () => {
	it.each([
		['approved', {}, 0, { approved: true }],
		['declined', {}, 1, { approved: false }],
		['answered by a choice', { responseType: 'choice', choices: CHOICES }, 2, { choice: 'Cancel', choiceIndex: 2 }],
	])('is %s by a tap, which starts no execution', async (_what, parameters, buttonIndex, data) => {
		const asked = await ask(parameters);
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual([
			{
				to: '+64211234567',
				type: 'template',
				template: {
					name: 'please_answer',
					language: 'en_US',
					body_params: ['May we deliver your order 1234 tomorrow?'],
					buttons: expect.arrayContaining([{ index: 0, type: 'quick_reply', payload: expect.stringMatching(/^MW1\.0\.\d+\.[\w-]{22}\.[\w-]{22}\.[\w-]{43}$/) as string }]) as unknown,
				},
			},
		]);
		const delivered = await tap(asked.messageId, buttonIndex);
		expect(answerTo(delivered)).toBe(200);
		expect(await dataOf(asked)).toEqual({ ...data, answeredIn: 'chat', respondedAt: expect.stringMatching(/^\d{4}-.*Z$/) });
		expect(await rest.executions(replies.id)).toEqual([]);
	});

	it('leaves no secret of its buttons in stored executions', async () => {
		const asked = await ask();
		const payloads = [0, 1].map((index) => payloadOf(api.simulator, index));
		const parts = payloads.flatMap((payload) => payload.split('.').slice(4));
		const storedOf = async (id: string) => JSON.stringify(await rest.rest('get', `/executions/${id}`));
		const waiting = await storedOf(asked.id);
		await tap(asked.messageId, 0);
		await dataOf(asked);
		// The second tap is too late, so it starts the workflow.
		await tap(asked.messageId, 1);
		const [reply] = await repliesPassedOn(1);
		expect(reply).toMatchObject({ type: 'button', content: { button: { payload: 'MW1' } }, questionClosed: true });
		const [execution] = await rest.executions(replies.id);
		for (const stored of [waiting, await storedOf(asked.id), await storedOf(execution!.id)]) {
			expect(parts.filter((part) => stored.includes(part) || stored.includes(Buffer.from(part, 'base64url').toString('hex')))).toEqual([]);
		}
	});

	it('is answered by a tap that arrives before the send request ends', async () => {
		api.simulator.addFault({ kind: 'latency', ms: 800, when: 'after', match: { path: '/messages' } });
		const workflow = await rest.importWorkflow(askingWorkflow(api.credential));
		const id = await rest.startWorkflow(workflow);
		const message = await until('the API has the message', PATIENCE_MS, () => api.simulator.messages[0]);
		expect(answerTo(await tap(message!.id, 0))).toBe(200);
		expect(await dataOf({ workflowId: workflow.id, id })).toMatchObject({ approved: true, answeredIn: 'chat' });
		expect(await rest.executions(replies.id)).toEqual([]);
	});

	it('gets exactly one answer, its own, if 50 questions are open', async () => {
		const parameters = { responseType: 'choice', choices: CHOICES, additionalFields: { reference: '={{ $execution.id }}' } };
		const workflow = await rest.importWorkflow(askingWorkflow(api.credential, parameters));
		const ids = await eachOf(Array.from({ length: 50 }), 10, async () => await rest.startWorkflow(workflow));
		await rest.waitForExecutions(workflow.id, (all) => all.filter(({ status }) => status === 'waiting').length === 50);
		const { messages } = api.simulator;
		expect(messages.map(({ reference }) => reference).sort()).toEqual([...ids].sort());

		// Each tap and its duplicate, in random-looking order.
		const choiceOf = (index: number) => (index * 7) % 3;
		const taps = messages.flatMap(({ id }, index) => ['first', 'duplicate'].map(() => ({ id, choice: choiceOf(index), replyId: `tap-${id}` })));
		const shuffled = taps.map((one, index) => ({ one, rank: (index * 37) % 101 })).sort((one, other) => one.rank - other.rank);
		const delivered = await eachOf(shuffled, 20, async ({ one }) => await tap(one.id, one.choice, one.replyId));
		expect(new Set(delivered.map(answerTo))).toEqual(new Set([200]));

		await rest.waitForExecutions(workflow.id, (all) => all.length === 50 && all.every(({ status }) => status === 'success'));
		for (const [index, { reference }] of messages.entries()) {
			const { outputs } = await rest.getExecution(reference!);
			expect(outputs.WhatsApp?.[0]?.map(({ json }) => json.data)).toEqual([expect.objectContaining({ choiceIndex: choiceOf(index), answeredIn: 'chat' })]);
		}
		expect(await rest.executions(replies.id)).toEqual([]);
	});

	it('is answered by only one of 20 concurrent taps; the others are passed on with questionClosed', async () => {
		const asked = await ask();
		const delivered = await Promise.all(Array.from({ length: 20 }, async (_, index) => await tap(asked.messageId, index % 2)));
		expect(new Set(delivered.map(answerTo))).toEqual(new Set([200]));
		expect(await dataOf(asked)).toMatchObject({ answeredIn: 'chat' });
		const passedOn = await repliesPassedOn(19);
		expect(passedOn.map(({ questionClosed }) => questionClosed)).toEqual(Array(19).fill(true));
		expect(await rest.executions(asked.workflowId)).toHaveLength(1);
	});
});

describe('a late tap', () => {
	it('is passed on with questionClosed after an earlier answer, even while the workflow is still running', async () => {
		const stored = await rest.importWorkflow(withPause(askingWorkflow(api.credential)));
		const execution = await rest.runWorkflow(stored);
		const { id } = api.simulator.messages[0]!;
		await tap(id, 0);
		await rest.waitForExecutions(stored.id, ([one]) => one?.status === 'running');
		expect(answerTo(await tap(id, 1, 'late'))).toBe(200);
		expect(await repliesPassedOn(1)).toEqual([expect.objectContaining({ id: 'late', questionClosed: true })]);
		await rest.stopExecution(execution.id);
	});

	it('is passed on with questionClosed after the time limit', async () => {
		const asked = await ask({ options: { limitWaitTime: { values: { limitType: 'afterTimeInterval', resumeAmount: 0.02, resumeUnit: 'minutes' } } } });
		expect(await dataOf(asked)).toEqual({ approved: false, timedOut: true });
		expect(answerTo(await tap(asked.messageId, 0))).toBe(200);
		expect(await repliesPassedOn(1)).toEqual([expect.objectContaining({ type: 'button', questionClosed: true })]);
	});

	it('is passed on without questionClosed after the execution was deleted', async () => {
		const asked = await ask();
		await rest.stopExecution(asked.id);
		await rest.rest('post', '/executions/delete', { ids: [asked.id] });
		expect(answerTo(await tap(asked.messageId, 0))).toBe(200);
		const [reply] = await repliesPassedOn(1);
		expect(reply).toMatchObject({ type: 'button', content: { button: { payload: 'MW1' } } });
		expect(reply).not.toHaveProperty('questionClosed');
	});

	it('does not answer the next question of a loop', async () => {
		const stored = await rest.importWorkflow(inLoop(askingWorkflow(api.credential, { message: '=Question {{ $json.number }}' }, [{ number: 1 }, { number: 2 }])));
		const execution = await rest.runWorkflow(stored);
		const { messages } = api.simulator;
		await tap(messages[0]!.id, 0);
		await rest.waitForExecutions(stored.id, ([one]) => one?.status === 'waiting' && messages.length === 2);
		await tap(messages[0]!.id, 0);
		expect(await repliesPassedOn(1)).toEqual([expect.objectContaining({ questionClosed: true })]);
		await tap(messages[1]!.id, 1);
		await rest.waitForExecutions(stored.id, ([one]) => one?.status === 'success');
		const { outputs } = await rest.getExecution(execution.id);
		expect(outputs.Loop?.[0]?.map(({ json }) => (json.data as IDataObject).approved)).toEqual([true, false]);
	});
});

describe('a question with choices', () => {
	it('can be answered on the page as well', async () => {
		const execution = await rest.runWorkflow(await rest.importWorkflow(askingWorkflow(api.credential, { answerIn: 'page', messageType: 'text', responseType: 'choice', choices: CHOICES })));
		const link = latestLink(api.simulator);
		expect((await readPage(link)).buttons).toEqual({ 0: 'Confirm', 1: 'Reschedule', 2: 'Cancel' });
		expect((await send(link, { answer: '1' })).words).toBe('Reschedule Thank you. Your answer has been received.');
		expect(await dataOf(execution)).toMatchObject({ choice: 'Reschedule', choiceIndex: 1, answeredIn: 'page' });
	});
});
