import fc from 'fast-check';
import { readerOf } from '../../../nodes/ModicaWhatsApp/n8n/fieldReference';
import { item } from '../../harness/core/node.mts';
import { setStage, TEXT } from '../../harness/core/stage.mts';

const ROW = { to: '+64', empty: '', order: 7, none: null, sent: true, a: { b: 'c' }, customer: { phone_1: '+65' }, 'Phone number': { value: '+66' } };

describe('a parameter with simple references to fields', () => {
	it.each<[unknown, unknown]>([
		['={{ $json.to }}', '+64'],
		['={{$json.to}}', '+64'],
		['={{ $json.empty }}', ''],
		['={{ $json.order }}', 7],
		['={{ $json.customer.phone_1 }}', '+65'],
		['={{ $json["Phone number"].value }}', '+66'],
		["={{ $json['Phone number'].value }}", '+66'],
		[{ values: [{ value: '={{ $json.to }}', isLeft: true }, { value: 'as it is' }] }, { values: [{ value: '+64', isLeft: true }, { value: 'as it is' }] }],
		[['={{ $json.order }}', null, 1], [7, null, 1]],
		[{ value: { 'body:1': '={{ $json.a.b }}' }, schema: [{ id: 'body:1' }] }, { value: { 'body:1': 'c' }, schema: [{ id: 'body:1' }] }],
	])('%j is read from the item', (parameter, value) => {
		expect(readerOf(parameter)?.(ROW)).toEqual(value);
	});

	it.each([
		'={{ $json.gone }}',
		'={{ $json.none }}',
		'={{ $json.sent }}',
		'={{ $json.a }}',
		'={{ $json.to.length }}',
		'={{ $json.toString }}',
		{ one: '={{ $json.to }}', other: '={{ $json.gone }}' },
		{ deep: [['={{ $json.gone }}']] },
	])('%j is evaluated by n8n if the value is not a text or a number', (parameter) => {
		const read = readerOf(parameter);
		expect(read).toBeDefined();
		expect(read?.(ROW)).toBeUndefined();
	});

	it.each([
		'{{ $json.to }}',
		'={{ $json.to }} ',
		'= {{ $json.to }}',
		'=+{{ $json.to }}',
		'={{ $json.to }}{{ $json.to }}',
		'={{ $json.to.trim() }}',
		'={{ $json.to || "" }}',
		'={{ $json?.to }}',
		'={{ $json.rows[0] }}',
		'={{ $json["a\\"b"] }}',
		'={{ $json }}',
		'={{ $jsonx.to }}',
		'={{ $input.item.json.to }}',
		'={{ $json.to; }}',
		'={{ $json.constructor }}',
		'={{ $json.__proto__.x }}',
		{ one: '={{ $json.to }}', other: '=more than {{ $json.to }}' },
		[['={{ $json.to }}'], { deep: '={{ 1 }}' }],
		'',
		7,
		null,
		undefined,
		{},
		{ no: 'expression' },
	])('is not %j, which n8n evaluates', (parameter) => {
		expect(readerOf(parameter)).toBeUndefined();
	});
});

describe('the value that the node reads', () => {
	const stage = setStage();

	it("equals the value of n8n's own expressions, also in nested parameters", async () => {
		const names = ['to', 'Phone number', 'order', 'constructor', 'length', '__proto__'];
		const reference = fc
			.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
			.map((path) => `={{ $json${path.map((name) => (/^\w+$/.test(name) ? `.${name}` : `["${name}"]`)).join('')} }}`);
		const leaf = fc.oneof(fc.string(), fc.integer(), fc.constant('={{ 1 + 1 }}'), fc.constant(null), fc.boolean());
		const json = fc.dictionary(fc.constantFrom('to', 'Phone number', 'order'), fc.oneof(leaf, fc.dictionary(fc.constantFrom(...names), leaf)));
		await fc.assert(
			fc.asyncProperty(reference, json, async (to, fields) => {
				// The same expression with a space, so that n8n's engine evaluates it.
				const [ours, theirs] = await Promise.all(
					[to, to.replace('$json', '($json)')].map(async (parameter) => {
						const additionalFields = { reference: parameter };
						const [output] = await stage.run({ ...TEXT, to: parameter, additionalFields }, { items: [item(fields)], continueOnFail: true });
						const [nested] = await stage.run({ ...TEXT, additionalFields }, { items: [item(fields)], continueOnFail: true });
						return [output?.json.to ?? output?.json.error, nested?.json.reference ?? nested?.json.error];
					}),
				);
				expect(ours).toEqual(theirs);
			}),
			{ numRuns: 200 },
		);
	});
});
