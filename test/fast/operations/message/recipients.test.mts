import { broadcast } from '../../../../nodes/ModicaWhatsApp/operations/message/broadcast';
import { readRecipient, readRecipients } from '../../../../nodes/ModicaWhatsApp/operations/message/recipients';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { itemOf } from '../../../harness/operation.mts';

const NZ = { defaultCountry: 'NZ' };

describe('the recipients of an item', () => {
	it('may be written as in their country, where the options name it', () => {
		expect(readRecipient(itemOf(send, { to: '021 123 4567', options: NZ }))).toBe('+64211234567');
		expect(readRecipients(itemOf(broadcast, { recipients: '021 123 4567, +61 412 345 678', options: NZ }))).toEqual(['+64211234567', '+61412345678']);
	});

	it('are international otherwise', () => {
		const local = { to: '021 123 4567', recipients: '021 123 4567' };
		expect(() => readRecipient(itemOf(send, local))).toThrow("To '021 123 4567' is a local number.");
		expect(() => readRecipients(itemOf(broadcast, local))).toThrow("Recipient 1 '021 123 4567' is a local number.");
	});

	it('are refused with a country that is none', () => {
		const item = itemOf(send, { to: '021 123 4567', options: { defaultCountry: 'XX' } });
		expect(() => readRecipient(item)).toThrow("Country of Local Numbers 'XX' is not a country.");
	});
});
