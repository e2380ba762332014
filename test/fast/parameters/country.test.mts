/** Phone numbers as people write them in their own country. */
import fc from 'fast-check';
import { getCountries } from '../../../nodes/ModicaWhatsApp/n8n/countries';
import { listCountries, parseCountry, type Country } from '../../../nodes/ModicaWhatsApp/parameters/country';
import { parseRecipient } from '../../../nodes/ModicaWhatsApp/parameters/recipient';

/** A country, its calling code, the rest of a mobile number, national spellings, and invalid numbers. */
type Row = [Country, string, string, string[], string[]];

const ROWS: Row[] = [
	['NZ', '64', '211234567', ['021 123 4567', '021-123-4567', '(021) 123 4567', '0211234567'], ['09 123 4567', '111', '021 123']],
	['AU', '61', '412345678', ['0412 345 678', '0412345678', '(0412) 345-678'], ['02 9876 5432', '000']],
	['GB', '44', '7400123456', ['07400 123456', '07400123456', '(07400) 123-456'], ['020 7946 0958', '999']],
	['DE', '49', '15112345678', ['0151 12345678', '0151-12345678', '015112345678'], ['030 123456', '110']],
	['FR', '33', '612345678', ['06 12 34 56 78', '06.12.34.56.78', '0612345678'], ['01 42 68 53 00', '17']],
	['ES', '34', '612345678', ['612 34 56 78', '612-345-678'], ['912 345 678', '112']],
	['IT', '39', '3123456789', ['312 345 6789', '312-3456789'], ['02 1234 5678', '113']],
	['NL', '31', '612345678', ['06 12345678', '06-12345678', '0612345678'], ['020 123 4567']],
	['BE', '32', '470123456', ['0470 12 34 56', '0470123456'], ['02 123 45 67']],
	['CH', '41', '781234567', ['078 123 45 67', '0781234567'], ['021 234 56 78']],
	['AT', '43', '664123456', ['0664 123456', '0664-123456'], ['01 23456789']],
	['IE', '353', '850123456', ['085 012 3456', '(085) 012 3456'], ['01 234 5678']],
	['PT', '351', '912345678', ['912 345 678', '912345678'], ['212 345 678']],
	['SE', '46', '701234567', ['070-123 45 67', '0701234567'], ['08-12 34 56']],
	['NO', '47', '40612345', ['406 12 345', '40 61 23 45'], ['21 23 45 67']],
	['DK', '45', '32123456', ['32 12 34 56', '32123456'], ['112']],
	['FI', '358', '412345678', ['041 2345678', '041-234 5678'], ['013 123 4567']],
	['PL', '48', '512345678', ['512 345 678', '512-345-678'], ['12 345 67 89']],
	['US', '1', '2015550123', ['(201) 555-0123', '201-555-0123', '201.555.0123', '1 (201) 555-0123'], ['911', '555-0123']],
	['CA', '1', '5062345678', ['506-234-5678', '(506) 234-5678'], ['911']],
	['BR', '55', '11961234567', ['(11) 96123-4567', '11 96123 4567', '011 96123-4567'], ['(11) 2345-6789']],
	['MX', '52', '2221234567', ['222 123 4567', '(222) 123 4567'], ['066']],
	['AR', '54', '91123456789', ['011 15 2345-6789', '9 11 2345 6789'], ['101']],
	['ZA', '27', '711234567', ['071 123 4567', '0711234567'], ['010 123 4567']],
	['IN', '91', '8123456789', ['081234 56789', '81234 56789', '8123456789'], ['100']],
	['SG', '65', '81234567', ['8123 4567', '8123-4567'], ['6123 4567']],
	['MY', '60', '123456789', ['012-345 6789', '0123456789'], ['03-2345 6789']],
	['ID', '62', '812345678', ['0812-345-678', '0812345678'], ['110']],
	['PH', '63', '9051234567', ['0905 123 4567', '09051234567'], ['(02) 8123 4567']],
	['JP', '81', '9012345678', ['090-1234-5678', '09012345678'], ['03-1234-5678']],
	['KR', '82', '1020000000', ['010-2000-0000', '01020000000'], ['02-212-3456']],
	['HK', '852', '51234567', ['5123 4567', '5123-4567'], ['2123 4567']],
	['AE', '971', '501234567', ['050 123 4567', '0501234567'], ['02 234 5678']],
	['IL', '972', '502345678', ['050-234-5678', '0502345678'], ['02-123-4567']],
	['TR', '90', '5012345678', ['0501 234 56 78', '05012345678'], ['0212 345 6789']],
	['FJ', '679', '7012345', ['701 2345', '7012345'], ['321 2345']],
];

/** Spellings that work in every country. */
function spellings([, code, rest, local]: Row): unknown[] {
	const pairs = rest.replace(/..(?=.)/g, '$& ');
	const international = [`+${code}${rest}`, `+${code} ${pairs}`, `00${code} ${pairs}`, `(+${code}) ${pairs}`, `+${code}-${rest}`, `\u202a+${code} ${rest}\u202c`];
	// Values from expressions and spreadsheets: digits only, and without the leading zero.
	return [...international, `${code}${rest}`, Number(`${code}${rest}`), Number(rest), rest, ...local];
}

const TABLE = ROWS.flatMap((row) => spellings(row).map((written): [Country, unknown, string] => [row[0], written, `+${row[1]}${row[2]}`]));
const REFUSED = ROWS.flatMap(([country, code, rest, [local = ''], none]) =>
	[...none, `${local} ext 5`, `${local}x5`, Number(`${code}${rest}`).toExponential(4), `+${code} (0)${rest}`, `${local}, ${local}`].map((written): [Country, string] => [country, written]),
);

describe('a number in a country', () => {
	it('is tested in more than 300 spellings from 36 countries', () => {
		expect(ROWS).toHaveLength(36);
		expect(TABLE.length + REFUSED.length).toBeGreaterThan(600);
	});

	it.each(TABLE)('%s: %j is parsed as %s', (country, written, number) => {
		expect(parseRecipient(written, { country })).toBe(number);
	});

	it.each(REFUSED)('%s: %j is rejected', (country, written) => {
		expect(() => parseRecipient(written, { country })).toThrow(/^To '.*' (is not a mobile number in |is not a phone number|was shortened by a spreadsheet|contains a trunk prefix|is a local number)/);
	});

	it('may be a number of another country if it has a plus sign', () => {
		expect(parseRecipient('+49 1511 2345678', { country: 'NZ' })).toBe('+4915112345678');
		expect(parseRecipient('0049 30 123456', { country: 'NZ' })).toBe('+4930123456');
	});

	// Landline numbers without their leading zero, as in spreadsheets. They look like mobile numbers of the Faroe Islands,
	// Greenland, …
	it.each<[Country, string]>([['AU', '298765432'], ['AU', '299245678'], ['BE', '68254294'], ['NZ', '68251061'], ['BR', '4748671502'], ['DE', '4561155128'], ['IN', '2694775305'], ['NZ', '4915112345678']])(
		'in %s is never a number of another country without a plus sign: %s',
		(country, written) => {
			expect(() => parseRecipient(written, { country })).toThrow('Add a plus sign and the country code');
		},
	);

	it.each([211234567.5, 2112345.67, -211234567, 0, 1e21, NaN, Infinity])('must be a positive integer if it is a number value: %d', (written) => {
		expect(() => parseRecipient(written, { country: 'NZ' })).toThrow(/is not a phone number|was shortened by a spreadsheet/);
		expect(() => parseRecipient(written)).toThrow(/is not a phone number|was shortened by a spreadsheet/);
	});

	it('is rejected with the name of the country and its calling code', () => {
		expect(() => parseRecipient('09 123 4567', { country: 'NZ' })).toThrow(
			new Error("To '09 123 4567' is not a mobile number in New Zealand. Add a plus sign and the country code, which is +64 in New Zealand."),
		);
		expect(() => parseRecipient('4930123456', { country: 'DE' })).toThrow('Add a plus sign and the country code, which is +49 in Germany.');
	});

	it('that begins with + or 00 does not depend on the country', () => {
		const number = fc.tuple(fc.constantFrom('+', '00', '+ ', '(+'), fc.string({ unit: fc.constantFrom(...'0123456789 -.()'), minLength: 5, maxLength: 20 })).map(([sign, rest]) => sign + rest);
		const outcome = (written: string, country?: Country) => {
			try {
				return parseRecipient(written, { country });
			} catch (error) {
				return (error as Error).message;
			}
		};
		fc.assert(
			fc.property(number, fc.constantFrom(...listCountries().map(({ country }) => country)), (written, country) => {
				expect(outcome(written, country)).toBe(outcome(written));
			}),
		);
	});

	it('keeps its digits, except for the calling code, leading zeros, and dialing prefixes', () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 3, maxLength: 14 }), fc.constantFrom(...ROWS), (written, [country]) => {
				try {
					const number = parseRecipient(written, { country });
					// At least the end of the number is unchanged.
					return number.endsWith(written.slice(-6));
				} catch {
					return true;
				}
			}),
		);
	});
});

describe('a country', () => {
	it.each([
		['NZ', 'NZ'],
		[' nz ', 'NZ'],
		['', undefined],
		[undefined, undefined],
		[null, undefined],
	])('%j is parsed as %j', (value, country) => {
		expect(parseCountry(value)).toBe(country);
	});

	it.each([['New Zealand'], ['ZZ'], [64], [['NZ']], [{}], ['__proto__'], ['constructor']])('%j is rejected', (value) => {
		expect(() => parseCountry(value)).toThrow(/^Country of Local Numbers '.*' is not a country\. Select one from the list, or use its two-letter code, such as NZ\.$/);
	});

	it('is selected by its name, from all countries', async () => {
		const choices = await getCountries();
		expect(choices[0]).toEqual({ name: 'None (Reject Local Numbers)', value: '' });
		expect(choices).toContainEqual({ name: 'New Zealand (+64)', value: 'NZ' });
		expect(choices.length).toBeGreaterThan(240);
		const names = choices.slice(1).map(({ name }) => name);
		expect(names).toEqual([...names].sort((one, other) => one.localeCompare(other, 'en')));
		for (const { value } of choices) expect(() => parseCountry(value)).not.toThrow();
	});
});
