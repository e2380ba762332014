import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHttpRequestOptions,
	IN8nHttpFullResponse,
	IWebhookFunctions,
} from 'n8n-workflow';
import type { Http } from '../api/client';

/**
 * n8n's requests for the client, with the credential's authentication.
 * @param credential read once by whoever asks: n8n would decrypt it again for each request, which is most of what
 * a request costs
 */
export function openHttp(
	functions: IExecuteFunctions | IWebhookFunctions,
	credential: ICredentialDataDecryptedObject,
): Http {
	const credentialsDecrypted = { id: '', name: '', type: 'modicaWhatsAppApi', data: credential };
	const { httpRequestWithAuthentication } = functions.helpers as IExecuteFunctions['helpers'];
	return {
		request: async (options) =>
			(await httpRequestWithAuthentication.call(breakableBy(functions, options.abortSignal), 'modicaWhatsAppApi', options, {
				credentialsDecrypted,
			})) as IN8nHttpFullResponse,
	};
}

/** n8n puts the execution's own signal in place of a request's: so the request's stands where n8n looks for that. */
function breakableBy(
	functions: IExecuteFunctions | IWebhookFunctions,
	abortSignal: IHttpRequestOptions['abortSignal'],
): IExecuteFunctions {
	// Both kinds of functions have the same helpers, but are told apart in what `this` may be.
	if (!abortSignal) return functions as IExecuteFunctions;
	return Object.create(functions, { getExecutionCancelSignal: { value: () => abortSignal } }) as IExecuteFunctions;
}
