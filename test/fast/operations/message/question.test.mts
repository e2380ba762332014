/** Questions to customers: what is sent and stored, and what answers them. */
import { createHash } from 'node:crypto';
import type { Message } from '../../../../nodes/ModicaWhatsApp/api/types';
import { answer } from '../../../../nodes/ModicaWhatsApp/operations/message/answer';
import { sendAndWait } from '../../../../nodes/ModicaWhatsApp/operations/message/sendAndWait';
import type { AnswerRequest } from '../../../../nodes/ModicaWhatsApp/operations/operation';
import { contextOf, itemOf, jobsOf } from '../../../harness/operation.mts';

const TO = '+64211234567';
const LINK = 'https://n8n.example.com/webhook-waiting/1/node-1?question=SECRET&signature=abc$&';
const QUESTION = { to: TO, message: 'May we deliver tomorrow?' };
const TEMPLATE = { ...QUESTION, messageType: 'template', templateName: 'please_answer', templateParameters: 'fields' };
const SECRET = 'the secret of the link';
const NOW = Date.parse('2026-11-22T00:00:00Z');
const HOUR_MS = 3_600_000;

interface Asked {
	sent: Message[];
	waits: Array<{ question: Record<string, unknown>; until: Date | undefined; unanswered: unknown }>;
	secret: string;
	output: unknown;
}

/** Asks a question. Returns the requests, and what the execution waits for. */
async function ask(parameters: Record<string, unknown>): Promise<Asked> {
	const asked: Asked = { sent: [], waits: [], secret: '', output: undefined };
	const context = contextOf(
		{ sendMessage: async (message) => (asked.sent.push(message), await Promise.resolve({ id: 'an-id', status: 'accepted' })) },
		{
			answerLink: (secret) => ((asked.secret = secret), LINK),
			answerPayload: (secret, answer) => ((asked.secret = secret), `MW1.${answer}.…`),
			linkTo: (_binary, { name }) => `https://n8n.example.com/${name}`,
			waitForAnswer: async (question, until, unanswered) => void (await Promise.resolve(asked.waits.push({ question, until, unanswered }))),
		},
	);
	const { jobs, refused } = jobsOf(sendAndWait, [itemOf(sendAndWait, { ...QUESTION, ...parameters }, 0, { photo: { mimeType: 'image/png', data: '' } })], context);
	if (refused[0]) throw new Error(refused[0][1]);
	asked.output = await jobs[0]?.run();
	return asked;
}

const limit = (values: object) => ({ options: { limitWaitTime: { values } } });

beforeEach(() => {
	jest.spyOn(Date, 'now').mockReturnValue(NOW);
});
afterEach(() => {
	jest.restoreAllMocks();
});

describe('a question', () => {
	it('is sent with its link, and puts the execution into the waiting state', async () => {
		const { sent, waits, secret, output } = await ask({ additionalFields: { reference: 'order-1' } });
		expect(sent).toEqual([{ to: TO, type: 'text', text: { body: `May we deliver tomorrow?\n\n${LINK}` }, reference: 'order-1' }]);
		const message = { id: 'an-id', to: TO, reference: 'order-1' };
		const unanswered = { ...message, data: { approved: false, timedOut: true } };
		expect(waits).toEqual([
			{
				question: {
					answerIn: 'page',
					kind: 'approval',
					approve: 'Approve',
					decline: 'Decline',
					text: 'May we deliver tomorrow?',
					thanks: 'Thank you. Your answer has been received.',
					secretDigest: createHash('sha256').update(secret).digest('hex'),
					sent: message,
				},
				until: undefined,
				unanswered,
			},
		]);
		expect(secret).toMatch(/^[\w-]{22}$/);
		expect(output).toEqual([{ item: 0, json: unanswered }]);
	});

	it('has its link at {link}, which the page does not show', async () => {
		const { sent, waits } = await ask({ message: 'Look: {link}. Thanks, {link} ', responseType: 'freeText', options: { submitLabel: 'Go', thanksText: 'Ta' } });
		expect(sent[0]).toMatchObject({ text: { body: `Look: ${LINK}. Thanks, ${LINK} ` } });
		expect(waits[0]?.question).toMatchObject({ kind: 'freeText', submit: 'Go', thanks: 'Ta', text: 'Look: . Thanks,' });
		// Fields without a value are omitted.
		expect(waits[0]?.unanswered).toStrictEqual({ id: 'an-id', to: TO, data: { text: '', timedOut: true } });
	});

	it('has its link below its text, regardless of trailing whitespace', async () => {
		expect((await ask({ message: ' Look! \n\n ' })).sent[0]).toMatchObject({ text: { body: ` Look!\n\n${LINK}` } });
	});

	it("is sent to its customer, and never from the customer's own number", () => {
		const item = (parameters: object) => itemOf(sendAndWait, { ...QUESTION, ...parameters }, 3);
		const context = contextOf({}, { answerLink: () => LINK });
		expect(jobsOf(sendAndWait, [item({})], context).jobs.map(({ targets }) => targets)).toEqual([[{ item: 3, to: TO }]]);
		expect(jobsOf(sendAndWait, [item({ additionalFields: { source: TO.slice(1) } })], context).refused).toEqual([
			[3, expect.stringContaining(`Business Number ID '${TO.slice(1)}' is the number of the customer.`)],
		]);
	});

	it('has custom labels, and no button for an empty label', async () => {
		expect((await ask({ approveLabel: ' Yes ', declineLabel: ' ' })).waits[0]?.question).toMatchObject({ approve: ' Yes ', decline: '' });
		expect((await ask({ approveLabel: '', declineLabel: 'No' })).waits[0]?.question).toMatchObject({ approve: 'Approve', decline: 'No' });
		expect((await ask({ responseType: 'freeText' })).waits[0]?.question).toMatchObject({ submit: 'Send' });
		expect((await ask({ answerIn: '' })).waits[0]?.question).toMatchObject({ answerIn: 'page' });
	});

	it('in a template has its link in a body parameter', async () => {
		const { sent } = await ask({ ...TEMPLATE, bodyParams: { values: [{ value: 'Aroha' }, { value: 'Here: {link}' }] } });
		expect(sent[0]).toEqual({ to: TO, type: 'template', template: { name: 'please_answer', language: 'en_US', body_params: ['Aroha', `Here: ${LINK}`] } });
	});

	it('in a template has its link in a button, without the host', async () => {
		const buttons = { values: [{ index: 0, type: 'quick_reply', payload: '{link}' }, { index: 1, type: 'url', payload: '{link}' }] };
		const templateMedia = { media: { type: 'image', mediaSource: 'binary', binaryPropertyName: 'photo' } };
		const { sent } = await ask({ ...TEMPLATE, buttons, templateMedia });
		expect(sent[0]).toMatchObject({
			template: {
				media: { type: 'image', url: 'https://n8n.example.com/photo' },
				buttons: [
					{ index: 0, type: 'quick_reply', payload: '{link}' },
					{ index: 1, type: 'url', payload: 'webhook-waiting/1/node-1?question=SECRET&signature=abc$&' },
				],
			},
		});
	});

	it('in a template has its text at {question}, on one line', async () => {
		const bodyParams = { values: [{ value: 'Kia ora. {message} {link}' }] };
		const { sent, waits } = await ask({ ...TEMPLATE, bodyParams, message: ' May\twe,\n\n$&      please {link}?' });
		expect(sent[0]).toMatchObject({ template: { body_params: [`Kia ora. May we, $& please ? ${LINK}`] } });
		expect(waits[0]?.question.text).toBe('May\twe,\n\n$&      please ?');
	});

	it('in a template is shown as the customer reads it, without the link', async () => {
		const values = { value: { 'body:1': 'Kia ora. {message}', 'body:2': '{link}' } };
		const text = { ...TEMPLATE, templateParameters: 'text', templateText: '{{1}} Answer at {{2}}', templateValues: values };
		const { sent, waits, output } = await ask(text);
		const preview = 'Kia ora. May we deliver tomorrow? Answer at {link}';
		expect(sent[0]).toMatchObject({ template: { body_params: ['Kia ora. May we deliver tomorrow?', LINK] } });
		expect(waits[0]).toMatchObject({ question: { sent: { preview } }, unanswered: { preview } });
		expect(output).toMatchObject([{ json: { preview } }]);
		// The link counts toward the limit.
		const long = { ...text, templateValues: { value: { 'body:1': 'x'.repeat(1_000), 'body:2': '{link}' } } };
		await expect(ask(long)).rejects.toThrow(/^Template Text '\{\{1\}\} Answer at \{\{2\}\}' has \d{4} characters with its values\./);
	});

	it('may have 4,096 characters with its link', async () => {
		const room = 4_096 - LINK.length - 2;
		expect((await ask({ message: 'x'.repeat(room) })).sent).toHaveLength(1);
		await expect(ask({ message: 'x'.repeat(room + 1) })).rejects.toThrow(/^Message 'x+…' has 4097 characters with its link\. WhatsApp accepts up to 4096\. Shorten it\.$/);
	});

	it.each<[string, Record<string, unknown>]>([
		["'Message' is empty. Enter the text of the message.", { message: ' ' }],
		["Message Type 'media' is not valid. Use 'text' or 'template'.", { messageType: 'media' }],
		["Response Type 'form' is not valid. Use 'approval', 'choice', or 'freeText'.", { responseType: 'form' }],
		["To '021' is a local number.", { to: '021' }],
		['The template has no link to the answer page. Enter {link} in a value of its body, or as the payload of a URL button.', TEMPLATE],
		['The template has no link', { ...TEMPLATE, buttons: { values: [{ index: 0, type: 'quick_reply', payload: '{link}' }] } }],
		['The template has no link', { ...TEMPLATE, buttons: { values: [{ index: 0, type: 'url', payload: 'orders/1' }] } }],
		["Limit Wait Time '0 hours' is not a valid wait time. Use more than 0 and at most ten years, in minutes, hours, or days.", limit({ resumeAmount: 0 })],
		["Limit Wait Time '5 weeks' is not a valid wait time.", limit({ resumeAmount: 5, resumeUnit: 'weeks' })],
		["Limit Wait Time '3651 days' is not a valid wait time.", limit({ resumeAmount: 3_651, resumeUnit: 'days' })],
		["Max Date and Time '2020-01-01T00:00' is in the past. Use a future time, or remove the limit.", limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2020-01-01T00:00' })],
		["Max Date and Time '2026-11-23T00:00Z' is not after 'Scheduled', when the message is sent. Use a time after 'Scheduled', or remove the limit.", {
			...limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2026-11-23T00:00Z' }),
			additionalFields: { scheduled: '2026-11-23T00:00Z' },
		}],
	])('is rejected if it is invalid: %s', async (message, parameters) => {
		await expect(ask(parameters)).rejects.toThrow(message);
	});

	it.each<[object, number | undefined]>([
		[{}, undefined],
		[{ options: { limitWaitTime: {} } }, undefined],
		[limit({}), NOW + HOUR_MS],
		[limit({ resumeAmount: 30, resumeUnit: 'minutes' }), NOW + HOUR_MS / 2],
		[limit({ resumeAmount: '2', resumeUnit: 'days' }), NOW + 48 * HOUR_MS],
		[limit({ resumeAmount: 3_650, resumeUnit: 'days' }), NOW + 3_650 * 24 * HOUR_MS],
		[{ ...limit({}), additionalFields: { scheduled: '2026-11-23T00:00Z' } }, NOW + 25 * HOUR_MS],
		[limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2026-11-22T15:00' }), NOW + 2 * HOUR_MS],
	])('with %j waits until %d', async (parameters, until) => {
		expect((await ask({ ...parameters })).waits[0]?.until?.getTime()).toBe(until);
	});

	it('is sent one at a time', () => {
		const items = [0, 1, 2].map((index) => itemOf(sendAndWait, QUESTION, index));
		expect(() => jobsOf(sendAndWait, items, contextOf({}))).toThrow(
			'Send and Wait for Response asks one question at a time, but there are 3 items. Add a Loop Over Items node with a batch size of 1 before it.',
		);
	});
});

describe('a question that is answered in the chat', () => {
	const CHAT = { ...TEMPLATE, messageType: '', answerIn: 'chat' };
	const CHOICE = { ...CHAT, responseType: 'choice', choices: { values: [{ choice: 'Confirm' }, { choice: ' Reschedule ' }, { choice: 'Cancel' }] } };
	const quickReply = (index: number, answer = index) => ({ index, type: 'quick_reply', payload: `MW1.${answer}.…` });

	it('has its answers on the first buttons of the template', async () => {
		const { sent, waits, secret } = await ask({ ...CHAT, bodyParams: { values: [{ value: '{message}' }] } });
		expect(sent).toEqual([
			{
				to: TO,
				type: 'template',
				template: { name: 'please_answer', language: 'en_US', body_params: [QUESTION.message], buttons: [quickReply(0), quickReply(1)] },
			},
		]);
		expect(waits[0]?.question).toMatchObject({ answerIn: 'chat', kind: 'approval', secretDigest: createHash('sha256').update(secret).digest('hex') });
		expect(JSON.stringify(waits)).not.toContain(secret);
		expect(waits[0]?.unanswered).toEqual({ id: 'an-id', to: TO, data: { approved: false, timedOut: true } });
	});

	it('has no decline button if its label is empty', async () => {
		expect((await ask({ ...CHAT, declineLabel: '' })).sent[0]).toMatchObject({ template: { buttons: [quickReply(0)] } });
	});

	it('has one button per choice', async () => {
		const { sent, waits } = await ask(CHOICE);
		expect(sent[0]).toMatchObject({ template: { buttons: [quickReply(0), quickReply(1), quickReply(2)] } });
		expect(waits[0]?.question).toMatchObject({ kind: 'choice', choices: ['Confirm', 'Reschedule', 'Cancel'] });
		expect(waits[0]?.unanswered).toEqual({ id: 'an-id', to: TO, data: { choice: '', timedOut: true } });
	});

	it('keeps the other buttons of the template', async () => {
		const buttons = { values: [{ index: 3, type: 'quick_reply', payload: 'STOP' }, { index: 0, type: 'url', payload: 'orders/1' }] };
		const { sent } = await ask({ ...CHAT, buttons, options: { firstButtonIndex: 1 } });
		expect(sent[0]).toMatchObject({
			template: { buttons: [{ index: 0, type: 'url', payload: 'orders/1' }, quickReply(1, 0), quickReply(2, 1), { index: 3, type: 'quick_reply', payload: 'STOP' }] },
		});
	});

	it.each<[string, Record<string, unknown>]>([
		["Buttons Index '1' is the index of an answer button. Remove the button, or change 'First Button Index' in the options.", {
			...CHAT,
			buttons: { values: [{ index: 1, type: 'quick_reply', payload: 'x' }] },
		}],
		["First Button Index '8' is out of range. Use a number from 0 to 7.", { ...CHOICE, options: { firstButtonIndex: 8 } }],
		["Template Parameters '{link}' is not available for answers in the chat. Remove {link}, or set 'Answer In' to 'Page'.", { ...CHAT, bodyParams: { values: [{ value: 'See {link}' }] } }],
		["Answer In 'sms' is not valid. Use 'page' or 'chat'.", { ...CHAT, answerIn: 'sms' }],
		["'Choices' is empty. Enter 2 to 10 choices.", { ...CHOICE, choices: {} }],
		["Choices 'Confirm' has the wrong number of choices. Enter 2 to 10 choices.", { ...CHOICE, choices: { values: [{ choice: 'Confirm' }] } }],
		["Choices '0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10' has the wrong number of choices. Enter 2 to 10 choices.", { ...CHOICE, choices: { values: Array.from({ length: 11 }, (_, choice) => ({ choice })) } }],
		["'Choice 2' is empty. Enter a label, or remove the choice.", { ...CHOICE, choices: { values: [{ choice: 'Confirm' }, { choice: ' ' }] } }],
		["Choices 'Confirm' is a duplicate. Use a different label for each choice.", { ...CHOICE, choices: { values: [{ choice: 'Confirm' }, { choice: ' Confirm' }] } }],
		["'Template Name' is empty.", { ...CHAT, templateName: '' }],
	])('is rejected: %s', async (message, parameters) => {
		await expect(ask(parameters)).rejects.toThrow(message);
	});

	it('may have 1,024 characters in the body of the template', async () => {
		const bodyParams = { values: [{ value: '{message}' }] };
		expect((await ask({ ...CHAT, bodyParams, message: 'x'.repeat(1_024) })).sent).toHaveLength(1);
		expect((await ask({ ...CHAT, message: 'x'.repeat(1_025) })).sent).toHaveLength(1);
		const beside = { values: [{ value: 'Aroha' }, ...bodyParams.values] };
		await expect(ask({ ...CHAT, bodyParams: beside, message: 'x'.repeat(1_025) })).rejects.toThrow(/^Message 'x+…' has 1025 characters\./);
		await expect(ask({ ...CHAT, bodyParams, message: 'x'.repeat(1_025) })).rejects.toThrow(/^Message 'x+…' has 1025 characters\. The body of a template can have up to 1024\. Shorten the text\.$/);
	});

	it('may have ten choices', async () => {
		const { sent } = await ask({ ...CHOICE, choices: { values: Array.from({ length: 10 }, (_, choice) => ({ choice })) } });
		expect(sent[0]).toMatchObject({ template: { buttons: Array.from({ length: 10 }, (_, index) => quickReply(index)) } });
	});

	it('with free text is still answered on the page', async () => {
		const { sent, waits } = await ask({ responseType: 'freeText', answerIn: 'chat' });
		expect(sent[0]).toMatchObject({ text: { body: `${QUESTION.message}\n\n${LINK}` } });
		expect(waits[0]?.question).toMatchObject({ answerIn: 'page' });
	});
});

describe('the link of a question', () => {
	const kept = {
		kind: 'approval',
		approve: 'Yes',
		decline: 'No',
		text: 'May <we>?',
		thanks: 'Ta',
		secretDigest: createHash('sha256').update(SECRET).digest('hex'),
		sent: { id: 'an-id', to: TO },
	};
	const freeText = { ...kept, kind: 'freeText', submit: 'Send', approve: undefined, decline: undefined };
	const open = (question: unknown, request: Partial<AnswerRequest> = {}) => answer(question, { method: 'GET', secret: SECRET, tapped: undefined, body: {}, ...request });
	const post = (question: unknown, body: unknown, more: Partial<AnswerRequest> = {}) => open(question, { method: 'POST', body, ...more });
	const respondedAt = expect.stringMatching(/^\d{4}-.*Z$/) as string;
	const buttonsOf = (html: string) => Array.from(html.matchAll(/<button dir="auto"([^>]*)>([^<]*)</g), ([, attributes, label]) => [attributes?.trim(), label]);

	it('shows the question when it is opened, without answering it', () => {
		for (const body of [{}, { answer: 'approve' }]) {
			const page = open(kept, { body });
			expect([page.statusCode, page.answer]).toEqual([200, undefined]);
			expect(page.html).toContain('<p id="question" dir="auto">May &lt;we&gt;?</p>');
			expect(buttonsOf(page.html)).toEqual([['name="answer" value="approve"', 'Yes'], ['name="answer" value="decline"', 'No']]);
		}
	});

	it('shows no decline button if its label is empty', () => {
		expect(buttonsOf(open({ ...kept, decline: '' }).html).map(([, label]) => label)).toEqual(['Yes']);
		expect(post({ ...kept, decline: '' }, { answer: 'decline' }).answer).toBeUndefined();
	});

	it.each([['approve', true, 'Yes'], ['decline', false, 'No']])('accepts the answer %s', (given, approved, label) => {
		const page = post(kept, { answer: given });
		expect(page).toMatchObject({ statusCode: 200, answer: { id: 'an-id', to: TO, data: { approved, answeredIn: 'page', respondedAt } } });
		expect(page.html).toContain(`<p class="given" dir="auto">${label}</p><p dir="auto">Ta</p>`);
	});

	it('shows the choices, and accepts one', () => {
		const choice = { ...kept, kind: 'choice', choices: ['Morning', 'Evening'], answerIn: 'page' };
		expect(buttonsOf(open(choice).html)).toEqual([['name="answer" value="0"', 'Morning'], ['name="answer" value="1"', 'Evening']]);
		const page = post(choice, { answer: '1' });
		expect(page).toMatchObject({ statusCode: 200, answer: { id: 'an-id', to: TO, data: { choice: 'Evening', choiceIndex: 1, answeredIn: 'page', respondedAt } } });
		for (const given of ['2', '-1', 'Evening', 'approve', ['1']]) expect(post(choice, { answer: given }).answer).toBeUndefined();
	});

	it('accepts only taps for a question in the chat', () => {
		const chat = { ...kept, answerIn: 'chat' };
		const tapped = post(chat, {}, { tapped: '1' });
		expect(tapped).toMatchObject({ statusCode: 200, answer: { id: 'an-id', to: TO, data: { approved: false, answeredIn: 'chat', respondedAt } } });
		const choice = { ...chat, kind: 'choice', choices: ['Morning', 'Evening'] };
		expect(post(choice, {}, { tapped: '0' }).answer).toMatchObject({ data: { choice: 'Morning', choiceIndex: 0, answeredIn: 'chat' } });
		for (const request of [{ method: 'GET', tapped: '1' }, { method: 'POST', tapped: '2' }, { method: 'POST', tapped: 'approve' }, { method: 'POST', tapped: ['1'] }, { method: 'POST' }]) {
			const page = open(chat, { body: { answer: 'approve' }, ...request });
			expect([page.statusCode, page.answer]).toEqual([200, undefined]);
			expect(page.html).toContain('To answer, tap a button in the WhatsApp message.');
		}
	});

	it('rejects taps for a question on the page', () => {
		expect(post(kept, {}, { tapped: '0' }).answer).toBeUndefined();
	});

	it.each([{}, { answer: 'maybe' }, { answer: ['approve'] }, 'approve', null])('shows the question again after %j', (body) => {
		expect(post(kept, body)).toMatchObject({ statusCode: 200 });
		expect(post(kept, body).answer).toBeUndefined();
	});

	it('accepts a text, and normalizes its line breaks', () => {
		const page = post(freeText, { text: ' one\r\ntwo ' });
		expect(page).toMatchObject({ statusCode: 200, answer: { id: 'an-id', to: TO, data: { text: 'one\ntwo', answeredIn: 'page', respondedAt } } });
	});

	it.each([
		[{ text: ' \r\n ' }, 'Please enter an answer.'],
		[{ text: 7 }, 'Please enter an answer.'],
		[{ text: 'x'.repeat(10_001) }, 'Please enter no more than 10000 characters.'],
	])('shows an error for an invalid text', (body, words) => {
		const page = post(freeText, body);
		expect([page.statusCode, page.answer]).toEqual([400, undefined]);
		expect(page.html).toContain(`<p class="problem" role="alert">${words}</p>`);
		expect(page.html).toContain('<textarea name="text" rows="5" maxlength="10000" required autofocus dir="auto" aria-labelledby="question"></textarea><button dir="auto">Send</button>');
	});

	it('accepts a text of 10,000 characters', () => {
		expect(post(freeText, { text: 'x'.repeat(10_000) }).statusCode).toBe(200);
	});

	it('shows a text field when it is opened', () => {
		const page = open(freeText);
		expect([page.statusCode, page.answer]).toEqual([200, undefined]);
		expect(page.html).not.toContain('class="problem"');
	});

	it.each<[string, unknown, unknown]>([
		['another secret', kept, 'another'],
		['no secret', kept, undefined],
		['a secret that is not text', kept, [SECRET]],
		['no stored question', undefined, SECRET],
		['other stored data', 'text', SECRET],
		['no stored message', { ...kept, sent: 'x' }, SECRET],
		['an invalid digest', { ...kept, secretDigest: 'xyz' }, SECRET],
		['a digest that is not text', { ...kept, secretDigest: 7 }, SECRET],
		['a digest of another length', { ...kept, secretDigest: `${kept.secretDigest}00` }, SECRET],
		['no question', { ...kept, text: 7 }, SECRET],
		['no thank-you text', { ...kept, thanks: 7 }, SECRET],
		['no approve label', { ...kept, approve: 7 }, SECRET],
		['no decline label', { ...kept, decline: 7 }, SECRET],
		['no submit label', { ...freeText, submit: 7 }, SECRET],
		['an unknown response type', { ...kept, kind: 'form' }, SECRET],
		['an unknown place to answer', { ...kept, answerIn: 'mail' }, SECRET],
		['no choices', { ...kept, kind: 'choice' }, SECRET],
		['choices that are not texts', { ...kept, kind: 'choice', choices: ['x', 1] }, SECRET],
	])('is closed with %s', (_what, question, secret) => {
		const page = post(question, { answer: 'approve', text: 'x' }, { secret });
		expect([page.statusCode, page.answer]).toEqual([410, undefined]);
		expect(page.html).toContain('This question is closed. No further action is needed.');
	});

	it('returns a page with the texts of the question only', () => {
		const mainOf = ({ html }: { html: string }) => /<main>(.*)<\/main>/s.exec(html)?.[1];
		const asked = '<p id="question" dir="auto">May &lt;we&gt;?</p>';
		expect(mainOf(open(kept))).toBe(
			`${asked}<form method="post"><button dir="auto" name="answer" value="approve">Yes</button><button dir="auto" name="answer" value="decline">No</button></form>`,
		);
		expect(mainOf(open(kept, { secret: 'another' }))).toBe('<p dir="auto">This question is closed. No further action is needed.</p>');
	});

	it('returns a page with the start of the question as its title', () => {
		expect(open({ ...kept, text: `\n  ${'x'.repeat(70)}` }).html).toContain(`<title>${'x'.repeat(60)}</title>`);
	});

	it('returns a page that runs no scripts, posts its form to itself, and is not cached', () => {
		const { html, headers } = open({ ...kept, text: `"it's" & ${'x'.repeat(100)}` });
		expect(headers).toMatchObject({
			'Content-Type': 'text/html; charset=utf-8',
			'Content-Security-Policy': expect.stringMatching(/^default-src 'none'; style-src 'sha256-.+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/),
			'Cache-Control': 'no-store',
			'Referrer-Policy': 'no-referrer',
			'X-Content-Type-Options': 'nosniff',
			'X-Robots-Tag': 'noindex',
		});
		const style = /<style>([\s\S]*)<\/style>/.exec(html)?.[1] ?? '';
		expect(headers['Content-Security-Policy']).toContain(`sha256-${createHash('sha256').update(style).digest('base64')}'`);
		expect(/<title>(.*)<\/title>/.exec(html)?.[1]).toBe(`&quot;it&#39;s&quot; &amp; ${'x'.repeat(51)}`);
		expect(html).toContain(`content="default-src &#39;none&#39;;`);
		expect(html).toContain('<form method="post">');
	});
});
