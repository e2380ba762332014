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
 * Returns a client for Modica's API that uses n8n's HTTP helper.
 * @param credential decrypted once by the caller, because n8n would decrypt it for each request, which is most of the
 * cost of a request
 * @throws {InputError} if the base URL is invalid
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

/** Returns n8n's HTTP helper with the credential's authentication. */
export function openHttp(functions: IExecuteFunctions | IWebhookFunctions, credential: ICredentialDataDecryptedObject): Http {
	const credentialsDecrypted = { id: '', name: '', type: 'modicaWhatsAppApi', data: credential };
	// Both have the same helpers. In n8n's types, they differ only in the allowed `this`.
	const { helpers } = functions as IExecuteFunctions;
	return {
		request: async (options) =>
			await helpers.httpRequestWithAuthentication.call(abortableBy(functions, options.abortSignal), 'modicaWhatsAppApi', options, {
				credentialsDecrypted,
			}),
	};
}

/**
 * Makes a request abortable. n8n replaces the signal of a request with that of the execution, so this returns a context
 * in which they're the same.
 */
function abortableBy(functions: object, abortSignal: IHttpRequestOptions['abortSignal']): IExecuteFunctions {
	// Inherits everything else, so n8n accepts it as its own context.
	return Object.create(functions, { ...(abortSignal && { getExecutionCancelSignal: { value: () => abortSignal } }) }) as IExecuteFunctions;
}
