import { invalid } from './errors';
import { isEmpty } from './values';

/** WhatsApp's limit for the text of a message, in Unicode characters. */
export const LONGEST_TEXT = 4_096;
/** WhatsApp's limit for what a quick-reply button gives back, in characters. */
export const LONGEST_PAYLOAD = 128;

/**
 * A text. Numbers are taken as they are written, since spreadsheets give them.
 * @param remedy what to do when it is none, as a sentence
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseText(field: string, value: unknown, remedy: string): string {
	if (isEmpty(value)) throw invalid(field, value, '', remedy);
	// A number that came to nothing, such as NaN, is not what the customer is to read.
	if (Number.isFinite(value) || typeof value === 'boolean') return String(value);
	if (typeof value !== 'string') throw invalid(field, value, 'is not a text', remedy);
	return value;
}

/**
 * The text of a message.
 * @param remedy what to do when it is too long; continues a sentence
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseMessageText(field: string, value: unknown, remedy = 'shorten it'): string {
	const text = parseText(field, value, 'Write what the message is to say.');
	const length = countCharacters(text);
	if (length > LONGEST_TEXT) {
		throw invalid(field, text, `has ${length} characters`, `WhatsApp takes up to ${LONGEST_TEXT}: ${remedy}.`);
	}
	return text;
}

/** Characters as WhatsApp counts them: code points, so that an emoji counts once. */
export function countCharacters(text: string): number {
	return [...text].length;
}
