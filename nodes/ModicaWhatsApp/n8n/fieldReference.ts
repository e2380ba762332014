import { isSafeObjectProperty, type IDataObject } from 'n8n-workflow';

/** What dragging a field into a parameter gives, and nothing beside it: `={{ $json.order.to }}`. */
const REFERENCE = /^=\{\{\s*\$json((?:\.[A-Za-z_]\w*|\["[^"\\]+"\]|\['[^'\\]+'\])+)\s*\}\}$/;
const STEP = /\.(\w+)|\["([^"]+)"\]|\['([^']+)'\]/g;

/** Gives the value of a parameter for an item; undefined when it is n8n's to evaluate. */
export type Reader = (json: IDataObject) => unknown;

/**
 * Reads a parameter whose expressions are all plain references to fields of the item, at any depth; undefined for one with
 * other expressions, or with none.
 *
 * n8n evaluates every expression in an engine of its own, at half a millisecond each: for a thousand rows that is
 * longer than sending them takes. Plain references are by far the most common, and reading the fields is all they do.
 */
export function readerOf(parameter: unknown): Reader | undefined {
	const part = compile(parameter);
	return part?.hasReference ? part.read : undefined;
}

/** A parameter, or what is inside one. */
interface Part {
	readonly read: Reader;
	readonly hasReference: boolean;
}

/** @returns undefined when there is an expression in it that is more than a reference */
function compile(value: unknown): Part | undefined {
	if (typeof value === 'string' && value.startsWith('=')) {
		const path = parseFieldReference(value);
		// The names that n8n refuses in expressions are its to refuse.
		return path?.every(isSafeObjectProperty) ? { read: (json) => readField(json, path), hasReference: true } : undefined;
	}
	const constant = { read: () => value, hasReference: false };
	if (typeof value !== 'object' || value === null) return constant;
	const parts = Object.values(value).map(compile);
	if (!parts.every((part) => part !== undefined)) return undefined;
	if (!parts.some(({ hasReference }) => hasReference)) return constant;
	const names = Object.keys(value);
	const read = (json: IDataObject) => {
		const values = parts.map((part) => part.read(json));
		if (values.includes(undefined)) return undefined;
		return Array.isArray(value) ? values : Object.fromEntries(names.map((name, index) => [name, values[index]]));
	};
	return { read, hasReference: true };
}

/** The path of a plain reference; undefined for anything else. */
function parseFieldReference(parameter: string): string[] | undefined {
	const steps = REFERENCE.exec(parameter)?.[1];
	if (steps === undefined) return undefined;
	return Array.from(steps.matchAll(STEP), ([, name, quoted, quotedOnce]) => name ?? quoted ?? quotedOnce ?? '');
}

/**
 * The text or number that stands there; undefined for everything else (a missing field, an object, a date), which is
 * n8n's to say.
 */
function readField(json: IDataObject, path: readonly string[]): string | number | undefined {
	let value: unknown = json;
	for (const name of path) {
		if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
		value = (value as Record<string, unknown>)[name];
	}
	return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
