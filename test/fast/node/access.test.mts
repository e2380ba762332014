/** Whether Modica's API accepts a credential. The credential test and *Check Health* must report the same. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ICredentialDataDecryptedObject, ICredentialTestFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { testCredential } from '../../../nodes/ModicaWhatsApp/n8n/credentialTest';
import { clientOf } from '../../harness/client.mts';
import { setStage } from '../../harness/core/stage.mts';

const stage = setStage();

const CHECK_HEALTH = { resource: 'service', operation: 'checkHealth' };
const SUCCESS = 'success';
const HEALTH = 'GET /healthz';
const MESSAGES = 'GET /messages';
const MODICA_ERROR = { message: 'Whatsapp Cloud API error', statusCode: 404, error: 'not found error message' };
const WRONG_BASE_URL =
	"Check 'Base URL' in the credential. It is the full address from Modica, such as https://api.modicagroup.com/rest/wab/v1.";

/** A response from a server other than Modica. */
interface Answer {
	status: number;
	headers?: OutgoingHttpHeaders;
	body?: unknown;
}

const html = (status: number, words = 'Not Found'): Answer => ({
	status,
	headers: { 'content-type': 'text/html; charset=utf-8' },
	body: `<!DOCTYPE html>\n<html><head><title>${words}</title></head><body>${words}</body></html>`,
});
const json = (status: number, body: unknown): Answer => ({ status, headers: { 'content-type': 'application/json' }, body });
const text = (status: number, body: string): Answer => ({ status, headers: { 'content-type': 'text/plain' }, body });
const UP = json(200, { status: 'UP' });

let server: Server;
let answer: (request: IncomingMessage) => Answer;
let asked: string[];

beforeAll(async () => {
	server = createServer((request, response) => {
		asked.push(`${request.method} ${request.url?.split('?')[0]}`);
		const { status, headers, body = '' } = answer(request);
		response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
});
beforeEach(() => {
	asked = [];
});
afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
});

const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const right = () => ({ username: stage.simulator.username, password: stage.simulator.password, baseUrl: stage.simulator.baseUrl });

/** The message of the credential test. */
async function saveCredential(differences: ICredentialDataDecryptedObject = {}, timeoutMs?: number): Promise<string> {
	const { CredentialTestContext } = await import('n8n-core');
	const context: ICredentialTestFunctions = new CredentialTestContext({} as never);
	// n8n's own helper. The tests only shorten its timeout.
	const request = async (options: object): Promise<unknown> => await context.helpers.request({ ...options, timeout: timeoutMs });
	const { status, message } = await testCredential.call(timeoutMs === undefined ? context : ({ helpers: { request } } as never), {
		id: '1',
		name: 'Modica',
		type: 'modicaWhatsAppApi',
		data: { ...right(), ...differences },
	});
	return status === 'OK' ? SUCCESS : message;
}

/** The message and the description of the error of *Check Health*. */
async function checkHealth(differences: ICredentialDataDecryptedObject = {}): Promise<string> {
	const output = await stage.run(CHECK_HEALTH, { credential: { ...right(), ...differences }, continueOnFail: true });
	const { error, description } = output[0]?.json ?? {};
	if (error !== undefined) return [error, description].filter(Boolean).join('. ');
	expect(output).toEqual([{ json: { healthy: true }, pairedItem: { item: 0 } }]);
	return SUCCESS;
}

const ASKERS: Array<[string, (differences?: ICredentialDataDecryptedObject) => Promise<string>]> = [
	['the credential test', saveCredential],
	['Check Health', checkHealth],
];

describe.each(ASKERS)('%s', (_, ask) => {
	it('requests the health endpoint, and a message that cannot exist', async () => {
		expect(await ask()).toBe(SUCCESS);
		expect(stage.simulator.requests).toMatchObject([
			{ method: 'GET', path: '/healthz', status: 200, violations: [] },
			{ method: 'GET', path: '/messages', query: { id: '00000000-0000-0000-0000-000000000000' }, authorized: true, status: 404, violations: [{ code: 'not_found' }] },
		]);
	});

	it.each(['message', 'errors'] as const)('succeeds for every way in which the API reports an unknown message: %s', async (errorShape) => {
		stage.simulator.configure({ errorShape });
		for (const status of [400, 404, 422]) {
			stage.simulator.addFault({ kind: 'status', status, match: { path: '/messages' } });
			expect([status, await ask()]).toEqual([status, SUCCESS]);
		}
	});

	it.each([
		['and /healthz requires one', true, ['/healthz']],
		['and /healthz is public', false, ['/healthz', '/messages']],
	])('reports the login if the password is wrong %s', async (_when, healthNeedsAuth, paths) => {
		stage.simulator.configure({ healthNeedsAuth });
		expect(await ask({ password: 'wrong' })).toMatch(/^Modica returned 401 \(wrong username or password\): .*\. Check the username .* IP allowlist/);
		expect(stage.simulator.requests.map(({ path }) => path)).toEqual(paths);
	});

	it.each(['/healthz', '/messages'])('reports the login for a 401 without details, at %s', async (path) => {
		answer = ({ url }) => (url?.startsWith(path) ? { status: 401 } : UP);
		expect(await ask({ baseUrl: origin() })).toMatch(/^Modica returned 401 \(wrong username or password\)\. Check the username /);
	});

	it('reports missing permissions of the application', async () => {
		stage.simulator.addFault({ kind: 'status', status: 403, match: { path: '/messages' } });
		expect(await ask()).toMatch(/^Modica returned 403 \(not allowed\): Whatsapp Cloud API error: forbidden error message\. Ask Modica which features/);
	});

	it.each<[string, Answer, Answer, string]>([
		['a web server without this page', html(404), html(404), `${HEALTH} returned 404 with an HTML page`],
		['an HTML page declared as text', { ...html(404), headers: { 'content-type': 'text/plain' } }, html(404), `${HEALTH} returned 404 with an HTML page`],
		['a page without details', text(404, '404 page not found'), UP, `${HEALTH} returned 404 with text instead of JSON`],
		['an empty body', { status: 404 }, { status: 404 }, `${HEALTH} returned 404 with an empty body`],
		['an empty body instead of the message', UP, { status: 404 }, `${MESSAGES} returned 404 with an empty body`],
		['a page instead of the message', UP, html(400), `${MESSAGES} returned 400 with an HTML page`],
		['a single-page application', html(200, 'My App'), html(200, 'My App'), `${MESSAGES} returned 200 with an HTML page for a message that does not exist`],
		['an API that returns every message', UP, json(200, { id: '00000000-0000-0000-0000-000000000000' }), `${MESSAGES} returned 200 with JSON for a message that does not exist`],
		['an API that returns a list of messages', UP, json(200, []), `${MESSAGES} returned 200 with JSON for a message that does not exist`],
		['a server that accepts every request', { status: 204 }, { status: 204 }, `${MESSAGES} returned 204 with an empty body for a message that does not exist`],
		['an API without /healthz', json(404, { detail: 'Not Found' }), json(404, MODICA_ERROR), `${HEALTH} returned 404 with JSON`],
		['a Spring API', UP, json(404, { timestamp: 1, status: 404, error: 'Not Found', path: '/messages' }), `${MESSAGES} returned 404 with JSON: Not Found`],
		['a Nest API', UP, json(404, { message: 'Cannot GET /messages', error: 'Not Found', statusCode: 404 }), `${MESSAGES} returned 404 with JSON: Cannot GET /messages: Not Found`],
		['a Fastify API', UP, json(404, { message: 'Route GET:/messages not found', error: 'Not Found', statusCode: 404 }), `${MESSAGES} returned 404 with JSON: Route GET:/messages not found: Not Found`],
		['a GraphQL API', UP, json(400, { errors: [{ message: 'Must provide query string.' }] }), `${MESSAGES} returned 400 with JSON`],
		['a JSON:API server', UP, json(404, { errors: [{ status: '404', title: 'Not Found', code: 'x' }] }), `${MESSAGES} returned 404 with JSON: (x)`],
		['a Laravel API', UP, json(422, { message: 'Invalid', errors: { id: ['required'] } }), `${MESSAGES} returned 422 with JSON: Invalid`],
		['an empty list of errors', UP, json(404, { errors: [] }), `${MESSAGES} returned 404 with JSON`],
		['another status for an unknown message', UP, json(410, MODICA_ERROR), `${MESSAGES} returned 410 with JSON: Whatsapp Cloud API error: not found error message`],
		['a proxy that blocks everything', html(403, 'Blocked'), html(403, 'Blocked'), `${HEALTH} returned 403 with an HTML page`],
		['a proxy that requires authentication', html(407, 'Proxy'), html(407, 'Proxy'), `${HEALTH} returned 407 with an HTML page`],
	])('does not accept another server as Modica: %s', async (_who, health, messages, what) => {
		answer = ({ url }) => (url?.startsWith('/healthz') ? health : messages);
		expect(await ask({ baseUrl: origin() })).toBe(`Unexpected response from Base URL '${origin()}': ${what}. ${WRONG_BASE_URL}`);
		expect(asked).toEqual(what.startsWith(HEALTH) ? [HEALTH] : [HEALTH, MESSAGES]);
	});

	it.each([
		['an absolute URL', 'https://login.example.com/sso?next=%2Fmessages', 'https://login.example.com'],
		['a path', '/login', undefined],
	])('does not follow a redirect to a login page: %s', async (_how, location, shown) => {
		answer = () => ({ status: 302, headers: { location } });
		expect(await ask({ baseUrl: origin() })).toBe(
			`Unexpected response from Base URL '${origin()}': ${HEALTH} returned 302 with a redirect to ${shown ?? origin()}. ${WRONG_BASE_URL} To protect the password, redirects are not followed.`,
		);
		expect(asked).toEqual([HEALTH]);
	});

	it.each([
		['without its path', () => stage.simulator.origin],
		['with a truncated path', () => stage.simulator.baseUrl.replace(/\/v1$/, '')],
		['with an extra path segment', () => `${stage.simulator.baseUrl}/messages`],
	])('reports a Base URL %s', async (_how, baseUrl) => {
		expect(await ask({ baseUrl: baseUrl() })).toBe(
			`Unexpected response from Base URL '${baseUrl()}': ${HEALTH} returned 404 with JSON: Whatsapp Cloud API error: request no such endpoint. ${WRONG_BASE_URL}`,
		);
	});

	it('never repeats secrets quoted in a response', async () => {
		const password = 'hush "hush" <hush>&hush';
		const pair = Buffer.from(`${right().username}:${password}`).toString('base64');
		const quote = ({ headers: { authorization = '' } }: IncomingMessage) =>
			`${authorization} ${Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()}`;
		const answers: Array<(request: IncomingMessage) => Answer> = [
			(request) => html(404, quote(request)),
			(request) => text(404, quote(request)),
			(request) => json(404, { message: quote(request), detail: quote(request) }),
			(request) => json(401, { message: quote(request), statusCode: 401, error: quote(request) }),
			(request) => json(404, { [quote(request)]: quote(request) }),
			(request) => ({ status: 302, headers: { location: `https://${encodeURIComponent(quote(request))}@login.example.com/${encodeURIComponent(quote(request))}` } }),
		];
		const told: string[] = [];
		for (const given of answers) {
			answer = given;
			told.push(await ask({ baseUrl: origin(), password }));
		}
		expect(told).toHaveLength(answers.length);
		expect(told.every((words) => /Base URL|401/.test(words))).toBe(true);
		expect(told.join('\n')).not.toMatch(/hush|hush%20/);
		expect(told.join('\n')).not.toContain(pair.replace(/=+$/, ''));
	});
});

describe('the credential test makes a single attempt, because a user is waiting:', () => {
	it.each(['/healthz', '/messages'])('a 429 at %s', async (path) => {
		stage.simulator.addFault({ kind: 'status', status: 429, match: { path } });
		expect(await saveCredential()).toMatch(/^Modica returned 429 \(too many requests\)/);
		expect(stage.simulator.requests.filter((request) => request.path === path)).toHaveLength(1);
	});

	it.each(['/healthz', '/messages'])('a server error at %s', async (path) => {
		stage.simulator.addFault({ kind: 'status', status: 500, match: { path } });
		expect(await saveCredential()).toBe(
			'Modica returned 500: Whatsapp Cloud API error: internal server error message. The cause is on Modica’s side. Try again later, and contact Modica’s support if this persists.',
		);
		expect(stage.simulator.requests.filter((request) => request.path === path)).toHaveLength(1);
	});

	it('a gateway page, which may or may not be from Modica', async () => {
		answer = () => html(502, 'Bad Gateway');
		expect(await saveCredential({ baseUrl: origin() })).toBe(
			`Unexpected response from Base URL '${origin()}': ${HEALTH} returned 502 with an HTML page. ${WRONG_BASE_URL} If it is correct, try again later.`,
		);
		expect(asked).toEqual([HEALTH]);
	});

	it.each([
		['at once', '/healthz'],
		['after the first response', '/messages'],
	])('a connection that breaks %s', async (_when, path) => {
		stage.simulator.addFault({ kind: 'drop', when: 'before', match: { path } });
		expect(await saveCredential()).toMatch(/^No response from 127\.0\.0\.1:\d+: the connection was lost/);
		expect(stage.simulator.requests.filter((request) => request.path === path)).toHaveLength(1);
	});

	it('a refused connection', async () => {
		expect(await saveCredential({ baseUrl: 'http://127.0.0.1:9/rest/wab/v1' })).toBe(
			"Could not connect to 127.0.0.1:9: connection refused. Check 'Base URL' in the credential, and whether n8n can reach it.",
		);
	});

	it.each(['/healthz', '/messages'])('a timeout at %s', async (path) => {
		stage.simulator.addFault({ kind: 'stall', match: { path } });
		expect(await saveCredential({}, 300)).toMatch(/^No response from 127\.0\.0\.1:\d+: the request timed out\. Try again later/);
		expect(stage.simulator.requests.filter((request) => request.path === path)).toHaveLength(1);
	});
});

describe('Check Health retries:', () => {
	it.each(['/healthz', '/messages'])('it waits after a 429 at %s', async (path) => {
		stage.simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '0' }, match: { path } });
		expect(await checkHealth()).toBe(SUCCESS);
		expect(stage.simulator.requests.filter((request) => request.path === path)).toHaveLength(2);
	});

	it.each([
		['a server error', '/healthz', { kind: 'status', status: 500 }],
		['a server error', '/messages', { kind: 'status', status: 500 }],
		['a gateway page', '/messages', { kind: 'garbageBody', status: 502 }],
		['a broken connection', '/messages', { kind: 'drop', when: 'before' }],
	] as const)('it retries after %s at %s', async (_what, path, fault) => {
		stage.simulator.addFault({ ...fault, match: { path } });
		expect(await checkHealth()).toBe(SUCCESS);
		expect(stage.simulator.requests.filter((request) => request.path === path)).toHaveLength(2);
	});

	it('it gives up after four gateway pages', async () => {
		answer = ({ url }) => (url?.startsWith('/healthz') ? UP : html(502, 'Bad Gateway'));
		expect(await checkHealth({ baseUrl: origin() })).toBe(
			`Unexpected response from Base URL '${origin()}': ${MESSAGES} returned 502 with an HTML page. ${WRONG_BASE_URL} If it is correct, try again later.`,
		);
		expect(asked).toEqual([HEALTH, ...Array.from({ length: 4 }, () => MESSAGES)]);
	}, 15_000);

	it('its error contains the status', async () => {
		answer = () => html(404);
		const credential = { ...right(), baseUrl: origin() };
		const error = `Unexpected response from Base URL '${origin()}': ${HEALTH} returned 404 with an HTML page`;
		expect(await stage.run(CHECK_HEALTH, { credential, continueOnFail: true })).toMatchObject([
			{ json: { error, description: WRONG_BASE_URL, statusCode: 404, mayHaveBeenSent: false } },
		]);
		expect(await stage.fail(CHECK_HEALTH, { credential })).toMatchObject({ name: 'NodeApiError', message: error, httpCode: '404' });
	});

	it('it retries after a timeout', async () => {
		stage.simulator.addFault({ kind: 'stall', match: { path: '/messages' } });
		const { baseUrl, ...login } = right();
		const client = clientOf(stage.n8n.http({ ...login, baseUrl }), { baseUrl, ...login, timeoutMs: 300 });
		await client.checkAccess();
		expect(stage.simulator.requests.map(({ path, status }) => [path, status])).toEqual([
			['/healthz', 200],
			['/messages', null],
			['/messages', 404],
		]);
	});
});

describe('the response', () => {
	it('is described in a short message, regardless of its length', async () => {
		const far = 'x'.repeat(5_000);
		const given = [json(404, { message: far }), { status: 301, headers: { location: `https://${far}/` } }, json(401, { message: far, statusCode: 401, error: far })];
		for (const one of given) {
			answer = () => one;
			expect((await saveCredential({ baseUrl: `${origin()}/${far}` })).length).toBeLessThan(1_000);
		}
	});

	it('is requested only from the address in the credential', async () => {
		const seen: IHttpRequestOptions[] = [];
		const http = stage.n8n.http(right());
		const spy = { ...http, request: async (options: IHttpRequestOptions) => (seen.push(options), await http.request(options)) };
		await clientOf(spy, right()).checkAccess();
		expect(seen.map(({ baseURL, url, disableFollowRedirect }) => [baseURL, url, disableFollowRedirect])).toEqual([
			[right().baseUrl, '/healthz', true],
			[right().baseUrl, '/messages', true],
		]);
	});
});
