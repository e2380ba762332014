import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { CREDENTIAL, itemsFrom, n8nUnderTest, NODE, runNode, type NodeUnderTest } from '../../harness/n8n/underTest.mts';

const { rest, is1x } = n8nUnderTest();
const api = apiUnderTest(rest);


const SEND: IDataObject = {
	resource: 'message',
	operation: 'send',
	to: '={{ $json.to }}',
	messageType: 'text',
	text: 'Kia ora',
};
const THREE = [{ to: '+64211111111' }, { to: '021 123' }, { to: '+64213333333' }];

const send = (more: Partial<NodeUnderTest> = {}): NodeUnderTest => ({ parameters: SEND, credential: api.credential, items: THREE, ...more });
const recipients = () => api.simulator.messages.map(({ to }) => to).sort();
const idTo = (to: string) => api.simulator.messages.find((message) => message.to === to)?.id;
const accepted = (item: number, to: string) => ({ json: { id: idTo(to), status: 'accepted', to }, pairedItem: { item } });

describe('an invalid item among several', () => {
	it('fails the execution before anything is sent, with an error that names field, value, and solution', async () => {
		const { status, error, outputs } = await runNode(send());
		expect({ status, message: error?.message, recipients: recipients() }).toEqual({
			status: 'error',
			message: expect.stringMatching(/^To '021 123' .*international format, such as \+64/),
			recipients: [],
		});
		expect(error?.context?.itemIndex).toBe(1);
		expect(error?.node?.type).toBe(NODE);
		expect(outputs.WhatsApp ?? []).toEqual([]);
	});

	it('becomes an error item in its position, with Continue', async () => {
		const items = await itemsFrom(send({ settings: { onError: 'continueRegularOutput' } }));
		expect(recipients()).toEqual(['+64211111111', '+64213333333']);
		expect(items.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual([
			accepted(0, '+64211111111'),
			{
				json: { error: expect.stringMatching(/^To '021 123' .*international form/), mayHaveBeenSent: false },
				pairedItem: { item: 1 },
			},
			accepted(2, '+64213333333'),
		]);
	});

	it('is passed to the error output, with Continue (using error output)', async () => {
		const { status, outputs } = await runNode(send({ settings: { onError: 'continueErrorOutput' } }));
		expect(status).toBe('success');
		const [successes = [], failures = []] = outputs.WhatsApp ?? [];
		expect(successes.map(({ json, pairedItem }) => ({ json, pairedItem }))).toEqual([
			accepted(0, '+64211111111'),
			accepted(2, '+64213333333'),
		]);
		// n8n adds the fields of the failed item.
		expect(failures).toEqual([
			{
				json: { to: '021 123', error: expect.stringMatching(/^To '021 123' .*international form/), mayHaveBeenSent: false },
				pairedItem: { item: 1 },
			},
		]);
	});
});

describe('an error of the API', () => {
	it("shows the API's message and the solution for a 422, and is not retried", async () => {
		api.simulator.addFault({ kind: 'status', status: 422, match: { method: 'POST', path: '/messages' } });
		const { status, error } = await runNode(send({ items: [{ to: '+64211111111' }] }));
		expect({ status, httpCode: error?.httpCode, requests: api.simulator.requests.length }).toEqual({
			status: 'error',
			httpCode: '422',
			requests: 1,
		});
		expect(error?.message).toMatch(/^Modica returned 422/);
		expect(error?.description).toMatch(/fields that Modica names/);
	});

	it('names the credential for a 401, and is not retried', async () => {
		const { username, baseUrl } = api.simulator;
		const wrong = await rest.createCredential(CREDENTIAL, { username, password: 'not-it', baseUrl });
		const { status, error } = await runNode(send({ credential: wrong, items: [{ to: '+64211111111' }] }));
		expect({ status, httpCode: error?.httpCode, requests: api.simulator.requests.length }).toEqual({
			status: 'error',
			httpCode: '401',
			requests: 1,
		});
		expect(error?.description).toMatch(/password/);
		expect(error?.description).toMatch(/IP allowlist/);
	});

	it('reports that a message may have been sent if the connection breaks, and is not retried', async () => {
		api.simulator.addFault({ kind: 'drop', when: 'after', match: { method: 'POST', path: '/messages' } });
		const items = await itemsFrom(
			send({ items: [{ to: '+64211111111' }, { to: '+64212222222' }], settings: { onError: 'continueRegularOutput' } }),
		);
		expect(recipients()).toEqual(['+64211111111', '+64212222222']);
		const failed = items.filter(({ json }) => 'error' in json);
		expect(failed.map(({ json }) => json)).toEqual([
			{
				error: expect.stringMatching(/^No response from 127.0.0.1/),
				description: expect.stringMatching(/may have been sent/),
				mayHaveBeenSent: true,
				to: expect.stringMatching(/^\+6421/),
			},
		]);
	});

	it('reports that nothing was sent if the TLS handshake was incomplete', async () => {
		const server = createServer((socket) => {
			// n8n 1.x passes on only the error's message, which is the same for every reset.
			socket.on('error', () => {}).once('data', () => (is1x ? socket.end() : socket.resetAndDestroy()));
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { username, password } = api.simulator;
		const baseUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
		const credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl });
		const items = await itemsFrom(send({ credential, items: [{ to: '+64211111111' }], settings: { onError: 'continueRegularOutput' } }));
		server.close();
		expect(items[0]?.json).toMatchObject({ error: expect.stringMatching(/^Could not connect to 127\.0\.0\.1:\d+: the connection was closed during the TLS handshake$/), mayHaveBeenSent: false });
	});

	it('is retried after Retry-After for a 429', async () => {
		api.simulator.addFault({
			kind: 'status',
			status: 429,
			headers: { 'retry-after': '1' },
			match: { method: 'POST', path: '/messages' },
		});
		const items = await itemsFrom(send({ items: [{ to: '+64211111111' }] }));
		expect(items).toEqual([accepted(0, '+64211111111')]);
		const [rejected, retried] = api.simulator.requests;
		expect((retried?.at ?? 0) - (rejected?.answeredAt ?? 0)).toBeGreaterThanOrEqual(1_000);
	});
});

describe('secrets', () => {
	it('are not in any item, error, or stored execution', async () => {
		api.simulator.addFault({ kind: 'drop', when: 'before', times: 'always' });
		const execution = await runNode(send({ items: [{ to: '+64211111111' }], settings: { onError: 'continueRegularOutput' } }));
		const stored = JSON.stringify(await rest.rest('get', `/executions/${execution.id}`));
		const { username, password } = api.simulator;
		expect(stored).not.toContain(password);
		expect(stored).not.toContain(Buffer.from(`${username}:${password}`).toString('base64'));
	});
});
