import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { latestLink, readPage, send, tamperings } from '../../harness/n8n/approvals.mts';
import type { Execution } from '../../harness/n8n/rest.mts';
import { inLoop, n8nUnderTest, NODE, runNode, withPause, workflowWith } from '../../harness/n8n/underTest.mts';

const { rest } = n8nUnderTest();

const api = apiUnderTest(rest);

const QUESTION = {
	resource: 'message',
	operation: 'sendAndWait',
	to: '+64 21 123 4567',
	message: 'May we deliver your order 1234 tomorrow?',
	responseType: 'approval',
	messageType: 'text',
	additionalFields: { reference: 'order-1234' },
};

/** Asks a question. @returns the waiting execution, and the link that the customer received */
async function ask(parameters: IDataObject = {}, items?: IDataObject[]): Promise<{ execution: Execution; link: string }> {
	const execution = await runNode({ parameters: { ...QUESTION, ...parameters }, credential: api.credential, ...(items && { items }) });
	expect({ status: execution.status, error: execution.error }).toEqual({ status: 'waiting', error: undefined });
	return { execution, link: latestLink(api.simulator) };
}

async function ended({ workflowId, id }: Execution): Promise<Execution> {
	await rest.waitForExecutions(workflowId, (all) => all.some((one) => one.id === id && one.status === 'success'));
	return await rest.getExecution(id);
}

const statusOf = async ({ id }: Execution) => (await rest.getExecution(id)).status;

describe('a question', () => {
	it('is sent with a link to a page, and a button on the page answers it', async () => {
		const { execution, link } = await ask();
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual([
			{ to: '+64211234567', type: 'text', text: { body: `${QUESTION.message}\n\n${link}` }, reference: 'order-1234' },
		]);

		// WhatsApp requests the link with GET, to create a preview.
		for (const page of [await readPage(link), await readPage(link)]) {
			expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' } });
			expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^;]+; form-action 'self'/);
			expect(page.words).toContain(QUESTION.message);
			expect(page.buttons).toEqual({ approve: 'Approve', decline: 'Decline' });
		}
		expect(await statusOf(execution)).toBe('waiting');

		const answered = await send(link, { answer: 'approve' });
		expect(answered).toMatchObject({ status: 200, buttons: {} });
		expect(answered.words).toBe('Approve Thank you. Your answer has been received.');
		const { outputs } = await ended(execution);
		expect(outputs.WhatsApp).toEqual([
			[
				{
					json: {
						id: api.simulator.messages[0]?.id,
						to: '+64211234567',
						reference: 'order-1234',
						data: { approved: true, answeredIn: 'page', respondedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
					},
					pairedItem: { item: 0 },
				},
			],
		]);
	});

	it('can be declined, with custom labels', async () => {
		const { execution, link } = await ask({ approveLabel: 'Āe', declineLabel: 'Kāo', options: { thanksText: 'Ngā mihi' } });
		expect((await readPage(link)).buttons).toEqual({ approve: 'Āe', decline: 'Kāo' });
		expect((await send(link, { answer: 'decline' })).words).toBe('Kāo Ngā mihi');
		const { outputs } = await ended(execution);
		expect(outputs.WhatsApp?.[0]?.[0]?.json.data).toEqual({ approved: false, answeredIn: 'page', respondedAt: expect.any(String) });
	});

	it('can be answered in free text', async () => {
		const { execution, link } = await ask({ responseType: 'freeText', message: 'Where shall we leave it?' });
		expect((await send(link, { text: ' \r\n ' })).status).toBe(400);
		expect((await send(link, { text: 'x'.repeat(10_001) })).status).toBe(400);
		expect(await statusOf(execution)).toBe('waiting');
		const answered = await send(link, { text: 'Behind the <b>shed</b>\r\n& close the gate' });
		expect(answered.html).toContain('Behind the &lt;b&gt;shed&lt;/b&gt;\n&amp; close the gate');
		const { outputs } = await ended(execution);
		expect(outputs.WhatsApp?.[0]?.[0]?.json.data).toEqual({
			text: 'Behind the <b>shed</b>\n& close the gate',
			answeredIn: 'page',
			respondedAt: expect.any(String),
		});
	});

	it.each([
		['a body parameter', { bodyParams: { values: [{ value: 'Aroha' }, { value: '{link}' }] } }],
		['a URL button', { buttons: { values: [{ index: 0, type: 'url', payload: '{link}' }] } }],
	])('can be sent as a template that contains the link in %s', async (_, parameters) => {
		const execution = await runNode({
			parameters: { ...QUESTION, messageType: 'template', templateName: 'please_answer', templateLanguage: 'en', templateParameters: 'fields', ...parameters },
			credential: api.credential,
		});
		const { body_params = [], buttons = [] } = (api.simulator.messages[0]?.payload as unknown as { template: TemplateSent }).template;
		const link = body_params[1] ?? `${new URL(rest.session.baseUrl).origin}/${buttons[0]?.payload}`;
		expect((await readPage(link)).words).toContain(QUESTION.message);
		await send(link, { answer: 'approve' });
		const { outputs } = await ended(execution);
		expect(outputs.WhatsApp?.[0]?.[0]?.json.data).toMatchObject({ approved: true });
	});

	it('fails for more than one item', async () => {
		const { status, error } = await runNode({ parameters: QUESTION, credential: api.credential, items: [{}, {}] });
		expect(status).toBe('error');
		expect(error?.message).toMatch(/^Send and Wait for Response asks one question at a time, but there are 2 items\. Add a Loop Over Items/);
		expect(api.simulator.messages).toEqual([]);
	});

	it('leaves no link in the stored execution', async () => {
		const { execution, link } = await ask();
		const { searchParams } = new URL(link);
		expect([...searchParams.keys()].sort()).toEqual(['question', 'signature']);
		const stored = JSON.stringify(await rest.rest('get', `/executions/${execution.id}`));
		expect([...searchParams.values()].filter((value) => stored.includes(value))).toEqual([]);
		await send(link, { answer: 'approve' });
		await ended(execution);
		const afterwards = JSON.stringify(await rest.rest('get', `/executions/${execution.id}`));
		expect([...searchParams.values()].filter((value) => afterwards.includes(value))).toEqual([]);
	});
});

interface TemplateSent {
	body_params?: string[];
	buttons?: Array<{ payload: string }>;
}

describe('the link of a question', () => {
	it('is rejected if it was tampered with', async () => {
		const { execution, link } = await ask();
		for (const [what, tampered] of tamperings(link)) {
			for (const answer of [await readPage(tampered), await send(tampered, { answer: 'approve' })]) {
				expect({ what, status: answer.status, buttons: answer.buttons }).toEqual({ what, status: 401, buttons: {} });
			}
		}
		expect(await statusOf(execution)).toBe('waiting');
		await send(link, { answer: 'approve' });
		await ended(execution);
	});

	it('accepts only one answer', async () => {
		const { execution, link } = await ask();
		const first = await Promise.all(['approve', 'decline'].map((answer) => send(link, { answer })));
		expect(first.filter(({ words }) => words.includes('Thank you')).length).toBeGreaterThan(0);
		const { outputs } = await ended(execution);
		const approved = (outputs.WhatsApp?.[0]?.[0]?.json.data as IDataObject).approved;
		for (const again of [await readPage(link), await send(link, { answer: approved ? 'decline' : 'approve' })]) {
			expect(again.buttons).toEqual({});
			expect(again.words).toMatch(/no action|no longer/i);
		}
		// The later requests have no effect.
		expect(await rest.executions(execution.workflowId)).toEqual([expect.objectContaining({ id: execution.id, status: 'success' })]);
		expect((await rest.getExecution(execution.id)).outputs).toEqual(outputs);
	});

	// n8n responds to this itself, without calling the node, as docs/approvals.md describes.
	it("returns n8n's 409 after the answer while the workflow is still running, and changes nothing", async () => {
		const stored = await rest.importWorkflow(withPause(workflowWith({ parameters: QUESTION, credential: api.credential })));
		const execution = await rest.runWorkflow(stored);
		const link = latestLink(api.simulator);
		await send(link, { answer: 'approve' });
		await rest.waitForExecutions(stored.id, ([one]) => one?.status === 'running');
		for (const again of [await readPage(link), await send(link, { answer: 'decline' })]) {
			expect({ status: again.status, body: JSON.parse(again.html) as unknown }).toEqual({
				status: 409,
				body: expect.objectContaining({ message: `The execution "${execution.id}" is running already.` }) as unknown,
			});
		}
		expect(await rest.executions(stored.id)).toEqual([expect.objectContaining({ id: execution.id, status: 'running' })]);
		await rest.stopExecution(execution.id);
	});

	it('does not answer the next question of a loop', async () => {
		const stored = await rest.importWorkflow(inLoop(workflowWith({ parameters: { ...QUESTION, message: '=Question {{ $json.number }}' }, credential: api.credential, items: [{ number: 1 }, { number: 2 }] })));
		const execution = await rest.runWorkflow(stored);
		const first = latestLink(api.simulator);
		await send(first, { answer: 'approve' });
		await rest.waitForExecutions(stored.id, ([one]) => one?.status === 'waiting' && api.simulator.messages.length === 2);
		const second = latestLink(api.simulator);
		expect(second).not.toBe(first);
		for (const late of [await readPage(first), await send(first, { answer: 'approve' })]) {
			expect({ status: late.status, words: late.words }).toEqual({ status: 410, words: 'This question is closed. No further action is needed.' });
		}
		expect((await readPage(second)).words).toContain('Question 2');
		await send(second, { answer: 'decline' });
		const { outputs } = await ended(execution);
		const answers = outputs.Loop?.[0]?.map(({ json }) => (json.data as IDataObject).approved);
		expect(answers).toEqual([true, false]);
	});
});

describe('the editor', () => {
	it('lists GET and POST as webhooks of a waiting execution', async () => {
		const description = (await rest.nodeTypes()).find(({ name }) => name === NODE)!;
		expect(description.webhooks?.map(({ httpMethod, restartWebhook }) => [httpMethod, restartWebhook])).toEqual([
			['GET', true],
			['POST', true],
		]);
	});
});
