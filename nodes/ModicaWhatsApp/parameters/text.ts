import { invalid } from './errors';
import { isEmpty } from './values';

/** WhatsApp's limit for the text of a message, in Unicode characters. */
export const MAX_TEXT_LENGTH = 4_096;
/** WhatsApp's limit for the payload of a quick-reply button, in characters. */
export const MAX_PAYLOAD_LENGTH = 128;

/**
 * Returns a text. Converts numbers, because spreadsheets contain them.
 * @param remedy what to do if the value isn't a text, as a sentence
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseText(field: string, value: unknown, remedy: string): string {
	if (isEmpty(value)) throw invalid(field, value, '', remedy);
	// A failed calculation, such as NaN, must not be sent to the customer.
	if (Number.isFinite(value) || typeof value === 'boolean') return String(value);
	if (typeof value !== 'string') throw invalid(field, value, 'is not text', remedy);
	return value;
}

/**
 * Returns the text of a message.
 * @param remedy what to do if it's too long, as a sentence
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseMessageText(field: string, value: unknown, remedy = 'Shorten it.'): string {
	const text = parseText(field, value, 'Enter the text of the message.');
	const length = countCharacters(text);
	if (length > MAX_TEXT_LENGTH) {
		throw invalid(field, text, `has ${length} characters`, `WhatsApp accepts up to ${MAX_TEXT_LENGTH}. ${remedy}`);
	}
	return text;
}

/** Counts characters as WhatsApp does: in code points, so an emoji without modifiers counts as one. */
export function countCharacters(text: string): number {
	return [...text].length;
}
