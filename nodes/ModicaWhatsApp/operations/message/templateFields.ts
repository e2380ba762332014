import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { BINARY_FIELD } from '../../parameters/binaryField';
import { mediaSourceField } from './media';
import { HEADER_TEXT, TEMPLATE_TEXT, TEMPLATE_VALUES } from './templateText';
import { TEMPLATE_JSON } from './templateVariables';

/** The option of *Message Type*. */
export const templateType: INodePropertyOptions = {
	name: 'Template',
	value: 'template',
	description: 'Text that WhatsApp approved in advance. The only type that is delivered at any time.',
};

export const templateFields: INodeProperties[] = [
	{
		displayName: 'Template Name',
		name: 'templateName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order_update',
		description: 'Name of the approved template',
		hint: 'WhatsApp must have approved the template for your business number',
	},
	{
		displayName: 'Template Language',
		name: 'templateLanguage',
		type: 'string',
		required: true,
		default: 'en_US',
		placeholder: 'e.g. en_US',
		description: 'Language code of the approved template, such as en or en_US',
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
				description: 'Paste the template text to get a field for each placeholder',
			},
			{ name: 'Using Fields Below', value: 'fields', description: 'Add the values one by one, in order' },
			{ name: 'Using JSON', value: 'json', description: 'Provide a list or an object, such as from another node' },
		],
		description: 'How to fill the placeholders of the template',
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
		description: 'Body of the template, as WhatsApp approved it. Customers receive the approved text, even if you change it here.',
		hint: 'Paste the approved text, including its placeholders. Changing it clears Template Values.',
		displayOptions: { show: { templateParameters: ['text'] } },
	},
	{
		displayName: HEADER_TEXT,
		name: 'templateHeaderText',
		type: 'string',
		noDataExpression: true,
		default: '',
		placeholder: 'e.g. Order {{1}}',
		description: 'Text above the body, if the template has one',
		displayOptions: { show: { templateParameters: ['text'] } },
	},
	placeholderTexts('headerParams', 'Header Text', 'e.g. Winter sale'),
	{
		displayName: 'Header Media',
		name: 'templateMedia',
		type: 'fixedCollection',
		placeholder: 'Add header media',
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
						description: 'Type of media in the approved template',
					},
					mediaSourceField,
					{
						displayName: 'URL',
						name: 'url',
						type: 'string',
						default: '',
						placeholder: 'e.g. https://example.com/banner.png',
						description: 'URL of the file. Modica downloads it, so it must be reachable from the internet without a login.',
						displayOptions: { show: { mediaSource: ['url'] } },
					},
					{
						displayName: BINARY_FIELD,
						name: 'binaryPropertyName',
						type: 'string',
						default: 'data',
						placeholder: 'e.g. data',
						description:
							'The name of the input binary field containing the file. Modica downloads it from your n8n instance, which must be reachable from the internet.',
						displayOptions: { show: { mediaSource: ['binary'] } },
					},
				],
			},
		],
		description: 'Image, video, or document above the body, if the template has one',
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
		description: 'Value of each placeholder',
		displayOptions: { show: { templateParameters: ['text'] } },
	},
	placeholderTexts('bodyParams', 'Body', 'e.g. Aroha'),
	{
		displayName: 'Buttons',
		name: 'buttons',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
		placeholder: 'Add button',
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
						description: 'Index of the button in the template, starting at 0',
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
						description: 'Type of the button in the template',
					},
				],
			},
		],
		description: 'Values for the buttons of the template',
		displayOptions: { show: { templateParameters: ['text', 'fields'] } },
	},
	{
		displayName: TEMPLATE_JSON,
		name: 'templateJson',
		type: 'json',
		typeOptions: { rows: 6 },
		default: '{\n  "body_params": []\n}',
		description:
			'List of texts for the body, or an object with any of these fields: header_params and body_params (lists of texts), media (type, URL), and buttons (index, type, payload)',
		hint: 'If only the body has placeholders, you can drag in a field that contains a list',
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
		placeholder: `Add ${part.toLowerCase()} parameter`,
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
						description: 'Value of the placeholder',
						hint: 'The first value replaces {{1}}, the second replaces {{2}}',
					},
				],
			},
		],
		description: `Values of the placeholders in the ${part.split(' ')[0]?.toLowerCase()} of the template, in order`,
		displayOptions: { show: { templateParameters: ['fields'] } },
	};
}
