import type { CredentialTest } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { freePort } from '../../harness/ports.mts';
import { startSimulator } from '../../simulator/simulator.mts';

const { rest, handle } = n8nUnderTest();
let simulator: Awaited<ReturnType<typeof startSimulator>>;

beforeAll(async () => {
	simulator = await startSimulator();
});

afterAll(async () => {
	await simulator.stop();
});

/** What the person reads who presses *Save* on a credential that differs from the right one by this. */
async function test(difference: Partial<Record<'baseUrl' | 'password' | 'username', string>>): Promise<CredentialTest> {
	const { username, password, baseUrl } = simulator;
	const data = { username, password, baseUrl, ...difference };
	return await rest.testCredential(await rest.createCredential(CREDENTIAL, data), data);
}

describe("the credential's test", () => {
	it('succeeds with what the API accepts', async () => {
		expect(await test({})).toEqual({ status: 'OK', message: expect.any(String) });
	});

	it.each([
		['a wrong password', { password: 'not-it' }],
		['an unknown username', { username: 'nobody' }],
	])('blames the log-in for %s', async (_, difference) => {
		expect(await test(difference)).toEqual({ status: 'Error', message: expect.stringMatching(/username|password/i) });
	});

	it('blames the address for a host where nothing answers', async () => {
		const baseUrl = `http://127.0.0.1:${await freePort()}/rest/wab/v1`;
		const { status, message } = await test({ baseUrl });
		expect({ status, message }).toEqual({ status: 'Error', message: expect.stringMatching(/connect|reach|refused/i) });
		expect(message).not.toMatch(/password/i);
	});

	it('blames the address for a web server that is not Modica’s', async () => {
		// n8n itself answers any path with a page.
		const baseUrl = `${handle.baseUrl}/rest-of-nowhere`;
		const { status, message } = await test({ baseUrl });
		expect({ status, message }).toEqual({ status: 'Error', message: expect.stringMatching(/^Unexpected response from Base URL .* an HTML page/) });
	});

	it('refuses to send the password over http to another machine', async () => {
		const { status, message } = await test({ baseUrl: 'http://api.example.com/rest/wab/v1' });
		expect({ status, message }).toEqual({ status: 'Error', message: expect.stringMatching(/https/) });
	});
});
