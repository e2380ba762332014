import { readExample } from '../../harness/n8n/readExample.mts';
import { executeCli } from '../../harness/n8n/server.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { startSimulator } from '../../simulator/simulator.mts';

const { rest, handle } = n8nUnderTest();
let simulator: Awaited<ReturnType<typeof startSimulator>>;

beforeEach(async () => {
	simulator = await startSimulator();
});

afterEach(async () => {
	await simulator.stop();
});

async function importExample(file: string) {
	const { username, password, baseUrl } = simulator;
	const credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl });
	return await rest.importWorkflow(readExample(file), credential);
}

const REQUESTS_OF_FIRST_MESSAGES = [
	{ method: 'POST', path: '/messages', body: { to: '+64123456789', type: 'text', text: { body: 'Kia ora from n8n!' } } },
	{
		method: 'POST',
		path: '/messages',
		body: {
			to: '+64123456789',
			reference: 'first-messages-template',
			type: 'template',
			template: { name: 'hello_world', language: 'en_US' },
		},
	},
	{
		method: 'POST',
		path: '/messages',
		body: {
			to: '+64123456789',
			type: 'media',
			media: { type: 'image', url: 'https://raw.githubusercontent.com/n8n-io/n8n/master/assets/n8n-screenshot-readme.png' },
		},
	},
	{ method: 'GET', path: '/messages' },
];

const received = () =>
	simulator.requests.map(({ method, path, body }) => (method === 'GET' ? { method, path } : { method, path, body }));

describe('first-messages.json', () => {
	it('sends its messages and gets one of them when run in the editor', async () => {
		const { status, outputs } = await rest.runWorkflow(await importExample('first-messages.json'));
		const [text, template, image] = simulator.messages;
		expect({ status, received: received() }).toEqual({ status: 'success', received: REQUESTS_OF_FIRST_MESSAGES });
		expect(outputs['Send text']).toEqual([
			[{ json: { id: text?.id, status: 'accepted', to: '+64123456789' }, pairedItem: { item: 0 } }],
		]);
		expect(outputs['Send template']).toEqual([
			[
				{
					json: { id: template?.id, status: 'accepted', to: '+64123456789', reference: 'first-messages-template', preview: expect.stringMatching(/^Hello World\n\nWelcome and congratulations!!/) },
					pairedItem: { item: 0 },
				},
			],
		]);
		expect(outputs['Send image']).toEqual([
			[{ json: { id: image?.id, status: 'accepted', to: '+64123456789' }, pairedItem: { item: 0 } }],
		]);
		expect(outputs['Get text status']).toEqual([
			[
				{
					json: expect.objectContaining({ id: text?.id, direction: 'MT', type: 'text', attributes: { body: 'Kia ora from n8n!' } }),
					pairedItem: { item: 0 },
				},
			],
		]);
	});

	it("makes the same requests when run with n8n's command line", async () => {
		const { id } = await importExample('first-messages.json');
		const { data } = await executeCli(handle, id);
		expect(data.resultData.error).toBeUndefined();
		expect(received()).toEqual(REQUESTS_OF_FIRST_MESSAGES);
	});
});
