import type {
	IHookFunctions,
	INodeProperties,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { isAcknowledged } from './callback/acknowledgment';
import { Answering } from './callback/answering';
import { DeduplicatorByTrigger } from './callback/deduplication';
import { eventsField, filteredBy, filterOptions, parseFilter } from './callback/filter';
import { toItem } from './callback/item';
import { dedupeKey } from './callback/parse';
import { tapIn } from './callback/tap';
import { authenticate, authenticationFields, requireLogin } from './n8n/callbackLogin';
import { clock } from './n8n/clock';
import { testCredential } from './n8n/credentialTest';
import { toNodeError } from './n8n/errors';
import { toJson } from './n8n/items';
import { fetchMedia, mediaOptions } from './n8n/replyMedia';
import { openWaitingEndpoint } from './n8n/waitingEndpoint';
import { readCallback, refuse, type IncomingRequest, type OutgoingResponse } from './n8n/webhook';
import { fieldsOf } from './parameters/values';

/** Number of callbacks that a trigger remembers, about 3 MB. */
const MAX_REMEMBERED = 20_000;
const REMEMBERED_FOR_MS = 24 * 60 * 60_000;

/** Not shared between n8n processes: a duplicate that another process receives isn't detected. */
const deduplicators = new DeduplicatorByTrigger({ maxEntries: MAX_REMEMBERED, ttlMs: REMEMBERED_FOR_MS, now: clock.now });

/** Passes taps to the waiting executions, regardless of which trigger receives them. */
const answering = new Answering(async (ms) => await clock.sleep(ms));
/** Seconds until Modica should resend a tap that couldn't be passed on. */
const TRY_AGAIN_AFTER_S = 5;

const DUPLICATE: IWebhookResponseData = { webhookResponse: { ignored: 'duplicate' } };

const ignoreDuplicatesOption: INodeProperties = {
	displayName: 'Ignore Duplicates',
	name: 'ignoreDuplicates',
	type: 'boolean',
	default: true,
	description:
		'Whether to ignore duplicate callbacks, which Modica may send if the response is slow. Each n8n process remembers up to 20,000 callbacks for a day.',
};

export class ModicaWhatsAppTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Modica WhatsApp Trigger',
		name: 'modicaWhatsAppTrigger',
		icon: { light: 'file:modicaWhatsApp.svg', dark: 'file:modicaWhatsApp.dark.svg' },
		group: ['trigger'],
		// For version 1 of any node, n8n evaluates an expression on each call, which is most of the cost of a callback.
		// Version 1 still exists for workflows that were created with it.
		version: [1, 2],
		defaultVersion: 2,
		subtitle:
			'={{ "On " + [].concat($parameter["events"]).join(",").split(/[,;\\r\\n]/).map((event) => event.trim()).filter((event) => event).join(" and ") }}',
		// n8n's list of nodes also shows this description for the action node.
		description: 'Send WhatsApp messages through Modica, or start a workflow when a delivery status changes or a customer replies',
		eventTriggerDescription: 'Waiting for Modica to call the test URL',
		activationMessage:
			'Ask Modica to set the trigger’s Production URL as the statusCallbackUrl and replyCallbackUrl of your application. You can’t register it yourself.',
		triggerPanel: {
			header: 'Receive delivery statuses and replies from Modica',
			executionsHelp: {
				inactive:
					'<b>To test the trigger</b>, click the button above and send a callback to the <b>Test URL</b>. The simulator in this package’s repository can send one: <br /><code>npm run simulator -- --reply "Kia ora" --reply-url "https://user:password@…"</code><br /><br /><b>When the workflow is ready</b>, publish it (in n8n 1.x: activate it). Callbacks to the <b>Production URL</b> then start it.',
				active:
					'<b>The workflow is published</b>. Callbacks to the <b>Production URL</b> start it. See them in the <a data-key="executions">executions list</a>.<br /><br /><b>To test the trigger here</b>, click the button above and send a callback to the <b>Test URL</b>. The simulator in this package’s repository can send one: <br /><code>npm run simulator -- --reply "Kia ora" --reply-url "https://user:password@…"</code>',
			},
			activationHint: 'When the workflow is published, callbacks to the Production URL start it.',
		},
		defaults: { name: 'Modica WhatsApp Trigger' },
		inputs: [],
		// An expression may return the events as text, such as `status, reply`. Parsed as in `parseFilter`.
		outputs:
			"={{ ['status', 'reply'].every((kind) => [].concat($parameter.events).join(',').split(/[,;\\r\\n]/).some((event) => event.trim() === kind)) ? [{ type: 'main', displayName: 'Status' }, { type: 'main', displayName: 'Reply' }] : ['main'] }}",
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
					'Open <b>Webhook URLs</b> above and copy the <b>Production URL</b>. Add the Callback Username and Callback Password of your credential (https://user:password@…), and ask Modica to send statuses and replies to it.',
				name: 'urlNotice',
				type: 'notice',
				default: '',
			},
			...authenticationFields,
			eventsField,
			{
				displayName: 'Options',
				name: 'options',
				type: 'collection',
				placeholder: 'Add option',
				default: {},
				description: 'Filters and other trigger options',
				// In alphabetical order, as everywhere in n8n.
				options: [...filterOptions, ...mediaOptions, ignoreDuplicatesOption].sort((one, other) =>
					one.displayName.localeCompare(other.displayName, 'en'),
				),
			},
		],
	};

	methods = { credentialTest: { testCredential } };

	webhookMethods = {
		default: {
			// Modica has no endpoint to register a URL, so users pass it on to Modica. Activation only validates the
			// parameters.
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(false);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				try {
					parseFilter(this.getNodeParameter('events'), this.getNodeParameter('options'));
					await requireLogin(this);
				} catch (error) {
					throw toNodeError({ node: this.getNode(), logger: this.logger }, { error });
				}
				return true;
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(true);
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const request: IncomingRequest = this.getRequestObject();
		const response: OutgoingResponse = this.getResponseObject();

		const refused = await authenticate(this, request, response);
		if (refused) return refused;

		const callback = await readCallback(request);
		if (callback.kind === 'none') return refuse(response, 400, `Invalid callback: ${callback.reason}`);

		const isCopy = async () => {
			// During a manual test, users send the same callback repeatedly.
			if (this.getMode() === 'manual') return false;
			const deduplicator = deduplicators.of(this.getWorkflow().id ?? '', this.getNode().id);
			return !(await deduplicator.admit(dedupeKey(callback), async () => await isAcknowledged(response, clock.sleep)));
		};

		// Before the filters, which apply only to starting this workflow. A tap continues another one.
		const tap = tapIn(callback);
		if (tap && (await isCopy())) return DUPLICATE;
		const outcome = tap && (await answering.deliver(dedupeKey(callback), tap, openWaitingEndpoint(this, request)));
		if (outcome === 'taken') return { webhookResponse: { answered: true } };
		if (outcome === 'undecided') {
			return refuse(response, 503, 'n8n cannot accept this answer yet', { 'Retry-After': String(TRY_AGAIN_AFTER_S) });
		}

		const { filter, options } = readParameters(this);
		const filtered = filteredBy(callback, filter);
		// Without `workflowData`, no execution starts, and n8n keeps listening for a test event.
		if (filtered !== undefined) return { webhookResponse: { ignored: filtered } };
		if (!tap && options.ignoreDuplicates !== false && (await isCopy())) return DUPLICATE;

		const { binary, ...problem } = await fetchMedia(this, callback, options);
		const notes = { ...problem, ...(outcome === 'closed' && ({ questionClosed: true } as const)) };
		const item = { json: toJson(toItem(callback, notes)), ...(binary && { binary }) };
		// The same condition as in `outputs`.
		const hasTwoOutputs = filter.events.includes('status') && filter.events.includes('reply');
		if (!hasTwoOutputs) return { workflowData: [[item]] };
		return { workflowData: callback.kind === 'status' ? [[item], []] : [[], [item]] };
	}
}

function readParameters(functions: IWebhookFunctions) {
	const options = fieldsOf(functions.getNodeParameter('options', {}));
	try {
		return { filter: parseFilter(functions.getNodeParameter('events'), options), options };
	} catch (error) {
		// Only expressions can fail here, because plain values were validated on activation. The failed execution is
		// visible to the user, and Modica sends the callback again.
		throw toNodeError({ node: functions.getNode(), logger: functions.logger }, { error });
	}
}
