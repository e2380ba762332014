import type { ICredentialDataDecryptedObject, INodeCredentialTestResult } from 'n8n-workflow';
import { ModicaWhatsAppApi } from '../../credentials/ModicaWhatsAppApi.credentials';
import { testCredential } from '../../nodes/ModicaWhatsApp/api/credentialTest';
import { setStage } from './stage.mts';

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

describe('the test of the credential', () => {
	it('passes with the right password', async () => {
		expect(await test()).toEqual({ status: 'OK', message: 'Connected: Modica accepts the username and password' });
	});

	it('passes with a base URL that ends in a slash', async () => {
		expect(await test({ baseUrl: `${stage.simulator.baseUrl}/` })).toMatchObject({ status: 'OK' });
	});

	it('passes with a password of any characters', async () => {
		stage.simulator.configure({ password: 'pä:ss wörd✓' });
		expect(await test({ password: 'pä:ss wörd✓' })).toMatchObject({ status: 'OK' });
	});

	it('fails with a wrong password and says that', async () => {
		expect(await test({ password: 'wrong' })).toEqual({
			status: 'Error',
			message: expect.stringMatching(/^Modica answered 401 \(wrong username or password\).*IP allow-list/s),
		});
	});

	it('fails when nothing answers and says that', async () => {
		expect(await test({ baseUrl: 'http://127.0.0.1:9/rest/wab/v1' })).toEqual({
			status: 'Error',
			message:
				'Could not connect to 127.0.0.1:9: nothing answers there (connection refused). Check the base URL in the credential, and that n8n’s machine can reach it.',
		});
	});

	it('fails when there is no such host and says that', async () => {
		const { status, message } = await test({ baseUrl: 'https://no-such-host.invalid/rest/wab/v1' });
		expect(status).toBe('Error');
		expect(message).toMatch(/^Could not connect to no-such-host\.invalid: (there is no such host|the name could not be looked up)/);
	});

	it('fails when the API is out of order', async () => {
		stage.simulator.addFault({ kind: 'status', status: 503 });
		expect(await test()).toMatchObject({ status: 'Error', message: expect.stringMatching(/^Modica answered 503/) });
	});

	it('does not follow a redirect with the password', async () => {
		stage.simulator.addFault({ kind: 'redirect', location: `${stage.simulator.baseUrl}/healthz` });
		expect(await test()).toMatchObject({ status: 'Error', message: expect.stringMatching(/^Unexpected response .* answered 302 with a redirect/) });
		expect(stage.simulator.requests).toHaveLength(1);
	});

	it.each([
		['http://api.modicagroup.com/rest/wab/v1', 'would send the password unencrypted. Use https; plain http is for this machine only (localhost).'],
		['http://localhost.example.com/', 'would send the password unencrypted. Use https; plain http is for this machine only (localhost).'],
		['http://10.0.0.1/rest', 'would send the password unencrypted. Use https; plain http is for this machine only (localhost).'],
		['ftp://127.0.0.1/', 'would send the password unencrypted. Use https; plain http is for this machine only (localhost).'],
		['api.modicagroup.com', 'is not a web address. Use the address that Modica gave you, such as https://api.modicagroup.com/rest/wab/v1.'],
		['https://api.modicagroup.com/rest?x=1', 'holds more than an address. Use the address that Modica gave you, such as https://api.modicagroup.com/rest/wab/v1.'],
	])('refuses %s', async (baseUrl, problem) => {
		expect(await test({ baseUrl })).toEqual({ status: 'Error', message: `Base URL "${baseUrl}" ${problem}` });
		expect(stage.simulator.requests).toEqual([]);
	});

	it('refuses a password in the base URL, and does not repeat it', async () => {
		expect(await test({ baseUrl: 'https://user:hush@api.modicagroup.com/' })).toEqual({
			status: 'Error',
			message: 'Base URL "api.modicagroup.com" was given with a password in it. Put user name and password into their own fields.',
		});
	});
});

describe('the authentication', () => {
	const credential = { username: 'wab', password: 'pä:ss', baseUrl: 'https://api.modicagroup.com/rest/wab/v1' };
	const { authenticate } = new ModicaWhatsAppApi();

	it('adds Basic auth to a request of the API and keeps its headers', async () => {
		expect(await authenticate(credential, { url: '/messages', baseURL: credential.baseUrl, headers: { a: 'b' } })).toEqual({
			url: '/messages',
			baseURL: credential.baseUrl,
			headers: { a: 'b', Authorization: `Basic ${Buffer.from('wab:pä:ss').toString('base64')}` },
		});
	});

	it('knows the requests of n8n’s older helper', async () => {
		const request = { uri: 'https://api.modicagroup.com/rest/wab/v1/healthz' } as never;
		expect(await authenticate(credential, request)).toMatchObject({ headers: { Authorization: expect.any(String) } });
	});

	it.each(['https://evil.example/', 'http://api.modicagroup.com/', 'https://api.modicagroup.com.evil.example/'])(
		'gives the password to no other host: %s',
		async (url) => {
			await expect(authenticate(credential, { url })).rejects.toThrow('This credential is for https://api.modicagroup.com only');
		},
	);
});
