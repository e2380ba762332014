import { broadcast } from '../../../../nodes/ModicaWhatsApp/operations/message/broadcast';
import { readRecipient, readRecipients } from '../../../../nodes/ModicaWhatsApp/operations/message/recipients';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { itemOf } from '../../../harness/operation.mts';

const NZ = { defaultCountry: 'NZ' };

describe('the recipients of an item', () => {
	it('may have the national format of the Default Country', () => {
		expect(readRecipient(itemOf(send, { to: '021 123 4567', options: NZ }))).toBe('+64211234567');
		expect(readRecipients(itemOf(broadcast, { recipients: '021 123 4567, +61 412 345 678', options: NZ }))).toEqual(['+64211234567', '+61412345678']);
	});

	it('have the international format otherwise', () => {
		const local = { to: '021 123 4567', recipients: '021 123 4567' };
		expect(() => readRecipient(itemOf(send, local))).toThrow("To '021 123 4567' is a local number.");
		expect(() => readRecipients(itemOf(broadcast, local))).toThrow("Recipient 1 '021 123 4567' is a local number.");
	});

	it('are rejected with an invalid country', () => {
		const item = itemOf(send, { to: '021 123 4567', options: { defaultCountry: 'XX' } });
		expect(() => readRecipient(item)).toThrow("Country of Local Numbers 'XX' is not a country.");
	});
});
