import { isEmpty } from './values';

/** A parameter with an unusable value. The message contains the field, the value, and the remedy. */
export class InputError extends Error {
	override readonly name = 'InputError';

	/** @param field the field's display name, if the error is about a single field */
	constructor(
		message: string,
		readonly field?: string,
	) {
		super(message);
	}
}

/**
 * Returns the error for a parameter.
 * @param field the field's display name
 * @param value the value from the user or an expression
 * @param problem what's wrong with the value, which continues the sentence after it: `is not a number`
 * @param remedy what to do about it, as a sentence
 */
export function invalid(field: string, value: unknown, problem: string, remedy: string): InputError {
	return new InputError(
		isEmpty(value) ? `'${field}' is empty. ${remedy}` : `${field} ${quote(value)} ${problem}. ${remedy}`,
		field,
	);
}

const MAX_QUOTED_VALUE_LENGTH = 80;

/** Quotes a value for an error message: shortened, and on one line. */
export function quote(value: unknown): string {
	const text = typeof value === 'object' ? toJson(value) : String(value);
	const line = text.replace(/\s+/g, ' ');
	return `'${line.length > MAX_QUOTED_VALUE_LENGTH ? `${line.slice(0, MAX_QUOTED_VALUE_LENGTH)}…` : line}'`;
}

/** Returns JSON, or a placeholder if the value can't be serialized, for example because it contains itself. */
function toJson(value: object | null): string {
	try {
		return JSON.stringify(value) ?? '';
	} catch {
		return '{…}';
	}
}
