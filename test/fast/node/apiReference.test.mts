/** The API reference end to end: each of its responses, and everything that the other tests don't send. */
import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { loadContract } from '../../contract/contract.mts';
import { answerExamplesOf, endpointsOf } from '../../contract/items.mts';
import { item } from '../../harness/core/node.mts';
import { itemsOf, setStage, TEXT } from '../../harness/core/stage.mts';

const stage = setStage();

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const OTHER_ID = '6fa85f64-5717-4562-b3fc-2c963f66afa6';
const TO = '+64123456789';
const OTHER = '+64223456789';
const FILE = item({ to: TO }, { data: { mimeType: 'image/png', fileName: 'x.png', data: Buffer.from('x').toString('base64') } });
const UPLOADED = { id: 'abcd1234xyz', field: 'data', fileName: 'x.png', mimeType: 'image/png' };
const GET: INodeParameters = { resource: 'message', operation: 'get', messageId: ID };
const BROADCAST: INodeParameters = { ...TEXT, operation: 'broadcast', recipientSource: 'list', recipients: TO };

interface Use {
	parameters: INodeParameters;
	/** A successful response and the resulting output. */
	success: { status: number; body?: unknown; headers?: Record<string, string> };
	output: object;
	/** Whether a second request would send a second message. */
	isSend?: boolean;
	/** What the error text says about the subject of the request. */
	subject?: object;
	/** The request after a success. */
	next?: { section: string; status: number };
}

const USES: Record<string, Use> = {
	'POST /messages': {
		parameters: { ...TEXT, to: TO },
		success: { status: 202, body: { message_id: ID, status: 'accepted' } },
		output: { id: ID, status: 'accepted', to: TO },
		isSend: true,
		subject: { to: TO },
	},
	'POST /messages/broadcast': {
		parameters: BROADCAST,
		success: { status: 202, body: [{ id: ID, status: 'accepted' }] },
		output: { id: ID, status: 'accepted', to: TO },
		isSend: true,
		subject: { to: TO },
	},
	'PATCH /messages': {
		parameters: { ...GET, operation: 'markAsRead' },
		success: { status: 200, body: '' },
		output: { id: ID, read: true },
	},
	'GET /messages': {
		parameters: GET,
		success: { status: 200, body: { id: ID, status: 'read' } },
		output: { id: ID, status: 'read' },
	},
	'POST /media': {
		parameters: { resource: 'media', operation: 'upload', binaryPropertyName: 'data' },
		success: { status: 200, body: { id: 'abcd1234xyz' } },
		output: UPLOADED,
		subject: { field: 'data' },
	},
	'GET /media': {
		parameters: { resource: 'media', operation: 'download', mediaId: 'abcd1234xyz', binaryPropertyName: 'data' },
		success: { status: 200, body: 'hello', headers: { 'content-type': 'text/plain' } },
		output: { id: 'abcd1234xyz', fileName: 'abcd1234xyz.txt', mimeType: 'text/plain', fileSize: '5 B' },
	},
	'GET /healthz': {
		parameters: { resource: 'service', operation: 'checkHealth' },
		success: { status: 200, body: '' },
		output: { healthy: true },
		next: { section: 'GET /messages', status: 404 },
	},
};

const use = (section: string): Use => {
	const found = USES[section];
	if (!found) throw new Error(`No operation of the node uses ${section}`);
	return found;
};
const runOf = async (section: string) => await stage.run(use(section).parameters, { items: [FILE], continueOnFail: true });
/** Without the file of a download, which other tests read. */
const shown = (output: readonly INodeExecutionData[]) => output.map(({ json, pairedItem }) => ({ json, pairedItem }));
const only = (json: object) => [{ json, pairedItem: { item: 0 } }];

const contract = loadContract();
const examples = answerExamplesOf(contract, endpointsOf(contract)).map((example) => ({ ...example, title: `${example.section} ${example.range} ${example.name}` }));
const between = (from: number, to: number) => examples.filter(({ status }) => status >= from && status < to);

/** The output for the reference's success examples. The recipients are those of the example. */
const MADE_OF: Record<string, { output: object[]; recipients?: string }> = {
	'POST /messages 202 reference': { output: [{ id: ID, status: 'accepted', to: TO }] },
	'POST /messages 202 alternative': { output: [{ id: ID, status: 'accepted', to: TO, reference: 'abcd-1234-xyz-987' }] },
	'GET /messages 200 reference': {
		output: [
			{
				id: ID,
				reference: 'abcd-1234-xyz-987',
				application_id: 'wab_customer_a',
				status: 'received',
				business_number_id: '102046588645210',
				customer_number_id: '64123456789',
				timestamp: 123456789,
				direction: 'MT',
				type: 'text',
				attributes: { body: 'The body of the message' },
			},
		],
	},
	'GET /messages 200 alternative': {
		output: [{ id: ID, source: '102046588645210', destination: '64123456789', direction: 'MT', status: 'received' }],
	},
	'POST /messages/broadcast 202 accepted': {
		recipients: `${TO}, ${OTHER}`,
		output: [
			{ id: ID, status: 'accepted', to: TO },
			{ id: OTHER_ID, status: 'accepted', to: OTHER },
		],
	},
	'POST /messages/broadcast 202 failed': {
		recipients: `${TO}, ${OTHER}`,
		output: [
			{ id: ID, status: 'failed', to: TO, message: 'error_message' },
			{ id: OTHER_ID, status: 'failed', to: OTHER, message: 'error_message' },
		],
	},
	'POST /messages/broadcast 202 alternative': { output: [{ id: ID, status: 'accepted', to: TO }] },
	'POST /media 200 reference': { output: [UPLOADED] },
	'POST /media 200 alternative': { output: [UPLOADED] },
};

/**
 * The error texts for the reference's errors. If the status in the body differs from the HTTP status, the HTTP status
 * applies.
 */
const TOLD_AS: Record<string, string> = {
	'401 message': 'Modica returned 401 (wrong username or password): Whatsapp Cloud API error: unauthorized error message',
	'401 errors': 'Modica returned 401 (wrong username or password): authorization: unauthorized error message (unauthorized)',
	'4XX badRequest': 'Modica returned 400 (bad request): Whatsapp Cloud API error: bad request error message',
	'4XX forbidden': 'Modica returned 403 (not allowed): Whatsapp Cloud API error: forbidden error message',
	'4XX notFound': 'Modica returned 404 (not found): Whatsapp Cloud API error: not found error message',
	'4XX unprocessable': 'Modica returned 422 (not accepted): Whatsapp Cloud API error: unprocessable entity error message',
	'4XX errors': 'Modica returned 400 (bad request): to: not an international number (pattern)',
	'500 message': 'Modica returned 500: Whatsapp Cloud API error: internal server error message',
	'500 errors': 'Modica returned 500: internal server error message (internal_server_error)',
};

/** A health check treats an error about the request's content as a response from another server. */
function toldAs(section: string, status: number, example: string): string | undefined {
	const told = TOLD_AS[example];
	if (section !== 'GET /healthz' || status === 401 || status === 403) return told;
	const words = told?.replace(/^Modica returned \d+ \(.*?\): /, '');
	return `Unexpected response from Base URL '${stage.simulator.baseUrl}': ${section} returned ${status} with JSON: ${words}`;
}

describe('a response in the reference is parsed:', () => {
	it.each(between(200, 300))('$title', async ({ title, section, status, value }) => {
		const { output, recipients = TO } = MADE_OF[title] ?? { output: [] };
		stage.simulator.addFault({ kind: 'status', status, body: value });
		const made = await stage.run({ ...use(section).parameters, recipients }, { items: [FILE] });
		expect(made).toEqual(output.flatMap(only));
		expect(stage.simulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([section]);
	});

	it.each(Object.entries(USES))('%s succeeds', async (section, { success, output, next }) => {
		stage.simulator.addFault({ kind: 'status', ...success });
		expect(shown(await runOf(section))).toEqual(only(output));
		expect(stage.simulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([section, ...(next ? [next.section] : [])]);
	});
});

describe('an error in the reference is reported and not retried:', () => {
	it.each(between(400, 500).filter(({ status }) => status !== 429))('$title', async ({ section, range, status, name, value }) => {
		stage.simulator.addFault({ kind: 'status', status, body: value });
		expect(await runOf(section)).toEqual(
			only({
				error: toldAs(section, status, `${range} ${name}`),
				description: expect.any(String),
				statusCode: status,
				mayHaveBeenSent: false,
				...use(section).subject,
			}),
		);
		expect(stage.simulator.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([section]);
	});
});

describe('a 429 is retried, regardless of the status in its body:', () => {
	it.each(between(429, 430))('$title', async ({ section, status, value }) => {
		const { success, output, next } = use(section);
		stage.simulator.addFault({ kind: 'status', status, body: value, headers: { 'retry-after': '0' } });
		stage.simulator.addFault({ kind: 'status', ...success });
		expect(shown(await runOf(section))).toEqual(only(output));
		expect(stage.simulator.requests.map((request) => [`${request.method} ${request.path}`, request.status])).toEqual([
			[section, 429],
			[section, success.status],
			...(next ? [[next.section, next.status]] : []),
		]);
	});
});

describe('a server error is reported, and retried only by operations that send nothing:', () => {
	// All endpoints concurrently, because each read gives up only after some seconds.
	it.each(['message', 'errors'])('every endpoint 500 %s', async (name) => {
		const errors = between(500, 600).filter((example) => example.name === name);
		for (const { section, status, value } of errors) {
			const [method, path] = section.split(' ') as [string, string];
			stage.simulator.addFault({ kind: 'status', status, body: value, times: 'always', match: { method, path } });
		}
		const told = await Promise.all(errors.map(async ({ section }) => [section, await runOf(section)] as const));
		expect(Object.fromEntries(told)).toEqual(
			Object.fromEntries(
				Object.entries(USES).map(([section, { isSend = false, subject }]) => [
					section,
					only({
						error: TOLD_AS[`500 ${name}`],
						description: expect.stringMatching(isSend ? /^The message may have been sent\./ : /^The cause is on Modica’s side\./),
						statusCode: 500,
						mayHaveBeenSent: isSend,
						...subject,
					}),
				]),
			),
		);
		const tries = (section: string) => stage.simulator.requests.filter(({ method, path }) => `${method} ${path}` === section).length;
		expect(Object.fromEntries(Object.keys(USES).map((section) => [section, tries(section)]))).toEqual({
			'POST /messages': 1,
			'POST /messages/broadcast': 1,
			'PATCH /messages': 4,
			'GET /messages': 4,
			'POST /media': 4,
			'GET /media': 4,
			'GET /healthz': 4,
		});
	});
});

describe('a message is returned as the API knows it:', () => {
	const DETAILS = {
		id: ID,
		reference: 'abcd-1234-xyz-987',
		application_id: 'wab_customer_a',
		status: 'received',
		business_number_id: '102046588645210',
		customer_number_id: '64123456789',
		timestamp: 1_700_000_000,
		direction: 'MT',
		type: 'template',
		attributes: {
			header: 'Your order',
			media: { id: 'abcd1234xyz', type: 'image' },
			body: 'It is on its way',
			footer: 'Reply STOP to opt out',
			buttons: [{ text: 'Yes' }, { text: 'No' }],
		},
	};
	const read = async (body: object) => {
		stage.simulator.addFault({ kind: 'status', status: 200, body });
		return await stage.run(GET);
	};

	it('with every field', async () => {
		expect(await read(DETAILS)).toEqual(only(DETAILS));
	});

	it.each(['accepted', 'submitted', 'sent', 'received', 'read', 'frozen', 'rejected', 'failed', 'dead', 'expired'])('status %s', async (status) => {
		expect(await read({ ...DETAILS, status })).toEqual(only({ ...DETAILS, status }));
	});

	it.each(['text', 'template', 'media'])('type %s', async (type) => {
		expect(await read({ ...DETAILS, type })).toEqual(only({ ...DETAILS, type }));
	});

	it.each(['image', 'audio', 'video', 'document'])('media type %s', async (type) => {
		const details = { ...DETAILS, type: 'media', attributes: { media: { id: 'abcd1234xyz', type } } };
		expect(await read(details)).toEqual(only(details));
	});
});

describe('the body of a broadcast matches the contract exactly:', () => {
	const destination = [TO, OTHER];
	const FROM_ITEMS = { ...BROADCAST, recipientSource: 'items', to: '={{ $json.to }}' };

	it.each<[string, INodeParameters, object]>([
		['text', { text: 'Kia ora' }, { type: 'text', text: { body: 'Kia ora' } }],
		...['audio', 'document', 'image', 'video'].map((type): [string, INodeParameters, object] => [
			`media: ${type}`,
			{ messageType: 'media', mediaType: type, mediaUrl: 'https://example.com/file' },
			{ type: 'media', media: { type, url: 'https://example.com/file' } },
		]),
		[
			'template with all fields',
			{
				messageType: 'template',
				templateName: 'order_update',
				templateParameters: 'fields',
				templateLanguage: 'en_US',
				headerParams: { values: [{ value: '1234' }] },
				bodyParams: { values: [{ value: 'Aroha' }, { value: 'tomorrow' }] },
				templateMedia: { media: { type: 'image', url: 'https://example.com/picture.png' } },
				buttons: { values: [{ index: 0, type: 'quick_reply', payload: 'yes' }] },
			},
			{
				type: 'template',
				template: {
					name: 'order_update',
					language: 'en_US',
					header_params: ['1234'],
					body_params: ['Aroha', 'tomorrow'],
					media: { type: 'image', url: 'https://example.com/picture.png' },
					buttons: [{ index: 0, type: 'quick_reply', payload: 'yes' }],
				},
			},
		],
	])('%s', async (_, parameters, content) => {
		await stage.run({ ...FROM_ITEMS, ...parameters }, { items: itemsOf('to', destination) });
		expect(stage.received()).toEqual([{ destination, ...content }]);
		expect(stage.simulator.requests.map(({ status, violations }) => ({ status, violations }))).toEqual([{ status: 202, violations: [] }]);
	});

	it('source, reference, and schedule', async () => {
		// The node sends whole seconds, like the example in the reference.
		const scheduled = new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '');
		await stage.run({ ...FROM_ITEMS, additionalFields: { source: '102046588645210', reference: 'sale', scheduled } }, { items: itemsOf('to', destination) });
		const [body] = stage.received() as Array<{ scheduled: string }>;
		expect(body).toEqual({
			destination,
			type: 'text',
			text: { body: 'Hello' },
			source: '102046588645210',
			reference: 'sale',
			scheduled: expect.any(String),
		});
		expect(Date.parse(body?.scheduled ?? '')).toBe(Date.parse(scheduled));
		expect(stage.simulator.requests.map(({ status, violations }) => ({ status, violations }))).toEqual([{ status: 202, violations: [] }]);
	});
});
