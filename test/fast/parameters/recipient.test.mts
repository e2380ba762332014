import fc from 'fast-check';
import { parseRecipient } from '../../../nodes/ModicaWhatsApp/parameters/recipient';

describe('a recipient in a common spelling', () => {
	it.each([
		['+64211234567', '+64211234567'],
		['64211234567', '+64211234567'],
		[64211234567, '+64211234567'],
		['0064211234567', '+64211234567'],
		['+64 21 123 4567', '+64211234567'],
		['+64-21-123-4567', '+64211234567'],
		['+64.21.123.4567', '+64211234567'],
		['+64 (21) 123-4567', '+64211234567'],
		['(+64) 21 123 4567', '+64211234567'],
		['+64\u00a021\u202f123\u20114567', '+64211234567'],
		['\u202a+64211234567\u202c', '+64211234567'],
		['  +64211234567\n', '+64211234567'],
		['+1 415 555 2671', '+14155552671'],
		['+6421123', '+6421123'],
		['+123456789012345', '+123456789012345'],
	])('%j is parsed as %s', (written, number) => {
		expect(parseRecipient(written)).toBe(number);
	});
});

describe('an ambiguous recipient', () => {
	it.each([
		['', "'To' is empty. Use the international format, such as +64211234567."],
		['   ', "'To' is empty. Use the international format, such as +64211234567."],
		[null, "'To' is empty. Use the international format, such as +64211234567."],
		['021 123 4567', "To '021 123 4567' is a local number. Replace the leading 0 with the country code. Use the international format, such as +64211234567."],
		['+064211234567', "To '+064211234567' is a local number. Replace the leading 0 with the country code. Use the international format, such as +64211234567."],
		['+64 (0)21 123 4567', "To '+64 (0)21 123 4567' contains a trunk prefix, (0). Remove it. Use the international format, such as +64211234567."],
		['6.42112E+10', "To '6.42112E+10' was shortened by a spreadsheet (scientific notation). Format the column as text in the spreadsheet."],
		['6,42112E+10', "To '6,42112E+10' was shortened by a spreadsheet (scientific notation). Format the column as text in the spreadsheet."],
		['Aroha', "To 'Aroha' is not a phone number. Use the international format, such as +64211234567."],
		['+64211234567x9', "To '+64211234567x9' is not a phone number. Use the international format, such as +64211234567."],
		['+64+211234567', "To '+64+211234567' is not a phone number. Use the international format, such as +64211234567."],
		['whatsapp:+64211234567', "To 'whatsapp:+64211234567' is not a phone number. Use the international format, such as +64211234567."],
		['+64211234567, +64217654321', "To '+64211234567, +64217654321' is not a phone number. Use the international format, such as +64211234567."],
		['٦٤٢١١٢٣٤٥٦٧', "To '٦٤٢١١٢٣٤٥٦٧' is not a phone number. Use the international format, such as +64211234567."],
		['+64 21', "To '+64 21' is too short for a phone number. Use 7 to 15 digits, including the country code. Use the international format, such as +64211234567."],
		['+1234567890123456', "To '+1234567890123456' is too long for a phone number. Use 7 to 15 digits, including the country code. Use the international format, such as +64211234567."],
		[['+64211234567'], `To '["+64211234567"]' is not a single phone number. Use the international format, such as +64211234567.`],
		[{ number: '+64211234567' }, `To '{"number":"+64211234567"}' is not a single phone number. Use the international format, such as +64211234567.`],
	])('%j is rejected', (written, message) => {
		expect(() => parseRecipient(written)).toThrow(new Error(message));
	});

	it('is never changed to other digits', () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(...'0123456789+ -.()e,x\u202a') }), (written) => {
				let number: string;
				try {
					number = parseRecipient(written);
				} catch {
					return true;
				}
				const digits = (text: string) => text.replace(/\D/g, '');
				return digits(number) === digits(written).replace(/^00/, '') || digits(number) === digits(written);
			}),
		);
	});
});
