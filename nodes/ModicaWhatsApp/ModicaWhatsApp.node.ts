import {
	NodeConnectionTypes,
	type IExecuteFunctions,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
} from 'n8n-workflow';
import { createContext } from './n8n/context';
import { getCountries } from './n8n/countries';
import { testCredential } from './n8n/credentialTest';
import { toErrorItem, toNodeError } from './n8n/errors';
import { addHint } from './n8n/hints';
import { readInput, readOperation, readRunOptions } from './n8n/input';
import { toItem, toJson } from './n8n/items';
import { reportProgress } from './n8n/progress';
import { getTemplateFields } from './n8n/templateFields';
import { answerWebhooks, readAnswerRequest, storedQuestion, TAKEN_HEADER } from './n8n/waiting';
import { findOperation, properties } from './operations';
import { isFailure } from './operations/operation';
import { runOperation } from './operations/run';
import { summarize } from './operations/summary';

export class ModicaWhatsApp implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Modica WhatsApp',
		name: 'modicaWhatsApp',
		icon: { light: 'file:modicaWhatsApp.svg', dark: 'file:modicaWhatsApp.dark.svg' },
		group: ['output'],
		version: 1,
		// Such as "Send: template" or "Mark as read: message", from the values in the workflow.
		subtitle:
			'={{ $parameter["operation"].replace(/[A-Z]/g, (capital) => " " + capital.toLowerCase()).replace(/^./, (first) => first.toUpperCase()) + ": " + ($parameter["messageType"] || $parameter["resource"]) }}',
		description: 'Send and look up WhatsApp messages through Modica, and upload and download media',
		defaults: { name: 'Modica WhatsApp' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'modicaWhatsAppApi', required: true, testedBy: 'testCredential' }],
		waitingNodeTooltip:
			'={{ $parameter["operation"] === "sendAndWait" ? "Execution will continue when the customer responds" : "" }}',
		webhooks: answerWebhooks,
		properties: [...properties],
	};

	methods = { credentialTest: { testCredential }, loadOptions: { getCountries }, resourceMapping: { getTemplateFields } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const errors = { node: this.getNode(), logger: this.logger };
		try {
			const items = readInput(this);
			const [firstItem] = items;
			if (!firstItem) return [[]];

			const operation = readOperation(firstItem);
			const stopOnError = !this.continueOnFail();
			const context = await createContext(this, { ...readRunOptions(firstItem, operation), stopOnError });
			const signal = this.getExecutionCancelSignal();
			const progress = reportProgress(this, signal, () => context.api.messagesInFlight);
			try {
				const results = await runOperation(operation, items, context, {
					stopOnError,
					signal,
					onProgress: progress.update,
				});
				addHint(this, summarize(results, context.api.waits));
				return [results.map((result) => (isFailure(result) ? toErrorItem(errors, result) : toItem(result)))];
			} finally {
				progress.end();
			}
		} catch (error) {
			throw toNodeError(errors, { error });
		}
	}

	/** Handles a request to the link of a waiting execution. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const parameter = (name: string) => String(this.getNodeParameter(name, ''));
		const operation = findOperation(parameter('resource'), parameter('operation'));
		const response: OutgoingResponse = this.getResponseObject();
		const page = operation?.answer?.(storedQuestion(this), readAnswerRequest(this));
		if (!page) return await Promise.resolve({});
		const { statusCode, headers, html, answer } = page;
		for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
		if (answer) {
			// n8n sends the headers after it has accepted the answer.
			response.setHeader(TAKEN_HEADER, 'taken');
			return { webhookResponse: html, workflowData: [[{ json: toJson(answer), pairedItem: { item: 0 } }]] };
		}
		response.writeHead(statusCode).end(html);
		return { noWebhookResponse: true };
	}
}

/** The part of Express's response that is used here. */
interface OutgoingResponse {
	setHeader(name: string, value: string): unknown;
	writeHead(status: number): { end(body: string): unknown };
}
