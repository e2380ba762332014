import type { INodeProperties } from 'n8n-workflow';
import { invalid } from './errors';
import { isEmpty } from './values';

const FIELD = 'Business Number ID';
const REMEDY = 'Use the ID from Modica: up to 30 digits, without a plus sign, such as 102046588645210.';

export const sourceField: INodeProperties = {
	displayName: FIELD,
	name: 'source',
	type: 'string',
	default: '',
	placeholder: 'e.g. 102046588645210',
	description: 'ID of the WhatsApp business number, if your application has several. This is not a phone number.',
};

/**
 * Returns the ID of a business number, or undefined if the value is empty. Modica's v1.3.1 defines the format:
 * `^[1-9][0-9]*$`, up to 30 characters.
 * @param recipients the numbers to which the message is sent
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseSource(value: unknown, recipients: readonly string[] = []): string | undefined {
	if (isEmpty(value)) return undefined;
	// A number that isn't a safe integer has lost digits.
	const source = typeof value === 'string' ? value.trim() : Number.isSafeInteger(value) ? String(value) : '';
	if (!/^[1-9][0-9]{0,29}$/.test(source)) {
		throw invalid(FIELD, value, 'is not valid', REMEDY);
	}
	// In a reply, the field named "source" contains the customer's number, which users copy by mistake.
	if (recipients.includes(`+${source}`)) throw invalid(FIELD, value, 'is the number of the customer', REMEDY);
	return source;
}
