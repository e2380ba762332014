import { invalid } from './errors';
import type { Fields } from './values';

/**
 * Whether an option is on; off when it was not added.
 * @param field its name as the editor shows it
 * @param name its name among the options
 * @param remedy what to do when it is neither, as a sentence
 * @throws {InputError} when it is there and is neither true nor false: what is unclear would be noticed too late
 */
export function parseSwitch(field: string, options: Fields, name: string, remedy: string): boolean {
	// The option that is there and has no value is an expression that came to nothing.
	if (!(name in options)) return false;
	const value = options[name];
	// As it is, or as the text that expressions and spreadsheets give.
	const setting = typeof value === 'boolean' || typeof value === 'string' ? String(value).trim().toLowerCase() : '';
	if (setting === 'true' || setting === 'false') return setting === 'true';
	throw invalid(field, value, 'is neither true nor false', remedy);
}
