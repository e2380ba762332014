import { createHash } from 'node:crypto';
import type { IHookFunctions, WorkflowActivateMode } from 'n8n-workflow';
import { ModicaWhatsAppTrigger } from '../../../nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node.ts';
import { clock } from '../../../nodes/ModicaWhatsApp/n8n/clock';
import { CONTENT, nested, REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { AUTHORIZATION, freshSetup, startEndpoint, type Endpoint, type Setup } from '../../harness/core/trigger.mts';
import { fastClock } from '../../harness/fastClock.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

let endpoint: Endpoint;
let api: Simulator;

beforeAll(async () => {
	[endpoint, api] = await Promise.all([startEndpoint(), startSimulator()]);
});
beforeEach(async () => {
	await api.reset();
	api.configure({ password: undefined });
	endpoint.executions.length = 0;
	endpoint.credentialsRead = 0;
	endpoint.setup = freshSetup(endpoint, api.baseUrl);
});
afterAll(async () => {
	await Promise.all([endpoint.stop(), api.stop()]);
});

const call = async (body: unknown, headers: Record<string, string> = { authorization: AUTHORIZATION }) =>
	await endpoint.call(typeof body === 'string' ? body : JSON.stringify(body), headers);
const set = (setup: Partial<Setup>) => Object.assign(endpoint.setup, setup);
const options = (given: NonNullable<Setup['parameters']['options']>) =>
	set({ parameters: { ...endpoint.setup.parameters, options: given } });

const STATUS_ITEM = {
	json: { event: 'status', ...STATUS, final: false, dedupeKey: `status:${STATUS.id}:received` },
};
const REPLY_ITEM = {
	json: { event: 'reply', ...REPLY, type: 'text', text: 'Kia ora', sessionId: `${REPLY.source}:${REPLY.destination}`, chatInput: 'Kia ora', dedupeKey: `reply:${REPLY.id}` },
};

describe('a callback', () => {
	it('uses the output of its event if both events are selected', async () => {
		expect(await call(STATUS)).toMatchObject({ status: 200, body: '' });
		expect(await call(REPLY)).toMatchObject({ status: 200, body: '' });
		expect(endpoint.executions).toEqual([[[STATUS_ITEM], []], [[], [REPLY_ITEM]]]);
	});

	it.each([
		['status', STATUS, STATUS_ITEM],
		['reply', REPLY, REPLY_ITEM],
	])('uses the only output if only %s is selected', async (event, body, item) => {
		set({ parameters: { events: [event], options: {} } });
		await call(body);
		expect(endpoint.executions).toEqual([[[item]]]);
	});

	it.each(
		[1, 2].flatMap((typeVersion) =>
			['text/plain', 'application/octet-stream', 'application/json; charset=utf-8', 'application/vnd.modica+json', 'application/x-www-form-urlencoded', 'x', ''].map(
				(type) => [typeVersion, type] as const,
			),
		),
	)('is parsed in version %i with the content type "%s"', async (typeVersion, type) => {
		set({ typeVersion });
		expect(await call(STATUS, { authorization: AUTHORIZATION, 'content-type': type })).toMatchObject({ status: 200 });
		expect(endpoint.executions).toEqual([[[STATUS_ITEM], []]]);
	});

	it('that is incomplete is rejected and starts nothing', async () => {
		endpoint.unreadable = true;
		const answer = await call(STATUS, { authorization: AUTHORIZATION, 'content-type': 'application/octet-stream' });
		endpoint.unreadable = false;
		expect(answer).toMatchObject({ status: 400, body: '{"message":"Invalid callback: the body is empty or not JSON"}' });
		expect(endpoint.executions).toEqual([]);
	});

	it('does not pass on headers', async () => {
		await call(STATUS, { authorization: AUTHORIZATION, 'x-secret': 'do-not-keep' });
		const stored = JSON.stringify(endpoint.executions);
		expect(stored).not.toContain('do-not-keep');
		expect(stored).not.toContain(AUTHORIZATION.slice('Basic '.length));
	});

	it('that is filtered out returns a 200 and starts nothing', async () => {
		options({ statuses: ['read'] });
		expect(await call(STATUS)).toMatchObject({ status: 200, body: '{"ignored":"statuses"}' });
		expect(endpoint.executions).toEqual([]);
	});
});

describe('a request', () => {
	it.each<[string, Record<string, string>]>([
		['without a login', {}],
		['with another password', { authorization: `Basic ${Buffer.from('modica:wrong').toString('base64')}` }],
		['with a login of another scheme', { authorization: 'Bearer abc' }],
	])('%s returns a 401 and starts nothing', async (_, headers) => {
		const { status, headers: answered, body } = await call(STATUS, headers);
		expect({ status, challenge: answered['www-authenticate'], body: JSON.parse(body) as unknown }).toEqual({
			status: 401,
			challenge: 'Basic realm="Modica WhatsApp callbacks", charset="UTF-8"',
			body: { message: 'Wrong username or password' },
		});
		expect(endpoint.executions).toEqual([]);
	});

	it('without a valid login gets no details about its body', async () => {
		expect(await call('{}', {})).toMatchObject({ status: 401 });
	});

	it.each<[string, object]>([
		['has no login', {}],
		['has an empty login', { callbackUsername: '', callbackPassword: '' }],
		['has half a login', { callbackUsername: 'modica', callbackPassword: '' }],
	])('is rejected if the credential %s, also in test mode', async (_, login) => {
		set({ credential: { username: 'wab_demo', password: 'x', baseUrl: api.baseUrl, ...login } });
		for (const mode of ['webhook', 'manual'] as const) {
			set({ mode });
			for (const authorization of [AUTHORIZATION, `Basic ${Buffer.from(':').toString('base64')}`, `Basic ${Buffer.from('modica:').toString('base64')}`]) {
				expect(await call(STATUS, { authorization })).toMatchObject({
					status: 401,
					body: `{"message":"The credential has no 'Callback Username' and 'Callback Password'"}`,
				});
			}
		}
		expect(endpoint.executions).toEqual([]);
	});

	it('is accepted without authentication if the trigger has none, regardless of the credential', async () => {
		set({ parameters: { ...endpoint.setup.parameters, authentication: 'none' }, credential: 'unreadable' });
		expect(await call(STATUS, {})).toMatchObject({ status: 200, body: '' });
		expect(endpoint.executions).toEqual([[[STATUS_ITEM], []]]);
	});

	it('needs a login if Authentication has an invalid value', async () => {
		set({ parameters: { ...endpoint.setup.parameters, authentication: 'None' } });
		expect(await call(STATUS, {})).toMatchObject({ status: 401 });
	});

	it('is rejected if the credential cannot be read, so that Modica retries it', async () => {
		set({ credential: 'unreadable' });
		expect(await call(STATUS)).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
		expect(endpoint.executions).toEqual([]);
	});
});

describe('the cached login', () => {
	const CHANGED = { callbackUsername: 'modica', callbackPassword: 'changed' };
	const changed = `Basic ${Buffer.from('modica:changed').toString('base64')}`;
	/** Each of these is a status that hasn't been sent yet. */
	let id = 0;
	const answerTo = async (authorization: string) => (await call({ ...STATUS, id: `kept-${id++}` }, { authorization })).status;
	const change = (login: object) => set({ credential: { ...(endpoint.setup.credential as object), ...login } });
	let now: number;
	let spy: jest.SpyInstance;
	beforeEach(() => {
		now = 1_000_000;
		spy = jest.spyOn(clock, 'now').mockImplementation(() => now);
	});
	afterEach(() => spy.mockRestore());

	it('is read again after ten seconds', async () => {
		expect(await answerTo(AUTHORIZATION)).toBe(200);
		change(CHANGED);
		now += 9_999;
		expect([await answerTo(AUTHORIZATION), await answerTo(changed)]).toEqual([200, 401]);
		now += 1;
		expect([await answerTo(AUTHORIZATION), await answerTo(changed)]).toEqual([401, 200]);
	});

	it('rejects other logins', async () => {
		expect(await answerTo(AUTHORIZATION)).toBe(200);
		for (const wrong of ['Basic ', changed, AUTHORIZATION.slice(0, -4), '']) expect(await answerTo(wrong)).toBe(401);
	});

	it('is read once for many callbacks, and never used for another credential', async () => {
		await Promise.all(Array.from({ length: 20 }, () => answerTo(AUTHORIZATION)));
		expect(endpoint.credentialsRead).toBe(1);
		change(CHANGED);
		set({ credentialId: 'another' });
		expect([await answerTo(AUTHORIZATION), await answerTo(changed)]).toEqual([401, 200]);
		expect(endpoint.credentialsRead).toBe(2);
	});

	it('is not cached if it could not be read', async () => {
		const { credential } = endpoint.setup;
		set({ credential: 'unreadable' });
		expect(await answerTo(AUTHORIZATION)).toBe(503);
		set({ credential });
		expect(await answerTo(AUTHORIZATION)).toBe(200);
	});

	it('is not used in test mode', async () => {
		expect(await answerTo(AUTHORIZATION)).toBe(200);
		change(CHANGED);
		set({ mode: 'manual' });
		expect([await answerTo(AUTHORIZATION), await answerTo(changed)]).toEqual([401, 200]);
	});

	it('is not cached for a credential without an ID', async () => {
		set({ credentialId: '' });
		expect(await answerTo(AUTHORIZATION)).toBe(200);
		change(CHANGED);
		expect(await answerTo(changed)).toBe(200);
	});
});

describe('a body that is not a callback', () => {
	it.each<[string, unknown, number]>([
		['empty', '', 400],
		['a list', [STATUS], 400],
		['a number', 7, 400],
		['an object without an ID', { status: 'read' }, 400],
		['nested 1,000 levels deep', { ...STATUS, more: nested(1_000) }, 400],
	])('returns the reason and starts nothing: %s', async (_, body, expected) => {
		const { status, headers, body: answer } = await call(body);
		expect({ status, type: headers['content-type'], answer: JSON.parse(answer) as unknown }).toEqual({
			status: expected,
			type: 'application/json',
			answer: { message: expect.stringMatching(/^Invalid callback: .+/) },
		});
		expect(endpoint.executions).toEqual([]);
	});

	it('returns the reason for a text body too', async () => {
		expect(await call('hello', { authorization: AUTHORIZATION, 'content-type': 'text/plain' })).toMatchObject({ status: 400 });
	});
});

describe('copies of a callback', () => {
	it('start one execution if they arrive one after the other', async () => {
		await call(STATUS);
		expect(await call(STATUS)).toMatchObject({ status: 200, body: '{"ignored":"duplicate"}' });
		expect(endpoint.executions).toHaveLength(1);
	});

	it('start one execution if 20 arrive at once', async () => {
		const answers = await Promise.all(Array.from({ length: 20 }, () => call(STATUS)));
		expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
		expect(answers.filter(({ body }) => body === '')).toHaveLength(1);
		expect(endpoint.executions).toHaveLength(1);
	});

	it('are accepted again if n8n could not store the first', async () => {
		const { store } = endpoint.setup;
		set({ store: () => Promise.reject(new Error('The database is gone')) });
		expect(await call(STATUS)).toMatchObject({ status: 500 });
		set({ store });
		expect(await call(STATUS)).toMatchObject({ status: 200, body: '' });
		expect(endpoint.executions).toHaveLength(1);
	});

	it('are accepted once if n8n could not store the first of several concurrent ones', async () => {
		const { store } = endpoint.setup;
		let failures = 0;
		set({
			store: async (outputs) => {
				failures += 1;
				if (failures === 1) throw new Error('The database is busy');
				await store(outputs);
			},
		});
		const answers = await Promise.all(Array.from({ length: 5 }, () => call(STATUS)));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 500]);
		expect(endpoint.executions).toHaveLength(1);
	});

	it('are distinguished from a new status of the same message', async () => {
		for (const status of ['sent', 'received', 'sent', 'read']) await call({ ...STATUS, status });
		expect(endpoint.executions.map(([statuses]) => statuses?.[0]?.json.status)).toEqual(['sent', 'received', 'read']);
	});

	it('each start an execution if deduplication is off', async () => {
		options({ ignoreDuplicates: false });
		await call(STATUS);
		await call(STATUS);
		expect(endpoint.executions).toHaveLength(2);
	});

	it('each start an execution in test mode', async () => {
		await call(STATUS);
		set({ mode: 'manual' });
		expect(await call(STATUS)).toMatchObject({ status: 200, body: '' });
		expect(endpoint.executions).toHaveLength(2);
	});

	it('are detected per trigger', async () => {
		await call(STATUS);
		endpoint.setup = freshSetup(endpoint, api.baseUrl);
		await call(STATUS);
		expect(endpoint.executions).toHaveLength(2);
	});
});

describe('the file of a reply', () => {
	const PICTURE = Buffer.from('a picture');

	/** A reply with a file that the API has. */
	async function replyWithFile(): Promise<Record<string, unknown>> {
		api.configure({ replyCallbackUrl: 'http://127.0.0.1:9/', callbackTries: 1 });
		const { body } = await api.sendReply({ type: 'document', bytes: PICTURE, fileName: 'form.pdf', caption: 'Here', source: '64211234567' });
		return body;
	}
	const firstReply = () => endpoint.executions[0]?.[1]?.[0];

	it.each([
		[{}, 'data'],
		[{ binaryPropertyName: ' file ' }, 'file'],
		[{ binaryPropertyName: '' }, 'data'],
	])('is stored in the field selected by %j', async (given, field) => {
		options({ downloadMedia: true, ...given });
		await call(await replyWithFile());
		const { json, binary } = firstReply()!;
		expect(Object.keys(binary ?? {})).toEqual([field]);
		expect(binary?.[field]).toMatchObject({ fileName: 'form.pdf', mimeType: 'application/pdf' });
		const file = await endpoint.readFile(binary![field]!);
		expect(createHash('sha256').update(file).digest('hex')).toBe(api.media[0]?.sha256);
		expect(json).not.toHaveProperty('downloadError');
	});

	it('is not downloaded by default', async () => {
		await call(await replyWithFile());
		expect(firstReply()).toEqual({ json: expect.objectContaining({ type: 'document', text: 'Here' }) });
		expect(api.requests).toEqual([]);
	});

	it.each<[string, () => void, RegExp]>([
		['Modica does not have it', () => api.addFault({ kind: 'status', status: 404, times: 'always' }), /^Modica returned 404/],
		['the password is wrong', () => api.configure({ password: 'another' }), /^Modica returned 401/],
		['the base URL is invalid', () => set({ credential: { ...(endpoint.setup.credential as object), baseUrl: 'nonsense' } }), /^Base URL 'nonsense'/],
	])('does not block the reply if %s', async (_, spoil, reason) => {
		options({ downloadMedia: true });
		const reply = await replyWithFile();
		spoil();
		expect(await call(reply)).toMatchObject({ status: 200 });
		expect(firstReply()).toEqual({
			json: expect.objectContaining({ event: 'reply', id: reply.id, downloadError: expect.stringMatching(reason) }),
		});
		expect(JSON.stringify(endpoint.executions)).not.toContain('wab-demo-password');
	});

	it('does not delay the reply if the download hangs', async () => {
		const fast = fastClock(20);
		const spies = [jest.spyOn(clock, 'now').mockImplementation(fast.now), jest.spyOn(clock, 'sleep').mockImplementation(fast.sleep)];
		try {
			options({ downloadMedia: true });
			const reply = await replyWithFile();
			api.addFault({ kind: 'stall', times: 'always' });
			await call(reply);
			expect(firstReply()?.json).toMatchObject({ downloadError: 'The download took longer than 15 s' });
		} finally {
			for (const spy of spies) spy.mockRestore();
		}
	});

	it('is requested again after a temporary fault', async () => {
		options({ downloadMedia: true });
		const reply = await replyWithFile();
		api.addFault({ kind: 'status', status: 503 });
		await call(reply);
		expect(firstReply()?.binary).toEqual({ data: expect.objectContaining({ fileName: 'form.pdf' }) });
	});

	it('is not requested for a text', async () => {
		options({ downloadMedia: true });
		await call(REPLY);
		await call({ ...REPLY, id: 'x', content: { ...CONTENT.image, type: 'location' } });
		expect(api.requests).toEqual([]);
		expect(endpoint.executions).toHaveLength(2);
	});
});

describe('activating the workflow', () => {
	const trigger = new ModicaWhatsAppTrigger();
	const LOGIN_OF_OURS = { callbackUsername: 'modica', callbackPassword: 'secret' };
	const activate = async (parameters: Record<string, unknown>, credential: object = LOGIN_OF_OURS, mode: WorkflowActivateMode = 'activate') =>
		await trigger.webhookMethods.default.create.call({
			getNodeParameter: (name: string, otherwise: unknown) => parameters[name] ?? otherwise,
			getNode: () => ({ name: 'Trigger' }),
			getActivationMode: () => mode,
			getCredentials: async () => await Promise.resolve(credential),
			logger: console,
		} as unknown as IHookFunctions);
	const ALL = { events: ['status', 'reply'], options: {} };

	it('accepts valid parameters', async () => {
		expect(await activate({ events: ['reply'], options: { businessNumbers: '102046588645210', senders: '+64211234567' } })).toBe(true);
	});

	it.each([
		['no event', { events: [], options: {} }, /^'Trigger On' is empty\. Select at least one/],
		['a wrong business number', { events: ['reply'], options: { businessNumbers: 'abc' } }, /^Business Numbers 'abc' is not/],
		['a wrong sender', { events: ['reply'], options: { senders: 'abc' } }, /^Senders 'abc' is not/],
	])('rejects %s', async (_, parameters, message) => {
		await expect(activate(parameters)).rejects.toThrow(message);
	});

	it.each(['activate', 'create', 'update'] as const)('rejects a credential without a login if a user activates the workflow: %s', async (mode) => {
		await expect(activate(ALL, {}, mode)).rejects.toMatchObject({
			message: "The credential has no 'Callback Username' and 'Callback Password'",
			description: expect.stringMatching(/^Enter both in the credential, and publish the workflow again\. Or set 'Authentication' to 'None'/),
		});
		expect(await activate({ ...ALL, authentication: 'none' }, {}, mode)).toBe(true);
	});

	it.each(['init', 'leadershipChange', 'manual'] as const)('keeps the trigger active without a login if n8n activates the workflow: %s', async (mode) => {
		expect(await activate(ALL, {}, mode)).toBe(true);
	});
});
