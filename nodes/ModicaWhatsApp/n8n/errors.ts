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

/** The parts of n8n that are required to create an error. */
export interface ErrorContext {
	readonly node: INode;
	readonly logger: Pick<Logger, 'error'>;
}

/**
 * Returns the output item for a failure when the node is set to continue.
 *
 * n8n sends an item with an `error` property to the node's error output, but also reduces the item's JSON to the error
 * message wherever it finds one. A non-enumerable property routes the item, but isn't in the copy that n8n makes, so
 * the JSON is kept.
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
 * Converts any error to an n8n error. Uses only text, because the errors of n8n's request helper contain the request
 * with its password.
 * @param note additional information for the user, such as what was sent before
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
		// For a tool, the model receives only the message. Without the description, it would resend messages that may have
		// been sent.
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
	// n8n's own message for an expression, which the editor displays specially.
	if (error instanceof ExpressionError) return new NodeOperationError(node, error, itemIndex);
	const { message, stack } = error instanceof Error ? error : new Error(String(error));
	logger.error(`Modica WhatsApp failed unexpectedly: ${message}`, { stack });
	return new NodeOperationError(node, message, details);
}

/** Whether a node is the tool variant that n8n creates of each node that AI agents can use. */
function isTool({ type }: INode): boolean {
	return type.endsWith('Tool');
}

/**
 * Describes an error in text without secrets, because other errors may contain the request with its password.
 * @param otherwise the text for those errors
 */
export function explain(error: unknown, otherwise: string): string {
	if (error instanceof ModicaError) return [error.message, error.description].filter(Boolean).join('. ');
	return error instanceof InputError ? error.message : otherwise;
}
