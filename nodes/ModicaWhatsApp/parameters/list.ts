import { invalid } from './errors';
import { isEmpty } from './values';

/**
 * Returns a list with entries of any type, empty if the value is empty.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseList(field: string, value: unknown): unknown[] {
	if (isEmpty(value)) return [];
	if (!Array.isArray(value)) {
		throw invalid(field, value, 'is not a list', 'Use a list such as ["Aroha", "1234"].');
	}
	return value;
}

/** Returns the entries of a text separated by commas, semicolons, or line breaks, without empty entries. */
export function splitList(text: string): string[] {
	return text
		.split(/[,;\r\n]/)
		.map((entry) => entry.trim())
		.filter((entry) => entry !== '');
}

/**
 * Returns a list of texts from a list in the editor, or from a single text that an expression may return.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseTextList(field: string, value: unknown): string[] {
	if (isEmpty(value)) return [];
	if (typeof value === 'string') return splitList(value);
	const entries: unknown[] = Array.isArray(value) ? value : [value];
	return entries
		.map((entry) => {
			if (typeof entry !== 'string' && typeof entry !== 'number') {
				throw invalid(field, entry, 'is not text', 'Use a list of texts.');
			}
			return String(entry).trim();
		})
		.filter((entry) => entry !== '');
}
