import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { CONTENT, nested, REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { AUTHORIZATION, basicAuth, CALLBACK_LOGIN, callbackUrl, callbackWorkflow, post, TRIGGER, withLogin } from '../../harness/n8n/callbacks.mts';
import type { StoredCredential, StoredWorkflow } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const { rest, handle, is1x } = n8nUnderTest();
let simulator: Simulator;
let credential: StoredCredential;
let workflow: StoredWorkflow;
let url: string;

beforeAll(async () => {
	simulator = await startSimulator();
	const { username, password, baseUrl } = simulator;
	credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN }, 'Callbacks');
	({ workflow, url } = await activate());
});
afterAll(async () => {
	await simulator.stop();
});

async function activate(parameters = {}, used = credential) {
	const stored = await rest.importWorkflow(callbackWorkflow(used, { parameters }));
	await rest.activate(stored);
	return { workflow: stored, url: callbackUrl(handle.baseUrl, stored) };
}

/** Clicks *Execute step* in the trigger. @returns the test URL, which accepts one callback */
async function listen(stored: StoredWorkflow): Promise<string> {
	const started = await rest.rest<{ waitingForWebhook?: boolean }>('post', `/workflows/${stored.id}/run`, {
		triggerToStartFrom: { name: 'Callback' },
		workflowData: stored,
	});
	expect(started).toEqual({ waitingForWebhook: true });
	return callbackUrl(handle.baseUrl, stored, 'webhook-test');
}

/** A status or reply with a new ID. */
const status = (more: object = {}) => ({ ...STATUS, id: randomUUID(), ...more });
const reply = (more: object = {}) => ({ ...REPLY, id: randomUUID(), ...more });

/** Waits for `count` executions of a workflow. @returns the trigger's outputs in each, oldest first */
async function executionsOf({ id }: StoredWorkflow, count: number) {
	const ended = await rest.waitForExecutions(id, (all) => all.length >= count && all.every(({ status: state }) => state === 'success' || state === 'error'));
	const executions = await Promise.all(ended.map((execution) => rest.getExecution(execution.id)));
	return executions.reverse().map(({ outputs }) => outputs.Callback ?? []);
}

/** Sends a callback that starts an execution, and waits for it. @returns the number of executions before that callback */
async function countExecutions(of: StoredWorkflow, ownUrl: string): Promise<number> {
	const before = (await rest.executions(of.id)).length;
	expect(await post(ownUrl, status())).toMatchObject({ status: 200, body: '' });
	const after = await rest.waitForExecutions(of.id, (all) => all.length > before && all.every(({ status: state }) => state === 'success'));
	return after.length - 1;
}

const item = (json: object) => ({ json, pairedItem: expect.anything() as unknown });

describe('a callback', () => {
	it('starts an execution, with the item on the output for its event, before n8n responds (1.x: shortly after)', async () => {
		const { workflow: own, url: ownUrl } = await activate();
		const [sent, written] = [status(), reply({ profile: { name: 'Aroha' } })];
		expect(await post(ownUrl, sent)).toMatchObject({ status: 200, body: '' });
		// The execution is stored before the response. n8n 1.x doesn't guarantee this. (n8n may list an execution twice while it ends.)
		if (!is1x) expect((await rest.executions(own.id)).length).toBeGreaterThan(0);
		expect(await post(ownUrl, written)).toMatchObject({ status: 200, body: '' });
		expect(await executionsOf(own, 2)).toEqual([
			[[item({ event: 'status', ...sent, final: false, dedupeKey: `status:${sent.id}:received` })], []],
			[
				[],
				[
					item({
						event: 'reply',
						...REPLY,
						id: written.id,
						type: 'text',
						text: 'Kia ora',
						sessionId: '64123456789:102046588645210',
						chatInput: 'Kia ora',
						dedupeKey: `reply:${written.id}`,
						extra: { profile: { name: 'Aroha' } },
					}),
				],
			],
		]);
	});

	it('uses a single output if one event is selected, and gets a 200 without an execution for the other event', async () => {
		const { workflow: own, url: ownUrl } = await activate({ events: ['reply'] });
		expect(await post(ownUrl, status())).toMatchObject({ status: 200, body: '{"ignored":"events"}' });
		const written = reply({ content: JSON.stringify(CONTENT.button) });
		await post(ownUrl, written);
		const [[items, ...others] = []] = await executionsOf(own, 1);
		expect(others).toEqual([]);
		expect(items?.[0]?.json).toMatchObject({ type: 'button', text: 'Yes, please', content: CONTENT.button });
	});

	it.each([
		['statuses', { statuses: ['read'] }, status({ status: 'sent' }), status({ status: 'read' })],
		['contentTypes', { contentTypes: ['image'] }, reply(), reply({ content: CONTENT.image })],
		['businessNumbers', { businessNumbers: '102046588645210' }, reply({ destination: '1' }), reply()],
		['senders', { senders: '+64 12 345 6789' }, reply({ source: '64211234567' }), reply()],
	])('is filtered by the option %s', async (name, options, filtered, passed) => {
		const { workflow: own, url: ownUrl } = await activate({ options });
		expect(await post(ownUrl, filtered)).toMatchObject({ status: 200, body: JSON.stringify({ ignored: name }) });
		expect(await post(ownUrl, passed)).toMatchObject({ status: 200, body: '' });
		expect(await executionsOf(own, 1)).toHaveLength(1);
	});

	it('is accepted with the login in the URL', async () => {
		const { workflow: own, url: ownUrl } = await activate();
		simulator.configure({ statusCallbackUrl: withLogin(ownUrl), replyCallbackUrl: withLogin(ownUrl), callbackTries: 1 });
		const sent = await simulator.sendStatus({ id: randomUUID(), status: 'read', reference: 'r' });
		const written = await simulator.sendReply({ type: 'sticker', source: '64211234567' });
		expect([sent, written].map(({ tries }) => tries)).toEqual([[expect.objectContaining({ status: 200 })], [expect.objectContaining({ status: 200 })]]);
		const [[statuses] = [], [, replies] = []] = await executionsOf(own, 2);
		expect(statuses?.[0]?.json).toMatchObject({ status: 'read', final: true });
		expect(replies?.[0]?.json).toMatchObject({ type: 'sticker', content: { sticker: { sha256: simulator.media[0]?.sha256 } } });
	});

	it('leaves no password in the stored execution', async () => {
		const { workflow: own, url: ownUrl } = await activate();
		await post(ownUrl, status());
		const [execution] = await rest.waitForExecutions(own.id, ([first]) => first?.status === 'success');
		const stored = JSON.stringify(await rest.rest('get', `/executions/${execution!.id}`));
		expect(stored).not.toContain(CALLBACK_LOGIN.callbackPassword);
		expect(stored).not.toContain(AUTHORIZATION.slice('Basic '.length));
	});
});

describe('an unauthenticated or invalid callback', () => {
	const { callbackUsername: user, callbackPassword: password } = CALLBACK_LOGIN;
	const UNAUTHENTICATED: Array<[string, Record<string, string>]> = [
		['no login', {}],
		['a wrong password', { authorization: basicAuth(user, 'wrong') }],
		['a wrong password with non-ASCII characters', { authorization: basicAuth(user, 'p@ss:wörd/%20 u') }],
		['a wrong username', { authorization: basicAuth('x', password) }],
		['no colon', { authorization: `Basic ${Buffer.from(user).toString('base64')}` }],
		['invalid base64', { authorization: 'Basic ???' }],
		['an empty login', { authorization: 'Basic ' }],
		['a different scheme', { authorization: AUTHORIZATION.replace('Basic', 'Bearer') }],
		['a login of 12 kB', { authorization: `Basic ${'A'.repeat(12_000)}` }],
	];
	const INVALID_CALLBACKS: Array<[string, unknown, string, number]> = [
		['an empty body', '', 'application/json', 400],
		['a list', [STATUS], 'application/json', 400],
		['a number', 7, 'application/json', 400],
		['null', 'null', 'application/json', 400],
		['a text', 'hello', 'text/plain', 400],
		['binary data', '\u0000\u0001', 'application/octet-stream', 400],
		['a form', 'a=1&b=2', 'application/x-www-form-urlencoded', 400],
		['a file', '--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n', 'multipart/form-data; boundary=x', 400],
		['XML', '<status><id>1</id></status>', 'application/xml', 400],
		['no id', { status: 'read' }, 'application/json', 400],
		['neither status nor content', { id: 'x', status: null }, 'application/json', 400],
		['a body with 1,000 levels of nesting', status({ more: nested(1_000) }), 'application/json', 400],
		// n8n itself rejects this before the trigger is called.
		['broken JSON', '{"id":', 'application/json', 422],
	];

	it('is rejected with 401, 400, 422, or 431, and starts no execution', async () => {
		const before = await countExecutions(workflow, url);
		for (const [what, headers] of UNAUTHENTICATED) {
			const { status: answered, headers: received } = await post(url, status(), headers);
			expect({ what, answered, challenge: received['www-authenticate'] }).toEqual({
				what,
				answered: 401,
				challenge: expect.stringMatching(/^Basic realm=/),
			});
		}
		for (const [what, body, type, expected] of INVALID_CALLBACKS) {
			const { status: answered, body: answer } = await post(url, body, { authorization: AUTHORIZATION, 'content-type': type });
			expect({ what, answered, answer: JSON.parse(answer) as unknown }).toEqual({
				what,
				answered: expected,
				answer: expect.objectContaining({ message: expect.stringMatching(expected === 400 ? /^Invalid callback: / : /./) }),
			});
		}
		// Node.js doesn't accept a 1 MB header.
		const huge = await post(url, status(), { authorization: `Basic ${'A'.repeat(2 ** 20)}` }).catch((error: Error) => error.message);
		expect(huge).toEqual(typeof huge === 'string' ? expect.stringMatching(/reset|EPIPE|hang up/i) : expect.objectContaining({ status: 431 }));
		expect(await countExecutions(workflow, url)).toBe(before + 1);
	});

	it('is rejected if the credential has no login, unless Authentication is None', async () => {
		const { username, password: apiPassword, baseUrl } = simulator;
		const without = await rest.createCredential(CREDENTIAL, { username, password: apiPassword, baseUrl }, 'Without a login');
		await expect(activate({}, without)).rejects.toThrow(/The credential has no 'Callback Username' and 'Callback Password'/);
		const { workflow: own, url: ownUrl } = await activate({ authentication: 'none' }, without);
		expect(await post(ownUrl, status(), {})).toMatchObject({ status: 200 });
		expect(await executionsOf(own, 1)).toHaveLength(1);

		const testUrl = await listen(await rest.importWorkflow(callbackWorkflow(without)));
		expect(await post(testUrl, status())).toMatchObject({ status: 401, body: expect.stringMatching(/no 'Callback Username'/) });
	});

	it('is accepted with a changed password within seconds, and never with a wrong one', async () => {
		const { username, password: apiPassword, baseUrl } = simulator;
		const data = { username, password: apiPassword, baseUrl, ...CALLBACK_LOGIN };
		const own = await rest.createCredential(CREDENTIAL, data, 'Changing');
		const { workflow: stored, url: ownUrl } = await activate({}, own);
		const answerTo = async (authorization: string) => (await post(ownUrl, status(), { authorization })).status;
		const changed = basicAuth(user, 'changed');
		expect([await answerTo(AUTHORIZATION), await answerTo(changed)]).toEqual([200, 401]);

		await rest.rest('patch', `/credentials/${own.id}`, { ...own, data: { ...data, callbackPassword: 'changed' } });
		await until('the changed password is accepted', PATIENCE_MS, async () => {
			expect(await answerTo(basicAuth(user, 'wrong'))).toBe(401);
			return (await answerTo(changed)) === 200;
		});
		expect([await answerTo(AUTHORIZATION), await answerTo(basicAuth(user, 'wrong'))]).toEqual([401, 401]);
		await rest.deactivate(stored);
	});
});

describe('an unusual callback is accepted', () => {
	it.each(['application/json; charset=utf-8', 'text/plain', 'application/octet-stream', 'application/vnd.modica.v1', 'application/x-www-form-urlencoded', 'x'])(
		'if its content type is %s',
		async (type) => {
			const { workflow: own, url: ownUrl } = await activate();
			const sent = status();
			expect(await post(ownUrl, sent, { authorization: AUTHORIZATION, 'content-type': type })).toMatchObject({ status: 200, body: '' });
			const [[[received] = []] = []] = await executionsOf(own, 1);
			expect(received?.json).toMatchObject({ event: 'status', id: sent.id });
		},
	);

	it('if the customer hides their number, or the status is unknown', async () => {
		const { workflow: own, url: ownUrl } = await activate();
		const { source: _, ...hidden } = reply({ user_id: 'NZ.13491208655302741918' });
		const delayed = status({ status: 'delayed' });
		for (const body of [hidden, delayed]) expect(await post(ownUrl, body)).toMatchObject({ status: 200, body: '' });
		const [[, [fromHidden] = []] = [], [[unknown] = []] = []] = await executionsOf(own, 2);
		expect(fromHidden?.json).toMatchObject({
			id: hidden.id,
			sessionId: 'NZ.13491208655302741918:102046588645210',
			extra: { user_id: 'NZ.13491208655302741918' },
		});
		expect(fromHidden?.json).not.toHaveProperty('source');
		expect(unknown?.json).toMatchObject({ status: 'delayed', final: false });
	});
});

describe('duplicates of a callback', () => {
	it('start one execution, for 20 concurrent copies and a later one', async () => {
		const { workflow: own, url: ownUrl } = await activate();
		const sent = status();
		const answers = await Promise.all(Array.from({ length: 20 }, () => post(ownUrl, sent)));
		answers.push(await post(ownUrl, sent));
		expect(answers.map(({ status: answered }) => answered)).toEqual(Array(21).fill(200));
		expect(answers.filter(({ body }) => body === '')).toHaveLength(1);
		expect(answers.filter(({ body }) => body === '{"ignored":"duplicate"}')).toHaveLength(20);
		await post(ownUrl, { ...sent, status: 'read' });
		expect(await executionsOf(own, 2)).toHaveLength(2);
	});

	it('start one execution if the connection of the first one is closed before n8n responds', async () => {
		const { workflow: own, url: ownUrl } = await activate();
		const sent = status();
		const body = JSON.stringify(sent);
		const impatient = http.request(ownUrl, {
			method: 'POST',
			headers: { authorization: AUTHORIZATION, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
		});
		impatient.on('error', () => {});
		const closed = new Promise((resolve) => impatient.once('close', resolve));
		impatient.end(body);
		await once(impatient, 'finish');
		// 10 ms is enough for n8n to receive the body, but not to store the execution.
		setTimeout(() => impatient.destroy(), 10);
		await closed;
		expect(await post(ownUrl, sent)).toMatchObject({ status: 200 });
		await post(ownUrl, status());
		expect(await executionsOf(own, 2)).toHaveLength(2);
	});

	it('each start an execution if Ignore Duplicates is off', async () => {
		const { workflow: own, url: ownUrl } = await activate({ options: { ignoreDuplicates: false } });
		const sent = status();
		await post(ownUrl, sent);
		await post(ownUrl, sent);
		expect(await executionsOf(own, 2)).toHaveLength(2);
	});
});

describe('the file of a reply', () => {
	it('is in the item; if the download fails, the item contains the reason instead', async () => {
		const { workflow: own, url: ownUrl } = await activate({ options: { downloadMedia: true, binaryPropertyName: 'file' } });
		simulator.configure({ replyCallbackUrl: withLogin(ownUrl) });
		const picture = Buffer.from('not really a picture, but these very bytes');
		await simulator.sendReply({ type: 'image', bytes: picture, mimeType: 'image/jpeg', caption: 'Look', source: '64211234567' });
		const [[, [withFile] = []] = []] = await executionsOf(own, 1);
		expect(withFile?.json).toMatchObject({ type: 'image', text: 'Look' });
		expect(withFile?.binary?.file).toMatchObject({ mimeType: 'image/jpeg', fileExtension: 'jpg' });
		const stored = await rest.binary(withFile!, 'file');
		expect(createHash('sha256').update(stored).digest('hex')).toBe(createHash('sha256').update(picture).digest('hex'));

		simulator.addFault({ kind: 'status', status: 404, match: { method: 'GET', path: '/media' }, times: 'always' });
		await simulator.sendReply({ type: 'audio', source: '64211234567' });
		const [, [, [withoutFile] = []] = []] = await executionsOf(own, 2);
		expect(withoutFile).toEqual(item(expect.objectContaining({ type: 'audio', downloadError: expect.stringMatching(/^Modica returned 404/) })));
	});
});

describe('the editor', () => {
	it('explains how to use the URLs', async () => {
		const description = (await rest.nodeTypes()).find(({ name }) => name === TRIGGER)!;
		expect(description.activationMessage).toMatch(/Production URL.*statusCallbackUrl.*replyCallbackUrl/);
		expect(JSON.stringify(description.triggerPanel)).toMatch(/Test URL.*npm run simulator -- --reply .*Production URL/);
		const notices = description.properties.filter(({ type }) => type === 'notice').map(({ displayName }) => displayName);
		expect(notices).toEqual([expect.stringMatching(/Production URL.*user:password@/), expect.stringMatching(/Anyone who knows the URL/)]);
	});

	it('does not activate a trigger with an invalid option', async () => {
		const stored = await rest.importWorkflow(callbackWorkflow(credential, { parameters: { events: ['reply'], options: { businessNumbers: 'abc' } } }));
		await expect(rest.activate(stored)).rejects.toThrow(/Business Numbers/);
	});

	it('keeps listening for a test event after rejected and filtered callbacks', async () => {
		const stored = await rest.importWorkflow(callbackWorkflow(credential, { parameters: { options: { statuses: ['read'] } } }));
		const testUrl = await listen(stored);
		expect(await post(testUrl, status({ status: 'read' }), {})).toMatchObject({ status: 401 });
		expect(await post(testUrl, { id: 'x' })).toMatchObject({ status: 400 });
		expect(await post(testUrl, status({ status: 'sent' }))).toMatchObject({ status: 200, body: '{"ignored":"statuses"}' });
		expect(await rest.executions(stored.id)).toEqual([]);

		const sent = status({ status: 'read' });
		expect(await post(testUrl, sent)).toMatchObject({ status: 200, body: '' });
		const [[[received] = []] = []] = await executionsOf(stored, 1);
		expect(received?.json).toMatchObject({ event: 'status', id: sent.id });
		// The test event ends the listening.
		await until('the test URL is gone', PATIENCE_MS, async () => (await post(testUrl, sent)).status === 404);
	});
});
