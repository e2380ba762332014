import fc from 'fast-check';
import { readContent } from '../../../../nodes/ModicaWhatsApp/operations/message/content';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { parseTemplateText, readValues, renderTemplate, valueFields } from '../../../../nodes/ModicaWhatsApp/operations/message/templateText';
import { itemOf } from '../../../harness/operation.mts';

const AS_APPROVED = 'Paste its approved text.';

const valuesOf = (body: string, values: unknown, header = '') => readValues(parseTemplateText(body, header), values);
const previewOf = (body: string, values: Record<string, unknown>, header = '') => {
	const text = parseTemplateText(body, header);
	return renderTemplate(text, readValues(text, values));
};

describe('the text of a template', () => {
	it.each([
		['Hi {{1}}, your order {{2}} is on its way', ['{{1}}', '{{2}}']],
		['{{2}} for {{1}}, and {{2}} again', ['{{1}}', '{{2}}']],
		['{{10}}{{9}}{{8}}{{7}}{{6}}{{5}}{{4}}{{3}}{{2}}{{1}}', ['{{1}}', '{{2}}', '{{3}}', '{{4}}', '{{5}}', '{{6}}', '{{7}}', '{{8}}', '{{9}}', '{{10}}']],
		['Hi {{first_name}}, see you on {{day}}, {{first_name}}', ['{{first_name}}', '{{day}}']],
		['Hi {{ 1 }}', ['{{1}}']],
		// n8n 1.x stores a text that is pasted into an empty field like this.
		['=Hi {{1}}', ['{{1}}']],
		['{a} and {b}', []],
		['Kia ora', []],
	])('has a field per placeholder, in the order of the values: %s', (body, names) => {
		expect(valueFields(parseTemplateText(body, undefined)).map(({ name }) => name)).toEqual(names);
	});

	it('has fields for its header too', () => {
		expect(valueFields(parseTemplateText('Hi {{1}}', 'Order {{1}}'))).toEqual([
			{ id: 'header:1', name: 'Header {{1}}' },
			{ id: 'body:1', name: '{{1}}' },
		]);
		expect(valueFields(parseTemplateText('Hi {{first_name}}', ' '))).toEqual([{ id: 'body:first_name', name: '{{first_name}}' }]);
	});

	it.each([
		["'Template Text' is empty. Paste the approved body of the template, or set 'Template Parameters' to 'Using Fields Below'.", ' '],
		["Template Text '{{3}} {{1}}' has no {{2}}. Placeholders are numbered from {{1}} without gaps. Paste the full approved text.", '{{3}} {{1}}'],
		["Template Text '{{2}}' has no {{1}}.", '{{2}}'],
		[`Template Text '{{1}} {{name}}' mixes numbered and named placeholders. A template has only one kind. ${AS_APPROVED}`, '{{1}} {{name}}'],
		["Template Text 'Hi {{1}' has double braces outside a placeholder. Enter placeholders as {{1}} or {{first_name}}.", 'Hi {{1}'],
		["Template Text 'Hi 1}}' has double braces", 'Hi 1}}'],
		["Template Text '{{{1}}}' has double braces", '{{{1}}}'],
		["'Template Text' is empty.", '='],
		["Template Text '{{ {1} }}' has double braces", '{{ {1} }}'],
		["Template Text '{{$json.name}}' is not a template placeholder. Paste the approved text, with placeholders such as {{1}} or {{first_name}}. Enter their values in 'Template Values'.", 'Hi {{ $json.name }}'],
		["Template Text '{{}}' is not a template placeholder", 'Hi {{}}'],
		["Template Text '{{01}}' is not a template placeholder", 'Hi {{01}}'],
		["Template Text '{{Name}}' is not a template placeholder", 'Hi {{Name}}'],
		[`Template Text '{"a":1}' is not text.`, { a: 1 }],
	])('is rejected: %s', (message, body) => {
		expect(() => parseTemplateText(body, '')).toThrow(message);
	});

	it('is rejected with the name of the header field', () => {
		expect(() => parseTemplateText('Hi', 'Order {{2}}')).toThrow("Header Text 'Order {{2}}' has no {{1}}.");
		expect(() => parseTemplateText('Hi', '{{1}} {{name}}')).toThrow("Header Text '{{1}} {{name}}' mixes numbered and named placeholders.");
		expect(() => parseTemplateText('Hi {{1}}', 'Order {{number}}')).toThrow("Template Text 'Hi {{1}}' mixes numbered and named placeholders.");
	});
});

describe('the values of a template', () => {
	it('are sent in the order of the numbers, or of the first occurrences of the names', () => {
		expect(valuesOf('{{2}} for {{1}}', { 'body:1': 'Aroha', 'body:2': 7 })).toEqual({ header_params: [], body_params: ['Aroha', '7'] });
		expect(valuesOf('{{day}} {{name}} {{day}}', { 'body:name': 'Aroha', 'body:day': 'Monday' })).toMatchObject({ body_params: ['Monday', 'Aroha'] });
		expect(valuesOf('Hi {{1}}', { 'body:1': 'Aroha', 'header:1': '1234' }, 'Order {{1}}')).toEqual({ header_params: ['1234'], body_params: ['Aroha'] });
	});

	it('of removed placeholders are omitted', () => {
		expect(valuesOf('Hi {{1}}', { 'body:1': 'Aroha', 'body:2': '', 'header:1': {} })).toEqual({ header_params: [], body_params: ['Aroha'] });
	});

	it.each<[string, unknown]>([
		["'Template Values {{2}}' is empty. Enter a value for each placeholder. WhatsApp does not accept empty ones.", { 'body:1': 'x' }],
		["'Template Values {{1}}' is empty.", null],
		["'Template Values {{1}}' is empty.", { 'body:1': ' ', 'body:2': 'x' }],
		["'Template Values {{1}}' is empty.", { 'body:1': null, 'body:2': 'x' }],
		["Template Values {{2}} 'NaN' is not text.", { 'body:1': 'x', 'body:2': NaN }],
		["Template Values {{2}} 'x y' has a line break.", { 'body:1': 'x', 'body:2': 'x\ny' }],
		["Template Values {{2}} 'x y' has a tab.", { 'body:1': 'x', 'body:2': 'x\ty' }],
		["Template Values {{2}} 'x y' has five spaces in a row.", { 'body:1': 'x', 'body:2': 'x     y' }],
		[`Template Values {{2}} '{"a":1}' is not text.`, { 'body:1': 'x', 'body:2': { a: 1 } }],
	])('are rejected: %s', (message, values) => {
		expect(() => valuesOf('{{1}} {{2}}', values)).toThrow(message);
	});

	it('are rejected with the name of the header field', () => {
		expect(() => valuesOf('Hi', {}, 'Order {{1}}')).toThrow("'Template Values Header {{1}}' is empty.");
		expect(() => valuesOf('{{toString}}'.toLowerCase().replace('tostring', 'constructor'), {})).toThrow("'Template Values {{constructor}}' is empty.");
	});
});

describe('the preview of a template', () => {
	it('is the text that the customer reads', () => {
		expect(previewOf('Hi {{1}}, order {{ 2 }} for {{1}}.', { 'body:1': '$& {{2}}', 'body:2': 1234 })).toBe('Hi $& {{2}}, order 1234 for $& {{2}}.');
		expect(previewOf('2 + 2 = {{1}}', { 'body:1': 4 })).toBe('2 + 2 = 4');
		expect(previewOf('=Hi {{name}}', { 'body:name': 'Aroha', 'header:1': '7' }, '')).toBe('Hi Aroha');
		expect(previewOf('Hi {{1}}', { 'body:1': 'Aroha', 'header:1': '7' }, 'Order {{1}}')).toBe('Order 7\n\nHi Aroha');
	});

	it('has up to 1,024 characters in its body', () => {
		const header = 'x'.repeat(60);
		expect(previewOf('{{1}}', { 'body:1': '🥝'.repeat(1_024) }, header)).toHaveLength(2 * 1_024 + 62);
		expect(() => previewOf('Hi {{1}}', { 'body:1': '🥝'.repeat(1_022) })).toThrow(
			/^Template Text 'Hi \{\{1\}\}' has 1025 characters with its values\. The body of a template can have up to 1024\. Shorten the values\.$/,
		);
	});

	it('replaces each placeholder with its value, and changes nothing else', () => {
		const words = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[{}\s]/g, '') || '-');
		const sample = fc.integer({ min: 1, max: 6 }).chain((count) =>
			fc.tuple(
				fc.array(words, { minLength: count, maxLength: count }),
				fc.array(words, { minLength: count + 1, maxLength: count + 1 }),
				fc.shuffledSubarray(Array.from({ length: count }, (_, index) => index), { minLength: count }),
			),
		);
		fc.assert(
			fc.property(sample, ([values, between, order]) => {
				const weave = (fill: (index: number) => string) => order.map((index, place) => `${between[place]} ${fill(index)} `).join('') + between.at(-1);
				const preview = previewOf(` ${weave((index) => `{{${index + 1}}}`)}`, Object.fromEntries(values.map((value, index) => [`body:${index + 1}`, value])));
				expect(preview).toBe(` ${weave((index) => values[index] ?? '')}`);
			}),
			{ numRuns: 500 },
		);
	});
});

describe('a template from its text', () => {
	const given = (parameters: Record<string, unknown>) =>
		readContent(itemOf(send, { messageType: 'template', templateName: 'order_update', ...parameters }), () => 'https://n8n.example.com/file');

	it('is the default, with its header media and buttons, and has a preview', () => {
		const read = given({
			templateText: 'Hi {{1}}',
			templateValues: { mappingMode: 'defineBelow', value: { 'body:1': 'Aroha' } },
			templateMedia: { media: { url: 'https://example.com/a.png' } },
			buttons: { values: [{ index: 0, type: 'url', payload: 'orders/1' }] },
		});
		expect(read).toEqual({
			content: {
				type: 'template',
				template: {
					name: 'order_update',
					language: 'en_US',
					body_params: ['Aroha'],
					media: { type: 'image', url: 'https://example.com/a.png' },
					buttons: [{ index: 0, type: 'url', payload: 'orders/1' }],
				},
			},
			preview: 'Hi Aroha',
		});
	});

	it('has a text or media in its header, not both', () => {
		const both = { templateText: 'Hi', templateHeaderText: 'Order', templateMedia: { media: { url: 'https://example.com/a.png' } } };
		expect(() => given(both)).toThrow("Header Text 'Order' cannot be combined with 'Header Media'. A template has only one of them. Remove the one that the approved template does not have.");
	});

	it('is never evaluated as an expression', () => {
		const item = itemOf(send, { messageType: 'template', templateName: 'a', templateParameters: 'text' });
		const parameter = (name: string) => (name.startsWith('template') && name.endsWith('Text') ? 'Hi 1' : item.parameter(name));
		const stored = (name: string) => (name === 'templateText' ? '=Hi {{1}}' : '');
		const values = { value: { 'body:1': 'Aroha' } };
		const read = readContent({ ...item, stored, parameter: (name) => (name === 'templateValues' ? values : parameter(name)) }, () => '');
		expect(read.preview).toBe('Hi Aroha');
	});

	it('needs no values if it has no placeholders', () => {
		expect(given({ templateText: 'Kia ora' })).toEqual({
			content: { type: 'template', template: { name: 'order_update', language: 'en_US' } },
			preview: 'Kia ora',
		});
	});
});
