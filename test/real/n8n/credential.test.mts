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

/** The result that n8n shows after *Save* for a credential with these changes. */
async function test(difference: Partial<Record<'baseUrl' | 'password' | 'username', string>>): Promise<CredentialTest> {
	const { username, password, baseUrl } = simulator;
	const data = { username, password, baseUrl, ...difference };
	return await rest.testCredential(await rest.createCredential(CREDENTIAL, data), data);
}

describe('the credential test', () => {
	it('succeeds with a valid login', async () => {
		expect(await test({})).toEqual({ status: 'OK', message: expect.any(String) });
	});

	it.each([
		['a wrong password', { password: 'not-it' }],
		['an unknown username', { username: 'nobody' }],
	])('reports a wrong login for %s', async (_, difference) => {
		expect(await test(difference)).toEqual({ status: 'Error', message: expect.stringMatching(/username|password/i) });
	});

	it('reports a failed connection for an unreachable host', async () => {
		const baseUrl = `http://127.0.0.1:${await freePort()}/rest/wab/v1`;
		const { status, message } = await test({ baseUrl });
		expect({ status, message }).toEqual({ status: 'Error', message: expect.stringMatching(/connect|reach|refused/i) });
		expect(message).not.toMatch(/password/i);
	});

	it('reports a wrong Base URL for a web server that is not the API', async () => {
		// n8n itself serves an HTML page for any path.
		const baseUrl = `${handle.baseUrl}/rest-of-nowhere`;
		const { status, message } = await test({ baseUrl });
		expect({ status, message }).toEqual({ status: 'Error', message: expect.stringMatching(/^Unexpected response from Base URL .* an HTML page/) });
	});

	it('rejects a Base URL with http on another machine', async () => {
		const { status, message } = await test({ baseUrl: 'http://api.example.com/rest/wab/v1' });
		expect({ status, message }).toEqual({ status: 'Error', message: expect.stringMatching(/https/) });
	});
});
