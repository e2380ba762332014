/** The output for each recipient of a broadcast. For its requests, see `sends.test.mts`. */
import type { BroadcastReceipt } from '../../../../nodes/ModicaWhatsApp/api/types';
import { broadcast } from '../../../../nodes/ModicaWhatsApp/operations/message/broadcast';
import { contextOf, runOn } from '../../../harness/operation.mts';

const ONE = '+64211000001';
const TWO = '+64211000002';
const TEMPLATE = { messageType: 'template', templateName: 'sale', templateText: 'Kia ora' };

/** An API that returns this receipt for each recipient. */
const contextWith = (receipt: BroadcastReceipt) => contextOf({ broadcast: async ({ destination }) => await Promise.resolve(destination.map(() => receipt)), hideSecrets: (value) => value });

describe('the output for a recipient', () => {
	it('contains the text that was sent, and none if nothing was sent', async () => {
		const sent = await runOn(broadcast, [{ to: ONE, ...TEMPLATE }], contextWith({ id: 'x', status: 'accepted' }));
		expect(sent.results.map((result) => 'json' in result && result.json)).toStrictEqual([{ id: 'x', status: 'accepted', to: ONE, preview: 'Kia ora' }]);
		const failed = await runOn(broadcast, [{ to: ONE, ...TEMPLATE }], contextWith({ status: 'failed' }));
		expect(failed.results).toMatchObject([{ json: { status: 'failed', to: ONE }, isRefused: true }]);
		expect(failed.results[0]).not.toHaveProperty('json.preview');
		expect(failed.results[0]).not.toHaveProperty('mayCountAsSent');
	});

	it('says that the reference may count as sent if n8n could not release it', async () => {
		const context = contextWith({ status: 'failed' });
		context.store.remove = async () => await Promise.reject(new Error('full'));
		const { results } = await runOn(broadcast, [{ to: ONE, text: 'Sale', additionalFields: { reference: 'sale' }, options: { oncePerReference: true } }], context);
		expect(results).toMatchObject([{ json: { message: expect.stringMatching(/^n8n’s database could not release the reference/) }, isRefused: true, mayCountAsSent: true }]);
	});

	it('contains its own request in a dry run, and marks duplicates', async () => {
		const options = { dryRun: true };
		const { results } = await runOn(broadcast, [ONE, TWO, ONE].map((to) => ({ to, text: 'Sale', options })), contextWith({ status: 'never' }));
		const valid = (item: number, to: string) => ({
			item,
			position: 0,
			isDry: true,
			json: { status: 'valid', to, preview: 'Sale', request: { destination: [to], type: 'text', text: { body: 'Sale' } } },
		});
		expect(results).toHaveLength(3);
		expect(results).toEqual(
			expect.arrayContaining([
				valid(0, ONE),
				valid(1, TWO),
				{ item: 2, position: 0, isDry: true, json: { status: 'duplicate', to: ONE, message: 'Not sent again: the number is already in this broadcast (item 0)' } },
			]),
		);
	});
});
