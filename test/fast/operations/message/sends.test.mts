/** Sending and broadcasting: which requests are made of which items, and what comes out. */
import { CancelledError, ModicaError, NeverLeftError } from '../../../../nodes/ModicaWhatsApp/api/errors';
import type { Broadcast, BroadcastReceipt, Message } from '../../../../nodes/ModicaWhatsApp/api/types';
import { broadcast } from '../../../../nodes/ModicaWhatsApp/operations/message/broadcast';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { contextOf, itemOf, jobsOf, runOn } from '../../../harness/operation.mts';

const ONE = '+64211000001';
const TWO = '+64211000002';
const THREE = '+64211000003';
const ONCE = { additionalFields: { reference: 'sale' }, options: { oncePerReference: true } };

describe('a send', () => {
	function api(answer: (message: Message) => object = ({ to }) => ({ id: `id of ${to}`, status: 'accepted' })) {
		const sent: Message[] = [];
		const context = contextOf({
			sendMessage: async (message) => {
				sent.push(message);
				return (await Promise.resolve(answer(message))) as never;
			},
		});
		return { sent, context };
	}

	it('is one request for each item, with its delivery fields', async () => {
		const { sent, context } = api();
		const { results } = await runOn(send, [
			{ to: '64211000001', text: 'Hello', additionalFields: { source: '102', reference: 7 } },
			{ to: TWO, text: 'Hello', additionalFields: { reference: '' } },
		], context);
		expect(sent).toEqual([
			{ to: ONE, type: 'text', text: { body: 'Hello' }, source: '102', reference: '7' },
			{ to: TWO, type: 'text', text: { body: 'Hello' } },
		]);
		expect(results).toEqual([
			{ item: 0, json: { id: `id of ${ONE}`, status: 'accepted', to: ONE, reference: '7' } },
			{ item: 1, json: { id: `id of ${TWO}`, status: 'accepted', to: TWO } },
		]);
	});

	it('has its text in the format of its own item', async () => {
		const { sent, context } = api();
		await runOn(send, [{ to: ONE, text: '**Hi**', options: { textFormat: 'markdown' } }, { to: TWO, text: '**Hi**', options: { textFormat: 'plain' } }], context);
		expect(sent.map(({ to, ...content }) => [to, content])).toEqual([
			[ONE, { type: 'text', text: { body: '*Hi*' } }],
			[TWO, { type: 'text', text: { body: '**Hi**' } }],
		]);
	});

	it('keeps what else the API answers', async () => {
		const { context } = api(() => ({ id: 'x', status: 'accepted', price: 4 }));
		expect((await runOn(send, [{ to: ONE, text: 'x' }], context)).results).toEqual([{ item: 0, json: { id: 'x', status: 'accepted', to: ONE, price: 4 } }]);
	});

	it('of a bad item is refused, and the others are made', () => {
		const { context } = api();
		const { jobs, refused } = jobsOf(send, [{ to: '021', text: 'x' }, { to: TWO, text: 'x' }, { to: ONE, text: '' }].map((each, index) => itemOf(send, each, index)), context);
		expect(jobs.map(({ targets, lanes }) => ({ targets, lanes }))).toEqual([{ targets: [{ item: 1, to: TWO }], lanes: [TWO] }]);
		expect(refused.map(([item, message]) => [item, message.split('.')[0]])).toEqual([
			[0, 'To "021" is a local number'],
			[2, 'Text is empty'],
		]);
	});

	it.each<[unknown, string]>([
		[{ reference: { a: 1 } }, 'Reference "{"a":1}" is not a text. Use a text of your own, such as order-1234.'],
		[{ source: 'x' }, 'Business Number ID "x" is not valid.'],
		[{ source: ONE.slice(1) }, `Business Number ID "${ONE.slice(1)}" is the customer’s own number. Use the ID that Modica gave you`],
		[{ scheduled: 'x' }, 'Scheduled "x" is not a date and time.'],
	])('is refused with the additional fields %j', (additionalFields, message) => {
		const { refused } = jobsOf(send, [itemOf(send, { to: ONE, text: 'x', additionalFields })], api().context);
		expect(refused).toEqual([[0, expect.stringContaining(message)]]);
	});

	it('with Once per Reference is made once, also in later runs', async () => {
		const { sent, context } = api();
		const item = { to: ONE, text: 'x', ...ONCE };
		const { results } = await runOn(send, [item, { ...item, to: TWO }], context);
		expect(sent).toHaveLength(1);
		expect(results).toEqual([
			{ item: 0, json: { id: `id of ${ONE}`, status: 'accepted', to: ONE, reference: 'sale' } },
			{ item: 1, json: { status: 'duplicate', to: TWO, reference: 'sale', message: 'Not sent again: this node has sent the reference before' } },
		]);
	});

	it('with Once per Reference needs a reference', () => {
		const { refused } = jobsOf(send, [itemOf(send, { to: ONE, text: 'x', options: { oncePerReference: true } })], api().context);
		expect(refused).toEqual([[0, 'Reference is empty. Give each message a reference in the additional fields, or turn off "Once per Reference".']]);
	});

	it.each([undefined, 'text', { oncePerReference: 'true' }])('with the options %j is made as often as it is asked for', async (options) => {
		const { sent, context } = api();
		const item = { to: ONE, text: 'x', additionalFields: { reference: 'sale' }, options };
		await runOn(send, [item, item], context);
		expect(sent).toHaveLength(2);
	});

	it.each([true, 'true'])('with Clear Sent References (%j) clears them instead', async (clearReferences) => {
		const { sent, context } = api();
		await context.store.record(['sale']);
		const { results } = await runOn(send, [{ to: '', options: { clearReferences } }, { to: ONE, text: 'x' }], context);
		expect(sent).toEqual([]);
		expect([...context.store.keys]).toEqual([]);
		const json = { status: 'cleared', message: 'Nothing was sent: the references that this node had sent are cleared. Turn off "Clear Sent References" to send.' };
		expect(results).toEqual([{ item: 0, json }, { item: 1, json }]);
	});
});

describe('a broadcast', () => {
	/** Answers as a broadcast is answered: a receipt for each number, in their order. */
	function api(receipt: (to: string) => BroadcastReceipt | undefined = (to) => ({ id: `id of ${to}`, status: 'accepted' })) {
		const sent: Broadcast[] = [];
		const context = contextOf({
			broadcast: async (body) => {
				sent.push(body);
				return await Promise.resolve(body.destination.map(receipt));
			},
		});
		return { sent, context, destinations: () => sent.map(({ destination }) => destination) };
	}
	const toItems = (numbers: string[], more: object = {}) => numbers.map((to) => ({ to, text: 'Sale', ...more }));
	const accepted = (item: number, to: string, more: object = {}) => ({ item, position: 0, json: { id: `id of ${to}`, status: 'accepted', to, ...more }, inDoubt: false });

	it('is one request to all numbers, one output for each', async () => {
		const { sent, context } = api();
		const { results } = await runOn(broadcast, toItems([ONE, TWO], { additionalFields: { reference: 'sale' } }), context);
		expect(sent).toEqual([{ destination: [ONE, TWO], type: 'text', text: { body: 'Sale' }, reference: 'sale' }]);
		expect(results).toEqual([accepted(0, ONE, { reference: 'sale' }), accepted(1, TWO, { reference: 'sale' })]);
	});

	it('is one for each text as customers read it, however it is written', async () => {
		const { sent, context } = api();
		const markdown = { options: { textFormat: 'markdown' } };
		await runOn(broadcast, [...toItems([ONE], { ...markdown, text: '__Sale__' }), ...toItems([TWO], { ...markdown, text: '**Sale**' }), ...toItems([THREE], { text: '**Sale**' })], context);
		expect(sent.map(({ destination, ...content }) => [destination, content])).toEqual([
			[[ONE, TWO], { type: 'text', text: { body: '*Sale*' } }],
			[[THREE], { type: 'text', text: { body: '**Sale**' } }],
		]);
	});

	it('is one for each content', async () => {
		const { context, destinations } = api();
		const items = [...toItems([ONE]), ...toItems([TWO], { text: 'Other' }), ...toItems([THREE])];
		await runOn(broadcast, items, context);
		expect(destinations()).toEqual([[ONE, THREE], [TWO]]);
	});

	it.each([
		[undefined, [[ONE, TWO, THREE]]],
		[null, [[ONE, TWO, THREE]]],
		[2, [[ONE, TWO], [THREE]]],
		['1', [[ONE], [TWO], [THREE]]],
	])('is cut into batches of %j', async (batchSize, expected) => {
		const { context, destinations } = api();
		await runOn(broadcast, toItems([ONE, TWO, THREE], { options: { batchSize } }), context);
		expect(destinations()).toEqual(expected);
	});

	it.each([0, 1.5, 'many', true])('refuses batches of %j', (batchSize) => {
		const items = [itemOf(broadcast, { to: ONE, text: 'x', options: { batchSize } })];
		expect(() => jobsOf(broadcast, items, api().context)).toThrow(`Batch Size "${batchSize}" is not a number of recipients. Use a whole number from 1.`);
	});

	it('has a lane for each of its numbers', () => {
		const items = toItems([ONE, TWO, ONE]).map((each, index) => itemOf(broadcast, each, index));
		const [job] = jobsOf(broadcast, items, api().context).jobs;
		expect(job?.lanes).toEqual([ONE, TWO]);
		expect(job?.targets).toEqual([{ item: 0, to: ONE, position: 0 }, { item: 2, to: ONE, position: 0 }, { item: 1, to: TWO, position: 0 }]);
	});

	it.each([
		['a text', `${ONE}, ${TWO};\n64211000003\n`],
		['a list', [ONE, TWO, 64211000003]],
		['a number', 64211000001],
	])('goes to the numbers of %s', async (_what, recipients) => {
		const { context, destinations } = api();
		const { results } = await runOn(broadcast, [{ recipientSource: 'list', recipients, text: 'x' }], context);
		const numbers = typeof recipients === 'number' ? [ONE] : [ONE, TWO, THREE];
		expect(destinations()).toEqual([numbers]);
		expect(results.map(({ item, position }) => [item, position])).toEqual(numbers.map((_, position) => [0, position]));
	});

	it.each<[unknown, string | RegExp]>([
		['', 'Recipients is empty. Give international numbers separated by commas or lines, such as +64211234567, +64217654321.'],
		[' ,\n', 'Recipients " , " holds no number.'],
		[[], 'Recipients "[]" holds no number.'],
		[{}, 'Recipients "{}" holds no number.'],
		[[ONE, null], 'Recipient 2 is empty.'],
		['021,x', 'Recipient 1 "021" is a local number. Replace the leading 0 by the country code. Use the international form, such as +64211234567.\nRecipient 2 "x" is not a phone number. Use the international form, such as +64211234567.'],
		['01,02,03,04,05', /^(Recipient \d .*\n){4}Recipient 5 .*$/],
		['01,02,03,04,05,06,07', /^(Recipient \d .*\n){5}And 2 more\.$/],
	])('refuses the list %j', (recipients, message) => {
		const { refused } = jobsOf(broadcast, [itemOf(broadcast, { recipientSource: 'list', recipients, text: 'x' })], api().context);
		expect(refused).toEqual([[0, typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message)]]);
	});

	it('tells of numbers that come again, and sends to them once', async () => {
		const { context, destinations } = api();
		const { results } = await runOn(broadcast, toItems([ONE, '0064211000001', TWO]), context);
		expect(destinations()).toEqual([[ONE, TWO]]);
		expect(results).toEqual([
			accepted(0, ONE),
			{ item: 1, position: 0, json: { status: 'duplicate', to: ONE, message: 'Not sent again: the number is already in this broadcast, from item 0' }, inDoubt: false },
			accepted(2, TWO),
		]);
	});

	it('is refused with the number of one of its customers as the one to send from', () => {
		const fields = { recipientSource: 'list', recipients: [ONE, TWO], text: 'x', additionalFields: { source: TWO.slice(1) } };
		const { refused } = jobsOf(broadcast, [itemOf(broadcast, fields)], api().context);
		expect(refused).toEqual([[0, expect.stringContaining('is the customer’s own number')]]);
	});

	it('names the place of a number that comes again in its list', async () => {
		const { results } = await runOn(broadcast, [{ recipientSource: 'list', recipients: [TWO, ONE, ONE], text: 'x' }], api().context);
		expect(results.at(-1)).toMatchObject({ position: 2, json: { message: 'Not sent again: the number is already in this broadcast, as number 2 of the list' } });
	});

	it('is in doubt about numbers that the answer leaves out', async () => {
		const { context } = api((to) => (to === ONE ? undefined : { id: 'x', status: 'failed', message: 'not on WhatsApp' }));
		const { results } = await runOn(broadcast, toItems([ONE, TWO]), context);
		expect(results).toEqual([
			{ item: 0, position: 0, json: { status: 'unknown', to: ONE, message: 'Modica’s answer says nothing about this recipient' }, inDoubt: true },
			{ item: 1, position: 0, json: { id: 'x', status: 'failed', to: TWO, message: 'not on WhatsApp' }, inDoubt: false, isRefused: true },
		]);
	});

	it('gives each number of a failed request its error', async () => {
		const failure = new ModicaError('no', { mayHaveBeenSent: true });
		const context = contextOf({ broadcast: async () => await Promise.reject(failure) });
		const { results } = await runOn(broadcast, toItems([ONE, ONE, TWO]), context);
		expect(results).toEqual([
			{ item: 0, position: 0, to: ONE, error: failure },
			{ item: 1, position: 0, to: ONE, error: failure },
			{ item: 2, position: 0, to: TWO, error: failure },
		]);
	});

	it('goes to each recipient each time without Once per Reference', async () => {
		const { context, destinations } = api();
		for (let run = 0; run < 2; run++) await runOn(broadcast, toItems([ONE]), context);
		expect(destinations()).toEqual([[ONE], [ONE]]);
		expect([...context.store.keys]).toEqual([]);
	});

	describe('with Once per Reference', () => {
		const once = (numbers: string[]) => toItems(numbers, ONCE);
		const before = (item: number, to: string) => ({
			item,
			position: 0,
			json: { status: 'duplicate', to, reference: 'sale', message: 'Not sent again: this node has sent the reference to this recipient before' },
			inDoubt: false,
		});

		it('goes to each recipient once', async () => {
			const { context, destinations } = api();
			await runOn(broadcast, once([TWO]), context);
			const { results } = await runOn(broadcast, once([ONE, TWO, THREE]), context);
			expect(destinations()).toEqual([[TWO], [ONE, THREE]]);
			expect(results).toEqual([accepted(0, ONE, { reference: 'sale' }), before(1, TWO), accepted(2, THREE, { reference: 'sale' })]);
			const again = await runOn(broadcast, once([ONE]), context);
			expect(destinations()).toHaveLength(2);
			expect(again.results).toEqual([before(0, ONE)]);
		});

		it('lets those that failed get it in the next run', async () => {
			const { context, destinations } = api((to) => ({ status: to === ONE ? 'failed' : 'accepted' }));
			await runOn(broadcast, once([ONE, TWO]), context);
			await runOn(broadcast, once([ONE, TWO]), context);
			expect(destinations()).toEqual([[ONE, TWO], [ONE]]);
		});

		it('keeps the reference of a number that the answer leaves out', async () => {
			const { context, destinations } = api((to) => (to === ONE ? undefined : { id: 'x', status: 'accepted' }));
			expect((await runOn(broadcast, once([ONE, TWO]), context)).results[0]).toMatchObject({ json: { status: 'unknown' }, inDoubt: true });
			await runOn(broadcast, once([ONE, TWO]), context);
			expect(destinations()).toEqual([[ONE, TWO]]);
		});

		it('says when the store keeps one that failed', async () => {
			const { context } = api(() => ({ status: 'failed', message: 'not on WhatsApp' }));
			context.store.remove = async () => await Promise.reject(new Error('full'));
			const { results } = await runOn(broadcast, once([ONE]), context);
			expect(results).toEqual([
				expect.objectContaining({
					json: expect.objectContaining({ status: 'failed', message: 'not on WhatsApp. n8n’s database could not release the reference, so the next run may report this message as a duplicate. Send it under another reference.' }),
				}),
			]);
		});

		it('keeps those that got it before apart from those that failed now', async () => {
			const { context } = api();
			await runOn(broadcast, once([TWO]), context);
			const failure = new ModicaError('no', { mayHaveBeenSent: true });
			context.api.broadcast = async () => await Promise.reject<never>(failure);
			const { results } = await runOn(broadcast, once([ONE, TWO]), context);
			expect(results).toEqual([{ item: 0, position: 0, to: ONE, error: failure }, before(1, TWO)]);
		});

		it.each([
			['never left', new NeverLeftError(), 0],
			['was cancelled', new CancelledError(true), 2],
		])('of a run that %s', async (_what, error, outputs) => {
			const { context } = api();
			await runOn(broadcast, once([TWO]), context);
			context.api.broadcast = async () => await Promise.reject<never>(error);
			expect((await runOn(broadcast, once([ONE, TWO]), context)).results).toHaveLength(outputs);
		});
	});
});
