import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { Readable } from 'node:stream';
import type { AxiosInstance } from 'axios';
import FormData from 'form-data';
import { loadContract } from '../../contract/contract.mts';
import { clientOf, seen, strangerOf } from '../../harness/simulatorSupport.mts';
import { type Simulator, type SimulatorSettings, startSimulator } from '../../simulator/simulator.mts';

const UUID = expect.stringMatching(/^[0-9a-f-]{36}$/) as string;
const MEDIA_ID = expect.stringMatching(/^[a-zA-Z0-9]+$/) as string;
const NO_SUCH_ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const to = '+64123456789';
const text = { to, type: 'text', text: { body: 'Hello' } };

const contract = loadContract();

let simulator: Simulator;
let api: AxiosInstance;
let stranger: AxiosInstance;

beforeEach(async () => {
	simulator = await startSimulator({ statusStepMs: 60_000 });
	api = clientOf(simulator);
	stranger = strangerOf(simulator);
});

afterEach(() => simulator.stop());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const form = (name: string, content: Buffer | string | Readable, options?: FormData.AppendOptions) => {
	const body = new FormData();
	body.append(name, content, options);
	return body;
};

describe('authentication', () => {
	const endpoints = [
		['POST', '/messages'],
		['PATCH', '/messages'],
		['GET', '/messages'],
		['POST', '/messages/broadcast'],
		['POST', '/media'],
		['GET', '/media'],
		['GET', '/healthz'],
	] as const;

	it.each(endpoints)('%s %s rejects a wrong password', async (method, url) => {
		const answer = await api.request({ method, url, auth: { username: 'wab_demo', password: 'wrong' } });

		expect(seen(answer)).toEqual({
			status: 401,
			data: { message: 'Whatsapp Cloud API error', statusCode: 401, error: 'authorization is missing or wrong' },
		});
		expect(simulator.requests).toMatchObject([{ method, path: url, authorized: false, status: 401, headers: { authorization: 'Basic' } }]);
	});

	it('rejects a request without credentials', async () => {
		const answer = await stranger.post('/messages', text);

		expect(answer.status).toBe(401);
		expect(simulator.messages).toEqual([]);
	});

	it('accepts a password with a colon', async () => {
		simulator.configure({ password: 'a:b' });

		expect((await api.get('/healthz', { auth: { username: 'wab_demo', password: 'a:b' } })).status).toBe(200);
	});

	it('can be disabled for the health check', async () => {
		simulator.configure({ healthNeedsAuth: false });

		expect((await stranger.get('/healthz')).status).toBe(200);
		expect((await stranger.get('/messages')).status).toBe(401);
	});
});

describe.each<[SimulatorSettings['responseShape'], unknown]>([
	['reference', { message_id: UUID, status: 'accepted' }],
	['alternative', [{ id: UUID, status: 'accepted', reference: 'r-1' }]],
])('POST /messages in the %s shape', (responseShape, data) => {
	it('accepts a message', async () => {
		simulator.configure({ responseShape });
		const payload = { ...text, reference: 'r-1' };

		expect(seen(await api.post('/messages', payload))).toEqual({ status: 202, data });
		expect(simulator.messages).toEqual([
			{
				id: UUID,
				to,
				payload,
				requestIndex: 0,
				broadcast: false,
				at: expect.any(Number) as number,
				status: 'accepted',
				statusHistory: [{ status: 'accepted', at: expect.any(Number) as number }],
				reference: 'r-1',
				markedAsRead: false,
			},
		]);
		expect(simulator.requests).toMatchObject([{ messageIndex: 0, body: payload, status: 202, violations: [], authorized: true }]);
	});
});

it('accepts a repeated message', async () => {
	const first = await api.post<{ message_id: string }>('/messages', text);
	const second = await api.post<{ message_id: string }>('/messages', text);

	expect(simulator.messages.map(({ id }) => id)).toEqual([first.data.message_id, second.data.message_id]);
	expect(first.data.message_id).not.toBe(second.data.message_id);
});

it('accepts the recipient as destination', async () => {
	await api.post('/messages', { destination: to, type: 'text', text: { body: 'Hello' } });

	expect(simulator.messages).toMatchObject([{ to }]);
});

describe('a scheduled message', () => {
	const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

	it.each([
		['59 days ahead', 59, 202, 1],
		['61 days ahead', 61, 422, 0],
	])('is accepted up to 60 days ahead: %s', async (_, days, status, messages) => {
		expect((await api.post('/messages', { ...text, scheduled: inDays(days) })).status).toBe(status);
		expect(simulator.messages).toHaveLength(messages);
	});
});

describe('POST /messages/broadcast', () => {
	const destination = ['+64123456789', '+64223456789', '+64323456789'];
	const broadcast = { destination, type: 'text', text: { body: 'Hello' } };

	it.each<[SimulatorSettings['responseShape'], unknown]>([
		[
			'reference',
			[
				{ id: UUID, status: 'accepted' },
				{ id: UUID, status: 'failed', message: 'not on WhatsApp' },
				{ id: UUID, status: 'accepted' },
			],
		],
		[
			'alternative',
			[
				{ destination: '+64123456789', id: UUID, status: 'accepted' },
				{ destination: '+64223456789', id: UUID, status: 'failed', message: 'not on WhatsApp' },
				{ destination: '+64323456789', id: UUID, status: 'accepted' },
			],
		],
	])('returns one row per number in the %s shape', async (responseShape, data) => {
		simulator.configure({ responseShape, numbers: { '+64223456789': { broadcastFailure: 'not on WhatsApp' } } });

		expect(seen(await api.post('/messages/broadcast', broadcast))).toEqual({ status: 202, data });
		expect(simulator.messages.map((message) => [message.to, message.status, message.broadcast])).toEqual([
			['+64123456789', 'accepted', true],
			['+64223456789', 'failed', true],
			['+64323456789', 'accepted', true],
		]);
	});
});

describe('GET /messages', () => {
	const common = {
		id: UUID,
		application_id: 'wab_demo',
		status: 'accepted',
		business_number_id: '102046588645210',
		customer_number_id: '64123456789',
		timestamp: expect.any(Number) as number,
		direction: 'MT',
	};

	it.each<[string, object, object]>([
		['text', { ...text, reference: 'r-1', source: '777' }, { ...common, reference: 'r-1', business_number_id: '777', type: 'text', attributes: { body: 'Hello' } }],
		[
			'media',
			{ to, type: 'media', media: { type: 'image', url: 'https://example.com/a.png' } },
			{ ...common, type: 'media', attributes: { media: { type: 'image' } } },
		],
		[
			'template',
			{
				to,
				type: 'template',
				template: { name: 'order', language: 'en', header_params: ['A'], body_params: ['B', 'C'], buttons: [{ index: 0, payload: 'yes' }] },
			},
			{ ...common, type: 'template', attributes: { header: 'A', body: 'order B C', buttons: [{ text: 'yes' }] } },
		],
	])('returns a %s message', async (_, payload, data) => {
		const sent = await api.post<{ message_id: string }>('/messages', payload);

		expect(seen(await api.get('/messages', { params: { id: sent.data.message_id } }))).toEqual({ status: 200, data });
	});

	it('returns it in the alternative shape', async () => {
		const sent = await api.post<{ message_id: string }>('/messages', text);
		simulator.configure({ responseShape: 'alternative' });

		const { business_number_id: source, customer_number_id: destination, ...rest } = common;
		expect(seen(await api.get('/messages', { params: { id: sent.data.message_id } }))).toEqual({
			status: 200,
			data: { ...rest, source, destination, type: 'text', attributes: { body: 'Hello' } },
		});
	});

	it('rejects an unknown message', async () => {
		expect(seen(await api.get('/messages', { params: { id: NO_SUCH_ID } }))).toEqual({
			status: 404,
			data: { message: 'Whatsapp Cloud API error', statusCode: 404, error: 'id no such message' },
		});
	});
});

describe('PATCH /messages', () => {
	it('marks a message as read and returns no body', async () => {
		await api.post('/messages', text);

		expect(seen(await api.patch('/messages', { message_id: simulator.messages[0]?.id }))).toEqual({ status: 200, data: '' });
		expect(simulator.messages).toMatchObject([{ markedAsRead: true }]);
	});

	it('rejects an unknown message', async () => {
		expect((await api.patch('/messages', { message_id: NO_SUCH_ID })).status).toBe(404);
	});
});

describe('media', () => {
	it.each<[SimulatorSettings['responseShape'], unknown]>([
		['reference', { id: MEDIA_ID }],
		['alternative', [{ id: MEDIA_ID }]],
	])('accepts a file in the %s shape', async (responseShape, data) => {
		simulator.configure({ responseShape });
		const body = form('file', Buffer.from('kia ora'), { filename: 'a.txt', contentType: 'text/plain' });
		const requestContentLength = body.getLengthSync();

		expect(seen(await api.post('/media', body, { params: { source: '777' } }))).toEqual({ status: 200, data });
		const part = { fileName: 'a.txt', mimeType: 'text/plain', size: 7, sha256: sha256(Buffer.from('kia ora')) };
		expect(simulator.media).toEqual([
			{
				id: MEDIA_ID,
				origin: 'upload',
				...part,
				fieldName: 'file',
				source: '777',
				requestContentLength,
				requestIndex: 0,
				at: expect.any(Number) as number,
			},
		]);
		expect(simulator.requests[0]?.body).toEqual({ parts: [{ name: 'file', file: part }] });
	});

	it.each([
		['held in memory', 1_000, false],
		['spooled to a file', 20_000_000, true],
	])('returns a file that is %s', async (_, size, isSpooled) => {
		const bytes = randomBytes(size);
		const uploaded = await api.post<{ id: string }>('/media', form('file', bytes, { filename: 'v.mp4', contentType: 'video/mp4' }), {
			maxBodyLength: Infinity,
		});
		const params = { media_id: uploaded.data.id, source: '777' };
		const first = await api.get<Buffer>('/media', { params, responseType: 'arraybuffer' });
		const second = await api.get<Buffer>('/media', { params, responseType: 'arraybuffer' });

		const spooled = simulator.media[0]?.file;
		expect(spooled !== undefined && existsSync(spooled)).toBe(isSpooled);
		expect([first, second].map(({ headers, data }) => [headers['content-type'], headers['content-length'], sha256(data)])).toEqual(
			Array(2).fill(['video/mp4', String(size), sha256(bytes)]),
		);
		await simulator.reset();
		expect(spooled !== undefined && existsSync(spooled)).toBe(false);
		expect((await api.get('/media', { params })).status).toBe(404);
	});

	it('records an upload without a length', async () => {
		const body = form('file', Readable.from([Buffer.from('kia '), Buffer.from('ora')]), { filename: 'a.txt', contentType: 'text/plain' });
		await api.post('/media', body);

		expect(simulator.media).toMatchObject([{ size: 7, requestContentLength: undefined }]);
	});

	it('can send the file name', async () => {
		simulator.configure({ contentDisposition: true });
		const uploaded = await api.post<{ id: string }>('/media', form('file', 'x', { filename: 'a b.txt', contentType: 'text/plain' }));

		const { headers } = await api.get('/media', { params: { media_id: uploaded.data.id } });
		expect(headers['content-disposition']).toBe("attachment; filename*=UTF-8''a%20b.txt");
	});

	it('can send other headers for a file, or none', async () => {
		const uploaded = await api.post<{ id: string }>('/media', form('file', 'x', { filename: 'a.txt', contentType: 'text/plain' }));
		const described = async (downloadHeaders: Record<string, string>) => {
			simulator.configure({ downloadHeaders });
			const { headers, data } = await api.get<string>('/media', { params: { media_id: uploaded.data.id } });
			return [headers['content-type'], headers['content-length'], data];
		};
		expect(await described({ 'content-type': 'audio/ogg; codecs=opus' })).toEqual(['audio/ogg; codecs=opus', '1', 'x']);
		expect(await described({})).toEqual([undefined, '1', 'x']);
	});

	it.each<[string, () => FormData, number, string]>([
		['another type', () => form('file', 'GIF', { filename: 'a.gif', contentType: 'image/gif' }), 415, 'file enum'],
		['another field', () => form('upload', 'x', { filename: 'a.txt', contentType: 'text/plain' }), 400, 'upload additionalProperties'],
		['text instead of a file', () => form('file', 'x'), 400, 'file type'],
		[
			'an extra field',
			() => {
				const body = form('file', 'x', { filename: 'a.txt', contentType: 'text/plain' });
				body.append('source', '777');
				return body;
			},
			400,
			'source additionalProperties',
		],
	])('rejects %s and stores nothing', async (_, body, status, violation) => {
		expect((await api.post('/media', body())).status).toBe(status);
		expect(simulator.requests[0]?.violations.map(({ field, code }) => `${field} ${code}`)).toEqual([violation]);
		expect(simulator.media).toEqual([]);
	});

	it('rejects an upload that is not a form', async () => {
		expect((await api.post('/media', { file: 'eA==' })).status).toBe(415);
	});

	it('rejects an unknown file', async () => {
		expect((await api.get('/media', { params: { media_id: 'abc' } })).status).toBe(404);
	});
});

describe('a request that violates the contract', () => {
	const wrong: Array<[string, 'post' | 'patch', string, unknown, string]> = [
		['an unknown key', 'post', '/messages', { ...text, urgent: true }, 'urgent'],
		['a null', 'post', '/messages', { ...text, reference: null }, 'reference'],
		['an empty string', 'post', '/messages', { ...text, text: { body: '' } }, 'text.body'],
		['a wrong type', 'post', '/messages', { ...text, text: { body: 5 } }, 'text.body'],
		['an invalid number', 'post', '/messages', { ...text, to: '021123456' }, 'to'],
		['an invalid number in a broadcast', 'post', '/messages/broadcast', { ...text, to: undefined, destination: [to, '021'] }, 'destination.1'],
		['an invalid ID', 'patch', '/messages', { message_id: 'x' }, 'message_id'],
	];

	it.each(wrong)('gets an error with a message: %s', async (_, method, url, body, field) => {
		expect(seen(await api[method](url, body))).toEqual({
			status: 400,
			data: { message: 'Whatsapp Cloud API error', statusCode: 400, error: expect.stringMatching(`^${field} must`) as string },
		});
		expect(simulator.messages).toEqual([]);
	});

	it.each(wrong)('gets a list of errors: %s', async (_, method, url, body, field) => {
		simulator.configure({ errorShape: 'errors', violationStatus: 422 });

		const description = expect.stringMatching(/^must/) as string;
		const answer = await api[method]<unknown>(url, body);
		expect(seen(answer)).toEqual({ status: 422, data: { errors: [{ field, code: expect.any(String) as string, description }] } });
		expect(simulator.requests).toMatchObject([{ violations: [{ field }], status: 422 }]);
	});

	it.each<[string, string | undefined, string, number]>([
		['invalid JSON', '{"to":', 'application/json', 400],
		['empty', '', 'application/json', 400],
		['of another content type', 'to=1', 'application/x-www-form-urlencoded', 415],
	])('is rejected if its body is %s', async (_, data, contentType, status) => {
		const answer = await api.post('/messages', data, { headers: { 'content-type': contentType }, transformRequest: (body: string) => body });

		expect(answer.status).toBe(status);
		expect(simulator.requests).toMatchObject([{ status, messageIndex: 0, body: data === '' ? undefined : data }]);
	});

	it('is rejected for an unknown query parameter', async () => {
		expect((await api.get('/healthz?verbose=1')).status).toBe(400);
	});

	it('is rejected at an unknown path', async () => {
		expect((await api.get('/nothing')).status).toBe(404);
		expect(simulator.requests).toMatchObject([{ path: '/nothing', status: 404 }]);
	});
});

describe('rate limit', () => {
	const statuses = (count: number) => Promise.all(Array.from({ length: count }, async () => (await api.post('/messages', text)).status));

	it('rejects excess requests within a second with a fixed window', async () => {
		simulator.configure({ rateLimit: { requestsPerSecond: 3, algorithm: 'fixedWindow' } });
		// Two windows admit at most six, regardless of when in a second the ten start.
		const answers = await statuses(10);

		expect(answers.filter((status) => status === 429).length).toBeGreaterThanOrEqual(4);
		expect(simulator.messages.length).toBe(answers.filter((status) => status === 202).length);
	});

	it('accepts a burst, then the rate, with a token bucket', async () => {
		simulator.configure({ rateLimit: { requestsPerSecond: 0.5, algorithm: 'tokenBucket', burst: 4 } });

		expect((await statuses(6)).sort()).toEqual([202, 202, 202, 202, 429, 429]);
	});

	it.each<[string | undefined, RegExp | undefined]>([
		[undefined, /^[12]$/],
		['seconds', /^[12]$/],
		['date', /^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/],
		['absent', undefined],
		['soon', /^soon$/],
	])('returns Retry-After: %s', async (retryAfter, header) => {
		simulator.configure({ rateLimit: { requestsPerSecond: 0.5, algorithm: 'tokenBucket', burst: 1, ...(retryAfter && { retryAfter }) } });
		await api.get('/healthz');
		const { status, headers, data } = await api.get<unknown>('/healthz');

		expect({ status, data }).toEqual({ status: 429, data: { message: 'Whatsapp Cloud API error', statusCode: 500, error: 'too many requests error message' } });
		expect(headers['retry-after']).toEqual(header && expect.stringMatching(header));
	});

	it('returns the limit, or a different one', async () => {
		const told = async () => (await api.get('/healthz')).headers['x-ratelimit-limit'] as unknown;

		const none = await told();
		simulator.configure({ rateLimit: { requestsPerSecond: 50, algorithm: 'fixedWindow' } });
		const enforced = await told();
		simulator.configure({ advertisedLimit: 80 });
		expect([none, enforced, await told()]).toEqual([undefined, '50', '80']);
	});
});

it.each([
	[202, () => api.post('/messages', text), true],
	[200, () => api.get('/healthz'), true],
	[401, () => stranger.get('/healthz'), true],
	[404, () => api.get('/nothing'), false],
	[400, () => api.post('/messages', {}), false],
])('returns the headers that the reference lists for a %i', async (status, request, isSecured) => {
	simulator.configure({ advertisedLimit: 80 });
	const answer = await request();

	const { 'content-security-policy': csp, 'strict-transport-security': hsts, 'x-ratelimit-limit': limit } = answer.headers as Record<string, unknown>;
	expect({ status: answer.status, secured: [csp !== undefined, hsts !== undefined], limit }).toEqual({ status, secured: [isSecured, isSecured], limit: '80' });
});

it('returns responses that match the contract', async () => {
	const schemas = contract.document.components.schemas;
	const accepts = (name: string, value: unknown) => expect([name, contract.check(schemas[name] as Record<string, unknown>)(value)]).toEqual([name, []]);
	for (const responseShape of ['reference', 'alternative'] as const) {
		simulator.configure({ responseShape });
		accepts('MessageAccepted', (await api.post<unknown>('/messages', text)).data);
		accepts('MessageDetails', (await api.get<unknown>('/messages', { params: { id: simulator.messages[0]?.id } })).data);
		accepts('MediaUploaded', (await api.post<unknown>('/media', form('file', 'x', { filename: 'a.txt', contentType: 'text/plain' }))).data);
		const rows = await api.post<unknown[]>('/messages/broadcast', { ...text, to: undefined, destination: [to] });
		accepts('BroadcastMessageRow', rows.data[0]);
	}
	for (const errorShape of ['message', 'errors'] as const) {
		simulator.configure({ errorShape });
		accepts('ErrorBody', (await api.post<unknown>('/messages', {})).data);
		accepts('ErrorBody', (await stranger.get<unknown>('/healthz')).data);
	}
});

it('counts concurrent requests and their connections', async () => {
	// Long enough for the third request to arrive before the first response, even on a busy machine.
	simulator.configure({ latencyMs: 1_500 });
	await Promise.all([1, 2, 3].map(() => api.post('/messages', text)));

	expect(simulator.requests.map(({ inFlight, connection }) => ({ inFlight, connection }))).toEqual([
		{ inFlight: 1, connection: 0 },
		{ inFlight: 2, connection: 1 },
		{ inFlight: 3, connection: 2 },
	]);
	expect(simulator.maxInFlight).toBe(3);
});

it('rejects an unknown setting', async () => {
	expect(() => simulator.configure({ speed: 1 } as Partial<SimulatorSettings>)).toThrow('No such setting: speed');
	expect(() => simulator.configure({ port: 1 })).toThrow('The port cannot be changed');
	await expect(startSimulator({ speed: 1 } as Partial<SimulatorSettings>)).rejects.toThrow('No such setting: speed');
});
