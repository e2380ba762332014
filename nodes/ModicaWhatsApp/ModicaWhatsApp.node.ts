import {
	ExpressionError,
	NodeApiError,
	NodeConnectionTypes,
	NodeOperationError,
	WAIT_INDEFINITELY,
	isSafeObjectProperty,
	sleep,
	type IDataObject,
	type IExecuteFunctions,
	type INode,
	type INodeExecutionData,
	type INodeType,
	type INodeTypeDescription,
	type IWebhookFunctions,
	type IWebhookResponseData,
	type JsonObject,
} from 'n8n-workflow';
import { ModicaClient } from './api/client';
import { testCredential } from './api/credentialTest';
import { InputError, invalid, isRecord, ModicaError, toNumber } from './api/errors';
import { parseFieldReference, readField } from './n8n/fieldReference';
import { openFile, storeFile } from './n8n/files';
import { openHttp } from './n8n/http';
import { openLinks } from './n8n/links';
import { answerLink, answerWebhooks, keptQuestion, secretOf, waitForAnswer } from './n8n/question';
import { findOperation, properties } from './operations';
import { References } from './operations/message/references';
import type { Context, Item, Operation, Output, Subject } from './operations/operation';
import { runJobs, type EndedJob, type Progress } from './operations/run';

export class ModicaWhatsApp implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Modica WhatsApp',
		name: 'modicaWhatsApp',
		icon: { light: 'file:modicaWhatsApp.svg', dark: 'file:modicaWhatsApp.dark.svg' },
		group: ['output'],
		version: 1,
		// Such as “Send: template” or “Mark as read: message”, from the values that the workflow holds.
		subtitle:
			'={{ $parameter["operation"].replace(/[A-Z]/g, (capital) => " " + capital.toLowerCase()).replace(/^./, (first) => first.toUpperCase()) + ": " + ($parameter["messageType"] || $parameter["resource"]) }}',
		description: 'Send WhatsApp messages through Modica, look them up, and handle their files',
		defaults: { name: 'Modica WhatsApp' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'modicaWhatsAppApi', required: true, testedBy: 'testCredential' }],
		waitingNodeTooltip:
			'={{ $parameter["operation"] === "sendAndWait" ? "The workflow goes on when the customer has answered" : "" }}',
		webhooks: answerWebhooks,
		properties: [...properties],
	};

	methods = { credentialTest: { testCredential } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const node = this.getNode();
		try {
			const items = readInput(this);
			const [firstItem] = items;
			if (!firstItem) return [[]];

			const operation = readOperation(firstItem);
			const options = readRunOptions(firstItem, operation);
			const context = await createContext(this, options.maxRequestsPerSecond);
			const stopOnError = !this.continueOnFail();
			const signal = this.getExecutionCancelSignal();

			const refused: Failure[] = [];
			let jobs = operation.jobs(items, context, (item, error) => refused.push({ item, error }));
			if (stopOnError) {
				// Every item is looked at before anything is sent: half a campaign helps nobody.
				jobs = [...jobs];
				const [failure] = refused;
				if (failure) throw toNodeError(node, failure, notStarted(refused, items.length));
			}

			const ended = await runJobs(jobs, {
				maxConcurrency: options.maxConcurrency,
				stopOnError,
				signal,
				onProgress: progressReport(this, signal),
			});
			const results = [...ended.flatMap(toResults), ...refused];
			const failure = results.find(isFailure);
			if (failure && stopOnError) {
				const done = results.filter((result) => !isFailure(result)).length;
				throw toNodeError(node, failure, stoppedAfter(done));
			}
			// The sort is stable: several results of one item stay in their order.
			results.sort((one, other) => one.item - other.item);
			return [results.map((result) => (isFailure(result) ? toErrorItem(node, result) : toItem(result)))];
		} catch (error) {
			throw toNodeError(node, { error });
		}
	}

	/** Somebody has opened the link of an execution that waits, or has answered there. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const parameter = (name: string) => String(this.getNodeParameter(name, ''));
		const operation = findOperation(parameter('resource'), parameter('operation'));
		const response: OutgoingResponse = this.getResponseObject();
		const { method } = this.getRequestObject();
		const page = operation?.answer?.(keptQuestion(this), { method, secret: secretOf(this), body: this.getBodyData() });
		if (!page) return await Promise.resolve({});
		const { statusCode, headers, html, answer } = page;
		for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
		if (answer) {
			// Sent by n8n, once it has taken the answer.
			return { webhookResponse: html, workflowData: [[{ json: answer, pairedItem: { item: 0 } }]] };
		}
		response.writeHead(statusCode).end(html);
		return { noWebhookResponse: true };
	}
}

/** What is used of Express’s response, which n8n hands over. */
interface OutgoingResponse {
	setHeader(name: string, value: string): unknown;
	writeHead(status: number): { end(body: string): unknown };
}

/** Something that could not be done, and for which item. */
interface Failure extends Subject {
	readonly error: unknown;
}

function isFailure(result: Output | Failure): result is Failure {
	return 'error' in result;
}

function toResults(ended: EndedJob): ReadonlyArray<Output | Failure> {
	return 'outputs' in ended
		? ended.outputs
		: ended.job.subjects.map((subject) => ({ ...subject, error: ended.error }));
}

/** The node's input, each item with its parameters. */
function readInput(functions: IExecuteFunctions): Item[] {
	const references = new Map<string, string[]>();
	for (const [name, value] of Object.entries(functions.getNode().parameters)) {
		const path = parseFieldReference(value);
		// The names that n8n refuses in expressions are its to refuse.
		if (path?.every(isSafeObjectProperty)) references.set(name, path);
	}
	return functions.getInputData().map(({ json, binary = {} }, index) => ({
		index,
		binary,
		parameter: (name) => {
			const reference = references.get(name);
			return (reference && readField(json, reference)) ?? (functions.getNodeParameter(name, index, '') as unknown);
		},
	}));
}

function toItem({ item, json, binary }: Output): INodeExecutionData {
	return { json, ...(binary && { binary }), pairedItem: { item } };
}

function readOperation(item: Item): Operation {
	const resource = String(item.parameter('resource'));
	const name = String(item.parameter('operation'));
	const operation = findOperation(resource, name);
	if (!operation) {
		throw invalid('Operation', `${resource}: ${name}`, 'is unknown', 'Choose an operation of the list.');
	}
	return operation;
}

/** How the run goes about it; options hold for the whole run, so the first item's are taken. */
function readRunOptions(item: Item, operation: Operation) {
	const given = item.parameter('options');
	const { maxConcurrency = operation.maxConcurrency, maxRequestsPerSecond = 0 } = isRecord(given) ? given : {};
	return {
		maxConcurrency: Math.floor(parseNumber('Max Concurrency', maxConcurrency, 1, 100)),
		maxRequestsPerSecond: parseNumber('Max Requests per Second', maxRequestsPerSecond, 0, 10_000),
	};
}

function parseNumber(field: string, value: unknown, least: number, most: number): number {
	const number = toNumber(value);
	if (Number.isNaN(number) || number < least || number > most) {
		throw invalid(field, value, 'is out of range', `Use a number from ${least} to ${most}.`);
	}
	return number;
}

async function createContext(functions: IExecuteFunctions, maxRequestsPerSecond: number): Promise<Context> {
	const { helpers } = functions;
	const credential = await functions.getCredentials('modicaWhatsAppApi');
	return {
		api: new ModicaClient(openHttp(functions, credential), {
			baseUrl: credential.baseUrl,
			username: credential.username,
			password: credential.password,
			maxRequestsPerSecond,
			signal: functions.getExecutionCancelSignal(),
		}),
		references: openReferences(functions),
		timeZone: functions.getTimezone(),
		openFile: async (binary) => await openFile(helpers, binary),
		storeFile: async (media, fallbackName) => await storeFile(helpers, media, fallbackName),
		linkTo: openLinks(helpers, credential.baseUrl),
		answerLink: (secret) => answerLink(functions, secret),
		waitForAnswer: async (question, until = WAIT_INDEFINITELY, unanswered) =>
			await waitForAnswer(functions, question, until, unanswered),
	};
}

const PROGRESS_EVERY_MS = 5_000;

/**
 * Tells a person how far a long run has come, where n8n has a place for it: in the browser's console while a
 * workflow runs by hand, and among the data of a cancelled execution, of which n8n keeps no node's output.
 */
function progressReport(functions: IExecuteFunctions, signal: AbortSignal | undefined) {
	let latest: Progress = { done: 0, failed: 0, underWay: 0 };
	let toldAt = performance.now();
	const words = () => `${latest.done} done, ${latest.failed} failed, ${latest.underWay} under way`;
	signal?.addEventListener('abort', () => setCustomData(functions, `Cancelled: ${words()}`), { once: true });
	return (progress: Progress) => {
		latest = progress;
		if (performance.now() - toldAt < PROGRESS_EVERY_MS) return;
		toldAt = performance.now();
		functions.sendMessageToUI(`Modica WhatsApp: ${words()}`);
	};
}

/** Highlights a text in the list of executions. By the way of expressions: n8n 1.x has no other. */
function setCustomData(functions: IExecuteFunctions, value: string): void {
	const { $execution } = functions.getWorkflowDataProxy(0);
	($execution as { customData?: { set(key: string, value: string): void } }).customData?.set('modicaWhatsApp', value);
}

/** How many references a node remembers. n8n writes all of them with every claim, so there is a price to each. */
const MOST_REFERENCES = 100_000;

/** The references that this node has sent, in n8n's database. */
function openReferences(functions: IExecuteFunctions): References {
	const { helpers } = functions;
	const scope = 'node';
	const options = { mode: 'entries', maxEntries: MOST_REFERENCES } as const;
	const store = {
		record: async (keys: string[]) =>
			(await helpers.checkProcessedAndRecord(keys, scope, options)).new.map(String),
		remove: async (keys: string[]) => await helpers.removeProcessed(keys, scope, options),
	};
	return new References(store, `${functions.getWorkflow().id} ${functions.getNode().id}`, { now: () => performance.now(), sleep });
}

/**
 * The item that stands for a failure when the node is set to continue.
 *
 * n8n sends an item with an `error` to the node's error output, but wherever it finds one it also reduces the item's
 * json to the error's message. Hidden from the copy that n8n makes on the way, the property routes and the json stays.
 */
function toErrorItem(node: INode, failure: Failure): INodeExecutionData {
	const error = toNodeError(node, failure);
	const { statusCode, mayHaveBeenSent = false } =
		failure.error instanceof ModicaError ? failure.error : ({} as Partial<ModicaError>);
	const json: IDataObject = {
		error: error.message,
		...(error.description && { description: error.description }),
		...(statusCode !== undefined && { statusCode }),
		mayHaveBeenSent,
		...(failure.to !== undefined && { to: failure.to }),
		...(failure.field !== undefined && { field: failure.field }),
	};
	const item = { json, pairedItem: { item: failure.item } };
	return node.onError === 'continueErrorOutput'
		? Object.defineProperty(item, 'error', { value: error, enumerable: false })
		: item;
}

/**
 * Anything that went wrong as n8n shows it. Made from words alone: the errors of n8n's request helper hold the
 * request with its password.
 * @param note what else the user should know, such as what was sent before
 */
function toNodeError(
	node: INode,
	{ error, item }: Partial<Failure>,
	note?: string,
): NodeApiError | NodeOperationError {
	const itemIndex = item === undefined ? {} : { itemIndex: item };
	if (error instanceof ModicaError) {
		const { message, statusCode } = error;
		const description = [error.description, note].filter(Boolean).join(' ');
		return new NodeApiError(node, { message } as JsonObject, {
			message,
			description,
			...(statusCode !== undefined && { httpCode: String(statusCode) }),
			...itemIndex,
		});
	}
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	if (error instanceof InputError) {
		return new NodeOperationError(node, error.message, { ...(note && { description: note }), ...itemIndex });
	}
	// n8n's own words on an expression, which the editor knows how to show.
	if (error instanceof ExpressionError) return new NodeOperationError(node, error, itemIndex);
	return new NodeOperationError(node, error instanceof Error ? error.message : String(error), itemIndex);
}

function notStarted(failures: Failure[], items: number): string {
	const others = failures.slice(1).map(({ item }) => item);
	return [
		'Nothing was sent.',
		...(others.length === 1 ? [`Item ${others[0]} has a problem, too.`] : []),
		...(others.length > 1 ? [`${others.length} more items have problems: ${list(others)}.`] : []),
		...(failures.length < items
			? ['To send the good items all the same, set "On Error" to "Continue" in the node’s settings.']
			: []),
	].join(' ');
}

function stoppedAfter(done: number): string {
	return `${done} were done before the node stopped. To go on with the other items and see the result of each, set "On Error" to "Continue" in the node’s settings.`;
}

function list(items: unknown[]): string {
	return `${items.slice(0, 10).join(', ')}${items.length > 10 ? '…' : ''}`;
}
