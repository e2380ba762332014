/** Send and Broadcast: the requests for the items, and the output. */
import { CanceledError, ModicaError, NeverLeftError } from '../../../../nodes/ModicaWhatsApp/api/errors';
import type { Broadcast, BroadcastReceipt, Message } from '../../../../nodes/ModicaWhatsApp/api/types';
import { broadcast } from '../../../../nodes/ModicaWhatsApp/operations/message/broadcast';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { contextOf, itemOf, jobsOf, runOn } from '../../../harness/operation.mts';

const ONE = '+64211000001';
const TWO = '+64211000002';
const THREE = '+64211000003';
const ONCE = { additionalFields: { reference: 'sale' }, options: { oncePerReference: true } };

describe('Send', () => {
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

	it('sends one request per item, with its delivery options', async () => {
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

	it("uses the text format of the item", async () => {
		const { sent, context } = api();
		await runOn(send, [{ to: ONE, text: '**Hi**', options: { textFormat: 'markdown' } }, { to: TWO, text: '**Hi**', options: { textFormat: 'plain' } }], context);
		expect(sent.map(({ to, ...content }) => [to, content])).toEqual([
			[ONE, { type: 'text', text: { body: '*Hi*' } }],
			[TWO, { type: 'text', text: { body: '**Hi**' } }],
		]);
	});

	it('passes on other fields of the response', async () => {
		const { context } = api(() => ({ id: 'x', status: 'accepted', price: 4 }));
		expect((await runOn(send, [{ to: ONE, text: 'x' }], context)).results).toEqual([{ item: 0, json: { id: 'x', status: 'accepted', to: ONE, price: 4 } }]);
	});

	it('rejects an invalid item, and sends the others', () => {
		const { context } = api();
		const { jobs, refused } = jobsOf(send, [{ to: '021', text: 'x' }, { to: TWO, text: 'x' }, { to: ONE, text: '' }].map((each, index) => itemOf(send, each, index)), context);
		expect(jobs.map(({ targets, lanes }) => ({ targets, lanes }))).toEqual([{ targets: [{ item: 1, to: TWO }], lanes: [TWO] }]);
		expect(refused.map(([item, message]) => [item, message.split('.')[0]])).toEqual([
			[0, "To '021' is a local number"],
			[2, "'Text' is empty"],
		]);
	});

	it.each<[unknown, string]>([
		[{ reference: { a: 1 } }, `Reference '{"a":1}' is not text. Use your own text, such as order-1234.`],
		[{ source: 'x' }, "Business Number ID 'x' is not valid."],
		[{ source: ONE.slice(1) }, `Business Number ID '${ONE.slice(1)}' is the number of the customer. Use the ID from Modica`],
		[{ scheduled: 'x' }, "Scheduled 'x' is not a date and time."],
	])('rejects the additional fields %j', (additionalFields, message) => {
		const { refused } = jobsOf(send, [itemOf(send, { to: ONE, text: 'x', additionalFields })], api().context);
		expect(refused).toEqual([[0, expect.stringContaining(message)]]);
	});

	it('with Once per Reference sends once, also in later runs', async () => {
		const { sent, context } = api();
		const item = { to: ONE, text: 'x', ...ONCE };
		const { results } = await runOn(send, [item, { ...item, to: TWO }], context);
		expect(sent).toHaveLength(1);
		expect(results).toEqual([
			{ item: 0, json: { id: `id of ${ONE}`, status: 'accepted', to: ONE, reference: 'sale' } },
			{ item: 1, json: { status: 'duplicate', to: TWO, reference: 'sale', message: 'Not sent again: this node already sent this reference' } },
		]);
	});

	it.each([
		[{ oncePerReference: undefined }, "'Once per Reference' is empty. Use true to send each reference once, or false to send it each time."],
		[{ oncePerReference: 'yes' }, "Once per Reference 'yes' is neither true nor false. Use true to send each reference once, or false to send it each time."],
		[{ splitLongText: 1 }, "Split Long Text '1' is neither true nor false. Use true to split long texts, or false to reject them."],
	])('rejects the options %j', (options, message) => {
		expect(jobsOf(send, [itemOf(send, { to: ONE, text: 'x', options })], api().context).refused).toEqual([[0, message]]);
	});

	it('with Once per Reference requires a reference', () => {
		const { refused } = jobsOf(send, [itemOf(send, { to: ONE, text: 'x', options: { oncePerReference: true } })], api().context);
		expect(refused).toEqual([[0, "'Reference' is empty. Enter a reference in the additional fields, or turn off 'Once per Reference'."]]);
	});

	it.each([undefined, 'text', { oncePerReference: 'false' }])('with the options %j sends as often as requested', async (options) => {
		const { sent, context } = api();
		const item = { to: ONE, text: 'x', additionalFields: { reference: 'sale' }, options };
		await runOn(send, [item, item], context);
		expect(sent).toHaveLength(2);
	});

	it.each([true, 'true'])('with Clear Sent References (%j) clears them and sends nothing', async (clearReferences) => {
		const { sent, context } = api();
		await context.store.record(['sale']);
		const { results } = await runOn(send, [{ to: '', options: { clearReferences } }, { to: ONE, text: 'x' }], context);
		expect(sent).toEqual([]);
		expect([...context.store.keys]).toEqual([]);
		const json = { status: 'cleared', message: "Nothing was sent. The sent references of this node are cleared. To send, turn off 'Clear Sent References'." };
		expect(results).toEqual([{ item: 0, json }, { item: 1, json }]);
	});
});

describe('Send with Split Long Text', () => {
	const PARTS = ['a', 'b', 'c'].map((letter) => letter.repeat(4_000));
	const SPLIT = { options: { splitLongText: true } };
	const ITEM = { to: ONE, text: PARTS.join(' '), ...SPLIT };
	const ONCE_SPLIT = { ...ITEM, additionalFields: { reference: 'sale' }, options: { splitLongText: true, oncePerReference: true } };
	const no = (mayHaveBeenSent = false) => new ModicaError('no', { mayHaveBeenSent, description: 'Why.' });

	/** @param failures by part (0 to 2), each for the first attempt to send it */
	function api(failures: Record<number, ModicaError> = {}) {
		const sent: number[] = [];
		const context = contextOf({
			sendMessage: async (message) => {
				const part = PARTS.findIndex((text) => message.type === 'text' && message.text.body === text);
				const failure = failures[part];
				delete failures[part];
				if (failure) return await Promise.reject<never>(failure);
				sent.push(part);
				return { id: `id ${part}`, status: 'accepted' };
			},
			hideSecrets: (fields) => fields,
		});
		return { sent, context };
	}
	const run = async (context: ReturnType<typeof contextOf>, ...items: object[]) => (await runOn(send, items as Array<Record<string, unknown>>, context)).results;
	const accepted = (...parts: number[]) => parts.map((part) => ({ id: `id ${part}`, status: 'accepted' }));
	const MARK = /^[\da-f-]{36}$/;
	const duplicate = { item: 0, json: { status: 'duplicate', to: ONE, reference: 'sale', message: 'Not sent again: this node already sent this reference' } };

	it('sends one message per part, in order, and returns one output', async () => {
		const { sent, context } = api();
		expect(await run(context, ITEM)).toEqual([{ item: 0, json: { id: 'id 0', status: 'accepted', to: ONE, parts: accepted(0, 1, 2) } }]);
		expect(sent).toEqual([0, 1, 2]);
	});

	it('sends a short text as one message, which the output also lists', async () => {
		const { context } = api();
		expect(await run(context, { to: ONE, text: PARTS[1], ...SPLIT })).toEqual([{ item: 0, json: { id: 'id 1', status: 'accepted', to: ONE, parts: accepted(1) } }]);
	});

	it('sends no other message to the same customer between the parts', async () => {
		const { sent, context } = api();
		await run(context, ITEM, { to: ONE, text: 'other' });
		expect(sent).toEqual([0, 1, 2, -1]);
	});

	it('uses the same delivery options for each part', async () => {
		const messages: Message[] = [];
		const context = contextOf({ sendMessage: async (message) => await Promise.resolve({ id: String(messages.push(message)), status: 'accepted' }) });
		await run(context, { ...ITEM, additionalFields: { reference: 'sale', source: '102' } });
		expect(messages.map(({ to, reference, source }) => [to, reference, source])).toEqual(PARTS.map(() => [ONE, 'sale', '102']));
	});

	it('splits the text after formatting it', async () => {
		const texts: string[] = [];
		const context = contextOf({
			sendMessage: async (message) => await Promise.resolve({ id: String(message.type === 'text' && texts.push(message.text.body)), status: 'accepted' }),
		});
		await run(context, { to: ONE, text: `**${'a'.repeat(4_094)}**\n\nb`, options: { splitLongText: true, textFormat: 'markdown' } });
		expect(texts).toEqual([`*${'a'.repeat(4_094)}*`, 'b']);
	});

	it('shows all requests in a dry run', async () => {
		const { sent, context } = api();
		const part = (body: string) => ({ preview: body, request: { to: ONE, type: 'text', text: { body } } });
		expect(await run(context, { ...ITEM, options: { splitLongText: true, dryRun: true } })).toEqual([
			{ item: 0, json: { status: 'valid', to: ONE, ...part(PARTS[0]!), parts: PARTS.map(part) }, isDry: true },
		]);
		expect(sent).toEqual([]);
	});

	it('does not affect templates', async () => {
		const context = contextOf({ sendMessage: async () => await Promise.resolve({ id: 'x', status: 'accepted' }) });
		const template = { to: ONE, messageType: 'template', templateName: 'hello', templateParameters: 'fields', ...SPLIT };
		expect(await run(context, template)).toEqual([{ item: 0, json: { id: 'x', status: 'accepted', to: ONE } }]);
	});

	it.each<[string, number, ModicaError, number[], string]>([
		['a part in the middle', 1, no(), [0], 'Why. Part 1 of 3 was sent, parts 2–3 were not.'],
		['the last part', 2, no(), [0, 1], 'Why. Parts 1–2 of 3 were sent, part 3 was not.'],
		['a part that may have been sent', 1, no(true), [0], 'Why. Part 1 of 3 was sent, part 2 may have been sent, part 3 was not.'],
		['the first part, which may have been sent', 0, no(true), [], 'Why. Part 1 of 3 may have been sent, parts 2–3 were not.'],
		['the last part, which may have been sent', 2, no(true), [0, 1], 'Why. Parts 1–2 of 3 were sent, part 3 may have been sent.'],
		['a part that can no longer be sent', 2, new NeverLeftError(), [0, 1], 'Parts 1–2 of 3 were sent, part 3 was not.'],
	])('reports the sent parts if it fails at %s', async (_, part, failure, sent, description) => {
		const { context } = api({ [part]: failure });
		const [result] = await run(context, ITEM);
		expect(result).toEqual({ item: 0, to: ONE, parts: accepted(...sent), error: expect.objectContaining({ message: failure.message, description, mayHaveBeenSent: true }) as unknown });
	});

	it('rejects an empty text', () => {
		const { refused } = jobsOf(send, [itemOf(send, { to: ONE, text: ' ', ...SPLIT })], api().context);
		expect(refused).toEqual([[0, "'Text' is empty. Enter the text of the message."]]);
	});

	it('fails like any other message if it has one part', async () => {
		const failure = no(true);
		expect(await run(api({ 0: failure }).context, { ...ITEM, text: PARTS[0] })).toEqual([{ item: 0, to: ONE, error: failure }]);
	});

	it('fails like any other message if nothing was sent', async () => {
		const failure = no();
		expect(await run(api({ 0: failure }).context, ITEM)).toEqual([{ item: 0, to: ONE, error: failure }]);
		expect(await run(api({ 0: new NeverLeftError() }).context, ITEM)).toEqual([]);
	});

	it('with Once per Reference sends once, regardless of the number of parts', async () => {
		const { sent, context } = api();
		await run(context, ONCE_SPLIT);
		expect(await run(context, ONCE_SPLIT)).toEqual([duplicate]);
		expect(await run(context, { ...ONCE_SPLIT, text: `${PARTS.join(' ')} more`.repeat(2) })).toEqual([duplicate]);
		expect(await run(context, { ...ONCE_SPLIT, text: 'short' })).toEqual([duplicate]);
		expect(sent).toEqual([0, 1, 2]);
	});

	it('with Once per Reference does not send a reference that was sent unsplit', async () => {
		const { sent, context } = api();
		await run(context, { ...ONCE_SPLIT, text: PARTS[0], options: { oncePerReference: true } });
		expect(await run(context, ONCE_SPLIT)).toEqual([duplicate]);
		expect(sent).toEqual([0]);
		expect([...context.store.keys].filter((key) => !MARK.test(key))).toEqual(['sale']);
	});

	it.each<[string, ModicaError, number[], object[]]>([
		['was not sent', no(), [0, 1, 2], [{ status: 'duplicate' }, ...accepted(1, 2)]],
		['may have been sent', no(true), [0, 2], [{ status: 'duplicate' }, { status: 'duplicate' }, ...accepted(2)]],
	])('with Once per Reference, after a part that %s, sends only the rest', async (_, failure, sent, parts) => {
		const { sent: all, context } = api({ 1: failure });
		const [failed] = await run(context, ONCE_SPLIT);
		expect(failed).toMatchObject({ error: { description: expect.stringMatching(/ Run the node again with the same reference to send the rest\.$/) as unknown } });
		const first = parts.find((part) => 'id' in part);
		expect(await run(context, ONCE_SPLIT)).toEqual([{ item: 0, json: { ...first, to: ONE, reference: 'sale', parts } }]);
		expect(await run(context, ONCE_SPLIT)).toEqual([duplicate]);
		expect(all).toEqual(sent);
	});

	it.each([
		['has changed', { text: `${PARTS.join(' ')} changed` }, ['duplicate', 'duplicate', 'accepted']],
		['is for another customer', { to: TWO }, ['accepted', 'accepted', 'accepted']],
	])('with Once per Reference, after a part that was not sent, sends each part that %s', async (_, changed, statuses) => {
		const { context } = api({ 2: no() });
		await run(context, ONCE_SPLIT);
		const parts = statuses.map((status) => expect.objectContaining({ status }) as unknown);
		expect(await run(context, { ...ONCE_SPLIT, ...changed })).toMatchObject([{ json: { status: 'accepted', parts } }]);
	});

	it('with Once per Reference sends nothing if all parts of a shorter text were sent', async () => {
		const { sent, context } = api({ 2: no() });
		await run(context, ONCE_SPLIT);
		expect(await run(context, { ...ONCE_SPLIT, text: PARTS.slice(0, 2).join(' ') })).toEqual([duplicate]);
		expect(sent).toEqual([0, 1]);
	});

	it('with Once per Reference sends nothing if its last part may have been sent', async () => {
		const { sent, context } = api({ 2: no(true) });
		expect(await run(context, ONCE_SPLIT)).toMatchObject([{ error: { description: 'Why. Parts 1–2 of 3 were sent, part 3 may have been sent.' } }]);
		expect(await run(context, ONCE_SPLIT)).toEqual([duplicate]);
		expect(sent).toEqual([0, 1]);
	});

	it('with Once per Reference sends again if nothing was sent', async () => {
		const { sent, context } = api({ 0: no() });
		await run(context, ONCE_SPLIT);
		await run(context, ONCE_SPLIT);
		expect(sent).toEqual([0, 1, 2]);
	});

	it('reports that a reference may count as sent if the store fails to release it', async () => {
		const { context } = api({ 1: no() });
		context.store.remove = async () => await Promise.reject(new Error('down'));
		expect(await run(context, ONCE_SPLIT)).toMatchObject([
			{
				error: {
					mayCountAsSent: true,
					mayHaveBeenSent: true,
					description: expect.stringMatching(/^Why\. n8n’s database could not release the reference, .* Part 1 of 3 was sent, parts 2–3 were not\.$/) as unknown,
				},
			},
		]);
	});
});

describe('Broadcast', () => {
	/** Responds like the broadcast endpoint: with one receipt per number, in order. */
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
	const accepted = (item: number, to: string, more: object = {}) => ({ item, position: 0, json: { id: `id of ${to}`, status: 'accepted', to, ...more }, mayHaveBeenSent: false });

	it('sends one request for all numbers, and returns one output for each', async () => {
		const { sent, context } = api();
		const { results } = await runOn(broadcast, toItems([ONE, TWO], { additionalFields: { reference: 'sale' } }), context);
		expect(sent).toEqual([{ destination: [ONE, TWO], type: 'text', text: { body: 'Sale' }, reference: 'sale' }]);
		expect(results).toEqual([accepted(0, ONE, { reference: 'sale' }), accepted(1, TWO, { reference: 'sale' })]);
	});

	it('sends one request per text as customers read it, regardless of its source', async () => {
		const { sent, context } = api();
		const markdown = { options: { textFormat: 'markdown' } };
		await runOn(broadcast, [...toItems([ONE], { ...markdown, text: '__Sale__' }), ...toItems([TWO], { ...markdown, text: '**Sale**' }), ...toItems([THREE], { text: '**Sale**' })], context);
		expect(sent.map(({ destination, ...content }) => [destination, content])).toEqual([
			[[ONE, TWO], { type: 'text', text: { body: '*Sale*' } }],
			[[THREE], { type: 'text', text: { body: '**Sale**' } }],
		]);
	});

	it('sends one request per content', async () => {
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
	])('sends batches of %j', async (batchSize, expected) => {
		const { context, destinations } = api();
		await runOn(broadcast, toItems([ONE, TWO, THREE], { options: { batchSize } }), context);
		expect(destinations()).toEqual(expected);
	});

	it.each([0, 1.5, 'many', true])('rejects batches of %j', (batchSize) => {
		const items = [itemOf(broadcast, { to: ONE, text: 'x', options: { batchSize } })];
		expect(() => jobsOf(broadcast, items, api().context)).toThrow(`Batch Size '${batchSize}' is not a valid number of recipients. Use a whole number of at least 1.`);
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
	])('sends to the numbers of %s', async (_what, recipients) => {
		const { context, destinations } = api();
		const { results } = await runOn(broadcast, [{ recipientSource: 'list', recipients, text: 'x' }], context);
		const numbers = typeof recipients === 'number' ? [ONE] : [ONE, TWO, THREE];
		expect(destinations()).toEqual([numbers]);
		expect(results.map(({ item, position }) => [item, position])).toEqual(numbers.map((_, position) => [0, position]));
	});

	it.each<[unknown, string | RegExp]>([
		['', "'Recipients' is empty. Enter international numbers separated by commas or line breaks, such as +64211234567, +64217654321."],
		[' ,\n', "Recipients ' , ' contains no numbers."],
		[[], "Recipients '[]' contains no numbers."],
		[{}, "Recipients '{}' contains no numbers."],
		[[ONE, null], "'Recipient 2' is empty."],
		['021,x', "Recipient 1 '021' is a local number. Replace the leading 0 with the country code. Use the international format, such as +64211234567.\nRecipient 2 'x' is not a phone number. Use the international format, such as +64211234567."],
		['01,02,03,04,05', /^(Recipient \d .*\n){4}Recipient 5 .*$/],
		['01,02,03,04,05,06,07', /^(Recipient \d .*\n){5}And 2 more\.$/],
	])('rejects the list %j', (recipients, message) => {
		const { refused } = jobsOf(broadcast, [itemOf(broadcast, { recipientSource: 'list', recipients, text: 'x' })], api().context);
		expect(refused).toEqual([[0, typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message)]]);
	});

	it('reports repeated numbers, and sends to them once', async () => {
		const { context, destinations } = api();
		const { results } = await runOn(broadcast, toItems([ONE, '0064211000001', TWO]), context);
		expect(destinations()).toEqual([[ONE, TWO]]);
		expect(results).toEqual([
			accepted(0, ONE),
			{ item: 1, position: 0, json: { status: 'duplicate', to: ONE, message: 'Not sent again: the number is already in this broadcast (item 0)' }, mayHaveBeenSent: false },
			accepted(2, TWO),
		]);
	});

	it('rejects the number of a recipient as the business number', () => {
		const fields = { recipientSource: 'list', recipients: [ONE, TWO], text: 'x', additionalFields: { source: TWO.slice(1) } };
		const { refused } = jobsOf(broadcast, [itemOf(broadcast, fields)], api().context);
		expect(refused).toEqual([[0, expect.stringContaining('is the number of the customer')]]);
	});

	it('reports the position of a repeated number in its list', async () => {
		const { results } = await runOn(broadcast, [{ recipientSource: 'list', recipients: [TWO, ONE, ONE], text: 'x' }], api().context);
		expect(results.at(-1)).toMatchObject({ position: 2, json: { message: 'Not sent again: the number is already in this broadcast (number 2 in the list)' } });
	});

	it('reports numbers that are missing in the response as possibly sent', async () => {
		const { context } = api((to) => (to === ONE ? undefined : { id: 'x', status: 'failed', message: 'not on WhatsApp' }));
		const { results } = await runOn(broadcast, toItems([ONE, TWO]), context);
		expect(results).toEqual([
			{ item: 0, position: 0, json: { status: 'unknown', to: ONE, message: 'Modica’s response does not include this recipient' }, mayHaveBeenSent: true },
			{ item: 1, position: 0, json: { id: 'x', status: 'failed', to: TWO, message: 'not on WhatsApp' }, mayHaveBeenSent: false, isRefused: true },
		]);
	});

	it('returns the error of a failed request for each of its numbers', async () => {
		const failure = new ModicaError('no', { mayHaveBeenSent: true });
		const context = contextOf({ broadcast: async () => await Promise.reject(failure) });
		const { results } = await runOn(broadcast, toItems([ONE, ONE, TWO]), context);
		expect(results).toEqual([
			{ item: 0, position: 0, to: ONE, error: failure },
			{ item: 1, position: 0, to: ONE, error: failure },
			{ item: 2, position: 0, to: TWO, error: failure },
		]);
	});

	it('sends to each recipient every time without Once per Reference', async () => {
		const { context, destinations } = api();
		for (let run = 0; run < 2; run++) await runOn(broadcast, toItems([ONE]), context);
		expect(destinations()).toEqual([[ONE], [ONE]]);
		expect([...context.store.keys]).toEqual([]);
	});

	describe('Broadcast with Once per Reference', () => {
		const once = (numbers: string[]) => toItems(numbers, ONCE);
		const before = (item: number, to: string) => ({
			item,
			position: 0,
			json: { status: 'duplicate', to, reference: 'sale', message: 'Not sent again: this node already sent this reference to this recipient' },
			mayHaveBeenSent: false,
		});

		it('sends to each recipient once', async () => {
			const { context, destinations } = api();
			await runOn(broadcast, once([TWO]), context);
			const { results } = await runOn(broadcast, once([ONE, TWO, THREE]), context);
			expect(destinations()).toEqual([[TWO], [ONE, THREE]]);
			expect(results).toEqual([accepted(0, ONE, { reference: 'sale' }), before(1, TWO), accepted(2, THREE, { reference: 'sale' })]);
			const again = await runOn(broadcast, once([ONE]), context);
			expect(destinations()).toHaveLength(2);
			expect(again.results).toEqual([before(0, ONE)]);
		});

		it('sends to failed recipients in the next run', async () => {
			const { context, destinations } = api((to) => ({ status: to === ONE ? 'failed' : 'accepted' }));
			await runOn(broadcast, once([ONE, TWO]), context);
			await runOn(broadcast, once([ONE, TWO]), context);
			expect(destinations()).toEqual([[ONE, TWO], [ONE]]);
		});

		it('keeps the reference of a number that is missing in the response', async () => {
			const { context, destinations } = api((to) => (to === ONE ? undefined : { id: 'x', status: 'accepted' }));
			expect((await runOn(broadcast, once([ONE, TWO]), context)).results[0]).toMatchObject({ json: { status: 'unknown' }, mayHaveBeenSent: true });
			await runOn(broadcast, once([ONE, TWO]), context);
			expect(destinations()).toEqual([[ONE, TWO]]);
		});

		it('reports that the store keeps the reference of a failed number', async () => {
			const { context } = api(() => ({ status: 'failed', message: 'not on WhatsApp' }));
			context.store.remove = async () => await Promise.reject(new Error('full'));
			const { results } = await runOn(broadcast, once([ONE]), context);
			expect(results).toEqual([
				expect.objectContaining({
					json: expect.objectContaining({ status: 'failed', message: 'not on WhatsApp. n8n’s database could not release the reference, so the next run may report this message as a duplicate. Send it with another reference.' }),
				}),
			]);
		});

		it('distinguishes earlier duplicates from numbers that fail now', async () => {
			const { context } = api();
			await runOn(broadcast, once([TWO]), context);
			const failure = new ModicaError('no', { mayHaveBeenSent: true });
			context.api.broadcast = async () => await Promise.reject<never>(failure);
			const { results } = await runOn(broadcast, once([ONE, TWO]), context);
			expect(results).toEqual([{ item: 0, position: 0, to: ONE, error: failure }, before(1, TWO)]);
		});

		it.each([
			['was not sent', new NeverLeftError(), 0],
			['was canceled', new CanceledError(true), 2],
		])('returns results for a run that %s', async (_what, error, outputs) => {
			const { context } = api();
			await runOn(broadcast, once([TWO]), context);
			context.api.broadcast = async () => await Promise.reject<never>(error);
			expect((await runOn(broadcast, once([ONE, TWO]), context)).results).toHaveLength(outputs);
		});
	});
});
