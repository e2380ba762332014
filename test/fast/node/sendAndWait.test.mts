import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { unpackTap, type Tap } from '../../../nodes/ModicaWhatsApp/callback/tap';
import { item, type NodeRun, type Waiting } from '../../harness/core/node.mts';
import { setStage } from '../../harness/core/stage.mts';
import { readPage, send } from '../../harness/n8n/approvals.mts';

const stage = setStage();
const QUESTION: INodeParameters = {
	resource: 'message',
	operation: 'sendAndWait',
	to: '+64211234567',
	message: 'May we deliver tomorrow?',
	responseType: 'approval',
	approveLabel: 'Approve',
	declineLabel: 'Decline',
	messageType: 'text',
};
const TEMPLATE = { ...QUESTION, messageType: 'template', templateName: 'please_answer', templateParameters: 'fields' };

const CHOICES = { values: [{ choice: 'Morning' }, { choice: 'Noon' }, { choice: 'Evening' }] };

let waiting: Waiting | undefined;
afterEach(() => waiting?.stop());

/** Sends a question. Returns the link in it, as n8n receives it. */
async function ask(parameters: INodeParameters = {}, run: Partial<NodeRun> = {}): Promise<{ waiting: Waiting; link: string; body: string }> {
	const { username, password, baseUrl } = stage.simulator;
	waiting = await stage.n8n.ask({ parameters: { ...QUESTION, ...parameters }, credential: { username, password, baseUrl }, ...run });
	const [sent] = stage.received() as Array<{ text?: { body: string } }>;
	const body = sent?.text?.body ?? '';
	const link = /https:\/\/n8n\.example\.com\S*/.exec(body)?.[0] ?? '';
	return { waiting, body, link: link.replace('https://n8n.example.com', waiting.origin) };
}

const data = (answers: INodeExecutionData[][][]) => answers.map((outputs) => outputs[0]?.[0]?.json.data);

describe('a question', () => {
	it('is sent with a signed link, and puts the execution into the waiting state', async () => {
		const { waiting: asked, body } = await ask({ additionalFields: { reference: 'order-1234', source: '102046588645210' } });
		expect(stage.received()).toEqual([
			{ to: '+64211234567', type: 'text', text: { body }, reference: 'order-1234', source: '102046588645210' },
		]);
		expect(body).toMatch(
			/^May we deliver tomorrow\?\n\nhttps:\/\/n8n\.example\.com\/webhook-waiting\/1234\/node-1\?question=[\w-]{22}&signature=[0-9a-f]{64}$/,
		);
		expect(asked.waitTill).toEqual(new Date('3000-01-01T00:00:00.000Z'));
	});

	it('has its link at {link}, which the page does not show', async () => {
		const { body, link } = await ask({ message: 'Please look: {link}. Thanks, $& {link}' });
		expect(body).toMatch(/^Please look: (https:\S+)\. Thanks, \$& \1$/);
		expect((await readPage(link)).words).toBe('Please look: . Thanks, $&amp;');
	});

	it.each([
		["Message 'xxxxxxxx", { message: 'x'.repeat(4_090) }, 'characters with its link. WhatsApp accepts up to 4096. Shorten it.'],
		["Message '{link}xxx", { message: `{link}${'x'.repeat(4_000)}` }, 'characters with its link'],
		["'Message' is empty", { message: ' ' }, 'Enter the text of the message.'],
		["Message Type 'media' is not valid", { messageType: 'media' }, "Use 'text' or 'template'."],
		["Response Type 'customForm' is not valid", { responseType: 'customForm' }, "Use 'approval', 'choice', or 'freeText'."],
		["To '021 123 4567' is a local number", { to: '021 123 4567' }, 'Replace'],
		['The template has no link to the answer page', TEMPLATE, 'Enter {link} in a value of its body, or as the payload of a URL button.'],
		['The template has no link to the answer page', { ...TEMPLATE, buttons: { values: [{ index: 0, type: 'quick_reply', payload: '{link}' }] } }, ''],
		["Limit Wait Time '0 hours' is not a valid wait time", limit({ resumeAmount: 0 }), 'Use more than 0'],
		["Limit Wait Time '5 weeks' is not a valid wait time", limit({ resumeAmount: 5, resumeUnit: 'weeks' }), ''],
		["Limit Wait Time '5000 days' is not a valid wait time", limit({ resumeAmount: 5_000, resumeUnit: 'days' }), ''],
		["Max Date and Time '2020-01-01T00:00' is in the past", limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2020-01-01T00:00' }), 'remove the limit'],
		["Max Date and Time 'soon' is not a date and time", limit({ limitType: 'atSpecifiedTime', maxDateAndTime: 'soon' }), 'Use a date and time'],
	])('is rejected before anything is sent if it is invalid: %s', async (problem, parameters, remedy) => {
		const { message } = await stage.fail({ ...QUESTION, ...(parameters as INodeParameters) });
		expect(message.startsWith(problem)).toBe(true);
		expect(message).toContain(remedy);
		expect(message).not.toMatch(/https:|signature/);
		expect(stage.received()).toEqual([]);
	});

	it('is sent for one item at a time', async () => {
		const items = [item({}), item({}), item({})];
		const words = /^Send and Wait for Response asks one question at a time, but there are 3 items\. Add a Loop Over Items/;
		expect((await stage.fail(QUESTION, { items })).message).toMatch(words);
		const output = await stage.run(QUESTION, { items, continueOnFail: true });
		expect(output.map(({ json, pairedItem }) => [json.error, pairedItem])).toEqual(items.map((_, index) => [expect.stringMatching(words), { item: index }] as unknown[]));
		expect(stage.received()).toEqual([]);
	});

	it('that Modica rejects leaves no execution waiting', async () => {
		stage.simulator.addFault({ kind: 'status', status: 403, match: { method: 'POST' } });
		const { waiting: asked } = await ask({}, { continueOnFail: true });
		expect(asked.output).toEqual([expect.objectContaining({ json: expect.objectContaining({ statusCode: 403, mayHaveBeenSent: false }) })]);
		expect(asked.waitTill).toBeUndefined();
	});
});

describe("n8n's own URL", () => {
	const credential = { username: 'wab_demo', password: 'wab-demo-password', baseUrl: 'https://api.modicagroup.com/rest/wab/v1' };

	it.each(['http://127.0.0.1:5678', 'http://localhost:5678', 'https://n8n.lan', 'http://192.168.1.20:5678'])('must not be %s for the page', async (webhookUrl) => {
		const { message } = await stage.fail(QUESTION, { webhookUrl, credential });
		expect(message).toBe(
			`Customers cannot open the answer page: n8n’s address, ${webhookUrl}, is not public. Set n8n’s environment variable WEBHOOK_URL to its public address, such as https://n8n.example.com/, and restart n8n.`,
		);
		expect(stage.received()).toEqual([]);
	});

	it('may be private if the API is private too', async () => {
		const { body } = await ask({}, { webhookUrl: 'http://127.0.0.1:5678' });
		expect(body).toContain('http://127.0.0.1:5678/webhook-waiting/');
	});

	it.each([['page', QUESTION], ['chat', { ...TEMPLATE, answerIn: 'chat' }]])('must not have a path, for the %s', async (_, parameters) => {
		const { message } = await stage.fail(parameters, { webhookUrl: 'https://example.com/my/n8n' });
		expect(message).toMatch(/^n8n cannot accept answers at an address with a path \(\/my\): .* WEBHOOK_URL .*$/);
		expect(stage.received()).toEqual([]);
	});
});

describe('buttons in the chat', () => {
	/** Sends a question with buttons. Returns the payloads, and the URL to which a tap is posted. */
	async function askInChat(parameters: INodeParameters = {}) {
		const { waiting: asked } = await ask({ ...TEMPLATE, answerIn: 'chat', ...parameters }, { webhookUrl: 'http://127.0.0.1:5678' });
		const [{ template }] = stage.received() as [{ template: { buttons: Array<{ index: number; type: string; payload: string }> } }];
		const taps = template.buttons.map(({ payload }) => unpackTap(payload)!);
		const linkOf = ({ executionId, nodeId, secret, answer, signature }: Tap) =>
			`${asked.origin}/webhook-waiting/${executionId}/${nodeId}?question=${secret}&answer=${answer}&signature=${signature}`;
		return { asked, template, taps, links: taps.map(linkOf) };
	}

	it('contain signed data, different for each button', async () => {
		const { template, taps } = await askInChat({ responseType: 'choice', choices: CHOICES });
		expect(template.buttons.map(({ index, type }) => [index, type])).toEqual([[0, 'quick_reply'], [1, 'quick_reply'], [2, 'quick_reply']]);
		expect(taps).toEqual([0, 1, 2].map((answer) => ({ answer, executionId: '1234', nodeId: 'node-1', secret: taps[0]?.secret, signature: expect.stringMatching(/^[0-9a-f]{64}$/) as string })));
		expect(new Set(taps.map(({ signature }) => signature)).size).toBe(3);
	});

	it('answer with POST, never with GET', async () => {
		const { asked, links } = await askInChat();
		expect((await readPage(links[1]!)).words).toBe('To answer, tap a button in the WhatsApp message.');
		expect(asked.answers).toEqual([]);
		const { status, headers } = await send(links[1]!, {});
		expect([status, headers['x-modica-whatsapp-answer']]).toEqual([200, 'taken']);
		expect(data(asked.answers)).toEqual([{ approved: false, answeredIn: 'chat', respondedAt: expect.any(String) }]);
	});

	it('are rejected if the ID of the node does not fit', async () => {
		const { message } = await stage.fail({ ...TEMPLATE, answerIn: 'chat' }, { nodeId: 'x'.repeat(60) });
		expect(message).toBe(`The ID of this node, ${'x'.repeat(60)}, is too long for a button. Delete the node and add it again: n8n then assigns a shorter ID.`);
		expect(stage.received()).toEqual([]);
	});
});

function limit(values: INodeParameters): INodeParameters {
	return { options: { limitWaitTime: { values: { limitType: 'afterTimeInterval', resumeAmount: 1, resumeUnit: 'hours', ...values } } } };
}

/** In whole seconds, the precision of a schedule. */
const TOMORROW = hoursAfter(new Date(Math.floor(Date.now() / 1_000) * 1_000), 24);

function hoursAfter(moment: Date, hours: number): Date {
	return new Date(moment.getTime() + hours * 3_600_000);
}

/** A scheduled question with a time limit. */
function scheduled(moment: Date, values: INodeParameters): INodeParameters {
	return { ...limit(values), additionalFields: { scheduled: moment.toISOString() } };
}

describe('a template', () => {
	it('contains the link in its body parameters', async () => {
		await ask({ ...TEMPLATE, bodyParams: { values: [{ value: 'Aroha' }, { value: 'Here: {link}' }] } });
		expect(stage.received()).toEqual([
			{
				to: '+64211234567',
				type: 'template',
				template: {
					name: 'please_answer',
					language: 'en_US',
					body_params: ['Aroha', expect.stringMatching(/^Here: https:\/\/n8n\.example\.com\/webhook-waiting\/\S+signature=\w+$/)],
				},
			},
		]);
	});

	it('contains the link without the host in a URL button, and keeps other buttons', async () => {
		await ask({
			...TEMPLATE,
			templateParameters: 'json',
			templateJson: JSON.stringify({
				buttons: [
					{ index: 0, type: 'quick_reply', payload: 'LATER' },
					{ index: 1, type: 'url', payload: '{link}' },
				],
			}),
		});
		const [{ template }] = stage.received() as [{ template: { buttons: object[] } }];
		expect(template.buttons).toEqual([
			{ index: 0, type: 'quick_reply', payload: 'LATER' },
			{ index: 1, type: 'url', payload: expect.stringMatching(/^webhook-waiting\/1234\/node-1\?question=\S+&signature=\w+$/) },
		]);
	});
});

describe('a time limit', () => {
	it.each([
		[{ resumeAmount: 30, resumeUnit: 'minutes' }, 30 * 60_000],
		[{ resumeAmount: 1.5, resumeUnit: 'hours' }, 90 * 60_000],
		[{ resumeAmount: 2, resumeUnit: 'days' }, 48 * 3_600_000],
	])('of %j ends the wait', async (values, milliseconds) => {
		const before = Date.now();
		const { waiting: asked } = await ask(limit(values));
		const waits = Number(asked.waitTill) - before;
		expect(waits).toBeGreaterThanOrEqual(milliseconds);
		expect(Number(asked.waitTill) - Date.now()).toBeLessThanOrEqual(milliseconds);
	});

	it('can be a point in time in the time zone of the workflow', async () => {
		const { waiting: asked } = await ask(limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2099-06-01T09:00' }));
		expect(asked.waitTill).toEqual(new Date('2099-05-31T21:00:00.000Z'));
	});

	it('that is a duration is counted from the time when the message is sent', async () => {
		const { waiting: asked } = await ask(scheduled(TOMORROW, { resumeAmount: 2, resumeUnit: 'hours' }));
		expect(asked.waitTill).toEqual(hoursAfter(TOMORROW, 2));
	});

	it('can be a point in time after the message is sent', async () => {
		const maxDateAndTime = hoursAfter(TOMORROW, 1).toISOString();
		const { waiting: asked } = await ask(scheduled(TOMORROW, { limitType: 'atSpecifiedTime', maxDateAndTime }));
		expect(asked.waitTill).toEqual(new Date(maxDateAndTime));
	});

	it.each([
		['before', hoursAfter(TOMORROW, -1)],
		['at which', TOMORROW],
	])('is rejected if it is a point in time %s the message is sent', async (_, moment) => {
		const maxDateAndTime = moment.toISOString();
		const { message } = await stage.fail({ ...QUESTION, ...scheduled(TOMORROW, { limitType: 'atSpecifiedTime', maxDateAndTime }) });
		expect(message).toBe(
			`Max Date and Time '${maxDateAndTime}' is not after 'Scheduled', when the message is sent. Use a time after 'Scheduled', or remove the limit.`,
		);
		expect(stage.received()).toEqual([]);
	});

	it.each([
		['approval', { approved: false, timedOut: true }],
		['choice', { choice: '', timedOut: true }],
		['freeText', { text: '', timedOut: true }],
	])('that passes for %s returns an unanswered output, not an approval', async (responseType, expected) => {
		const { waiting: asked } = await ask({ responseType, choices: CHOICES }, { items: [item({ data: { approved: true } })] });
		const unanswered = { json: { id: stage.simulator.messages[0]?.id, to: '+64211234567', data: expected }, pairedItem: { item: 0 } };
		expect(asked.input).toEqual([unanswered]);
		expect(asked.output).toEqual([unanswered]);
	});
});

describe('the page behind the link', () => {
	it('shows the question when it is opened, without answering it', async () => {
		const { waiting: asked, link } = await ask();
		const page = await readPage(link);
		expect(page).toMatchObject({ status: 200, words: 'May we deliver tomorrow?', buttons: { approve: 'Approve', decline: 'Decline' } });
		// Not even if the answer is in the URL or in a body.
		await readPage(`${link}&answer=approve&approved=true`);
		await readPage(link, { answer: 'approve' });
		expect(asked.answers).toEqual([]);
	});

	it('accepts no free text from a GET request', async () => {
		const { waiting: asked, link } = await ask({ responseType: 'freeText' });
		expect((await readPage(link, { text: 'Yes' })).words).toBe('May we deliver tomorrow?');
		expect(asked.answers).toEqual([]);
	});

	it.each([
		['approve', 'Approve', true],
		['decline', 'Decline', false],
	])('accepts the answer of a button: %s', async (answer, label, approved) => {
		const { waiting: asked, link } = await ask({ additionalFields: { reference: 'order-1234' } });
		expect((await send(link, { answer })).words).toBe(`${label} Thank you. Your answer has been received.`);
		expect(asked.answers).toEqual([
			[
				[
					{
						json: {
							id: stage.simulator.messages[0]?.id,
							to: '+64211234567',
							reference: 'order-1234',
							data: { approved, answeredIn: 'page', respondedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
						},
						pairedItem: { item: 0 },
					},
				],
			],
		]);
	});

	it('rejects an unknown answer', async () => {
		const { waiting: asked, link } = await ask({ declineLabel: '' });
		expect((await readPage(link)).buttons).toEqual({ approve: 'Approve' });
		for (const fields of [{ answer: 'decline' }, { answer: 'constructor' }, { approved: 'true' }, {}]) {
			expect((await send(link, fields as Record<string, string>)).buttons).toEqual({ approve: 'Approve' });
		}
		expect(asked.answers).toEqual([]);
	});

	it('accepts free text unchanged', async () => {
		const { waiting: asked, link } = await ask({ responseType: 'freeText', options: { submitLabel: 'Tuku', thanksText: 'Ngā mihi' } });
		const page = await readPage(link);
		expect(page.html).toMatch(/<textarea name="text"[^>]* required[^>]*><\/textarea><button dir="auto">Tuku<\/button>/);
		expect((await send(link, { text: '\r\n' })).words).toBe('May we deliver tomorrow? Please enter an answer.');
		expect((await send(link, { text: 'x'.repeat(10_001) })).words).toMatch(/no more than 10000 characters/);
		expect(asked.answers).toEqual([]);
		expect(await send(link, { text: ' Not before 9 \r\n🥝 ' })).toMatchObject({ status: 200, words: 'Not before 9 🥝 Ngā mihi' });
		expect(data(asked.answers)).toEqual([{ text: 'Not before 9 \n🥝', answeredIn: 'page', respondedAt: expect.any(String) }]);
	});

	it('runs no code in a text', async () => {
		const evil = `</p><script>alert(1)</script><img src=x onerror='alert(1)'>"&`;
		const { link } = await ask({ message: evil, approveLabel: evil, declineLabel: evil, options: { thanksText: evil } });
		for (const page of [await readPage(link), await send(link, { answer: 'approve' })]) {
			expect(page.html).not.toMatch(/<script|<img|onerror='/);
			expect(page.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&quot;&amp;');
		}
	});

	it('is designed for phones, loads nothing from other servers, and restricts who may embed it', async () => {
		const { link } = await ask();
		const { html, headers } = await readPage(link);
		expect(html).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
		expect(html).not.toMatch(/ (src|href|action)=|url\(/);
		expect(headers).toMatchObject({
			'content-type': 'text/html; charset=utf-8',
			'content-security-policy': expect.stringMatching(
				/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
			),
			'cache-control': 'no-store',
			'referrer-policy': 'no-referrer',
			'x-content-type-options': 'nosniff',
		});
	});

	it('rejects a link with another secret', async () => {
		const { waiting: asked, link } = await ask();
		for (const other of [link.replace(/question=[^&]+/, 'question=AAAAAAAAAAAAAAAAAAAAAA'), link.replace(/question=[^&]+&/, '')]) {
			for (const page of [await readPage(other), await send(other, { answer: 'approve' })]) {
				expect(page).toMatchObject({ status: 410, buttons: {}, words: 'This question is closed. No further action is needed.' });
			}
		}
		expect(asked.answers).toEqual([]);
	});
});
