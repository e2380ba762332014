import { parseCountry } from '../../parameters/country';
import { parseRecipient, parseRecipients } from '../../parameters/recipient';
import { fieldsOf } from '../../parameters/values';
import type { Item } from '../operation';

/**
 * Returns the recipient of an item's message in E.164 format.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readRecipient(item: Item): string {
	return parseRecipient(item.parameter('to'), { country: readCountry(item) });
}

/** Returns the recipients of an item's list: see {@link readRecipient}. */
export function readRecipients(item: Item): string[] {
	return parseRecipients(item.parameter('recipients'), readCountry(item));
}

function readCountry(item: Item) {
	return parseCountry(fieldsOf(item.parameter('options')).defaultCountry);
}
