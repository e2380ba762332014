/** Nothing that n8n stores or displays contains a secret of the credential, even after failures. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { CONTENT, REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { basicAuth, callbackUrl, callbackWorkflow, post } from '../../harness/n8n/callbacks.mts';
import type { N8nRest, StoredCredential } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, workflowWith, type NodeUnderTest } from '../../harness/n8n/underTest.mts';
import { startWithPackage, type N8nWithPackage } from '../../harness/n8n/withPackage.mts';
import { freePort } from '../../harness/ports.mts';
import { startReceiver, type Receiver } from '../../harness/simulatorSupport.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type FaultAction, type Simulator } from '../../simulator/simulator.mts';

/** With characters that are encoded in JSON, in URLs, and in base64. */
const USERNAME = 'wab_secrets';
const PASSWORD = 'Ap1/+ü"&= %\\Geheim';
const CALLBACK_USERNAME = 'modica';
const CALLBACK_PASSWORD = 'C4ll:/ß "back"\\Wort';
/** A wrong password in a callback must not be stored either: it may be a typo of the right one. */
const GUESS = 'Guess3d-by-a-stranger';
const AUTHORIZATION = basicAuth(USERNAME, PASSWORD);

const RUN_TIMEOUT_MS = 150_000;

let n8n: N8nWithPackage;
let server: N8nWithPackage['server'];
let rest: N8nRest;
let simulator: Simulator;
/** Never responds. */
let silent: Simulator | undefined;
let elsewhere: Receiver;
let credential: StoredCredential;

beforeAll(async () => {
	simulator = await startSimulator({ username: USERNAME, password: PASSWORD, statusSteps: [] });
	elsewhere = await startReceiver();
	n8n = await startWithPackage((userFolder) => ({
		N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
		N8N_LOG_LEVEL: 'debug',
		N8N_LOG_OUTPUT: 'console,file',
		N8N_LOG_FILE_LOCATION: path.join(userFolder, 'n8n.log'),
	}));
	({ server, rest } = n8n);
	credential = await rest.createCredential(CREDENTIAL, credentialData());
}, 300_000);

afterAll(async () => {
	await n8n?.stop();
	await silent?.stop();
	await simulator?.stop();
	await elsewhere?.stop();
});

const credentialData = (more: IDataObject = {}): IDataObject => ({
	username: USERNAME,
	password: PASSWORD,
	baseUrl: simulator.baseUrl,
	callbackUsername: CALLBACK_USERNAME,
	callbackPassword: CALLBACK_PASSWORD,
	...more,
});

/** A secret in all encodings in which it may occur. */
function formsOf(secret: string): string[] {
	const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
	const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');
	return [...new Set([secret, inJson(secret), inJson(inJson(secret)), encodeURIComponent(secret), encodeURI(secret), base64(secret), encodeURIComponent(base64(secret))])];
}

const SECRETS: Record<string, string[]> = {
	password: formsOf(PASSWORD),
	Authorization: [USERNAME, CALLBACK_USERNAME].flatMap((username, index) => formsOf(basicAuth(username, [PASSWORD, CALLBACK_PASSWORD][index]!).slice('Basic '.length).replace(/=+$/, ''))),
	'callback password': formsOf(CALLBACK_PASSWORD),
	'guessed password': [...formsOf(GUESS), ...formsOf(basicAuth('modica', GUESS).slice('Basic '.length).replace(/=+$/, ''))],
};

/** Secrets found in n8n's files (database, journal, log), terminal output, and executions. */
async function leaks(): Promise<string[]> {
	const files = readdirSync(server.userFolder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
		.map((entry) => path.join(entry.parentPath, entry.name));
	const places: Array<[string, Buffer]> = files.map((file) => [path.relative(server.userFolder, file), readFileSync(file)]);
	places.push(['terminal output', Buffer.from(server.log())]);
	// The database splits long values into pages, so executions are also read through the API.
	for (const { id } of await allExecutions()) {
		places.push([`execution`, Buffer.from(JSON.stringify(await rest.rest('get', `/executions/${id}`)))]);
	}
	return [
		...new Set(
			places.flatMap(([place, content]) =>
				Object.entries(SECRETS).flatMap(([name, forms]) => forms.filter((form) => content.includes(form)).map(() => `${name} in ${place}`)),
			),
		),
	];
}

async function allExecutions(): Promise<Array<{ id: string; status: string }>> {
	const { results } = await rest.rest<{ results: Array<{ id: string; status: string }> }>('get', '/executions', undefined, { limit: 100 });
	return results;
}

const TO = '+64211234567';
const SEND: IDataObject = { resource: 'message', operation: 'send', to: '={{ $json.to }}', messageType: 'text', text: 'Kia ora' };
const BROADCAST: IDataObject = { ...SEND, operation: 'broadcast', recipientSource: 'items' };
const GET: IDataObject = { resource: 'message', operation: 'get', messageId: '3fa85f64-5717-4562-b3fc-2c963f66afa6' };
const DOWNLOAD: IDataObject = { resource: 'media', operation: 'download', mediaId: 'abcd', binaryPropertyName: 'data' };
const SEND_FILE: IDataObject = { ...SEND, to: TO, messageType: 'media', mediaType: 'document', mediaSource: 'binary', binaryPropertyName: 'data' };
const UPLOAD: IDataObject = { resource: 'media', operation: 'upload', binaryPropertyName: 'data' };
const CONTINUE = { onError: 'continueRegularOutput' } as const;

/** Runs the node, with faults of the API if specified, and waits for its end. */
async function run(parameters: IDataObject, faults: FaultAction[] = [], more: Partial<NodeUnderTest> = {}): Promise<string> {
	for (const fault of faults) simulator.addFault(fault);
	const workflow = await rest.importWorkflow(workflowWith({ parameters, credential, items: [{ to: TO }], ...more }));
	const { status } = await rest.runWorkflow(workflow, RUN_TIMEOUT_MS);
	return status;
}

/** Responses that quote the request, as a server or proxy in debug mode may do. */
const quotedIn = (status: number): FaultAction[] =>
	[
		{ message: `Refused. Your header was "Authorization: ${AUTHORIZATION}", your password "${PASSWORD}"` },
		{ errors: [{ field: 'authorization', code: AUTHORIZATION, description: encodeURIComponent(AUTHORIZATION) }] },
		`<pre>Authorization: ${AUTHORIZATION}</pre>`,
	].map((body) => ({ kind: 'status', status, body, headers: { 'x-echo': AUTHORIZATION, 'www-authenticate': `Basic realm="${AUTHORIZATION}"` } }));

describe('a series of failures of every kind', () => {
	it('leaves no secret in the database, the log, the executions, or the items', async () => {
		// Two slow runs, concurrent with all others: a refused connection, and an API that never responds.
		const unreachable = await rest.createCredential(CREDENTIAL, credentialData({ baseUrl: `http://127.0.0.1:${await freePort()}/rest/wab/v1` }), 'Unreachable');
		silent = await startSimulator({ username: USERNAME, password: PASSWORD });
		silent.addFault({ kind: 'stall', times: 'always' });
		const mute = await rest.createCredential(CREDENTIAL, credentialData({ baseUrl: silent.baseUrl }), 'Silent');
		const slow = [run(SEND, [], { credential: unreachable }), run(SEND, [], { credential: mute })];
		// Prevents an unhandled rejection from hiding another failure of the test.
		void Promise.allSettled(slow);

		const statuses: string[] = [];
		for (const parameters of [SEND, BROADCAST]) statuses.push(await run(parameters));
		const file = { base64: Buffer.from('Kia ora').toString('base64'), fileName: 'a.txt', mimeType: 'text/plain' };
		statuses.push(await run(UPLOAD, [], { items: [file], withBinary: true }));
		statuses.push(await run(SEND_FILE, [], { items: [file], withBinary: true }));
		expect(statuses).toEqual(['success', 'success', 'success', 'success']);
		// Anyone with this link can download the file from n8n.
		const { media } = simulator.messages.at(-1)?.payload as { media: { url: string } };
		const token = new URL(media.url).searchParams.get('token') ?? '';
		expect(token).not.toBe('');
		SECRETS['link to a file'] = [token];
		const quotedLink = { kind: 'status', body: { id: 'x', status: 'accepted', message: media.url, attributes: { media: { link: encodeURIComponent(media.url) } } } } as const;
		expect(await run(SEND_FILE, [{ ...quotedLink, status: 422 }], { items: [file], withBinary: true })).toBe('error');
		expect(await run(GET, [{ ...quotedLink, status: 200 }])).toBe('success');

		// Errors that quote the password, as failed executions and as items.
		for (const status of [401, 422, 500]) {
			const failed: string[] = [];
			for (const fault of quotedIn(status)) {
				failed.push(await run(SEND, [fault]));
				failed.push(await run(BROADCAST, [fault], { settings: CONTINUE }));
			}
			failed.push(await run(DOWNLOAD, quotedIn(401).slice(0, 1), { settings: CONTINUE }));
			expect(failed).toEqual([...quotedIn(status).flatMap(() => ['error', 'success']), 'success']);
		}
		// Successful responses that quote it.
		const quoting = { message_id: 'x', status: 'accepted', request: { headers: { authorization: AUTHORIZATION, [AUTHORIZATION]: 1 } } };
		for (const parameters of [SEND, GET]) {
			expect(await run(parameters, [{ kind: 'status', status: 200, body: quoting, headers: { 'x-echo': AUTHORIZATION } }])).toBe('success');
		}
		expect(await run(DOWNLOAD, [{ kind: 'status', status: 200, body: 'file', headers: { 'content-disposition': `attachment; filename="${AUTHORIZATION}.txt"` } }])).toBe('success');
		// A redirect to another host.
		expect(await run(SEND, [{ kind: 'redirect', location: `${elsewhere.origin}/?${encodeURIComponent(AUTHORIZATION)}` }])).toBe('error');
		expect(elsewhere.received).toEqual([]);
		// Broken connections.
		expect(await run(SEND, [{ kind: 'drop', when: 'midBody' }])).toBe('error');
		expect(await run(SEND, [{ kind: 'garbageBody', body: AUTHORIZATION }])).toBe('error');

		// The credential test: successful, and with an API that quotes the password.
		const tested = [await rest.testCredential(credential, credentialData())];
		simulator.addFault(quotedIn(401)[0]!);
		tested.push(await rest.testCredential(credential, credentialData()));
		expect(tested.map(({ status }) => status)).toEqual(['OK', 'Error']);
		expect(tested.flatMap(({ message }) => Object.values(SECRETS).flat().filter((form) => message.includes(form)))).toEqual([]);

		// Accepted and rejected callbacks, one of them with a failing download.
		const workflow = await rest.importWorkflow(callbackWorkflow(credential, { parameters: { options: { downloadMedia: true } } }));
		await rest.activate(workflow);
		const url = callbackUrl(server.baseUrl, workflow);
		const right = { authorization: basicAuth(CALLBACK_USERNAME, CALLBACK_PASSWORD) };
		simulator.addFault(quotedIn(401)[0]!);
		const answers = [
			await post(url, STATUS, right),
			await post(url, { ...REPLY, content: CONTENT.image }, right),
			await post(url, { not: 'one' }, right),
			await post(url, STATUS, { authorization: basicAuth('modica', GUESS) }),
			await post(url, 'not JSON', right),
		];
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 401, 422]);

		expect(await Promise.all(slow)).toEqual(['error', 'error']);
		await until('no execution is running', PATIENCE_MS, allExecutions, (all) => all.every(({ status }) => !['new', 'running'].includes(status)));
		expect((await allExecutions()).length).toBeGreaterThanOrEqual(30);
		expect(readFileSync(path.join(server.userFolder, 'n8n.log'), 'utf8')).toMatch(/debug/);
		expect(await leaks()).toEqual([]);
	}, 420_000);

	it('would fail this check if a secret were stored', async () => {
		await run(SEND, [], { items: [{ to: TO, planted: PASSWORD }] });
		await run(SEND, [], { items: [{ to: TO, planted: AUTHORIZATION, link: SECRETS['link to a file'] }] });
		const found = await leaks();
		expect(found).toEqual(expect.arrayContaining(['password in execution', 'Authorization in execution', 'link to a file in execution', expect.stringMatching(/^password in .*database\.sqlite/), expect.stringMatching(/^Authorization in .*database\.sqlite/)]));
	});
});
