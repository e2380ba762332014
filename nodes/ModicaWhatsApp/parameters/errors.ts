import { isEmpty } from './values';

/** A parameter that cannot be used. The message names the field, its value and the remedy. */
export class InputError extends Error {
	override readonly name = 'InputError';

	/** @param field the field's name as the editor shows it, where there is one */
	constructor(
		message: string,
		readonly field?: string,
	) {
		super(message);
	}
}

/**
 * The error for one parameter.
 * @param field the field's name as the editor shows it
 * @param value what the user, or an expression of theirs, gave
 * @param problem what is wrong with it; continues the sentence after the value: `is not a number`
 * @param remedy what to do about it, as a sentence
 */
export function invalid(field: string, value: unknown, problem: string, remedy: string): InputError {
	return new InputError(
		isEmpty(value) ? `${field} is empty. ${remedy}` : `${field} ${quote(value)} ${problem}. ${remedy}`,
		field,
	);
}

const LONGEST_QUOTED_VALUE = 80;

/** A value as an error message can quote it: short, on one line. */
export function quote(value: unknown): string {
	const text = typeof value === 'object' ? toJson(value) : String(value);
	const line = text.replace(/\s+/g, ' ');
	return `"${line.length > LONGEST_QUOTED_VALUE ? `${line.slice(0, LONGEST_QUOTED_VALUE)}…` : line}"`;
}

/** JSON, or a sign for what cannot become JSON, such as an object that holds itself. */
function toJson(value: object | null): string {
	try {
		return JSON.stringify(value) ?? '';
	} catch {
		return '{…}';
	}
}
