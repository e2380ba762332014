import { item } from '../../harness/core/node.mts';
import { itemsOf, setStage, UUID } from '../../harness/core/stage.mts';

const stage = setStage();

const FROM_ITEMS = {
	resource: 'message',
	operation: 'broadcast',
	recipientSource: 'items',
	to: '={{ $json.to }}',
	messageType: 'text',
	text: 'Sale today',
};
const FROM_LIST = { ...FROM_ITEMS, recipientSource: 'list' };
const accepted = (to: string) => ({ id: expect.stringMatching(UUID), status: 'accepted', to });

describe('a broadcast to the numbers of the input items', () => {
	it.each(['reference', 'alternative'] as const)('sends one request and returns one item per recipient, from the %s shape', async (responseShape) => {
		stage.simulator.configure({ responseShape });
		const output = await stage.run(FROM_ITEMS, { items: itemsOf('to', ['+64211000001', '64211000002', '+64 211 000 003']) });
		expect(stage.received()).toEqual([
			{
				destination: ['+64211000001', '+64211000002', '+64211000003'],
				type: 'text',
				text: { body: 'Sale today' },
			},
		]);
		expect(output).toEqual([
			{ json: accepted('+64211000001'), pairedItem: { item: 0 } },
			{ json: accepted('+64211000002'), pairedItem: { item: 1 } },
			{ json: accepted('+64211000003'), pairedItem: { item: 2 } },
		]);
		expect(output.map(({ json }) => json.id)).toEqual(stage.simulator.messages.map(({ id }) => id));
	});

	it('matches results by number if the response has another order', async () => {
		stage.simulator.addFault({
			kind: 'status',
			status: 202,
			body: [
				{ destination: '64211000002', id: 'two', status: 'accepted' },
				{ destination: '+64211000001', id: 'one', status: 'accepted' },
			],
		});
		const output = await stage.run(FROM_ITEMS, { items: itemsOf('to', ['+64211000001', '+64211000002', '+64211000003']) });
		expect(output.map(({ json }) => json)).toEqual([
			{ id: 'one', status: 'accepted', to: '+64211000001' },
			{ id: 'two', status: 'accepted', to: '+64211000002' },
			{ status: 'unknown', to: '+64211000003', message: 'Modica’s response does not include this recipient' },
		]);
	});

	it('splits many recipients into batches', async () => {
		const numbers = Array.from({ length: 25 }, (_, index) => `+6421100${1_000 + index}`);
		const output = await stage.run({ ...FROM_ITEMS, options: { batchSize: 10 } }, { items: itemsOf('to', numbers) });
		expect(stage.received().map((body) => (body as { destination: string[] }).destination.length).sort()).toEqual([10, 10, 5]);
		expect(output.map(({ json, pairedItem }) => [json.to, pairedItem])).toEqual(
			numbers.map((number, index) => [number, { item: index }]),
		);
	});

	it('sends each text to its own recipients', async () => {
		const output = await stage.run({ ...FROM_ITEMS, text: '={{ $json.text }}', additionalFields: { reference: 'sale' } }, {
			items: [
				item({ to: '+64211000001', text: 'Hello' }),
				item({ to: '+64211000002', text: 'Kia ora' }),
				item({ to: '+64211000003', text: 'Hello' }),
			],
		});
		expect(stage.received()).toEqual([
			{ destination: ['+64211000001', '+64211000003'], type: 'text', text: { body: 'Hello' }, reference: 'sale' },
			{ destination: ['+64211000002'], type: 'text', text: { body: 'Kia ora' }, reference: 'sale' },
		]);
		expect(output.map(({ json, pairedItem }) => [json.to, json.reference, pairedItem])).toEqual([
			['+64211000001', 'sale', { item: 0 }],
			['+64211000002', 'sale', { item: 1 }],
			['+64211000003', 'sale', { item: 2 }],
		]);
	});

	it('reports repeated numbers, and sends to them once', async () => {
		const output = await stage.run(FROM_ITEMS, { items: itemsOf('to', ['+64211000001', '0064211000001', '+64211000002']) });
		expect(stage.received()).toEqual([
			expect.objectContaining({ destination: ['+64211000001', '+64211000002'] }),
		]);
		expect(output.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual([
			{ json: accepted('+64211000001'), pairedItem: { item: 0 } },
			{
				json: {
					status: 'duplicate',
					to: '+64211000001',
					message: 'Not sent again: the number is already in this broadcast (item 0)',
				},
				pairedItem: { item: 1 },
			},
			{ json: accepted('+64211000002'), pairedItem: { item: 2 } },
		]);
	});

	it('reports the recipients that the API rejected', async () => {
		stage.simulator.configure({ numbers: { '+64211000002': { broadcastFailure: 'not on WhatsApp' } } });
		const output = await stage.run(FROM_ITEMS, { items: itemsOf('to', ['+64211000001', '+64211000002']) });
		expect(output.map(({ json }) => json)).toEqual([
			accepted('+64211000001'),
			{ id: expect.stringMatching(UUID), status: 'failed', to: '+64211000002', message: 'not on WhatsApp' },
		]);
	});

	it('sends to the valid numbers if it is set to continue', async () => {
		const output = await stage.run(FROM_ITEMS, { items: itemsOf('to', ['+64211000001', '021', '+64211000003']), continueOnFail: true });
		expect(stage.received()).toEqual([expect.objectContaining({ destination: ['+64211000001', '+64211000003'] })]);
		expect(output.map(({ json, pairedItem }) => [json.to ?? json.error, pairedItem])).toEqual([
			['+64211000001', { item: 0 }],
			[expect.stringContaining("To '021' is a local number."), { item: 1 }],
			['+64211000003', { item: 2 }],
		]);
	});

	it('returns the error of a failed batch for each of its recipients, and the results of the others', async () => {
		stage.simulator.addFault({ kind: 'status', status: 500, match: { to: '+64211000003' } });
		const output = await stage.run({ ...FROM_ITEMS, options: { batchSize: 2 } }, {
			items: itemsOf('to', ['+64211000001', '+64211000002', '+64211000003', '+64211000004', '+64211000005']),
			continueOnFail: true,
		});
		expect(output.map(({ json, pairedItem }) => [json.to, json.statusCode, json.mayHaveBeenSent, pairedItem])).toEqual([
			['+64211000001', undefined, undefined, { item: 0 }],
			['+64211000002', undefined, undefined, { item: 1 }],
			['+64211000003', 500, true, { item: 2 }],
			['+64211000004', 500, true, { item: 3 }],
			['+64211000005', undefined, undefined, { item: 4 }],
		]);
	});

	it.each([
		['too few rows', [{ id: 'one', status: 'accepted' }]],
		['no list', { id: 'one', status: 'accepted' }],
	])('does not guess the recipients of a response with %s', async (_what, body) => {
		stage.simulator.addFault({ kind: 'status', status: 202, body });
		const failure = await stage.fail(FROM_ITEMS, { items: itemsOf('to', ['+64211000001', '+64211000002']) });
		expect(failure.message).toBe('Modica returned 202 without a valid result for each recipient');
		expect(failure.description).toContain('The message may have been sent.');
	});
});

describe('a broadcast to a list', () => {
	it.each([
		['commas', '+64211000001, +64211000002,64211000003'],
		['line breaks', '+64211000001\n+64211000002\r\n64211000003\n'],
		['semicolons', '+64211000001; +64211000002;64211000003'],
		['an array', '={{ ["+64211000001", 64211000002, "64211000003"] }}'],
	])('accepts numbers from %s', async (_what, recipients) => {
		const output = await stage.run({ ...FROM_LIST, recipients });
		expect(stage.received()).toEqual([
			{
				destination: ['+64211000001', '+64211000002', '+64211000003'],
				type: 'text',
				text: { body: 'Sale today' },
			},
		]);
		expect(output).toEqual([
			{ json: accepted('+64211000001'), pairedItem: { item: 0 } },
			{ json: accepted('+64211000002'), pairedItem: { item: 0 } },
			{ json: accepted('+64211000003'), pairedItem: { item: 0 } },
		]);
	});

	it('keeps the order of the list over several batches, including failed ones', async () => {
		stage.simulator.addFault({ kind: 'status', status: 400, match: { to: '+64211000003' } });
		const numbers = ['+64211000001', '+64211000002', '+64211000003', '+64211000004', '+64211000005'];
		const output = await stage.run({ ...FROM_LIST, recipients: numbers.join(','), options: { batchSize: 2 } }, { continueOnFail: true });
		expect(output.map(({ json }) => [json.to, json.status ?? json.statusCode])).toEqual([
			['+64211000001', 'accepted'],
			['+64211000002', 'accepted'],
			['+64211000003', 400],
			['+64211000004', 400],
			['+64211000005', 'accepted'],
		]);
	});

	it('reports every invalid number, and sends nothing', async () => {
		const failure = await stage.fail({ ...FROM_LIST, recipients: '+64211000001, 021, nobody, +64211000002' });
		expect(failure.message).toBe(
			[
				"Recipient 2 '021' is a local number. Replace the leading 0 with the country code. Use the international format, such as +64211234567.",
				"Recipient 3 'nobody' is not a phone number. Use the international format, such as +64211234567.",
			].join('\n'),
		);
		expect(stage.received()).toEqual([]);
	});

	it('reports at most five', async () => {
		const failure = await stage.fail({ ...FROM_LIST, recipients: '01,02,03,04,05,06,07' });
		expect(failure.message.split('\n')).toHaveLength(6);
		expect(failure.message).toMatch(/And 2 more\.$/);
	});
});
