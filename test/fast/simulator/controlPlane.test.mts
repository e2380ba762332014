import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import axios, { type AxiosInstance } from 'axios';
import { clientOf, type Receiver, seen, startReceiver } from '../../harness/simulatorSupport.mts';
import { until } from '../../harness/until.mts';
import { type Simulator, startSimulator } from '../../simulator/simulator.mts';

const to = '+64123456789';
const text = { to, type: 'text', text: { body: 'Hello' } };
const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;

let simulator: Simulator;
let receiver: Receiver;
let api: AxiosInstance;
let control: AxiosInstance;

beforeEach(async () => {
	receiver = await startReceiver();
	simulator = await startSimulator({ statusSteps: [], password: 'the-secret', replyCallbackUrl: `http://hook:the-secret@${receiver.origin.slice(7)}/reply` });
	api = clientOf(simulator);
	control = axios.create({ baseURL: simulator.controlUrl, validateStatus: () => true, proxy: false });
});

afterEach(async () => {
	await simulator.stop();
	await receiver.stop();
});

it('returns the state without a password', async () => {
	await api.post('/messages', text);
	simulator.addFault({ kind: 'status', status: 500 });
	const { status, data } = await control.get<object>('');

	expect(status).toBe(200);
	expect(data).toMatchObject({
		baseUrl: simulator.baseUrl,
		settings: { username: 'wab_demo', replyCallbackUrl: `http://hook@${receiver.origin.slice(7)}/reply` },
		counts: { requests: 1, messages: 1, replies: 0, media: 0, callbacks: 0, inFlight: 0, maxInFlight: 1 },
		faults: [{ kind: 'status', status: 500 }],
	});
	expect(JSON.stringify(data)).not.toContain('the-secret');
});

it('taps a quick-reply button and returns its payload', async () => {
	const buttons = [{ index: 0, type: 'url', payload: 'orders/1' }, { index: 1, type: 'quick_reply', payload: 'CONFIRM' }];
	await api.post('/messages', { to, type: 'template', template: { name: 'order', language: 'en', buttons } });
	const { id } = simulator.messages[0]!;
	expect((await control.post<object>('/taps', { id, buttonIndex: 1, text: 'Yes', replyId: 'r-1' })).status).toBe(200);
	expect(simulator.replies).toEqual([
		expect.objectContaining({ id: 'r-1', source: '64123456789', content: { type: 'button', button: { payload: 'CONFIRM', text: 'Yes' } } }),
	]);
	expect((await control.post<object>('/taps', { id, buttonIndex: 0 })).data).toEqual({ error: 'The message has no quick-reply button 0' });
	expect((await control.post<object>('/taps', { id: 'x', buttonIndex: 0 })).data).toEqual({ error: 'There is no message x' });
});

it('lists requests from a given position', async () => {
	await api.post('/messages', text);
	await api.get('/healthz');

	const paths = async (query: string) => (await control.get<Array<{ path: string }>>(`/requests${query}`)).data.map((request) => request.path);
	expect(await paths('')).toEqual(['/messages', '/healthz']);
	expect(await paths('?since=1')).toEqual(['/healthz']);
});

it('lists messages, replies, files, and callbacks', async () => {
	await api.post('/messages', text);
	await simulator.sendReply({ source: '64123456789', type: 'image' });

	const [messages, replies, media, callbacks] = await Promise.all(
		['/messages', '/replies', '/media', '/callbacks'].map(async (list) => (await control.get<unknown>(list)).data),
	);
	expect(messages).toMatchObject([{ to, payload: text }]);
	expect(replies).toMatchObject([{ source: '64123456789', content: { type: 'image' } }]);
	expect(media).toMatchObject([{ origin: 'reply', mimeType: 'image/png' }]);
	expect(callbacks).toMatchObject([{ kind: 'reply', delivered: true }]);
});

it('changes settings, and resets one with null', async () => {
	await control.post('/configure', { responseShape: 'alternative', advertisedLimit: 7 });
	const during = simulator.settings;
	await control.post('/configure', { advertisedLimit: null });

	expect(during).toMatchObject({ responseShape: 'alternative', advertisedLimit: 7 });
	expect(simulator.settings).toMatchObject({ responseShape: 'alternative', advertisedLimit: undefined });
});

it('adds and clears faults', async () => {
	expect(seen(await control.post('/faults', { kind: 'status', status: 503, times: 'always' }))).toEqual({ status: 200, data: { ok: true } });
	const during = await api.get('/healthz');
	await control.delete('/faults');

	expect([during.status, (await api.get('/healthz')).status]).toEqual([503, 200]);
});

it('sends replies and statuses', async () => {
	simulator.configure({ statusCallbackUrl: `${receiver.origin}/status` });
	const reply = await control.post<unknown>('/replies', { source: '64123456789', type: 'document', base64: 'a2lhIG9yYQ==' });
	const status = await control.post<unknown>('/statuses', { id: 'abc', status: 'read' });

	expect([reply.data, status.data]).toMatchObject([
		{ kind: 'reply', delivered: true },
		{ kind: 'status', delivered: true },
	]);
	expect(receiver.received.map(({ body }) => body)).toEqual([
		{ id: UUID, source: '64123456789', destination: '102046588645210', content: { type: 'document', document: expect.any(Object) as object } },
		{ id: 'abc', status: 'read' },
	]);
	expect(simulator.media).toMatchObject([{ size: 'kia ora'.length }]);
});

it("accepts a JSON body with curl's default content type", async () => {
	const body = '{"latencyMs":3}';
	await control.post('/configure', body, { headers: { 'content-type': 'application/x-www-form-urlencoded' } });

	expect(simulator.settings.latencyMs).toBe(3);
});

it('resets', async () => {
	await api.post('/messages', text);
	await control.post('/reset');

	expect([simulator.requests, simulator.messages, simulator.maxInFlight]).toEqual([[], [], 0]);
});

it('does not appear among the requests to the API', async () => {
	await control.get('');

	expect(simulator.requests).toEqual([]);
});

it.each<[string, string, unknown, string]>([
	['an unknown setting', '/configure', { speed: 1 }, 'No such setting: speed'],
	['an unknown fault', '/faults', { kind: 'fire' }, 'No such fault: fire'],
	['a body that is not an object', '/configure', '[1]', 'must be a JSON object'],
	['a body that is not JSON', '/configure', '{', 'JSON'],
	['a status without a callback URL', '/statuses', { id: 'abc', status: 'read' }, 'statusCallbackUrl is not set'],
])('rejects %s', async (_, url, body, reason) => {
	expect(seen(await control.post(url, body))).toEqual({ status: 400, data: { error: expect.stringContaining(reason) as string } });
});

// A separate process compiles everything first, which takes a while on a busy machine.
const START_MS = 60_000;

describe('the command-line program', () => {
	let running: ChildProcess | undefined;

	// A failed test must leave no process behind.
	afterEach(() => running?.kill('SIGKILL'));

	const start = (...args: string[]) => {
		const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../harness/program.mjs'), path.join(import.meta.dirname, '../../simulator/main.mts'), ...args]);
		running = child;
		const output = { text: '' };
		for (const stream of [child.stdout, child.stderr]) {
			stream.setEncoding('utf8').on('data', (chunk: string) => {
				output.text += chunk;
			});
		}
		return { child, output, exit: once(child, 'exit') };
	};

	it.each(['SIGINT', 'SIGTERM'] as const)('prints its URLs, and ends on %s', async (signal) => {
		const { child, output, exit } = start('--username', 'me', '--rate-limit', '80', '--status-url', 'http://127.0.0.1:1/', '--status-step', '1');
		await until('the simulator is running', START_MS, () => output.text.includes('Ctrl+C'));
		const [, baseUrl = ''] = /Base URL +(\S+)/.exec(output.text) ?? [];
		// Nothing listens for its callbacks, so retries are pending at the end.
		const answer = await axios.post(`${baseUrl}/messages`, text, { auth: { username: 'me', password: 'wab-demo-password' }, proxy: false });
		// One message is scheduled for after the test.
		await axios.post(`${baseUrl}/messages`, { ...text, scheduled: new Date(Date.now() + 3_600_000).toISOString() }, { auth: { username: 'me', password: 'wab-demo-password' }, proxy: false });
		child.kill(signal);

		expect({ status: answer.status, limit: answer.headers['x-ratelimit-limit'] as unknown, exit: await exit }).toEqual({ status: 202, limit: '80', exit: [0, null] });
	}, 2 * START_MS);

	it('rejects an unknown option, and an invalid value', async () => {
		const tries = [start('--port', 'x'), start('--prot', '1')];

		expect(await Promise.all(tries.map(({ exit }) => exit))).toEqual([[1, null], [1, null]]);
		expect(tries.map(({ output }) => output.text)).toEqual([
			expect.stringContaining('--port must be a whole number, not "x"'),
			expect.stringContaining("Unknown option '--prot'"),
		]);
	}, START_MS);
});
