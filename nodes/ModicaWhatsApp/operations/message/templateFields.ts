import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { BINARY_FIELD } from '../../parameters/binaryField';
import { mediaSourceField } from './media';
import { HEADER_TEXT, TEMPLATE_TEXT, TEMPLATE_VALUES } from './templateText';
import { TEMPLATE_JSON } from './templateVariables';

/** The option of *Message Type*. */
export const templateType: INodePropertyOptions = {
	name: 'Template',
	value: 'template',
	description: 'A text that WhatsApp approved beforehand; the only kind that reaches customers at any time',
};

export const templateFields: INodeProperties[] = [
	{
		displayName: 'Template Name',
		name: 'templateName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order_update',
		description: 'The name under which WhatsApp approved the template',
		hint: 'The template must be approved by WhatsApp for your business number.',
	},
	{
		displayName: 'Template Language',
		name: 'templateLanguage',
		type: 'string',
		required: true,
		default: 'en_US',
		placeholder: 'e.g. en_US',
		description: 'The language under which the template was approved, such as en or en_US',
	},
	{
		displayName: 'Template Parameters',
		name: 'templateParameters',
		type: 'options',
		noDataExpression: true,
		default: 'text',
		options: [
			{
				name: 'From Template Text',
				value: 'text',
				description: 'Paste the text and get a field for each of its placeholders',
			},
			{ name: 'Using Fields Below', value: 'fields', description: 'Add the values one by one, in their order' },
			{ name: 'Using JSON', value: 'json', description: 'A list or an object from another node' },
		],
		description: 'How to give what fills the template’s placeholders',
	},
	{
		displayName: TEMPLATE_TEXT,
		name: 'templateText',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		// Its {{1}} isn't an expression.
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. Hi {{1}}, your order {{2}} is on its way',
		description: 'The body of the template, as WhatsApp approved it. The customer gets the approved text, whatever is written here.',
		hint: 'Paste the approved text with its placeholders. Changing it empties Template Values.',
		displayOptions: { show: { templateParameters: ['text'] } },
	},
	{
		displayName: HEADER_TEXT,
		name: 'templateHeaderText',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. Order {{1}}',
		description: 'The text above the body, for a template that has one',
		displayOptions: { show: { templateParameters: ['text'] } },
	},
	placeholderTexts('headerParams', 'Header Text', 'e.g. Winter sale'),
	{
		displayName: 'Header Media',
		name: 'templateMedia',
		type: 'fixedCollection',
		placeholder: 'Add Header Media',
		default: {},
		options: [
			{
				displayName: 'Media',
				name: 'media',
				values: [
					{
						displayName: 'Type',
						name: 'type',
						type: 'options',
						default: 'image',
						options: [
							{ name: 'Document', value: 'document' },
							{ name: 'Image', value: 'image' },
							{ name: 'Video', value: 'video' },
						],
						description: 'The kind of media that the template’s header was approved with',
					},
					mediaSourceField,
					{
						displayName: 'URL',
						name: 'url',
						type: 'string',
						default: '',
						placeholder: 'e.g. https://example.com/banner.png',
						description: 'Where Modica fetches the file; it must be reachable from the internet without a log-in',
						displayOptions: { show: { mediaSource: ['url'] } },
					},
					{
						displayName: BINARY_FIELD,
						name: 'binaryPropertyName',
						type: 'string',
						default: 'data',
						placeholder: 'e.g. data',
						description:
							'The name of the input binary field that holds the file. Modica fetches it from your n8n, which must be reachable from the internet.',
						displayOptions: { show: { mediaSource: ['binary'] } },
					},
				],
			},
		],
		description: 'The image, video or document above the body, for a template that has one',
		displayOptions: { show: { templateParameters: ['text', 'fields'] } },
	},
	{
		displayName: TEMPLATE_VALUES,
		name: 'templateValues',
		type: 'resourceMapper',
		required: true,
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		typeOptions: {
			loadOptionsDependsOn: ['templateText', 'templateHeaderText'],
			resourceMapper: {
				resourceMapperMethod: 'getTemplateFields',
				mode: 'add',
				valuesLabel: TEMPLATE_VALUES,
				fieldWords: { singular: 'value', plural: 'values' },
				addAllFields: true,
				supportAutoMap: false,
				refreshStaleSchemaOnOpen: true,
			},
		},
		description: 'Value for each placeholder of the text',
		displayOptions: { show: { templateParameters: ['text'] } },
	},
	placeholderTexts('bodyParams', 'Body', 'e.g. Aroha'),
	{
		displayName: 'Buttons',
		name: 'buttons',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add Button',
		default: {},
		options: [
			{
				displayName: 'Values',
				name: 'values',
				values: [
					{
						displayName: 'Index',
						name: 'index',
						type: 'number',
						typeOptions: { minValue: 0, maxValue: 9 },
						default: 0,
						description: 'Which of the template’s buttons this is for; the first is 0',
					},
					{
						displayName: 'Payload',
						name: 'payload',
						type: 'string',
						default: '',
						placeholder: 'e.g. CONFIRM-1234',
						description: 'Payload returned by a quick reply, or suffix of a URL button',
					},
					{
						displayName: 'Type',
						name: 'type',
						type: 'options',
						default: 'quick_reply',
						options: [
							{ name: 'Quick Reply', value: 'quick_reply' },
							{ name: 'URL', value: 'url' },
						],
						description: 'The kind of button in the template',
					},
				],
			},
		],
		description: 'Values for the template’s buttons',
		displayOptions: { show: { templateParameters: ['text', 'fields'] } },
	},
	{
		displayName: TEMPLATE_JSON,
		name: 'templateJson',
		type: 'json',
		typeOptions: { rows: 6 },
		default: '{\n  "body_params": []\n}',
		description:
			'A list of texts for the body, or an object with any of header_params, body_params (lists of texts), media (its type and URL) and buttons (index, type, payload)',
		hint: 'For the body alone, drag in a field that holds a list',
		displayOptions: { show: { templateParameters: ['json'] } },
	},
];

/** Returns the field for the values of one part of a template. */
function placeholderTexts(name: string, part: 'Header Text' | 'Body', placeholder: string): INodeProperties {
	return {
		displayName: `${part} Parameters`,
		name,
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		placeholder: `Add ${part} Parameter`,
		default: {},
		options: [
			{
				displayName: 'Values',
				name: 'values',
				values: [
					{
						displayName: 'Value',
						name: 'value',
						type: 'string',
						default: '',
						placeholder,
						description: 'Text for the placeholder',
						hint: 'The first one fills {{1}}, the second one {{2}}',
					},
				],
			},
		],
		description: `Texts for the placeholders in the template’s ${part.split(' ')[0]?.toLowerCase()}, in their order`,
		displayOptions: { show: { templateParameters: ['fields'] } },
	};
}
