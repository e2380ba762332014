import { parseCountry } from '../../parameters/country';
import { parseRecipient, parseRecipients } from '../../parameters/recipient';
import { fieldsOf } from '../../parameters/values';
import type { Item } from '../operation';

/**
 * The number that an item's message goes to, in E.164 form.
 * @throws {InputError} naming the field, the value and the remedy
 */
export function readRecipient(item: Item): string {
	return parseRecipient(item.parameter('to'), { country: readCountry(item) });
}

/** The numbers of an item's list: see {@link readRecipient}. */
export function readRecipients(item: Item): string[] {
	return parseRecipients(item.parameter('recipients'), readCountry(item));
}

function readCountry(item: Item) {
	return parseCountry(fieldsOf(item.parameter('options')).defaultCountry);
}
