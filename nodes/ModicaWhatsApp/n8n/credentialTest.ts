import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	IHttpRequestOptions,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { authorizationHeader } from '../api/authorization';
import { ModicaClient } from '../api/client';
import type { Http } from '../api/exchange';
import { Secrets } from '../api/secrets';
import { parseBaseUrl } from '../parameters/url';
import { clock } from './clock';
import { explain } from './errors';

/**
 * Tests whether Modica's API is at the base URL and accepts the credential.
 *
 * This is a function instead of a request description, because n8n before 2.15 treats any response to such a request as
 * a success.
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const { username, password, baseUrl } = credential.data ?? {};
	try {
		const http = toHttp(this, authorizationHeader(username, password));
		const secrets = new Secrets(username, password);
		await new ModicaClient(http, { baseUrl: parseBaseUrl(baseUrl), clock, secrets, retries: false }).checkAccess();
	} catch (error) {
		return { status: 'Error', message: explain(error, 'n8n could not run the test') };
	}
	return { status: 'OK', message: 'Connected: Modica accepts the username and password' };
}

/** Adapts n8n's only request helper for credential tests, which has the options of an older library. */
function toHttp({ helpers: { request } }: ICredentialTestFunctions, authorization: string): Http {
	return {
		request: async ({ baseURL, url, method, qs, timeout }: IHttpRequestOptions) =>
			await request({
				uri: `${baseURL}${url}`,
				method,
				qs,
				timeout,
				headers: { Authorization: authorization, Accept: 'application/json' },
				useStream: true,
				simple: false,
				followRedirect: false,
				resolveWithFullResponse: true,
			}),
	};
}
