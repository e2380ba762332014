import {
	NodeOperationError,
	type IHookFunctions,
	type INodeProperties,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type WorkflowActivateMode,
} from 'n8n-workflow';
import { Cache } from '../callback/cache';
import { isAuthorized, loginOf, type CallbackLogin } from '../callback/verify';
import { clock } from './clock';
import { refuse, type IncomingRequest, type OutgoingResponse } from './webhook';

/**
 * Doesn't accept an expression: n8n would evaluate it for each callback, and the data of a callback must not control
 * its authentication.
 */
export const authenticationFields: INodeProperties[] = [
	{
		displayName: 'Authentication',
		name: 'authentication',
		type: 'options',
		noDataExpression: true,
		default: 'basicAuth',
		options: [
			{
				name: 'Basic Auth',
				value: 'basicAuth',
				description: 'Require the Callback Username and Callback Password of the credential',
			},
			{ name: 'None', value: 'none', description: 'Accept callbacks from anyone who knows the URL' },
		],
		description: 'How to authenticate callbacks',
	},
	{
		displayName: '<b>Anyone who knows the URL can start this workflow</b> with data of their choice',
		name: 'openNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { authentication: ['none'] } },
	},
];

const NO_LOGIN = "The credential has no 'Callback Username' and 'Callback Password'";
/** How long to cache a login, and so the longest delay until a changed password applies. */
const CACHE_TTL_MS = 10_000;
/** Activation by a user, who can correct an error, as opposed to n8n's own activation at startup. */
const BY_A_PERSON: WorkflowActivateMode[] = ['activate', 'create', 'update'];

/**
 * Each n8n process caches the callback login, and no other part of the credential. Reading a credential is most of the
 * cost of a callback, because n8n prepares an expression engine for it.
 */
const logins = new Cache<CallbackLogin | undefined>({ ttlMs: CACHE_TTL_MS, now: () => clock.now() });

/**
 * Authenticates a callback, and responds if its login is wrong.
 * @returns the return value of `webhook()` if the callback was refused, or undefined if it was authenticated
 */
export async function authenticate(
	functions: IWebhookFunctions,
	request: IncomingRequest,
	response: OutgoingResponse,
): Promise<IWebhookResponseData | undefined> {
	if (isOpen(functions)) return undefined;
	let login: CallbackLogin | undefined;
	try {
		login = await readLogin(functions);
	} catch (error) {
		// An exception would start an execution for a caller who isn't authenticated.
		functions.logger.error('Modica WhatsApp Trigger cannot read its credential', { error });
		return refuse(response, 503, 'The credential of this trigger cannot be read', { 'Retry-After': '60' });
	}
	if (login && isAuthorized(request.headers.authorization, login)) return undefined;
	return refuse(response, 401, login ? 'Wrong username or password' : NO_LOGIN, {
		'WWW-Authenticate': 'Basic realm="Modica WhatsApp callbacks", charset="UTF-8"',
	});
}

/**
 * Requires a callback login when a user publishes the workflow. When n8n activates it at startup, the trigger is
 * activated in any case, and refuses callbacks until the credential has a login.
 * @throws {NodeOperationError} with what to do, if the login is missing
 */
export async function requireLogin(functions: IHookFunctions): Promise<void> {
	if (isOpen(functions) || !BY_A_PERSON.includes(functions.getActivationMode())) return;
	if (loginOf(await functions.getCredentials('modicaWhatsAppApi'))) return;
	throw new NodeOperationError(functions.getNode(), NO_LOGIN, {
		description:
			"Enter both in the credential, and publish the workflow again. Or set 'Authentication' to 'None', which lets anyone who knows the URL start the workflow.",
	});
}

function isOpen(functions: IHookFunctions | IWebhookFunctions): boolean {
	return functions.getNodeParameter('authentication', 'basicAuth') === 'none';
}

async function readLogin(functions: IWebhookFunctions): Promise<CallbackLogin | undefined> {
	const read = async () => {
		const login = loginOf(await functions.getCredentials('modicaWhatsAppApi'));
		if (!login) functions.logger.warn(`Modica WhatsApp Trigger rejects all callbacks: ${NO_LOGIN}`);
		return login;
	};
	const id = functions.getNode().credentials?.modicaWhatsAppApi?.id;
	// In a manual test, the user may have just changed the password.
	return id && functions.getMode() !== 'manual' ? await logins.get(id, read) : await read();
}
