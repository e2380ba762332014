/** Whoever may use the credential in n8n's HTTP Request node reaches the API with it, and never learns its password. */
import type { IDataObject, OnError } from 'n8n-workflow';
import { basicAuth } from '../../harness/n8n/callbacks.mts';
import type { Execution, StoredCredential } from '../../harness/n8n/rest.mts';
import { startThief, type Thief } from '../../harness/n8n/thief.mts';
import { CREDENTIAL, n8nUnderTest, workflowWith } from '../../harness/n8n/underTest.mts';
import { freePort } from '../../harness/ports.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const USERNAME = 'wab_http_request';
const PASSWORD = 'Ap1-geheim-genug';
const AUTHORIZATION = basicAuth(USERNAME, PASSWORD);
/** The log-in in any form in which it may be read. */
const secretsIn = (text: string) => [PASSWORD, AUTHORIZATION.slice('Basic '.length)].filter((secret) => text.includes(secret));

const { rest, handle } = n8nUnderTest();
let simulator: Simulator;
let thief: Thief;

beforeAll(async () => {
	simulator = await startSimulator({ username: USERNAME, password: PASSWORD, statusSteps: [] });
	thief = await startThief();
});

afterAll(async () => {
	await simulator?.stop();
	await thief?.stop();
});

beforeEach(async () => {
	await simulator.reset();
	thief.requests.length = 0;
	thief.stolen.length = 0;
});

const TWO_PAGES = { paginationCompleteWhen: 'other', completeExpression: '={{ $pageCount > 1 }}' };

const updateInEachRequest = (...parameters: Array<{ type: string; name: string; value: string }>) => ({
	pagination: { paginationMode: 'updateAParameterInEachRequest', parameters: { parameters }, ...TWO_PAGES },
});

const ours = async (baseUrl = simulator.baseUrl) => await rest.createCredential(CREDENTIAL, { username: USERNAME, password: PASSWORD, baseUrl });

const asOurs: IDataObject = { authentication: 'predefinedCredentialType', nodeCredentialType: CREDENTIAL };

/** Runs HTTP Request once, with the certificates given if it is to have some of its own. */
async function httpRequest(parameters: IDataObject, credential: StoredCredential, { certificates, onError }: { certificates?: StoredCredential; onError?: OnError } = {}): Promise<Execution> {
	const credentials = Object.fromEntries([credential, certificates].flatMap((each) => (each ? [[each.type, { id: each.id, name: each.name }]] : [])));
	const settings = { type: 'n8n-nodes-base.httpRequest', typeVersion: 4.2, credentials, ...(onError && { onError }) };
	return await rest.runWorkflow(await rest.importWorkflow(workflowWith({ parameters, credential, settings })));
}

/** All that n8n keeps of an execution. */
const stored = async ({ id }: Execution) => JSON.stringify(await rest.rest('get', `/executions/${id}`));

describe('HTTP Request with the credential', () => {
	it('reads from the API, and gives out the whole answer and no log-in', async () => {
		const execution = await httpRequest({ url: `${simulator.baseUrl}/healthz`, ...asOurs, options: { response: { response: { fullResponse: true } } } }, await ours());
		expect(execution).toMatchObject({ status: 'success', outputs: { WhatsApp: [[{ json: { statusCode: 200, headers: expect.any(Object) } }]] } });
		expect(simulator.requests).toMatchObject([{ path: '/healthz', authorized: true }]);
		expect(secretsIn(await stored(execution))).toEqual([]);
	});

	it('sends a message', async () => {
		const body = { to: '+64211234567', type: 'text', text: { body: 'Kia ora' } };
		const parameters = { method: 'POST', url: `${simulator.baseUrl}/messages`, ...asOurs, sendBody: true, specifyBody: 'json', jsonBody: JSON.stringify(body) };
		expect(await httpRequest(parameters, await ours())).toMatchObject({ status: 'success' });
		expect(simulator.messages.map(({ payload }) => payload)).toEqual([body]);
	});

	it.each(['stopWorkflow', 'continueRegularOutput'] as const)('keeps the log-in out of what fails, with onError: %s', async (onError) => {
		const nobody = `http://127.0.0.1:${await freePort()}`;
		simulator.addFault({ kind: 'status', status: 500 });
		for (const baseUrl of [simulator.baseUrl, nobody]) {
			const execution = await httpRequest({ url: `${baseUrl}/healthz`, ...asOurs }, await ours(baseUrl), { onError });
			expect(execution.status).toBe(onError === 'stopWorkflow' ? 'error' : 'success');
			expect(secretsIn(await stored(execution))).toEqual([]);
		}
	});

	it('keeps the log-in out of what its expressions can read', async () => {
		const parameter = { type: 'headers', name: 'x-read', value: '={{ JSON.stringify($request) }}' };
		const options = { pagination: updateInEachRequest(parameter) };
		const execution = await httpRequest({ url: `${simulator.baseUrl}/healthz`, ...asOurs, options }, await ours());
		expect(execution.status).toBe('success');
		const read = simulator.requests.map(({ headers }) => String(headers['x-read']));
		expect(read).toEqual([expect.stringContaining('/healthz'), expect.stringContaining('/healthz')]);
		expect(read.flatMap(secretsIn)).toEqual([]);
	});
});

interface Door {
	parameters: IDataObject;
	/** Where the API is said to be, if not at the simulator. */
	baseUrl?: string;
	/** The certificates of HTTP Request. */
	certificate?: string;
	redirect?: string;
	/** What the user is told. */
	told: RegExp;
}

const api = () => `${simulator.baseUrl}/healthz`;
const nextUrl = (nextURL: string) => ({ pagination: { paginationMode: 'responseContainsNextURL', nextURL, ...TWO_PAGES } });

const STANDING_IN = 'a proxy that stands in for the host, its certificate unchecked';
const SLIPPED_IN = 'a proxy that pagination slips in';
/** Doors that one line of n8n's versions keeps shut itself. */
const SHUT_BY_N8N: Record<string, string> = {
	// Checks the host's certificate through a proxy whatever HTTP Request says.
	[STANDING_IN]: '1.',
	// Lets pagination change nothing but body, headers and query.
	[SLIPPED_IN]: '2.',
};

const DOORS: Record<string, () => Door> = {
	'a proxy': () => ({ parameters: { url: api(), options: { proxy: thief.origin } }, told: /can’t be used with a proxy set in the node/ }),
	[STANDING_IN]: () => ({
		baseUrl: thief.impostor,
		parameters: { url: thief.impostor, options: { proxy: thief.origin, allowUnauthorizedCerts: true } },
		told: /can’t be used with a proxy set in the node/,
	}),
	[SLIPPED_IN]: () => {
		const { hostname, port } = new URL(thief.origin);
		const pagination = updateInEachRequest({ type: 'proxy', name: 'host', value: hostname }, { type: 'proxy', name: 'port', value: port });
		return { parameters: { url: api(), options: { pagination } }, told: /can’t be used with a proxy set in the node|Parameter type must be one of/ };
	},
	'an unchecked certificate': () => ({
		baseUrl: thief.impostor,
		parameters: { url: thief.impostor, options: { allowUnauthorizedCerts: true } },
		told: /can’t be used without certificate checks/,
	}),
	'a certificate authority of one’s own': () => ({
		baseUrl: thief.impostor,
		parameters: { url: thief.impostor, provideSslCertificates: true },
		certificate: thief.certificate,
		told: /can’t be used with certificates/,
	}),
	'a redirect': () => ({ parameters: { url: api() }, redirect: thief.origin, told: /302/ }),
	'the URL of another host': () => ({ parameters: { url: thief.origin }, told: /This credential is for .* only, not for / }),
	'a page of another host': () => ({
		parameters: { url: api(), options: { pagination: nextUrl(`={{ $pageCount === 0 ? '${api()}' : '${thief.origin}' }}`) } },
		told: /This credential is for .* only, not for /,
	}),
};

/** Goes to a door with a credential. */
async function tryDoor({ parameters, certificate, redirect }: Door, credential: StoredCredential, authentication: IDataObject): Promise<Execution> {
	if (redirect) simulator.addFault({ kind: 'redirect', location: redirect });
	const certificates = certificate ? await rest.createCredential('httpSslAuth', { ca: certificate }) : undefined;
	return await httpRequest({ ...parameters, ...authentication }, credential, { certificates });
}

describe('the password', () => {
	it.each(Object.keys(DOORS))('does not leave by %s', async (name) => {
		const door = DOORS[name]!();
		const execution = await tryDoor(door, await ours(door.baseUrl), asOurs);
		expect({ requests: thief.requests, stolen: thief.stolen }).toEqual({ requests: [], stolen: [] });
		expect(execution.status).toBe('error');
		expect(`${execution.error?.message} ${execution.error?.description}`).toMatch(door.told);
		expect(secretsIn(await stored(execution))).toEqual([]);
	});

	const open = Object.keys(DOORS).filter((name) => !handle.installation.version.startsWith(SHUT_BY_N8N[name] ?? 'none'));

	it.each(open)('would leave by %s if the credential let it', async (name) => {
		// n8n's own, which lets it.
		const careless = await rest.createCredential('httpBasicAuth', { user: USERNAME, password: PASSWORD });
		await tryDoor(DOORS[name]!(), careless, { authentication: 'genericCredentialType', genericAuthType: 'httpBasicAuth' });
		expect(thief.stolen).toContain(AUTHORIZATION);
	});
});
