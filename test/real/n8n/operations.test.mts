import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { itemsFrom, n8nUnderTest, NODE, type NodeUnderTest } from '../../harness/n8n/underTest.mts';

const { rest } = n8nUnderTest();
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const api = apiUnderTest(rest);

const outputOf = (parameters: IDataObject, more: Partial<NodeUnderTest> = {}) => itemsFrom({ parameters, credential: api.credential, ...more });

/** The requests that the API received. */
const bodies = () => api.simulator.requests.map(({ method, path, body }) => ({ method, path, body }));
const ids = () => api.simulator.messages.map(({ id }) => id);

describe('message: send', () => {
	it('sends a text for each item, and returns paired items in order', async () => {
		const items = await outputOf(
			{
				resource: 'message',
				operation: 'send',
				to: '={{ $json.phone }}',
				messageType: 'text',
				text: '=Kia ora {{ $json.name }}',
				additionalFields: { reference: '={{ $json.order }}', source: '102046588645210' },
			},
			{
				items: [
					{ phone: '+64 21 123-4567', name: 'Aroha', order: 'a-1' },
					{ phone: '64217654321', name: 'Wiremu', order: 'a-2' },
				],
			},
		);
		const sent = (to: string, name: string, reference: string) => ({
			method: 'POST',
			path: '/messages',
			body: { to, type: 'text', text: { body: `Kia ora ${name}` }, reference, source: '102046588645210' },
		});
		expect(bodies()).toEqual([sent('+64211234567', 'Aroha', 'a-1'), sent('+64217654321', 'Wiremu', 'a-2')]);
		expect(items).toEqual([
			{ json: { id: ids()[0], status: 'accepted', to: '+64211234567', reference: 'a-1' }, pairedItem: { item: 0 } },
			{ json: { id: ids()[1], status: 'accepted', to: '+64217654321', reference: 'a-2' }, pairedItem: { item: 1 } },
		]);
	});

	it("interprets a scheduled time without an offset in the workflow's time zone", async () => {
		// New Zealand is 12 or 13 hours ahead of UTC, so its time never equals UTC.
		const day = new Date(Date.now() + 10 * 24 * 60 * 60 * 1_000).toISOString().slice(0, 10);
		await outputOf(
			{
				resource: 'message',
				operation: 'send',
				to: '+64211234567',
				messageType: 'text',
				text: 'Soon',
				additionalFields: { scheduled: `${day}T09:30:00` },
			},
			{ timezone: 'Pacific/Auckland' },
		);
		const { scheduled } = api.simulator.messages[0]?.payload ?? {};
		const inAuckland = new Intl.DateTimeFormat('sv-SE', {
			timeZone: 'Pacific/Auckland',
			dateStyle: 'short',
			timeStyle: 'short',
		}).format(new Date(String(scheduled)));
		expect(inAuckland).toBe(`${day} 09:30`);
	});

	it('sends a template filled using fields', async () => {
		const items = await outputOf({
			resource: 'message',
			operation: 'send',
			to: '+64211234567',
			messageType: 'template',
			templateName: 'order_update',
			templateLanguage: 'en',
			templateParameters: 'fields',
			headerParams: { values: [{ value: '1234' }] },
			bodyParams: { values: [{ value: 'Aroha' }, { value: 'tomorrow' }] },
			templateMedia: { media: { type: 'image', url: 'https://example.com/picture.png' } },
			buttons: { values: [{ index: 0, type: 'quick_reply', payload: 'yes' }] },
		});
		expect(bodies()).toEqual([
			{
				method: 'POST',
				path: '/messages',
				body: {
					to: '+64211234567',
					type: 'template',
					template: {
						name: 'order_update',
						language: 'en',
						header_params: ['1234'],
						body_params: ['Aroha', 'tomorrow'],
						media: { type: 'image', url: 'https://example.com/picture.png' },
						buttons: [{ index: 0, type: 'quick_reply', payload: 'yes' }],
					},
				},
			},
		]);
		expect(items).toEqual([{ json: { id: ids()[0], status: 'accepted', to: '+64211234567' }, pairedItem: { item: 0 } }]);
	});

	/** As the editor stores it: n8n 1.x adds an equals sign to a text that contains `{{`. */
	const PASTED = { templateName: 'order_update', templateText: '=Hi {{1}}, your order {{2}} is ready', templateHeaderText: 'Order {{1}}' };
	const mapped = (value: IDataObject) => ({
		mappingMode: 'defineBelow',
		value,
		matchingColumns: [],
		schema: Object.keys(value).map((id) => ({ id, displayName: id, required: true, defaultMatch: false, display: true, type: 'string', canBeUsedToMatch: false })),
		attemptToConvertTypes: false,
		convertFieldsToString: false,
	});

	it('sends a template filled using its text, with the values of each item, and returns a preview', async () => {
		const parameters = {
			resource: 'message',
			operation: 'send',
			to: '={{ $json.to }}',
			messageType: 'template',
			...PASTED,
			templateValues: mapped({ 'header:1': '={{ $json.order }}', 'body:1': '={{ $json.name }}', 'body:2': '={{ $json.order }}', 'body:3': 'left over' }),
		};
		const rows = [
			{ to: '+64211111111', name: 'Aroha', order: 1234 },
			{ to: '+64212222222', order: 1235 },
			{ to: '+64213333333', name: 'Mia\t', order: '1236' },
			{ to: '+64214444444', name: '$& {{2}}', order: '1237' },
		];
		const items = await outputOf(parameters, { items: rows, settings: { onError: 'continueRegularOutput' } });
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual([
			expect.objectContaining({ template: { name: 'order_update', language: 'en_US', header_params: ['1234'], body_params: ['Aroha', '1234'] } }),
			expect.objectContaining({ template: expect.objectContaining({ body_params: ['$& {{2}}', '1237'] }) }),
		]);
		expect(items.map(({ json }) => json.preview ?? json.error)).toEqual([
			'Order 1234\n\nHi Aroha, your order 1234 is ready',
			expect.stringContaining("'Template Values {{1}}' is empty. Enter a value for each placeholder. WhatsApp does not accept empty ones."),
			expect.stringContaining("Template Values {{1}} 'Mia ' has a tab."),
			'Order 1237\n\nHi $& {{2}}, your order 1237 is ready',
		]);
	});

	it('validates a template filled using its text in a dry run', async () => {
		const items = await outputOf({
			resource: 'message',
			operation: 'broadcast',
			recipientSource: 'list',
			recipients: '+64211234567',
			messageType: 'template',
			...PASTED,
			templateValues: mapped({ 'header:1': '1234', 'body:1': 'Aroha', 'body:2': '1234' }),
			options: { dryRun: true },
		});
		expect(items).toMatchObject([{ json: { status: 'valid', to: '+64211234567', preview: 'Order 1234\n\nHi Aroha, your order 1234 is ready' } }]);
		expect(api.simulator.requests).toEqual([]);
	});

	it.each([NODE, `${NODE}Tool`])('provides the editor with a field for each placeholder of a template, or the reason why there is none: %s', async (name) => {
		const fieldsOf = async (templateText: string) => {
			const { fields, emptyFieldsNotice } = await rest.rest<{ fields: Array<{ id: string; displayName: string }>; emptyFieldsNotice?: string }>(
				'post',
				'/dynamic-node-parameters/resource-mapper-fields',
				{
					nodeTypeAndVersion: { name, version: 1 },
					currentNodeParameters: { resource: 'message', operation: 'send', templateText, templateHeaderText: '' },
					path: 'parameters.templateValues',
					methodName: 'getTemplateFields',
				},
			);
			return [fields.map(({ id, displayName }) => [id, displayName]), emptyFieldsNotice];
		};
		expect(await fieldsOf('Hi {{first_name}}, see you on {{day}}')).toEqual([[['body:first_name', '{{first_name}}'], ['body:day', '{{day}}']], undefined]);
		expect(await fieldsOf('Hi {{1}} and {{3}}')).toEqual([[], expect.stringContaining('has no {{2}}')]);
		expect(await fieldsOf('')).toEqual([[], expect.stringContaining('Paste the template text')]);
	});

	it('sends a template filled using JSON', async () => {
		await outputOf(
			{
				resource: 'message',
				operation: 'send',
				to: '+64211234567',
				messageType: 'template',
				templateName: 'order_update',
				templateParameters: 'json',
				templateJson: '={{ { body_params: $json.values } }}',
			},
			{ items: [{ values: ['Aroha', 'tomorrow'] }] },
		);
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual([
			{
				to: '+64211234567',
				type: 'template',
				template: { name: 'order_update', language: 'en_US', body_params: ['Aroha', 'tomorrow'] },
			},
		]);
	});

	it.each(['audio', 'document', 'image', 'video'])('sends media of type %s by URL', async (mediaType) => {
		const items = await outputOf({
			resource: 'message',
			operation: 'send',
			to: '+64211234567',
			messageType: 'media',
			mediaType,
			mediaSource: 'url',
			mediaUrl: 'https://example.com/file',
		});
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual([
			{ to: '+64211234567', type: 'media', media: { type: mediaType, url: 'https://example.com/file' } },
		]);
		expect(items).toEqual([{ json: { id: ids()[0], status: 'accepted', to: '+64211234567' }, pairedItem: { item: 0 } }]);
	});
});

describe('message: broadcast', () => {
	it('sends one request for the numbers of all items, and returns an item for each number', async () => {
		const items = await outputOf(
			{
				resource: 'message',
				operation: 'broadcast',
				recipientSource: 'items',
				to: '={{ $json.phone }}',
				messageType: 'text',
				text: 'Open on Saturday',
			},
			{ items: [{ phone: '+64211234567' }, { phone: '+64217654321' }] },
		);
		expect(bodies()).toEqual([
			{
				method: 'POST',
				path: '/messages/broadcast',
				body: { destination: ['+64211234567', '+64217654321'], type: 'text', text: { body: 'Open on Saturday' } },
			},
		]);
		expect(items).toEqual([
			{ json: { id: ids()[0], status: 'accepted', to: '+64211234567' }, pairedItem: { item: 0 } },
			{ json: { id: ids()[1], status: 'accepted', to: '+64217654321' }, pairedItem: { item: 1 } },
		]);
	});

	it('sends to a list of numbers, in batches of the specified size', async () => {
		const items = await outputOf({
			resource: 'message',
			operation: 'broadcast',
			recipientSource: 'list',
			recipients: '+64211234567, +64217654321\n+64219999999',
			messageType: 'text',
			text: 'Open on Saturday',
			options: { batchSize: 2 },
		});
		const destinations = api.simulator.requests.map(({ body }) => (body as { destination: string[] }).destination);
		expect(destinations).toEqual([['+64211234567', '+64217654321'], ['+64219999999']]);
		const row = (to: string) => ({
			json: { id: api.simulator.messages.find((message) => message.to === to)?.id, status: 'accepted', to },
			pairedItem: { item: 0 },
		});
		expect(items).toEqual([row('+64211234567'), row('+64217654321'), row('+64219999999')]);
	});
});

describe('message: get and markAsRead', () => {
	it('gets a message', async () => {
		await outputOf({ resource: 'message', operation: 'send', to: '+64211234567', messageType: 'text', text: 'Kia ora' });
		const items = await outputOf({ resource: 'message', operation: 'get', messageId: ids()[0] });
		expect(items).toEqual([
			{
				json: expect.objectContaining({ id: ids()[0], direction: 'MT', type: 'text', attributes: { body: 'Kia ora' } }),
				pairedItem: { item: 0 },
			},
		]);
		expect(api.simulator.requests.at(-1)).toMatchObject({ method: 'GET', path: '/messages', query: { id: ids()[0] } });
	});

	it('marks a message as read', async () => {
		await outputOf({ resource: 'message', operation: 'send', to: '+64211234567', messageType: 'text', text: 'Kia ora' });
		const items = await outputOf({ resource: 'message', operation: 'markAsRead', messageId: ids()[0] });
		expect(items).toEqual([{ json: { id: ids()[0], read: true }, pairedItem: { item: 0 } }]);
		expect(bodies().at(-1)).toEqual({ method: 'PATCH', path: '/messages', body: { message_id: ids()[0] } });
		expect(api.simulator.messages[0]?.markedAsRead).toBe(true);
	});
});

describe('media', () => {
	it('uploads a file and downloads the same bytes', async () => {
		const uploaded = await outputOf(
			{ resource: 'media', operation: 'upload', binaryPropertyName: 'data', additionalFields: { source: '102046588645210' } },
			{ items: [{ base64: PNG, fileName: 'pixel.png', mimeType: 'image/png' }], withBinary: true },
		);
		const id = String(uploaded[0]?.json.id);
		expect(uploaded).toEqual([
			{ json: { id, field: 'data', fileName: 'pixel.png', mimeType: 'image/png', fileSize: expect.any(String) }, pairedItem: { item: 0 } },
		]);
		const sha256 = createHash('sha256').update(Buffer.from(PNG, 'base64')).digest('hex');
		expect(api.simulator.requests[0]).toMatchObject({
			method: 'POST',
			path: '/media',
			query: { source: '102046588645210' },
			body: { parts: [{ name: 'file', file: { fileName: 'pixel.png', mimeType: 'image/png', sha256 } }] },
		});

		const downloaded = await outputOf({ resource: 'media', operation: 'download', mediaId: id, binaryPropertyName: 'picture' });
		expect(downloaded).toEqual([
			{
				json: expect.objectContaining({ id }),
				binary: { picture: expect.objectContaining({ mimeType: 'image/png', fileExtension: 'png' }) },
				pairedItem: { item: 0 },
			},
		]);
		expect(await rest.binary(downloaded[0]!, 'picture')).toEqual(Buffer.from(PNG, 'base64'));
	});
});

describe('service: checkHealth', () => {
	it('reports that the API is available and accepts the credential', async () => {
		const items = await outputOf({ resource: 'service', operation: 'checkHealth' });
		expect(items).toEqual([{ json: { healthy: true }, pairedItem: { item: 0 } }]);
		expect(api.simulator.requests).toMatchObject([
			{ method: 'GET', path: '/healthz', authorized: true },
			{ method: 'GET', path: '/messages', authorized: true, status: 404 },
		]);
	});
});
