import fc from 'fast-check';
import { parseFieldReference, readField } from '../../../nodes/ModicaWhatsApp/n8n/fieldReference';
import { item } from '../../harness/core/node.mts';
import { setStage, TEXT } from '../../harness/core/stage.mts';

describe('a plain reference to a field', () => {
	it.each([
		['={{ $json.to }}', ['to']],
		['={{$json.to}}', ['to']],
		['={{ $json.customer.phone_1 }}', ['customer', 'phone_1']],
		['={{ $json["Phone number"] }}', ['Phone number']],
		["={{ $json['Phone number'].value }}", ['Phone number', 'value']],
	])('%s is known', (parameter, path) => {
		expect(parseFieldReference(parameter)).toEqual(path);
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
		'',
		7,
		undefined,
		{},
	])('%j is n8n’s to evaluate', (parameter) => {
		expect(parseFieldReference(parameter)).toBeUndefined();
	});

	it.each([
		[{ to: '+64' }, ['to'], '+64'],
		[{ to: '' }, ['to'], ''],
		[{ to: 64 }, ['to'], 64],
		[{ a: { b: 'c' } }, ['a', 'b'], 'c'],
		[{}, ['to'], undefined],
		[{ to: null }, ['to'], undefined],
		[{ to: true }, ['to'], undefined],
		[{ to: { a: 1 } }, ['to'], undefined],
		[{ a: 'text' }, ['a', 'length'], undefined],
		[{}, ['constructor'], undefined],
		[{}, ['__proto__', 'x'], undefined],
	])('of %j at %j is %j', (json, path, value) => {
		expect(readField(json, path)).toBe(value);
	});
});

describe('what the node reads by itself', () => {
	const stage = setStage();

	it('is what n8n’s own expressions give', async () => {
		const names = ['to', 'Phone number', 'order', 'constructor', 'length', '__proto__'];
		const reference = fc
			.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 })
			.map((path) => `={{ $json${path.map((name) => (/^\w+$/.test(name) ? `.${name}` : `["${name}"]`)).join('')} }}`);
		const leaf = fc.oneof(fc.string(), fc.integer(), fc.constant('={{ 1 + 1 }}'), fc.constant(null), fc.boolean());
		const json = fc.dictionary(fc.constantFrom('to', 'Phone number', 'order'), fc.oneof(leaf, fc.dictionary(fc.constantFrom(...names), leaf)));
		await fc.assert(
			fc.asyncProperty(reference, json, async (to, fields) => {
				// The same expression with a blank that makes it one for n8n's engine.
				const [ours, theirs] = await Promise.all(
					[to, to.replace('$json', '($json)')].map(async (parameter) => {
						const [output] = await stage.run({ ...TEXT, to: parameter }, { items: [item(fields)], continueOnFail: true });
						return output?.json.to ?? output?.json.error;
					}),
				);
				expect(ours).toEqual(theirs);
			}),
			{ numRuns: 200 },
		);
	});
});
