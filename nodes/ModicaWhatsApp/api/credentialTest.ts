import type {
	ICredentialsDecrypted,
	ICredentialTestFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	INodeCredentialTestResult,
} from 'n8n-workflow';
import { ModicaClient, type Http } from './client';
import { InputError, ModicaError } from './errors';
import { authorizationHeader } from './authorization';

/**
 * Tells the user whether the credential works: whether Modica’s API is at its address, and lets it in.
 *
 * A function and not a request description, for n8n before 2.15 takes any answer to such a request for success.
 */
export async function testCredential(
	this: ICredentialTestFunctions,
	credential: ICredentialsDecrypted,
): Promise<INodeCredentialTestResult> {
	const { username, password, baseUrl } = credential.data ?? {};
	try {
		const http = toHttp(this, authorizationHeader(username, password));
		await new ModicaClient(http, { baseUrl, username, password, retries: false }).checkAccess();
	} catch (error) {
		return { status: 'Error', message: explain(error) };
	}
	return { status: 'OK', message: 'Connected: Modica accepts the username and password' };
}

function explain(error: unknown): string {
	if (error instanceof ModicaError) return [error.message, error.description].filter(Boolean).join('. ');
	if (error instanceof InputError) return error.message;
	return 'The test itself failed';
}

/** The one request helper that n8n gives to a credential's test takes the options of an older library. */
function toHttp({ helpers: { request } }: ICredentialTestFunctions, authorization: string): Http {
	return {
		request: async ({ baseURL, url, method, qs, timeout }: IHttpRequestOptions) =>
			(await request({
				uri: `${baseURL}${url}`,
				method,
				qs,
				timeout,
				headers: { Authorization: authorization, Accept: 'application/json' },
				useStream: true,
				simple: false,
				followRedirect: false,
				resolveWithFullResponse: true,
			})) as IN8nHttpFullResponse,
	};
}
