import { invalid } from './errors';
import { isEmpty } from './values';

/**
 * A list of anything.
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseList(field: string, value: unknown): unknown[] {
	if (isEmpty(value)) return [];
	if (!Array.isArray(value)) {
		throw invalid(field, value, 'is not a list', 'Give a list such as ["Aroha", "1234"].');
	}
	return value;
}

/** The entries of a text with commas, semicolons or lines between them, without the empty ones. */
export function splitList(text: string): string[] {
	return text
		.split(/[,;\r\n]/)
		.map((entry) => entry.trim())
		.filter((entry) => entry !== '');
}

/**
 * A list of texts as the editor gives it, or as one text, which an expression may give.
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseTextList(field: string, value: unknown): string[] {
	if (isEmpty(value)) return [];
	if (typeof value === 'string') return splitList(value);
	const entries: unknown[] = Array.isArray(value) ? value : [value];
	return entries
		.map((entry) => {
			if (typeof entry !== 'string' && typeof entry !== 'number') {
				throw invalid(field, entry, 'is not a text', 'Give a list of texts.');
			}
			return String(entry).trim();
		})
		.filter((entry) => entry !== '');
}
