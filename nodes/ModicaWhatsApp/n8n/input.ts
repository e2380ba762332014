import { isSafeObjectProperty, type IExecuteFunctions } from 'n8n-workflow';
import { findOperation } from '../operations';
import type { Item, Operation } from '../operations/operation';
import { invalid } from '../parameters/errors';
import { parseNumber } from '../parameters/number';
import { fieldsOf } from '../parameters/values';
import { parseFieldReference, readField } from './fieldReference';

/** The node's input, each item with its parameters. */
export function readInput(functions: IExecuteFunctions): Item[] {
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

/**
 * The operation that the node is set to.
 * @throws {InputError} when there is none of that name
 */
export function readOperation(item: Item): Operation {
	const resource = String(item.parameter('resource'));
	const name = String(item.parameter('operation'));
	const operation = findOperation(resource, name);
	if (!operation) {
		throw invalid('Operation', `${resource}: ${name}`, 'is unknown', 'Choose an operation of the list.');
	}
	return operation;
}

/**
 * The options of sending many. They hold for the whole run, so the first item's are taken.
 * @throws {InputError} naming the field, the value and the remedy
 */
export function readRunOptions(item: Item, operation: Operation) {
	const { maxConcurrency = operation.maxConcurrency, maxRequestsPerSecond = 0 } = fieldsOf(item.parameter('options'));
	return {
		maxConcurrency: Math.floor(parseNumber('Max Concurrency', maxConcurrency, 1, 100)),
		maxRequestsPerSecond: parseNumber('Max Requests per Second', maxRequestsPerSecond, 0, 10_000),
	};
}
