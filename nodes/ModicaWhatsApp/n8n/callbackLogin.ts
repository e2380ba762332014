import {
	NodeOperationError,
	type IHookFunctions,
	type INodeProperties,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type WorkflowActivateMode,
} from 'n8n-workflow';
import { Kept } from '../callback/kept';
import { isAuthorized, loginOf, type CallbackLogin } from '../callback/verify';
import { clock } from './clock';
import { refuse, type IncomingRequest, type OutgoingResponse } from './webhook';

/** Not an expression: it would be evaluated for each callback, and nothing of a callback may say who is let in. */
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
		description: 'How callbacks authenticate',
	},
	{
		displayName: '<b>Anyone who knows the URL can start this workflow</b> with data of their choice.',
		name: 'openNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { authentication: ['none'] } },
	},
];

const NO_LOGIN = 'The credential has no Callback Username and Callback Password';
/** A changed password counts after that. */
const KEPT_FOR_MS = 10_000;
/** Activated by a person, who can mend what is wrong, and not by n8n when it starts. */
const BY_A_PERSON: WorkflowActivateMode[] = ['activate', 'create', 'update'];

/**
 * To read a credential is most of what a callback costs: n8n prepares an engine for the expressions that there may be in
 * it. So its callback log-in, and nothing else of it, is kept for a moment by each n8n process.
 */
const logins = new Kept<CallbackLogin | undefined>({ forMs: KEPT_FOR_MS, now: () => clock.now() });

/**
 * Lets callbacks in that bring the log-in, and answers all others.
 * @returns what `webhook()` is to return for a caller who has been refused; undefined for one who may come in
 */
export async function refuseStranger(
	functions: IWebhookFunctions,
	request: IncomingRequest,
	response: OutgoingResponse,
): Promise<IWebhookResponseData | undefined> {
	if (isOpen(functions)) return undefined;
	let login: CallbackLogin | undefined;
	try {
		login = await readLogin(functions);
	} catch (error) {
		// A throw would start an execution for whoever calls, and nobody has been let in yet.
		functions.logger.error('Modica WhatsApp Trigger cannot read its credential', { error });
		return refuse(response, 503, 'The credential of this trigger cannot be read', { 'Retry-After': '60' });
	}
	if (login && isAuthorized(request.headers.authorization, login)) return undefined;
	return refuse(response, 401, login ? 'Wrong username or password' : NO_LOGIN, {
		'WWW-Authenticate': 'Basic realm="Modica WhatsApp callbacks", charset="UTF-8"',
	});
}

/**
 * Looks whether there is a log-in to let callbacks in by, when somebody publishes the workflow. When n8n starts it
 * again by itself, the trigger is to be there all the same: it refuses callbacks until the credential has one.
 * @throws {NodeOperationError} with what to do, when there is none
 */
export async function requireLogin(functions: IHookFunctions): Promise<void> {
	if (isOpen(functions) || !BY_A_PERSON.includes(functions.getActivationMode())) return;
	if (loginOf(await functions.getCredentials('modicaWhatsAppApi'))) return;
	throw new NodeOperationError(functions.getNode(), NO_LOGIN, {
		description:
			'Choose both, enter them in the credential of this trigger, and publish the workflow again. Or set Authentication to None: anyone who knows the URL can then start the workflow.',
	});
}

function isOpen(functions: IHookFunctions | IWebhookFunctions): boolean {
	return functions.getNodeParameter('authentication', 'basicAuth') === 'none';
}

async function readLogin(functions: IWebhookFunctions): Promise<CallbackLogin | undefined> {
	const read = async () => {
		const login = loginOf(await functions.getCredentials('modicaWhatsAppApi'));
		if (!login) functions.logger.warn(`Modica WhatsApp Trigger refuses all callbacks: ${NO_LOGIN}`);
		return login;
	};
	const id = functions.getNode().credentials?.modicaWhatsAppApi?.id;
	// Whoever tries things out has just entered another password, perhaps.
	return id && functions.getMode() !== 'manual' ? await logins.get(id, read) : await read();
}
