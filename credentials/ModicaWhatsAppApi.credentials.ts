import type {
	ICredentialDataDecryptedObject,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { authorizationHeader } from '../nodes/ModicaWhatsApp/api/authorization';
import { safeRequest } from '../nodes/ModicaWhatsApp/api/safeRequest';
import { parseBaseUrl } from '../nodes/ModicaWhatsApp/parameters/url';

export class ModicaWhatsAppApi implements ICredentialType {
	name = 'modicaWhatsAppApi';

	displayName = 'Modica WhatsApp API';

	icon = {
		light: 'file:../nodes/ModicaWhatsApp/modicaWhatsApp.svg',
		dark: 'file:../nodes/ModicaWhatsApp/modicaWhatsApp.dark.svg',
	} as const;

	documentationUrl =
		'https://github.com/n8n-nodes-modica-whatsapp/n8n-nodes-modica-whatsapp#credentials';

	properties: INodeProperties[] = [
		{
			displayName: 'Username',
			name: 'username',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'e.g. wab_customer_a',
			description: 'Name of your application in the Modica gateway',
			hint: 'Use the name of your application, not your personal login',
		},
		{
			displayName: 'Password',
			name: 'password',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'Password of your application in the Modica gateway',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://api.modicagroup.com/rest/wab/v1',
			placeholder: 'e.g. https://api.modicagroup.com/rest/wab/v1',
			description: 'Base URL of the Modica API',
			hint: 'Keep the default unless Modica or your reseller gave you another address',
		},
		{
			displayName: 'Callback Username',
			name: 'callbackUsername',
			type: 'string',
			default: '',
			placeholder: 'e.g. modica',
			description: 'Username that Modica sends with callbacks to the trigger node',
			hint: 'For the trigger node only. Choose a username and password for Modica to use.',
		},
		{
			displayName: 'Callback Password',
			name: 'callbackPassword',
			type: 'string',
			typeOptions: { password: true },
			default: '',
			description: 'Password that Modica sends with callbacks to the trigger node',
		},
	];

	/**
	 * Adds Basic authentication to a request. This is a function because n8n would evaluate the generic form's
	 * expressions for each request.
	 * @throws {Error} if the request could expose the password, because other nodes can also use this credential
	 */
	authenticate = async (
		{ username, password, baseUrl }: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => {
		const safe = safeRequest(request, new URL(parseBaseUrl(baseUrl)).origin);
		return { ...safe, headers: { ...safe.headers, Authorization: authorizationHeader(username, password) } };
	};
}
