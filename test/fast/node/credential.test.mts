import type { ICredentialDataDecryptedObject, IHttpRequestOptions, INodeCredentialTestResult } from 'n8n-workflow';
import { ModicaWhatsAppApi } from '../../../credentials/ModicaWhatsAppApi.credentials.ts';
import { testCredential } from '../../../nodes/ModicaWhatsApp/n8n/credentialTest';
import { setStage } from '../../harness/core/stage.mts';

const stage = setStage();

async function test(overrides: ICredentialDataDecryptedObject = {}): Promise<INodeCredentialTestResult> {
	const { CredentialTestContext } = await import('n8n-core');
	const { username, password, baseUrl } = stage.simulator;
	return await testCredential.call(new CredentialTestContext({} as never), {
		id: '1',
		name: 'Modica',
		type: 'modicaWhatsAppApi',
		data: { username, password, baseUrl, ...overrides },
	});
}

describe('the credential test', () => {
	it('succeeds with the correct password', async () => {
		expect(await test()).toEqual({ status: 'OK', message: 'Connected: Modica accepts the username and password' });
	});

	it('succeeds with a base URL that ends in a slash', async () => {
		expect(await test({ baseUrl: `${stage.simulator.baseUrl}/` })).toMatchObject({ status: 'OK' });
	});

	it('succeeds with a password of any characters', async () => {
		stage.simulator.configure({ password: 'pä:ss wörd✓' });
		expect(await test({ password: 'pä:ss wörd✓' })).toMatchObject({ status: 'OK' });
	});

	it('reports a wrong password', async () => {
		expect(await test({ password: 'wrong' })).toEqual({
			status: 'Error',
			message: expect.stringMatching(/^Modica returned 401 \(wrong username or password\).*IP allowlist/s),
		});
	});

	it('reports a refused connection', async () => {
		expect(await test({ baseUrl: 'http://127.0.0.1:9/rest/wab/v1' })).toEqual({
			status: 'Error',
			message:
				"Could not connect to 127.0.0.1:9: connection refused. Check 'Base URL' in the credential, and whether n8n can reach it.",
		});
	});

	it('reports an unknown host', async () => {
		const { status, message } = await test({ baseUrl: 'https://no-such-host.invalid/rest/wab/v1' });
		expect(status).toBe('Error');
		expect(message).toMatch(/^Could not connect to no-such-host\.invalid: (the host does not exist|the DNS lookup failed)/);
	});

	it('fails if the API returns an error', async () => {
		stage.simulator.addFault({ kind: 'status', status: 503 });
		expect(await test()).toMatchObject({ status: 'Error', message: expect.stringMatching(/^Modica returned 503/) });
	});

	it('does not follow a redirect with the password', async () => {
		stage.simulator.addFault({ kind: 'redirect', location: `${stage.simulator.baseUrl}/healthz` });
		expect(await test()).toMatchObject({ status: 'Error', message: expect.stringMatching(/^Unexpected response .* returned 302 with a redirect/) });
		expect(stage.simulator.requests).toHaveLength(1);
	});

	it.each([
		['http://api.modicagroup.com/rest/wab/v1', 'would send the password unencrypted. Use https. Plain http is only for this machine (localhost).'],
		['http://localhost.example.com/', 'would send the password unencrypted. Use https. Plain http is only for this machine (localhost).'],
		['http://10.0.0.1/rest', 'would send the password unencrypted. Use https. Plain http is only for this machine (localhost).'],
		['ftp://127.0.0.1/', 'would send the password unencrypted. Use https. Plain http is only for this machine (localhost).'],
		['api.modicagroup.com', 'is not a valid URL. Use the address from Modica, such as https://api.modicagroup.com/rest/wab/v1.'],
		['https://api.modicagroup.com/rest?x=1', 'contains more than an address. Use the address from Modica, such as https://api.modicagroup.com/rest/wab/v1.'],
	])('rejects %s', async (baseUrl, problem) => {
		expect(await test({ baseUrl })).toEqual({ status: 'Error', message: `Base URL '${baseUrl}' ${problem}` });
		expect(stage.simulator.requests).toEqual([]);
	});

	it('rejects a password in the base URL without repeating it', async () => {
		expect(await test({ baseUrl: 'https://user:hush@api.modicagroup.com/' })).toEqual({
			status: 'Error',
			message: "Base URL 'api.modicagroup.com' contains a username or password. Use the fields 'Username' and 'Password'.",
		});
	});
});

describe('the authentication', () => {
	const credential = { username: 'wab', password: 'pä:ss', baseUrl: 'https://api.modicagroup.com/rest/wab/v1' };
	const { authenticate } = new ModicaWhatsAppApi();
	const authorization = `Basic ${Buffer.from('wab:pä:ss').toString('base64')}`;
	const ADDRESS = `${credential.baseUrl}/healthz`;
	/** Includes the option names of n8n's older helper, which HTTP Request uses. */
	const authenticated = async (request: object) => await authenticate(credential, request as IHttpRequestOptions);

	it('adds Basic auth to a request to the API, keeps its headers, and follows no redirects', async () => {
		expect(await authenticated({ url: '/messages', baseURL: credential.baseUrl, headers: { a: 'b' } })).toEqual({
			url: '/messages',
			baseURL: credential.baseUrl,
			headers: { a: 'b', Authorization: authorization },
			disableFollowRedirect: true,
			followRedirect: false,
			followAllRedirects: false,
			maxRedirects: 0,
		});
	});

	it("supports requests of n8n's older helper", async () => {
		expect(await authenticated({ uri: ADDRESS, rejectUnauthorized: true })).toMatchObject({ uri: ADDRESS, headers: { Authorization: authorization } });
	});

	it('turns off redirects that a request enables', async () => {
		const asked = { disableFollowRedirect: false, followRedirect: true, followAllRedirects: true, maxRedirects: 21, sendCredentialsOnCrossOriginRedirect: true };
		expect(await authenticated({ uri: ADDRESS, ...asked })).toMatchObject({
			disableFollowRedirect: true,
			followRedirect: false,
			followAllRedirects: false,
			maxRedirects: 0,
		});
	});

	it('does not add the password to the original request, because n8n exposes that to expressions', async () => {
		const request = { url: ADDRESS, headers: { a: 'b' } };
		await authenticated(request);
		expect(request).toEqual({ url: ADDRESS, headers: { a: 'b' } });
	});

	it.each(['https://evil.example/', 'http://api.modicagroup.com/', 'https://api.modicagroup.com.evil.example/', '//evil.example/', '\\\\evil.example/'])(
		'never sends the password to another host: %s',
		async (address) => {
			const foreign = [
				{ url: address },
				{ uri: address },
				{ url: ADDRESS, uri: address },
				{ url: address, uri: ADDRESS },
				{ url: address, baseURL: credential.baseUrl },
				{ url: '/healthz', baseURL: address },
				{ url: ADDRESS, baseURL: address },
				{ baseURL: address },
			];
			const told = /^This credential is for https:\/\/api\.modicagroup\.com only, not for /;
			for (const request of foreign) {
				// An address on another machine, for which a base URL is required.
				const baseURL = address.startsWith('http') || 'baseURL' in request ? {} : { baseURL: credential.baseUrl };
				await expect(authenticated({ ...baseURL, ...request })).rejects.toThrow(told);
			}
		},
	);

	it('rejects an address that is not text, because its value could change between reads', async () => {
		let reads = 0;
		const changing = { toString: () => (reads++ === 0 ? ADDRESS : 'https://evil.example/') };
		for (const request of [{ url: changing }, { uri: changing }, { url: '/healthz', baseURL: changing }]) {
			await expect(authenticated(request)).rejects.toThrow('This credential is for https://api.modicagroup.com only, not for an address that is not text');
		}
	});

	it('rejects a request without an address', async () => {
		for (const request of [{}, { url: '' }, { url: 'healthz' }]) {
			await expect(authenticated(request)).rejects.toThrow(/^This credential is for https:\/\/api\.modicagroup\.com only, not for "/);
		}
	});

	it('sends the address that it checked', async () => {
		let reads = 0;
		const request = {
			get url() {
				return reads++ === 0 ? ADDRESS : 'https://evil.example/';
			},
		};
		expect(await authenticated(request)).toMatchObject({ url: ADDRESS });
	});

	it.each<[string, object, string]>([
		[
			'a proxy',
			{ proxy: 'http://evil.example:3128' },
			"This credential can’t be used with a proxy set in the node. Remove 'Proxy' from the node’s options. Set a proxy for all of n8n in its environment.",
		],
		["a proxy in the format of n8n's newer helper", { proxy: { host: 'evil.example', port: 3128 } }, 'can’t be used with a proxy set in the node'],
		[
			'disabled certificate checks',
			{ rejectUnauthorized: false },
			"This credential can’t be used without certificate checks. Turn off 'Ignore SSL Issues' in the node’s options.",
		],
		['disabled certificate checks in the newer helper', { skipSslCertificateValidation: true }, 'can’t be used without certificate checks'],
		[
			'a custom certificate',
			{ agentOptions: { ca: 'PEM' } },
			"This credential can’t be used with certificates or connection options set in the node. Turn off 'SSL Certificates' in the node’s settings.",
		],
		...['cert', 'key', 'pfx', 'rejectUnauthorized', 'checkServerIdentity', 'servername', 'host', 'port', 'socketPath', 'lookup'].map(
			(name): [string, object, string] => [`the agent’s ${name}`, { agentOptions: { [name]: 'x' } }, 'certificates or connection options'],
		),
		...['agent', 'httpAgent', 'httpsAgent', 'lookup', 'socketPath', 'ca', 'cert', 'key', 'pfx'].map(
			(name): [string, object, string] => [`its own ${name}`, { [name]: 'x' }, 'certificates or connection options'],
		),
		[
			'a Host header, which selects a host on a shared server',
			{ headers: { HOST: 'evil.example' } },
			"This credential can’t be used with a Host header set in the node. Remove 'Host' from the node’s headers.",
		],
		...['Host ', ' host', 'Host\t'].map((name): [string, object, string] => [`a header that axios takes for Host: "${name}"`, { headers: { [name]: 'evil.example' } }, 'Host header']),
		['TRACE, whose response repeats the request', { method: 'trace' }, 'This credential can’t be used with the method TRACE. Choose another method in the node.'],
	])('does not send the password with %s', async (_, options, message) => {
		for (const address of [{ url: ADDRESS }, { uri: ADDRESS }]) {
			await expect(authenticated({ ...address, ...options })).rejects.toThrow(message);
		}
	});

	it('accepts options without an effect', async () => {
		const options = { proxy: undefined, rejectUnauthorized: true, skipSslCertificateValidation: false, agentOptions: undefined };
		expect(await authenticated({ url: ADDRESS, ...options })).toMatchObject({ headers: { Authorization: authorization } });
	});
});
