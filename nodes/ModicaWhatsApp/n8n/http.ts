import type {
	ICredentialDataDecryptedObject,
	IDataObject,
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
	const { httpRequestWithAuthentication, binaryToString } = functions.helpers as IExecuteFunctions['helpers'];
	return {
		request: async (options) => {
			const response = (await httpRequestWithAuthentication.call(
				breakableBy(functions, options.abortSignal),
				'modicaWhatsAppApi',
				options,
				{ credentialsDecrypted },
			)) as IN8nHttpFullResponse;
			return options.encoding === 'stream' ? response : { ...response, body: withoutLinks(response.body) as IDataObject };
		},
		readText: async (body) => withoutLinks(await binaryToString(body as Buffer)) as string,
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

/** The secret part of a link under which n8n serves a file to whoever has the link, however it is encoded. */
const LINK_SECRET = /(binary-data(?:\\?\/|%2F)signed(?:\?|%3F)token(?:=|%3D))[\w.-]+/gi;

/** What Modica says, without the links that we gave it: its words go into items and errors. */
function withoutLinks(body: unknown): unknown {
	if (body === undefined || body === null) return body;
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const clean = text.replace(LINK_SECRET, '$1…');
	if (clean === text) return body;
	return typeof body === 'string' ? clean : JSON.parse(clean);
}
