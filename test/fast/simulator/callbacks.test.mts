import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AxiosInstance } from 'axios';
import { loadContract } from '../../contract/contract.mts';
import { clientOf, type Receiver, startReceiver } from '../../harness/simulatorSupport.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { type ReplyMessage, type ReplyRequest, type Simulator, startSimulator } from '../../simulator/simulator.mts';

const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const to = '+64123456789';
const text = { to, type: 'text', text: { body: 'Hello' } };
const source = '64123456789';
const destination = '102046588645210';

const contract = loadContract();

let simulator: Simulator;
let receiver: Receiver;
let api: AxiosInstance;

beforeEach(async () => {
	receiver = await startReceiver();
	simulator = await startSimulator({
		statusCallbackUrl: `${receiver.origin}/status`,
		replyCallbackUrl: `${receiver.origin}/reply`,
		statusStepMs: 1,
		callbackRetryMs: 1,
	});
	api = clientOf(simulator);
});

afterEach(async () => {
	await simulator.stop();
	await receiver.stop();
});

const bodies = () => receiver.received.map(({ body }) => body);

describe('the statuses of a message', () => {
	it('are sent one at a time, in order', async () => {
		await api.post('/messages', { ...text, reference: 'r-1' });
		await until('five callbacks', PATIENCE_MS, () => receiver.received.length === 5);

		const id = simulator.messages[0]?.id;
		const statuses = ['accepted', 'submitted', 'sent', 'received', 'read'];
		expect(bodies()).toEqual(statuses.map((status) => ({ id, reference: 'r-1', status })));
		expect(receiver.received[0]).toMatchObject({ authorization: undefined, contentType: 'application/json' });
		expect(simulator.messages[0]?.statusHistory.map(({ status }) => status)).toEqual(statuses);
		await until('the last to be noted', PATIENCE_MS, () => simulator.callbacks[4]?.delivered === true);
		expect(simulator.callbacks[0]).toEqual({
			index: 0,
			kind: 'status',
			url: `${receiver.origin}/status`,
			body: { id, reference: 'r-1', status: 'accepted' },
			tries: [{ at: expect.any(Number) as number, status: 200 }],
			delivered: true,
		});
	});

	it('follow the rule for a number', async () => {
		simulator.configure({ numbers: { [to]: { statusSteps: ['submitted', 'failed'] } } });
		await api.post('/messages', text);
		await until('two callbacks', PATIENCE_MS, () => receiver.received.length === 2);

		const id = simulator.messages[0]?.id;
		expect(bodies()).toEqual([
			{ id, status: 'submitted' },
			{ id, status: 'failed' },
		]);
		expect(simulator.messages).toMatchObject([{ status: 'failed' }]);
	});

	it('wait while the receiver rejects one', async () => {
		simulator.configure({ statusSteps: ['sent', 'read'] });
		receiver.answers.push(500, 0, 404);
		await api.post('/messages', text);
		await until('both', PATIENCE_MS, () => simulator.callbacks[1]?.delivered === true);

		expect(bodies().map((body) => (body as { status: string }).status)).toEqual(['sent', 'sent', 'sent', 'sent', 'read']);
		expect(simulator.callbacks.map(({ tries }) => tries.map(({ status, error }) => status ?? error))).toEqual([[500, 'ECONNRESET', 404, 200], [200]]);
	});

	it('advance without a callback URL', async () => {
		simulator.configure({ statusCallbackUrl: undefined });
		await api.post('/messages', text);
		await until('the last status', PATIENCE_MS, () => simulator.messages[0]?.status === 'read');

		expect(simulator.callbacks).toEqual([]);
	});

	it('wait for the time of a scheduled message', async () => {
		simulator.configure({ statusSteps: ['sent'] });
		const at = Date.now() + 150;
		await api.post('/messages', { ...text, scheduled: new Date(at).toISOString() });
		await until('the callback', PATIENCE_MS, () => receiver.received.length === 1);

		expect(Date.now()).toBeGreaterThanOrEqual(at - 2);
	});

	it('are sent for each accepted row of a broadcast', async () => {
		simulator.configure({ statusSteps: ['sent'], numbers: { '+64223456789': { broadcastFailure: 'no' } } });
		await api.post('/messages/broadcast', { ...text, to: undefined, destination: [to, '+64223456789'] });
		await until('one callback', PATIENCE_MS, () => simulator.callbacks[0]?.delivered === true);

		expect(bodies()).toEqual([{ id: simulator.messages[0]?.id, status: 'sent' }]);
	});

	it('end when the simulator is reset while one is being delivered', async () => {
		receiver.answers.push('never');
		await api.post('/messages', text);
		await until('the first status is being sent', PATIENCE_MS, () => receiver.received.length === 1);
		await simulator.reset();
		await api.post('/messages', text);
		await until('the second message to be read', PATIENCE_MS, () => simulator.callbacks.at(-1)?.body.status === 'read');

		expect(new Set(simulator.callbacks.map(({ body }) => body.id))).toEqual(new Set([simulator.messages[0]?.id]));
	});

	it('end when the simulator is reset', async () => {
		simulator.configure({ statusStepMs: 20 });
		await api.post('/messages', text);
		await simulator.reset();
		await api.post('/messages', text);
		await until('the second message to be read', PATIENCE_MS, () => simulator.callbacks.at(-1)?.body.status === 'read');

		expect(new Set(simulator.callbacks.map(({ body }) => body.id))).toEqual(new Set([simulator.messages[0]?.id]));
		expect(simulator.requests.map(({ index, messageIndex }) => [index, messageIndex])).toEqual([[0, 0]]);
	});
});

describe('delivery', () => {
	it('gives up after the last attempt', async () => {
		simulator.configure({ callbackTries: 3 });
		receiver.answers.push(500, 500, 500);
		const { tries, delivered } = await simulator.sendStatus({ id: ID, status: 'read' });

		expect({ statuses: tries.map(({ status }) => status), delivered }).toEqual({ statuses: [500, 500, 500], delivered: false });
	});

	it('waits longer before each retry', async () => {
		simulator.configure({ callbackTries: 3, callbackRetryMs: 40 });
		receiver.answers.push(500, 500);
		const { tries } = await simulator.sendStatus({ id: ID, status: 'read' });

		const [first = 0, second = 0, third = 0] = tries.map(({ at }) => at);
		expect(second - first).toBeGreaterThanOrEqual(38);
		expect(third - second).toBeGreaterThanOrEqual(78);
	});

	it('records a refused connection', async () => {
		const { origin } = receiver;
		simulator.configure({ callbackTries: 2 });
		await receiver.stop();

		expect(await simulator.sendReply({ source, type: 'text', text: 'Kia ora' })).toMatchObject({
			url: `${origin}/reply`,
			tries: [{ error: 'ECONNREFUSED' }, { error: 'ECONNREFUSED' }],
			delivered: false,
		});
	});

	it('does not count a redirect as success', async () => {
		simulator.configure({ callbackTries: 1 });
		receiver.answers.push(302);

		expect(await simulator.sendStatus({ id: ID, status: 'read' })).toMatchObject({ tries: [{ status: 302 }], delivered: false });
		expect(receiver.received).toHaveLength(1);
	});

	it('sends the credentials of the URL as Basic auth, and never shows them', async () => {
		simulator.configure({ statusCallbackUrl: `http://hook%40modica:p%3Aa%2Fs%20s@${receiver.origin.slice('http://'.length)}/status` });
		const callback = await simulator.sendStatus({ id: ID, reference: 'r-1', status: 'read' });

		expect(receiver.received).toEqual([
			{
				authorization: `Basic ${Buffer.from('hook@modica:p:a/s s').toString('base64')}`,
				contentType: 'application/json',
				body: { id: ID, reference: 'r-1', status: 'read' },
			},
		]);
		expect(callback.url).toBe(`${receiver.origin}/status`);
	});

	it('requires a URL', async () => {
		simulator.configure({ statusCallbackUrl: undefined, replyCallbackUrl: undefined });

		await expect(simulator.sendStatus({ id: ID, status: 'read' })).rejects.toThrow('statusCallbackUrl is not set');
		await expect(simulator.sendReply({ source, type: 'text', text: 'Kia ora' })).rejects.toThrow('replyCallbackUrl is not set');
	});

	it('stops between two attempts when the simulator stops', async () => {
		simulator.configure({ callbackRetryMs: 60_000 });
		receiver.answers.push(500);
		const delivery = simulator.sendStatus({ id: ID, status: 'read' });
		await until('the first try', PATIENCE_MS, () => simulator.callbacks[0]?.tries.length === 1);
		await simulator.stop();

		expect(await delivery).toMatchObject({ tries: [{ status: 500 }], delivered: false });
	});
});

const id = expect.stringMatching(/^[a-zA-Z0-9]+$/) as string;
const hash = expect.stringMatching(/^[0-9a-f]{64}$/) as string;

describe.each<[string, Extract<ReplyMessage, { type: unknown }>, object]>([
	['text', { type: 'text', text: 'Kia ora' }, { body: 'Kia ora' }],
	['button', { type: 'button', text: 'Yes', payload: 'yes' }, { payload: 'yes', text: 'Yes' }],
	['audio', { type: 'audio' }, { id, mime_type: 'audio/mp3' }],
	['document', { type: 'document', caption: 'Terms' }, { caption: 'Terms', filename: 'document.pdf', sha256: hash, id, mime_type: 'application/pdf' }],
	['image', { type: 'image', caption: 'Me' }, { caption: 'Me', sha256: hash, id, mime_type: 'image/png' }],
	['sticker', { type: 'sticker' }, { sha256: hash, id, mime_type: 'image/png' }],
	['video', { type: 'video' }, { filename: 'video.mp4', sha256: hash, id, mime_type: 'video/mp4' }],
])('a reply of type %s', (type, message, part) => {
	it.each(['object', 'string'] as const)('is sent with its content as %s', async (as) => {
		await simulator.sendReply({ ...message, source, as });

		const [body] = bodies() as Array<{ content: unknown }>;
		const content = typeof body?.content === 'string' ? (JSON.parse(body.content) as unknown) : body?.content;
		expect(typeof body?.content).toBe(as);
		expect({ ...body, content }).toEqual({ id: UUID, source, destination, content: { type, [type]: part } });
		const schema = contract.document.components.schemas.ReplyCallback as Record<string, unknown>;
		expect(contract.check(schema)(body)).toEqual([]);
	});
});

describe('a reply', () => {
	it('refers to a file that can be downloaded', async () => {
		const bytes = Buffer.from('a photo');
		await simulator.sendReply({ source, type: 'image', bytes, mimeType: 'image/jpeg' });

		const [{ content }] = bodies() as [{ content: { image: { id: string; sha256: string; mime_type: string } } }];
		const { headers, data } = await api.get<string>('/media', { params: { media_id: content.image.id } });
		expect({ data, type: headers['content-type'], image: content.image }).toEqual({
			data: 'a photo',
			type: 'image/jpeg',
			image: { id: content.image.id, mime_type: 'image/jpeg', sha256: createHash('sha256').update(bytes).digest('hex') },
		});
	});

	it('can be requested and marked as read', async () => {
		await simulator.sendReply({ id: ID, source, type: 'text', text: 'Kia ora' });
		const details = await api.get<unknown>('/messages', { params: { id: ID } });
		const marked = await api.patch('/messages', { message_id: ID });

		expect(details.data).toMatchObject({ id: ID, direction: 'MO', customer_number_id: source, attributes: { body: 'Kia ora' } });
		expect(marked.status).toBe(200);
		expect(simulator.replies).toMatchObject([{ id: ID, source, destination, markedAsRead: true }]);
	});

	it('can have arbitrary content', async () => {
		await simulator.sendReply({ id: ID, source, content: { type: 'location', location: { latitude: 1 } }, extra: { Destination: '777', destination: undefined } });
		await simulator.sendReply({ id: ID, source, content: 'not JSON', destination: '778' });

		expect(bodies()).toEqual([
			{ id: ID, source, Destination: '777', content: { type: 'location', location: { latitude: 1 } } },
			{ id: ID, source, destination: '778', content: 'not JSON' },
		]);
	});

	it('is encoded according to the settings', async () => {
		simulator.configure({ replyContentAs: 'string' });
		await simulator.sendReply({ id: ID, source, type: 'text', text: 'Kia ora' });

		expect(bodies()).toEqual([{ id: ID, source, destination, content: '{"type":"text","text":{"body":"Kia ora"}}' }]);
	});

	it('must have a known type', async () => {
		await expect(simulator.sendReply({ source, type: 'fax' } as unknown as ReplyRequest)).rejects.toThrow('No such type of reply: fax');
	});
});

it('downloads the links of media messages if enabled', async () => {
	let authorization: string | undefined = 'nobody asked';
	const files = http.createServer((request, response) => {
		({ authorization } = request.headers);
		response.writeHead(200, { 'content-type': 'image/png' }).end('a picture');
	});
	await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
	const url = `http://127.0.0.1:${(files.address() as AddressInfo).port}/a.png?token=1`;
	simulator.configure({ fetchMediaUrls: true });
	await api.post('/messages', { to, type: 'media', media: { type: 'image', url } });
	await until('the fetch', PATIENCE_MS, () => simulator.mediaFetches[0]?.sha256 !== undefined);
	files.close();

	expect(simulator.mediaFetches).toEqual([
		{
			messageId: simulator.messages[0]?.id,
			url,
			status: 200,
			mimeType: 'image/png',
			size: 9,
			sha256: createHash('sha256').update('a picture').digest('hex'),
		},
	]);
	expect(authorization).toBeUndefined();
});
