import { invalid } from './errors';
import { toNumber } from './values';

/**
 * Returns a number within bounds, which may be passed as text.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseNumber(field: string, value: unknown, least: number, most: number): number {
	const number = toNumber(value);
	if (Number.isNaN(number) || number < least || number > most) {
		throw invalid(field, value, 'is out of range', `Use a number from ${least} to ${most}.`);
	}
	return number;
}
