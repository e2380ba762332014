import type { INodeProperties } from 'n8n-workflow';
import { callingCodeOf, nameOf, readLocalNumber, type Country } from './country';
import { InputError, invalid } from './errors';
import { splitList } from './list';
import { isEmpty } from './values';

export const recipientField: INodeProperties = {
	displayName: 'To',
	name: 'to',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. +64211234567',
	description:
		'WhatsApp number of the customer. Spaces, dots, dashes, and parentheses are ignored. In a tool for an AI agent, use an expression: never let the model choose the number.',
	hint: 'Include the country code, such as +64 for New Zealand',
};

/** Characters that people and address books put between digits, and invisible ones that are copied with the number. */
const SEPARATORS = /[\s.()\-\u2010-\u2015\u2212\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]/g;
const EXAMPLE = 'Use the international format, such as +64211234567.';

/**
 * Returns a phone number in the API's format (reference: E164), from formats that people use and callbacks contain.
 * Without a country, digits are never changed, added, or removed: a number that would require this is rejected.
 * @param value such as `+64 21 123-4567`, `0064211234567`, or `64211234567` as text or number
 * @param options.country the country whose local numbers are also accepted, such as `021 123 4567`
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseRecipient(value: unknown, { field = 'To', country }: { field?: string; country?: Country | undefined } = {}): string {
	if (isEmpty(value)) throw invalid(field, value, '', EXAMPLE);
	if (typeof value !== 'string' && typeof value !== 'number') {
		throw invalid(field, value, 'is not a single phone number', EXAMPLE);
	}
	const written = String(value);
	if (/\(\s*0\s*\)/.test(written)) {
		throw invalid(field, value, 'contains a trunk prefix, (0)', `Remove it. ${EXAMPLE}`);
	}
	const compact = written.replace(SEPARATORS, '');
	if (/^[\d.,]+e\+?\d+$/i.test(compact.replace(',', '.'))) {
		throw invalid(
			field,
			value,
			'was shortened by a spreadsheet (scientific notation)',
			'Format the column as text in the spreadsheet.',
		);
	}
	// Separators are removed, so a fraction or a negative number would become a different number.
	if (typeof value === 'number' && !(Number.isSafeInteger(value) && value > 0)) {
		throw invalid(field, value, 'is not a phone number', EXAMPLE);
	}
	const international = compact.replace(/^00/, '+');
	if (country && !international.startsWith('+')) {
		if (/\D/.test(international)) throw invalid(field, value, 'is not a phone number', EXAMPLE);
		const number = readLocalNumber(international, country);
		if (number) return number;
		const remedy = `Add a plus sign and the country code, which is +${callingCodeOf(country)} in ${nameOf(country)}.`;
		throw invalid(field, value, `is not a mobile number in ${nameOf(country)}`, remedy);
	}
	if (/^\+?0/.test(international)) {
		throw invalid(field, value, 'is a local number', `Replace the leading 0 with the country code. ${EXAMPLE}`);
	}
	const number = international.startsWith('+') ? international : `+${international}`;
	if (/[^\d+]/.test(number) || number.lastIndexOf('+') > 0) {
		throw invalid(field, value, 'is not a phone number', EXAMPLE);
	}
	if (!/^\+\d{7,15}$/.test(number)) {
		const problem = number.length > 16 ? 'is too long for a phone number' : 'is too short for a phone number';
		throw invalid(field, value, problem, `Use 7 to 15 digits, including the country code. ${EXAMPLE}`);
	}
	return number;
}

/**
 * Returns the numbers of a list, or of a text with commas, semicolons, or line breaks.
 * @param country the country whose local numbers are also accepted
 * @throws {InputError} with every invalid number, up to five of them in full
 */
export function parseRecipients(value: unknown, country?: Country): string[] {
	const remedy = 'Enter international numbers separated by commas or line breaks, such as +64211234567, +64217654321.';
	const entries: unknown[] = Array.isArray(value)
		? value
		: typeof value === 'string' || typeof value === 'number'
			? splitList(String(value))
			: [];
	if (entries.length === 0) {
		throw invalid('Recipients', value, 'contains no numbers', remedy);
	}
	const problems: string[] = [];
	const numbers = entries.flatMap((entry, index) => {
		try {
			return parseRecipient(entry, { field: `Recipient ${index + 1}`, country });
		} catch (error) {
			problems.push(error instanceof Error ? error.message : String(error));
			return [];
		}
	});
	if (problems.length > 0) throw new InputError(summarize(problems), 'Recipients');
	return numbers;
}

const MAX_PROBLEMS_SHOWN = 5;

function summarize(problems: readonly string[]): string {
	const more = problems.length - MAX_PROBLEMS_SHOWN;
	const shown = problems.slice(0, MAX_PROBLEMS_SHOWN);
	return [...shown, ...(more > 0 ? [`And ${more} more.`] : [])].join('\n');
}
