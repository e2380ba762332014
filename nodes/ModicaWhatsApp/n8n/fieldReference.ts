import type { IDataObject } from 'n8n-workflow';

/** What dragging a field into a parameter gives, and nothing beside it: `={{ $json.order.to }}`. */
const REFERENCE = /^=\{\{\s*\$json((?:\.[A-Za-z_]\w*|\["[^"\\]+"\]|\['[^'\\]+'\])+)\s*\}\}$/;
const STEP = /\.(\w+)|\["([^"]+)"\]|\['([^']+)'\]/g;

/**
 * The path of a parameter that is a plain reference to a field of the item; undefined for anything else.
 *
 * n8n evaluates every expression in an engine of its own, at half a millisecond each: for a thousand rows that is
 * longer than sending them takes. A plain reference is by far the most common, and reading the field is all it does.
 */
export function parseFieldReference(parameter: unknown): string[] | undefined {
	const steps = typeof parameter === 'string' ? REFERENCE.exec(parameter)?.[1] : undefined;
	if (steps === undefined) return undefined;
	return Array.from(steps.matchAll(STEP), ([, name, quoted, quotedOnce]) => name ?? quoted ?? quotedOnce ?? '');
}

/**
 * The text or number that stands there; undefined for everything else (a missing field, an object, a date), which is
 * n8n's to say.
 */
export function readField(json: IDataObject, path: readonly string[]): string | number | undefined {
	let value: unknown = json;
	for (const name of path) {
		if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
		value = (value as Record<string, unknown>)[name];
	}
	return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
