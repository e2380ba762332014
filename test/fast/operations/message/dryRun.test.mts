import type { Broadcast, Message } from '../../../../nodes/ModicaWhatsApp/api/types';
import { dryRunOutput, isDryRun } from '../../../../nodes/ModicaWhatsApp/operations/message/dryRun';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { contextOf, itemOf } from '../../../harness/operation.mts';

const TO = '+64211000001';

describe('Dry Run of an item', () => {
	const isDry = (options: unknown) => isDryRun(itemOf(send, { options }));

	it.each<[unknown, boolean]>([
		[{}, false],
		[undefined, false],
		[{ dryRun: true }, true],
		[{ dryRun: 'true' }, true],
		[{ dryRun: ' TRUE ' }, true],
		[{ dryRun: false }, false],
		[{ dryRun: 'False\n' }, false],
	])('with the options %j is %s', (options, expected) => {
		expect(isDry(options)).toBe(expected);
	});

	it.each<[unknown, string]>([
		[undefined, "'Dry Run' is empty."],
		[null, "'Dry Run' is empty."],
		['', "'Dry Run' is empty."],
		['yes', "Dry Run 'yes' is neither true nor false."],
		[1, "Dry Run '1' is neither true nor false."],
		[['true'], `Dry Run '["true"]' is neither true nor false.`],
		[{ toString: 'true' }, `Dry Run '{"toString":"true"}' is neither true nor false.`],
	])('is rejected if it is unclear: %j', (dryRun, problem) => {
		expect(() => isDry({ dryRun })).toThrow(`${problem} Use true to check without sending, or false to send.`);
	});
});

describe('the output of a dry run', () => {
	const context = contextOf({ hideSecrets: <T,>(value: T) => ({ withoutSecrets: value }) as never });
	const text: Message = { to: TO, type: 'text', text: { body: 'Hello' } };
	const media: Broadcast = { destination: [TO], type: 'media', media: { type: 'image', url: 'https://n8n.example.com/?token=secret' } };

	it('contains the request and the text that the customer reads, without secrets', () => {
		expect(dryRunOutput(TO, text, context)).toStrictEqual({ withoutSecrets: { status: 'valid', to: TO, preview: 'Hello', request: text } });
		expect(dryRunOutput(TO, text, context, 'As it is read')).toStrictEqual({ withoutSecrets: { status: 'valid', to: TO, preview: 'As it is read', request: text } });
	});

	it('has no text if there is none', () => {
		expect(dryRunOutput(TO, media, context)).toStrictEqual({ withoutSecrets: { status: 'valid', to: TO, request: media } });
	});
});
