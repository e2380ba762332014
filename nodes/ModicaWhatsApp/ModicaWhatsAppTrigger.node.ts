import {
	NodeOperationError,
	sleep,
	type IBinaryData,
	type ICredentialDataDecryptedObject,
	type IHookFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { ModicaClient, type DownloadedMedia } from './api/client';
import { testCredential } from './api/credentialTest';
import { InputError, isRecord, ModicaError } from './api/errors';
import { filteredBy, parseFilter } from './callback/filter';
import { toItem } from './callback/item';
import { answered, type Answer } from './callback/outcome';
import { dedupeKey, parseCallback, type Callback, type Media } from './callback/parse';
import { SeenByTrigger } from './callback/seen';
import { isAuthorized } from './callback/verify';
import { storeFile } from './n8n/files';
import { openHttp } from './n8n/http';

/** Callbacks that a trigger remembers: some 3 MB. */
const MOST_REMEMBERED = 20_000;
const REMEMBERED_FOR_MS = 24 * 60 * 60_000;
/** A callback is answered only when its file is there; no sender waits much longer than this. */
const LONGEST_DOWNLOAD_MS = 15_000;
const CLOCK_STEP_MS = 250;

/** Each n8n process has its own: what another has taken is not known here. */
const seen = new SeenByTrigger({ most: MOST_REMEMBERED, forMs: REMEMBERED_FOR_MS, now: () => performance.now() });

export class ModicaWhatsAppTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Modica WhatsApp Trigger',
		name: 'modicaWhatsAppTrigger',
		icon: { light: 'file:modicaWhatsApp.svg', dark: 'file:modicaWhatsApp.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle:
			'={{ "On " + [].concat($parameter["events"]).join(",").split(/[,;\\n]/).map((event) => event.trim()).filter((event) => event).join(" and ") }}',
		description: 'Starts the workflow when a message’s status changes or a customer replies through Modica',
		eventTriggerDescription: 'Waiting for Modica to call the test URL',
		activationMessage:
			'Ask Modica to enter the trigger’s Production URL as both statusCallbackUrl and replyCallbackUrl of your application: there is no other way to register it.',
		triggerPanel: {
			header: 'Receive statuses and replies from Modica',
			executionsHelp: {
				inactive:
					'The trigger has two URLs, under “Webhook URLs”. Each takes statuses and replies alike.<br /><br /><b>Test URL</b>: answers after you press the button above, for one callback. Send one to it yourself, or let Modica call it for the time of the test.<br /><br /><b>Production URL</b>: answers once the workflow is published (in older versions of n8n: active). Ask Modica to enter it as both statusCallbackUrl and replyCallbackUrl, with user name and password of the credential in it: https://user:password@…',
				active:
					'The trigger has two URLs, under “Webhook URLs”. Each takes statuses and replies alike.<br /><br /><b>Test URL</b>: answers after you press the button above, for one callback.<br /><br /><b>Production URL</b>: the workflow is published, so Modica can call it now. What it starts is in the <a data-key="executions">executions list</a>, not in the editor.',
			},
			activationHint:
				'Once the workflow is published, Modica can call the Production URL, and every callback that passes the filters starts it.',
		},
		defaults: { name: 'Modica WhatsApp Trigger' },
		inputs: [],
		// An expression may give the events as a text, such as `status, reply`: taken apart here as `parseFilter` does.
		outputs:
			"={{ ['status', 'reply'].every((kind) => [].concat($parameter.events).join(',').split(/[,;\\n]/).some((event) => event.trim() === kind)) ? [{ type: 'main', displayName: 'Status' }, { type: 'main', displayName: 'Reply' }] : ['main'] }}",
		credentials: [{ name: 'modicaWhatsAppApi', required: true, testedBy: 'testCredential' }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				path: 'modica-whatsapp',
				responseMode: 'onReceived',
				responseData: 'noData',
			},
		],
		properties: [
			{
				displayName:
					'Ask Modica to enter the <b>Production URL</b> above as both <b>statusCallbackUrl</b> and <b>replyCallbackUrl</b>, with the Callback Username and Callback Password of your credential in it: https://user:password@your-n8n/… (special characters URL-encoded).',
				name: 'urlNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName:
					'Modica does not sign its callbacks. As long as the credential has neither Callback Username nor Callback Password, <b>anybody who knows the URL can start this workflow</b>.',
				name: 'loginNotice',
				type: 'notice',
				default: '',
			},
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				required: true,
				default: ['status', 'reply'],
				options: [
					{
						name: 'Reply',
						value: 'reply',
						action: 'On a reply from a customer',
						description: 'A customer has written to one of your business numbers',
					},
					{
						name: 'Status',
						value: 'status',
						action: 'On the status of a message',
						description: 'A message you sent has moved on: sent, received, read, failed…',
					},
				],
				description: 'What starts the workflow. With both, each has an output of its own.',
			},
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add Option',
				default: {},
				description: 'Which callbacks start the workflow, and what comes with them',
				options: [
					{
						displayName: 'Business Numbers',
						name: 'businessNumbers',
						type: 'string',
						default: '',
						placeholder: 'e.g. 102046588645210, 102046588645211',
						description:
							'Replies to these business numbers only; several with commas between. They are the “destination” of a reply. Statuses name no number, so they all pass.',
					},
					{
						displayName: 'Content Types',
						name: 'contentTypes',
						type: 'multiOptions',
						default: [],
						options: [
							{ name: 'Any Other', value: 'other', description: 'Types that are not in this list, and content that cannot be read' },
							{ name: 'Audio', value: 'audio' },
							{ name: 'Button', value: 'button', description: 'A quick reply of a template was tapped' },
							{ name: 'Document', value: 'document' },
							{ name: 'Image', value: 'image' },
							{ name: 'Sticker', value: 'sticker' },
							{ name: 'Text', value: 'text' },
							{ name: 'Video', value: 'video' },
						],
						description: 'Replies of these types only. None chosen: all types.',
					},
					{
						displayName: 'Download Media',
						name: 'downloadMedia',
						type: 'boolean',
						default: false,
						description:
							'Whether to fetch the file that came with a reply. When that fails, the reply comes without it, with the reason in “downloadError”.',
					},
					{
						displayName: 'Ignore Duplicates',
						name: 'ignoreDuplicates',
						type: 'boolean',
						default: true,
						description:
							'Whether to start the workflow only once for copies of a callback, which Modica may send when an answer is slow. The last 20,000 of a day are remembered, by each n8n process on its own.',
					},
					{
						displayName: 'Put Media in Field',
						name: 'binaryPropertyName',
						type: 'string',
						default: 'data',
						placeholder: 'e.g. data',
						hint: 'The name of the output binary field to put the file in',
						description: 'Where the next node finds the file, when Download Media is on',
					},
					{
						displayName: 'Statuses',
						name: 'statuses',
						type: 'multiOptions',
						default: [],
						options: [
							{ name: 'Accepted', value: 'accepted', description: 'Modica took the message' },
							{ name: 'Dead', value: 'dead', description: 'Could not be delivered; final' },
							{ name: 'Expired', value: 'expired', description: 'Was not delivered in time; final' },
							{ name: 'Failed', value: 'failed', description: 'Could not be sent; final' },
							{ name: 'Frozen', value: 'frozen', description: 'Held up by a passing fault; may move on' },
							{ name: 'Read', value: 'read', description: 'The customer has opened it; final' },
							{ name: 'Received', value: 'received', description: 'Reached the customer’s phone; may still become read' },
							{ name: 'Rejected', value: 'rejected', description: 'Was refused; final' },
							{ name: 'Sent', value: 'sent', description: 'WhatsApp has it' },
							{ name: 'Submitted', value: 'submitted', description: 'On its way to WhatsApp' },
						],
						description: 'These statuses only. None chosen: all statuses.',
					},
				],
			},
		],
	};

	methods = { credentialTest: { testCredential } };

	webhookMethods = {
		default: {
			// Modica has no endpoint to register a URL: people enter it. So there is nothing to do but to look
			// at the parameters, before callbacks come.
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(false);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				try {
					parseFilter(this.getNodeParameter('events'), this.getNodeParameter('options'));
				} catch (error) {
					throw new NodeOperationError(this.getNode(), error as Error);
				}
				return await Promise.resolve(true);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(true);
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const request: IncomingRequest = this.getRequestObject();
		const response: OutgoingResponse = this.getResponseObject();

		let credential: ICredentialDataDecryptedObject;
		try {
			credential = await this.getCredentials('modicaWhatsAppApi');
		} catch (error) {
			// A throw would start an execution for whoever calls, and nobody has been let in yet.
			this.logger.error('Modica WhatsApp Trigger cannot read its credential', { error: error as Error });
			return refuse(response, 503, 'The credential of this trigger cannot be read', { 'Retry-After': '60' });
		}
		const login = { username: text(credential.callbackUsername), password: text(credential.callbackPassword) };
		if (!isAuthorized(request.headers.authorization, login)) {
			return refuse(response, 401, 'Wrong username or password', {
				'WWW-Authenticate': 'Basic realm="Modica WhatsApp callbacks", charset="UTF-8"',
			});
		}

		const callback = parseCallback(request.body ?? request.rawBody?.toString('utf8'));
		if (callback.kind === 'none') return refuse(response, 400, `This is no callback: ${callback.reason}`);

		const { filter, options } = readParameters(this);
		const filtered = filteredBy(callback, filter);
		// Without `workflowData` nothing starts, and a listener for a test event goes on listening.
		if (filtered !== undefined) return { webhookResponse: { ignored: filtered } };

		// Whoever tries things out sends the same callback again and again.
		if (options.ignoreDuplicates !== false && this.getMode() !== 'manual') {
			const memory = seen.of(this.getWorkflow().id ?? '', this.getNode().id);
			const isFirst = await memory.admit(dedupeKey(callback), async () => await answered(response, sleep));
			if (!isFirst) return { webhookResponse: { ignored: 'duplicate' } };
		}

		const item = await createItem(this, callback, options, credential);
		// The same question as in `outputs`.
		const hasTwoOutputs = filter.events.includes('status') && filter.events.includes('reply');
		if (!hasTwoOutputs) return { workflowData: [[item]] };
		return { workflowData: callback.kind === 'status' ? [[item], []] : [[], [item]] };
	}
}

/** What is used of Express’s request and response, which n8n hands over. */
interface IncomingRequest {
	readonly headers: Readonly<Record<string, unknown>>;
	/** Parsed, if n8n knows the content type. */
	readonly body?: unknown;
	readonly rawBody?: Buffer;
}

interface OutgoingResponse extends Answer {
	writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

function refuse(response: OutgoingResponse, status: number, message: string, headers: Record<string, string> = {}): IWebhookResponseData {
	response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify({ message }));
	return { noWebhookResponse: true };
}

function readParameters(functions: IWebhookFunctions) {
	const given: unknown = functions.getNodeParameter('options', {});
	const options = isRecord(given) ? given : {};
	try {
		return { filter: parseFilter(functions.getNodeParameter('events'), options), options };
	} catch (error) {
		// Only an expression gets here: plain values were looked at when the workflow was activated. Failing lets
		// the user see it, and Modica try again.
		throw new NodeOperationError(functions.getNode(), error as Error);
	}
}

async function createItem(
	functions: IWebhookFunctions,
	callback: Callback,
	{ downloadMedia, binaryPropertyName }: Record<string, unknown>,
	credential: ICredentialDataDecryptedObject,
): Promise<INodeExecutionData> {
	if (downloadMedia !== true || callback.kind !== 'reply' || callback.content.kind !== 'media') {
		return { json: toItem(callback) };
	}
	const downloaded = await download(functions, callback.content.media, credential);
	if ('downloadError' in downloaded) return { json: toItem(callback, downloaded) };
	return { json: toItem(callback), binary: { [text(binaryPropertyName).trim() || 'data']: downloaded.file } };
}

type Downloaded = { file: IBinaryData } | { downloadError: string };

/** Fetches a file, again after a passing fault, but not for longer than a callback may take. Never rejects. */
async function download(
	functions: IWebhookFunctions,
	{ id, fileName = id }: Media,
	credential: ICredentialDataDecryptedObject,
): Promise<Downloaded> {
	const giveUp = new AbortController();
	let ended = false;
	const fetchFile = async (): Promise<Downloaded> => {
		try {
			const client = new ModicaClient(openHttp(functions, credential), {
				baseUrl: credential.baseUrl,
				username: credential.username,
				password: credential.password,
				signal: giveUp.signal,
			});
			const store = async (media: DownloadedMedia) => await storeFile(functions.helpers, media, fileName);
			return { file: await client.downloadMedia(id, undefined, store) };
		} catch (error) {
			return { downloadError: explain(error) };
		} finally {
			ended = true;
		}
	};
	const beLate = async (): Promise<Downloaded> => {
		// In short steps: n8n has no timer for us that can be cleared, and thousands would pile up.
		for (let waited = 0; !ended && waited < LONGEST_DOWNLOAD_MS; waited += CLOCK_STEP_MS) await sleep(CLOCK_STEP_MS);
		giveUp.abort();
		return { downloadError: `The file had not come after ${LONGEST_DOWNLOAD_MS / 1_000} s` };
	};
	return await Promise.race([fetchFile(), beLate()]);
}

/** In words without a secret: other errors may hold the request with its password. */
function explain(error: unknown): string {
	if (error instanceof ModicaError) return [error.message, error.description].filter(Boolean).join('. ');
	return error instanceof InputError ? error.message : 'The file could not be stored';
}

function text(value: unknown): string {
	return typeof value === 'string' ? value : '';
}
