import { item } from '../../harness/core/node.mts';
import { itemsOf, setStage, TEXT, UUID } from '../../harness/core/stage.mts';

const stage = setStage();
const TEMPLATE = { ...TEXT, messageType: 'template', templateName: 'order_update', templateParameters: 'fields' };

describe('the body of a message matches the contract exactly', () => {
	it.each([
		['a text', TEXT, { to: '+64211234567', type: 'text', text: { body: 'Hello' } }],
		['a template', TEMPLATE, {
			to: '+64211234567',
			type: 'template',
			template: { name: 'order_update', language: 'en_US' },
		}],
		['a template with all fields, from fields', {
			...TEMPLATE,
			templateLanguage: 'mi',
			headerParams: { values: [{ value: 'Kia ora' }] },
			bodyParams: { values: [{ value: 'Aroha' }, { value: '1234' }] },
			templateMedia: { media: { type: 'image', url: 'https://example.com/banner.png' } },
			buttons: {
				values: [
					{ index: 0, type: 'quick_reply', payload: 'CONFIRM-1234' },
					{ index: 1, type: 'url', payload: 'orders/1234' },
				],
			},
		}, {
			to: '+64211234567',
			type: 'template',
			template: {
				name: 'order_update',
				language: 'mi',
				header_params: ['Kia ora'],
				body_params: ['Aroha', '1234'],
				media: { type: 'image', url: 'https://example.com/banner.png' },
				buttons: [
					{ index: 0, type: 'quick_reply', payload: 'CONFIRM-1234' },
					{ index: 1, type: 'url', payload: 'orders/1234' },
				],
			},
		}],
		['a template with all fields, from JSON', {
			...TEMPLATE,
			templateParameters: 'json',
			templateJson: JSON.stringify({
				header_params: ['Kia ora'],
				body_params: ['Aroha', 1234],
				media: { type: 'document', url: 'https://example.com/terms.pdf' },
				buttons: [{ index: '0', type: 'quick_reply', payload: 'YES' }],
			}),
		}, {
			to: '+64211234567',
			type: 'template',
			template: {
				name: 'order_update',
				language: 'en_US',
				header_params: ['Kia ora'],
				body_params: ['Aroha', '1234'],
				media: { type: 'document', url: 'https://example.com/terms.pdf' },
				buttons: [{ index: 0, type: 'quick_reply', payload: 'YES' }],
			},
		}],
		['a template with empty lists', {
			...TEMPLATE,
			templateParameters: 'json',
			templateJson: '{"header_params": [], "body_params": null, "media": {}, "buttons": []}',
		}, {
			to: '+64211234567',
			type: 'template',
			template: { name: 'order_update', language: 'en_US' },
		}],
		...['audio', 'document', 'image', 'video'].map((type): [string, object, object] => [
			`media: ${type}`,
			{ ...TEXT, messageType: 'media', mediaType: type, mediaUrl: 'https://example.com/a%20file?id=1&x=2' },
			{ to: '+64211234567', type: 'media', media: { type, url: 'https://example.com/a%20file?id=1&x=2' } },
		]),
		['a text with all additional fields', {
			...TEXT,
			additionalFields: { source: '102046588645210', reference: 'order-1234', scheduled: '' },
		}, {
			to: '+64211234567',
			type: 'text',
			text: { body: 'Hello' },
			source: '102046588645210',
			reference: 'order-1234',
		}],
		['a text with empty additional fields', {
			...TEXT,
			additionalFields: { source: '', reference: '', scheduled: '' },
		}, { to: '+64211234567', type: 'text', text: { body: 'Hello' } }],
		['a number as text', { ...TEXT, text: 42 }, { to: '+64211234567', type: 'text', text: { body: '42' } }],
		['a text of 4,096 characters outside the Basic Multilingual Plane', { ...TEXT, text: '🥝'.repeat(4_096) }, {
			to: '+64211234567',
			type: 'text',
			text: { body: '🥝'.repeat(4_096) },
		}],
	])('%s', async (_what, parameters, body) => {
		await stage.run(parameters as never);
		expect(stage.received()).toEqual([body]);
		expect(stage.simulator.requests.map(({ status, violations }) => ({ status, violations }))).toEqual([
			{ status: 202, violations: [] },
		]);
	});

	it('a schedule in the time zone of the workflow', async () => {
		const inThreeDays = new Date(Date.now() + 3 * 86_400_000);
		const local = new Intl.DateTimeFormat('sv-SE', {
			timeZone: 'Pacific/Auckland',
			dateStyle: 'short',
			timeStyle: 'medium',
		}).format(inThreeDays);
		await stage.run({ ...TEXT, additionalFields: { scheduled: local.replace(' ', 'T') } });
		const sent = stage.simulator.messages[0]?.scheduled ?? '';
		expect(Math.floor(Date.parse(sent) / 1_000)).toBe(Math.floor(inThreeDays.getTime() / 1_000));
	});
});

describe('the output of Send', () => {
	it.each(['reference', 'alternative'] as const)('is the same for the %s shape of the response', async (responseShape) => {
		stage.simulator.configure({ responseShape });
		const output = await stage.run({ ...TEXT, additionalFields: { reference: 'order-1234' } });
		expect(output).toEqual([
			{
				json: {
					id: expect.stringMatching(UUID),
					status: 'accepted',
					to: '+64211234567',
					reference: 'order-1234',
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(output[0]?.json.id).toBe(stage.simulator.messages[0]?.id);
	});

	it('contains other fields of the response', async () => {
		stage.simulator.addFault({
			kind: 'status',
			status: 202,
			body: { message_id: 'an-id', status: 'accepted', price: 4 },
		});
		expect((await stage.run(TEXT))[0]?.json).toEqual({
			id: 'an-id',
			status: 'accepted',
			to: '+64211234567',
			price: 4,
		});
	});

	it('is one item per input item, in order and paired', async () => {
		const numbers = Array.from({ length: 60 }, (_, index) => `6421100${1_000 + index}`);
		// The first responses arrive last.
		stage.simulator.addFault({ kind: 'latency', ms: 60, times: 20 });
		const output = await stage.run({ ...TEXT, to: '={{ $json.phone }}', text: '=Hello {{ $json.phone }}' }, {
			items: itemsOf('phone', numbers),
		});
		expect(output.map(({ json, pairedItem }) => [json.to, pairedItem])).toEqual(
			numbers.map((number, index) => [`+${number}`, { item: index }]),
		);
		const textOf = new Map(
			stage.simulator.messages.map(({ to, payload }) => [to, (payload.text as { body: string }).body]),
		);
		expect(numbers.map((number) => textOf.get(`+${number}`))).toEqual(numbers.map((number) => `Hello ${number}`));
	});

	it('is empty without items', async () => {
		expect(await stage.run(TEXT, { items: [] })).toEqual([]);
		expect(stage.received()).toEqual([]);
	});
});

describe('a run', () => {
	it('sends messages to the same number in the order of the items, one at a time', async () => {
		stage.simulator.configure({ latencyMs: 5 });
		const items = Array.from({ length: 30 }, (_, index) =>
			item({ to: index % 3 === 0 ? '+64211000000' : `+642120000${10 + index}`, text: `${index}` }),
		);
		await stage.run({ ...TEXT, to: '={{ $json.to }}', text: '={{ $json.text }}' }, { items });
		const toOne = stage.simulator.messages.filter(({ to }) => to === '+64211000000');
		expect(toOne.map(({ payload }) => (payload.text as { body: string }).body)).toEqual(
			['0', '3', '6', '9', '12', '15', '18', '21', '24', '27'],
		);
		const requests = toOne.map(({ requestIndex }) => stage.simulator.requests[requestIndex]);
		requests.slice(1).forEach((request, index) => {
			expect(request?.at).toBeGreaterThanOrEqual(requests[index]?.answeredAt ?? Infinity);
		});
	});

	it.each([
		['25 concurrent requests', {}, 25],
		['as many concurrent requests as the option allows', { options: { maxConcurrency: 15 } }, 15],
	])('has at most %s', async (_what, options, most) => {
		// Longer than it takes to start 25 requests, so that they overlap.
		stage.simulator.configure({ latencyMs: 1_500 });
		await stage.run({ ...TEXT, ...options, to: '={{ $json.to }}' }, {
			items: itemsOf('to', Array.from({ length: 30 }, (_, index) => `+6421200${1_000 + index}`)),
		});
		expect(stage.simulator.maxInFlight).toBe(most);
	});

	it('sends nothing if one of its items is invalid, and reports the error', async () => {
		const failure = await stage.fail({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', ['+64211234567', '021 123 4567', '+64211234568', 'nobody']),
		});
		expect(failure).toMatchObject({
			name: 'NodeOperationError',
			message: expect.stringContaining("To '021 123 4567' is a local number."),
			description:
				"Nothing was sent. Item 3 is also invalid (the first item is 0). To process the valid items, set 'On Error' to 'Continue' in the node’s settings.",
			context: { itemIndex: 1 },
		});
		expect(stage.received()).toEqual([]);
	});

	it('sends the valid items if it is set to continue, and reports the error of each of the others', async () => {
		const output = await stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', ['+64211234567', '021 123 4567', '+64211234568']),
			continueOnFail: true,
		});
		expect(output.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual([
			{ json: expect.objectContaining({ to: '+64211234567', status: 'accepted' }), pairedItem: { item: 0 } },
			{
				json: {
					error:
						"To '021 123 4567' is a local number. Replace the leading 0 with the country code. Use the international format, such as +64211234567.",
					mayHaveBeenSent: false,
				},
				pairedItem: { item: 1 },
			},
			{ json: expect.objectContaining({ to: '+64211234568', status: 'accepted' }), pairedItem: { item: 2 } },
		]);
		// With a property `error`, n8n would reduce the item to the message of the error.
		expect(output.some((one) => 'error' in one)).toBe(false);
	});

	it('marks the items for the error output without losing their JSON', async () => {
		const output = await stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', ['+64211234567', '021 123 4567']),
			continueOnFail: 'errorOutput',
		});
		expect(output.map(({ error }) => error?.name)).toEqual([undefined, 'NodeOperationError']);
		expect({ ...output[1] }).toEqual({
			json: { error: expect.stringContaining('is a local number') as string, mayHaveBeenSent: false },
			pairedItem: { item: 1 },
		});
	});

	it('stops at the first rejected message, and reports which others may have been sent', async () => {
		stage.simulator.addFault({ kind: 'status', status: 422, match: { to: '+64211000002' } });
		for (const to of ['+64211000003', '+64211000004']) stage.simulator.addFault({ kind: 'drop', when: 'after', match: { to } });
		const failure = await stage.fail({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', Array.from({ length: 5 }, (_, index) => `+6421100000${index}`)),
		});
		expect(failure).toMatchObject({ httpCode: '422', context: { itemIndex: 2 } });
		expect(failure.description).toContain('2 were completed before the node stopped. 2 more may have been sent: items 3, 4. Check their status before you send them again.');
	});

	it('stops at the first rejected message, and reports what was sent', async () => {
		stage.simulator.addFault({ kind: 'status', status: 422, match: { to: '+64211000002' } });
		const failure = await stage.fail({ ...TEXT, options: { maxConcurrency: 1 }, to: '={{ $json.to }}' }, {
			items: itemsOf('to', ['+64211000000', '+64211000001', '+64211000002', '+64211000003']),
		});
		expect(failure).toMatchObject({ name: 'NodeApiError', httpCode: '422', context: { itemIndex: 2 } });
		expect(failure.description).toMatch(/2 were completed before the node stopped\./);
		expect(stage.simulator.messages.map(({ to }) => to)).toEqual(['+64211000000', '+64211000001']);
	});

	it('continues after a rejected message if it is set to continue', async () => {
		stage.simulator.addFault({ kind: 'status', status: 422, match: { to: '+64211000001' } });
		const output = await stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', ['+64211000000', '+64211000001', '+64211000002']),
			continueOnFail: true,
		});
		expect(output.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual([
			{ json: expect.objectContaining({ to: '+64211000000', status: 'accepted' }), pairedItem: { item: 0 } },
			{
				json: {
					error: 'Modica returned 422 (not accepted): Whatsapp Cloud API error: unprocessable entity error message',
					description: expect.stringContaining('Check the fields that Modica names.'),
					statusCode: 422,
					mayHaveBeenSent: false,
					to: '+64211000001',
				},
				pairedItem: { item: 1 },
			},
			{ json: expect.objectContaining({ to: '+64211000002', status: 'accepted' }), pairedItem: { item: 2 } },
		]);
	});

	it('decrypts the credential once, regardless of the number of items', async () => {
		await stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', Array.from({ length: 10 }, (_, index) => `+6421200${1_000 + index}`)),
		});
		expect(stage.n8n.credentialReads()).toBe(1);
	});
});
