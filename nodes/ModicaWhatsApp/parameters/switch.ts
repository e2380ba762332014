import { invalid } from './errors';
import type { Fields } from './values';

/**
 * Whether an option is on. An option that wasn't added is off.
 * @param field the option's display name
 * @param name the option's parameter name
 * @param remedy what to do if the value isn't valid, as a sentence
 * @throws {InputError} if the value is neither true nor false
 */
export function parseSwitch(field: string, options: Fields, name: string, remedy: string): boolean {
	// An option without a value is an expression that returned nothing, which isn't the same as an option that wasn't
	// added.
	if (!(name in options)) return false;
	return parseBoolean(field, options[name], remedy);
}

/**
 * Whether a value is true.
 * @param field the parameter's display name
 * @param remedy what to do if the value isn't valid, as a sentence
 * @throws {InputError} if the value is neither true nor false, because a wrong guess would be noticed too late
 */
export function parseBoolean(field: string, value: unknown, remedy: string): boolean {
	// Expressions and spreadsheets return text.
	const setting = typeof value === 'boolean' || typeof value === 'string' ? String(value).trim().toLowerCase() : '';
	if (setting === 'true' || setting === 'false') return setting === 'true';
	throw invalid(field, value, 'is neither true nor false', remedy);
}
