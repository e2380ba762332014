import { itemsOf, setStage, TEXT } from '../../harness/core/stage.mts';

const stage = setStage();

describe('getting a message', () => {
	it('returns what the API knows about it', async () => {
		const [sent] = await stage.run({ ...TEXT, additionalFields: { reference: 'order-1234' } });
		const output = await stage.run({ resource: 'message', operation: 'get', messageId: String(sent?.json.id) });
		expect(stage.simulator.requests[1]).toMatchObject({
			method: 'GET',
			path: '/messages',
			query: { id: sent?.json.id },
			status: 200,
			violations: [],
		});
		expect(output).toEqual([
			{
				json: {
					id: sent?.json.id,
					reference: 'order-1234',
					application_id: 'wab_demo',
					status: expect.any(String),
					business_number_id: '102046588645210',
					customer_number_id: '64211234567',
					timestamp: expect.any(Number),
					direction: 'MT',
					type: 'text',
					attributes: { body: 'Hello' },
				},
				pairedItem: { item: 0 },
			},
		]);
	});

	it.each([
		['in the chat', { answerIn: 'chat', templateName: 'please_answer', templateText: 'May we?' }, 'MW1.0.***'],
		['on the page', { messageType: 'text' }, 'signature=***'],
	])('returns nothing that could answer a question %s', async (_where, parameters, shown) => {
		const { username, password, baseUrl } = stage.simulator;
		const question = { resource: 'message', operation: 'sendAndWait', to: '+64211234567', message: 'May we?', responseType: 'approval', ...parameters };
		const { stop } = await stage.n8n.ask({ parameters: question, credential: { username, password, baseUrl } });
		stop();
		const { id, payload } = stage.simulator.messages[0]!;
		const secrets = JSON.stringify(payload).match(/[\w-]{43,}/g) ?? [];
		expect(secrets.length).toBeGreaterThan(0);
		const [{ json } = { json: {} }] = await stage.run({ resource: 'message', operation: 'get', messageId: id });
		const given = JSON.stringify(json);
		expect(given).toContain(shown);
		expect(secrets.filter((secret) => given.includes(secret))).toEqual([]);
	});

	it('passes on fields that are not in the reference', async () => {
		const body = { id: 'x', source: '1', destination: '2', direction: 'outbound' };
		stage.simulator.addFault({ kind: 'status', status: 200, body });
		const [output] = await stage.run({
			resource: 'message',
			operation: 'get',
			messageId: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
		});
		expect(output?.json).toEqual(body);
	});

	it('reports an unknown message', async () => {
		const failure = await stage.fail({
			resource: 'message',
			operation: 'get',
			messageId: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
		});
		expect(failure).toMatchObject({
			httpCode: '404',
			message: 'Modica returned 404 (not found): Whatsapp Cloud API error: id no such message',
		});
		expect(failure.description).toContain('The application of the credential has no message with this ID.');
	});

	it('returns the messages of many items in order', async () => {
		const sent = await stage.run({ ...TEXT, to: '={{ $json.to }}' }, {
			items: itemsOf('to', Array.from({ length: 30 }, (_, index) => `+6421100${1_000 + index}`)),
		});
		const output = await stage.run({ resource: 'message', operation: 'get', messageId: '={{ $json.id }}' }, {
			items: sent.map(({ json }) => ({ json })),
		});
		expect(output.map(({ json, pairedItem }) => [json.id, pairedItem])).toEqual(
			sent.map(({ json }, index) => [json.id, { item: index }]),
		);
	});
});

describe('marking a message as read', () => {
	it('sends its ID to the API', async () => {
		const [sent] = await stage.run(TEXT);
		const output = await stage.run({ resource: 'message', operation: 'markAsRead', messageId: String(sent?.json.id) });
		expect(stage.simulator.requests[1]).toMatchObject({
			method: 'PATCH',
			path: '/messages',
			body: { message_id: sent?.json.id },
			status: 200,
			violations: [],
		});
		expect(output).toEqual([{ json: { id: sent?.json.id, read: true }, pairedItem: { item: 0 } }]);
		expect(stage.simulator.messages[0]?.markedAsRead).toBe(true);
	});
});

describe('an operation that does not exist', () => {
	it.each([
		['message', 'unsend'],
		['message', 'constructor'],
		['chat', ''],
	])('%s: %s is rejected', async (resource, operation) => {
		expect((await stage.fail({ resource, operation })).message).toBe(
			`Operation '${resource}: ${operation}' is not valid. Select an operation from the list.`,
		);
	});
});
