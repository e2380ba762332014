import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
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
	// Both kinds of functions have the same helpers, but are told apart in what `this` may be.
	const { httpRequestWithAuthentication, binaryToString } = functions.helpers as IExecuteFunctions['helpers'];
	return {
		request: async (options) =>
			(await httpRequestWithAuthentication.call(functions as IExecuteFunctions, 'modicaWhatsAppApi', options, {
				credentialsDecrypted,
			})) as IN8nHttpFullResponse,
		readText: async (body) => await binaryToString(body as Buffer),
	};
}
