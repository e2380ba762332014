import {
	ExpressionError,
	NodeApiError,
	NodeOperationError,
	type IDataObject,
	type INode,
	type INodeExecutionData,
	type Logger,
} from 'n8n-workflow';
import { ModicaError, UnexpectedError } from '../api/errors';
import type { Failure } from '../operations/operation';
import { RunStopped } from '../operations/run';
import { InputError } from '../parameters/errors';

/** What of n8n an error is made with. */
export interface ErrorContext {
	readonly node: INode;
	readonly logger: Pick<Logger, 'error'>;
}

/**
 * The item that stands for a failure when the node is set to continue.
 *
 * n8n sends an item with an `error` to the node's error output, but wherever it finds one it also reduces the item's
 * json to the error's message. Hidden from the copy that n8n makes on the way, the property routes and the json stays.
 */
export function toErrorItem(context: ErrorContext, failure: Failure): INodeExecutionData {
	const error = toNodeError(context, failure);
	const modicaError = failure.error instanceof ModicaError ? failure.error : undefined;
	const { message, description } = modicaError ?? error;
	const json: IDataObject = {
		error: message,
		...(description && { description }),
		...(modicaError?.statusCode !== undefined && { statusCode: modicaError.statusCode }),
		mayHaveBeenSent: modicaError?.mayHaveBeenSent ?? false,
		...(failure.to !== undefined && { to: failure.to }),
		...(failure.field !== undefined && { field: failure.field }),
		...(failure.parts && { parts: failure.parts }),
	};
	const item = { json, pairedItem: { item: failure.item } };
	return context.node.onError === 'continueErrorOutput'
		? Object.defineProperty(item, 'error', { value: error, enumerable: false })
		: item;
}

/**
 * Anything that went wrong as n8n shows it. Made from words alone: the errors of n8n's request helper hold the
 * request with its password.
 * @param note what else the user should know, such as what was sent before
 */
export function toNodeError(
	context: ErrorContext,
	{ error, item }: Partial<Failure>,
	note?: string,
): NodeApiError | NodeOperationError {
	const { node, logger } = context;
	if (error instanceof RunStopped) return toNodeError(context, error.failure, error.note);
	const itemIndex = item === undefined ? {} : { itemIndex: item };
	if (error instanceof UnexpectedError) {
		logger.error(`Modica WhatsApp failed unexpectedly: ${error.message}`, { stack: error.stack });
	}
	if (error instanceof ModicaError) {
		const { statusCode } = error;
		const description = [error.description, note].filter(Boolean).join(' ');
		// Of an error of a tool, the model gets the message alone: without the rest, it would send again what may have been sent.
		const message = isTool(node) && description ? `${error.message}. ${description}` : error.message;
		return new NodeApiError(node, { message }, {
			message,
			description,
			...(statusCode !== undefined && { httpCode: String(statusCode) }),
			...itemIndex,
		});
	}
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	const details = { ...(note && { description: note }), ...itemIndex };
	if (error instanceof InputError) return new NodeOperationError(node, error.message, details);
	// n8n's own words on an expression, which the editor knows how to show.
	if (error instanceof ExpressionError) return new NodeOperationError(node, error, itemIndex);
	const { message, stack } = error instanceof Error ? error : new Error(String(error));
	logger.error(`Modica WhatsApp failed unexpectedly: ${message}`, { stack });
	return new NodeOperationError(node, message, details);
}

/** n8n makes a second type of each node that AI agents can use. */
function isTool({ type }: INode): boolean {
	return type.endsWith('Tool');
}

/**
 * What went wrong, in words without a secret: other errors may hold the request with its password.
 * @param otherwise what to say of those
 */
export function explain(error: unknown, otherwise: string): string {
	if (error instanceof ModicaError) return [error.message, error.description].filter(Boolean).join('. ');
	return error instanceof InputError ? error.message : otherwise;
}
