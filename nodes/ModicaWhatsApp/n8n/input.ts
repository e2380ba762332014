import type { IExecuteFunctions } from 'n8n-workflow';
import { findOperation } from '../operations';
import type { Item, Operation } from '../operations/operation';
import { invalid } from '../parameters/errors';
import { parseNumber } from '../parameters/number';
import { fieldsOf } from '../parameters/values';
import { readerOf } from './fieldReference';

/** Returns the node's input items with access to their parameters. */
export function readInput(functions: IExecuteFunctions): Item[] {
	const { parameters } = functions.getNode();
	const readers = new Map(Object.entries(parameters).map(([name, value]) => [name, readerOf(value)]));
	return functions.getInputData().map(({ json, binary = {} }, index) => ({
		index,
		binary,
		parameter: (name) => readers.get(name)?.(json) ?? (functions.getNodeParameter(name, index, '') as unknown),
		stored: (name) => parameters[name],
	}));
}

/**
 * Returns the selected operation.
 * @throws {InputError} if it doesn't exist
 */
export function readOperation(item: Item): Operation {
	const resource = String(item.parameter('resource'));
	const name = String(item.parameter('operation'));
	const operation = findOperation(resource, name);
	if (!operation) {
		throw invalid('Operation', `${resource}: ${name}`, 'is not valid', 'Select an operation from the list.');
	}
	return operation;
}

/**
 * Returns the options of a run. They apply to the whole run, so the values for the first item are used.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readRunOptions(item: Item, operation: Operation) {
	const { maxConcurrency = operation.maxConcurrency, maxRequestsPerSecond = 0 } = fieldsOf(item.parameter('options'));
	return {
		maxConcurrency: Math.floor(parseNumber('Max Concurrency', maxConcurrency, 1, 100)),
		maxRequestsPerSecond: parseNumber('Max Requests per Second', maxRequestsPerSecond, 0, 10_000),
	};
}
