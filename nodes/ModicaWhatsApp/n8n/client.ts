import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	IWebhookFunctions,
} from 'n8n-workflow';
import { ModicaClient, type ClientSettings } from '../api/client';
import type { Http } from '../api/exchange';
import { Secrets } from '../api/secrets';
import { parseBaseUrl } from '../parameters/url';
import { clock } from './clock';
import { LINK_SECRET } from './links';

/**
 * Modica's API with n8n's requests.
 * @param credential read once by the caller: n8n would decrypt it again for each request, which is most of what
 * a request costs
 * @throws {InputError} when the base URL cannot be used
 */
export function openClient(
	functions: IExecuteFunctions | IWebhookFunctions,
	credential: ICredentialDataDecryptedObject,
	settings: Omit<ClientSettings, 'baseUrl' | 'clock' | 'secrets'>,
): ModicaClient {
	const { baseUrl, username, password } = credential;
	return new ModicaClient(openHttp(functions, credential), {
		baseUrl: parseBaseUrl(baseUrl),
		clock,
		secrets: new Secrets(username, password, LINK_SECRET),
		...settings,
	});
}

/** n8n's requests, with the credential's authentication. */
export function openHttp(functions: IExecuteFunctions | IWebhookFunctions, credential: ICredentialDataDecryptedObject): Http {
	const credentialsDecrypted = { id: '', name: '', type: 'modicaWhatsAppApi', data: credential };
	// Both kinds of functions have the same helpers; n8n's types tell them apart in what `this` may be.
	const { helpers } = functions as IExecuteFunctions;
	return {
		request: async (options) =>
			await helpers.httpRequestWithAuthentication.call(breakableBy(functions, options.abortSignal), 'modicaWhatsAppApi', options, {
				credentialsDecrypted,
			}),
	};
}

/** n8n puts the execution's own signal in place of a request's: so the request's stands where n8n looks for that. */
function breakableBy(functions: object, abortSignal: IHttpRequestOptions['abortSignal']): IExecuteFunctions {
	// Inherits all else, so it still is what n8n gave.
	return Object.create(functions, { ...(abortSignal && { getExecutionCancelSignal: { value: () => abortSignal } }) }) as IExecuteFunctions;
}
