/** The credential in n8n's HTTP Request node: it gives access to the API and never reveals its password. */
import type { IDataObject, OnError } from 'n8n-workflow';
import { basicAuth } from '../../harness/n8n/callbacks.mts';
import type { Execution, StoredCredential } from '../../harness/n8n/rest.mts';
import { startAttacker, type Attacker } from '../../harness/n8n/attacker.mts';
import { CREDENTIAL, n8nUnderTest, workflowWith } from '../../harness/n8n/underTest.mts';
import { freePort } from '../../harness/ports.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const USERNAME = 'wab_http_request';
const PASSWORD = 'Ap1-geheim-genug';
const AUTHORIZATION = basicAuth(USERNAME, PASSWORD);
/** The password, in plain text or in base64. */
const secretsIn = (text: string) => [PASSWORD, AUTHORIZATION.slice('Basic '.length)].filter((secret) => text.includes(secret));

const { rest, handle } = n8nUnderTest();
let simulator: Simulator;
let attacker: Attacker;

beforeAll(async () => {
	simulator = await startSimulator({ username: USERNAME, password: PASSWORD, statusSteps: [] });
	attacker = await startAttacker();
});

afterAll(async () => {
	await simulator?.stop();
	await attacker?.stop();
});

beforeEach(async () => {
	await simulator.reset();
	attacker.requests.length = 0;
	attacker.captured.length = 0;
});

const TWO_PAGES = { paginationCompleteWhen: 'other', completeExpression: '={{ $pageCount > 1 }}' };

const updateInEachRequest = (...parameters: Array<{ type: string; name: string; value: string }>) => ({
	pagination: { paginationMode: 'updateAParameterInEachRequest', parameters: { parameters }, ...TWO_PAGES },
});

const createCredential = async (baseUrl = simulator.baseUrl) => await rest.createCredential(CREDENTIAL, { username: USERNAME, password: PASSWORD, baseUrl });

const WITH_CREDENTIAL: IDataObject = { authentication: 'predefinedCredentialType', nodeCredentialType: CREDENTIAL };

/** Runs HTTP Request once, with its own certificates if specified. */
async function httpRequest(parameters: IDataObject, credential: StoredCredential, { certificates, onError }: { certificates?: StoredCredential; onError?: OnError } = {}): Promise<Execution> {
	const credentials = Object.fromEntries([credential, certificates].flatMap((each) => (each ? [[each.type, { id: each.id, name: each.name }]] : [])));
	const settings = { type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, credentials, ...(onError && { onError }) };
	return await rest.runWorkflow(await rest.importWorkflow(workflowWith({ parameters, credential, settings })));
}

/** Everything that n8n stores about an execution. */
const stored = async ({ id }: Execution) => JSON.stringify(await rest.rest('get', `/executions/${id}`));

describe('HTTP Request with the credential', () => {
	it('reads from the API, and returns the full response without the login', async () => {
		const execution = await httpRequest({ url: `${simulator.baseUrl}/healthz`, ...WITH_CREDENTIAL, options: { response: { response: { fullResponse: true } } } }, await createCredential());
		expect(execution).toMatchObject({ status: 'success', outputs: { WhatsApp: [[{ json: { statusCode: 200, headers: expect.any(Object) } }]] } });
		expect(simulator.requests).toMatchObject([{ path: '/healthz', authorized: true }]);
		expect(secretsIn(await stored(execution))).toEqual([]);
	});

	it('sends a message', async () => {
		const body = { to: '+64211234567', type: 'text', text: { body: 'Kia ora' } };
		const parameters = { method: 'POST', url: `${simulator.baseUrl}/messages`, ...WITH_CREDENTIAL, sendBody: true, specifyBody: 'json', jsonBody: JSON.stringify(body) };
		expect(await httpRequest(parameters, await createCredential())).toMatchObject({ status: 'success' });
		expect(simulator.messages.map(({ payload }) => payload)).toEqual([body]);
	});

	it.each(['stopWorkflow', 'continueRegularOutput'] as const)('stores no login in failed executions, with onError: %s', async (onError) => {
		const unreachable = `http://127.0.0.1:${await freePort()}`;
		simulator.addFault({ kind: 'status', status: 500 });
		for (const baseUrl of [simulator.baseUrl, unreachable]) {
			const execution = await httpRequest({ url: `${baseUrl}/healthz`, ...WITH_CREDENTIAL }, await createCredential(baseUrl), { onError });
			expect(execution.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
			expect(secretsIn(await stored(execution))).toEqual([]);
		}
	});

	it('hides the login from expressions', async () => {
		const parameter = { type: 'headers', name: 'x-read', value: '={{ JSON.stringify($request) }}' };
		const options = { pagination: updateInEachRequest(parameter) };
		const execution = await httpRequest({ url: `${simulator.baseUrl}/healthz`, ...WITH_CREDENTIAL, options }, await createCredential());
		expect(execution.status).toBe('success');
		const read = simulator.requests.map(({ headers }) => String(headers['x-read']));
		expect(read).toEqual([expect.stringContaining('/healthz'), expect.stringContaining('/healthz')]);
		expect(read.flatMap(secretsIn)).toEqual([]);
	});
});

interface Leak {
	parameters: IDataObject;
	/** The credential's Base URL, if it isn't the simulator's. */
	baseUrl?: string;
	/** The SSL certificates of HTTP Request. */
	certificate?: string;
	redirect?: string;
	/** The error that the user sees. */
	error: RegExp;
}

const api = () => `${simulator.baseUrl}/healthz`;
const nextUrl = (nextURL: string) => ({ pagination: { paginationMode: 'responseContainsNextURL', nextURL, ...TWO_PAGES } });

const IMPOSTOR_PROXY = 'a proxy that impersonates the host, without certificate checks';
const PAGINATION_PROXY = 'a proxy set by pagination';
/** Leaks that one major version of n8n prevents itself. */
const PREVENTED_BY_N8N: Record<string, string> = {
	// n8n 1.x always checks the host's certificate when it uses a proxy, regardless of the setting in HTTP Request.
	[IMPOSTOR_PROXY]: '1.',
	// In n8n 2.x, pagination can only change body, headers, and query.
	[PAGINATION_PROXY]: '2.',
};

const LEAKS: Record<string, () => Leak> = {
	'a proxy': () => ({ parameters: { url: api(), options: { proxy: attacker.origin } }, error: /can’t be used with a proxy set in the node/ }),
	[IMPOSTOR_PROXY]: () => ({
		baseUrl: attacker.impostor,
		parameters: { url: attacker.impostor, options: { proxy: attacker.origin, allowUnauthorizedCerts: true } },
		error: /can’t be used with a proxy set in the node/,
	}),
	[PAGINATION_PROXY]: () => {
		const { hostname, port } = new URL(attacker.origin);
		const pagination = updateInEachRequest({ type: 'proxy', name: 'host', value: hostname }, { type: 'proxy', name: 'port', value: port });
		return { parameters: { url: api(), options: { pagination } }, error: /can’t be used with a proxy set in the node|Parameter type must be one of/ };
	},
	'an unchecked certificate': () => ({
		baseUrl: attacker.impostor,
		parameters: { url: attacker.impostor, options: { allowUnauthorizedCerts: true } },
		error: /can’t be used without certificate checks/,
	}),
	'a custom certificate authority': () => ({
		baseUrl: attacker.impostor,
		parameters: { url: attacker.impostor, provideSslCertificates: true },
		certificate: attacker.certificate,
		error: /can’t be used with certificates/,
	}),
	'a redirect': () => ({ parameters: { url: api() }, redirect: attacker.origin, error: /302/ }),
	'the URL of another host': () => ({ parameters: { url: attacker.origin }, error: /This credential is for .* only, not for / }),
	'a pagination URL of another host': () => ({
		parameters: { url: api(), options: { pagination: nextUrl(`={{ $pageCount === 0 ? '${api()}' : '${attacker.origin}' }}`) } },
		error: /This credential is for .* only, not for /,
	}),
};

/** Runs HTTP Request in a way that could leak the credential. */
async function tryLeak({ parameters, certificate, redirect }: Leak, credential: StoredCredential, authentication: IDataObject): Promise<Execution> {
	if (redirect) simulator.addFault({ kind: 'redirect', location: redirect });
	const certificates = certificate ? await rest.createCredential('httpSslAuth', { ca: certificate }) : undefined;
	return await httpRequest({ ...parameters, ...authentication }, credential, { certificates });
}

describe('the password', () => {
	it.each(Object.keys(LEAKS))('is not leaked by %s', async (name) => {
		const leak = LEAKS[name]!();
		const execution = await tryLeak(leak, await createCredential(leak.baseUrl), WITH_CREDENTIAL);
		expect({ requests: attacker.requests, captured: attacker.captured }).toEqual({ requests: [], captured: [] });
		expect(execution.status).toBe('error');
		expect(`${execution.error?.message} ${execution.error?.description}`).toMatch(leak.error);
		expect(secretsIn(await stored(execution))).toEqual([]);
	});

	const possible = Object.keys(LEAKS).filter((name) => !handle.installation.version.startsWith(PREVENTED_BY_N8N[name] ?? 'none'));

	it.each(possible)('would be leaked by %s with a credential that allows it', async (name) => {
		// n8n's Basic Auth credential allows it.
		const unprotected = await rest.createCredential('httpBasicAuth', { user: USERNAME, password: PASSWORD });
		await tryLeak(LEAKS[name]!(), unprotected, { authentication: 'genericCredentialType', genericAuthType: 'httpBasicAuth' });
		expect(attacker.captured).toContain(AUTHORIZATION);
	});
});
