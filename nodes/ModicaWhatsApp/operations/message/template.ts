import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { TemplateButton, TemplateContent, TemplateVariables } from '../../api/types';
import { BINARY_FIELD } from '../../parameters/binaryField';
import { invalid } from '../../parameters/errors';
import { parseList } from '../../parameters/list';
import { countCharacters, LONGEST_PAYLOAD, parseText } from '../../parameters/text';
import { parseUrl } from '../../parameters/url';
import { fieldsOf, isEmpty, isRecord, parseJson } from '../../parameters/values';
import type { Item } from '../operation';
import type { FileLink } from './fileLinks';
import { mediaSourceField } from './media';

/** The choice of *Message Type*. */
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
		default: 'fields',
		options: [
			{ name: 'Using Fields Below', value: 'fields' },
			{ name: 'Using JSON', value: 'json' },
		],
		description: 'How to give what fills the template’s placeholders',
	},
	placeholderTexts('headerParams', 'Header Text', 'e.g. Winter sale'),
	placeholderTexts('bodyParams', 'Body', 'e.g. Aroha'),
	{
		displayName: 'Header Media',
		name: 'templateMedia',
		type: 'collection',
		placeholder: 'Add Header Media',
		default: {},
		options: [
			{
				displayName: BINARY_FIELD,
				name: 'binaryPropertyName',
				type: 'string',
				default: 'data',
				placeholder: 'e.g. data',
				description: 'The name of the input binary field that holds the file, when Media Source is Binary File',
			},
			mediaSourceField,
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
			{
				displayName: 'URL',
				name: 'url',
				type: 'string',
				default: '',
				placeholder: 'e.g. https://example.com/banner.png',
				description: 'Where Modica fetches the file; it must be reachable from the internet',
			},
		],
		description:
			'The image, video or document for a template whose header has one; give its type, and its URL or the binary field that holds it',
		displayOptions: { show: { templateParameters: ['fields'] } },
	},
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
						description: 'What a quick reply gives back when it is tapped, or what is added to a link',
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
		description: 'What the template’s buttons carry',
		displayOptions: { show: { templateParameters: ['fields'] } },
	},
	{
		displayName: 'Template Parameters (JSON)',
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

/** The field for the texts of one part of a template. */
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

/**
 * @param linkTo gives the link to a file of the item
 * @throws {InputError} for the first field that WhatsApp or the API would not take
 */
export function readTemplate(item: Item, linkTo: FileLink): TemplateContent {
	return {
		type: 'template',
		template: {
			name: parseTemplateName(item.parameter('templateName')),
			language: parseTemplateLanguage(item.parameter('templateLanguage')),
			...readVariables(item, linkTo),
		},
	};
}

function parseTemplateName(value: unknown): string {
	const remedy = 'Use its name as WhatsApp approved it: lower-case letters, digits and underscores, such as order_update.';
	const name = parseText('Template Name', value, remedy).trim();
	if (!/^[a-z0-9_]{1,512}$/.test(name)) {
		throw invalid('Template Name', name, 'cannot be the name of a template', remedy);
	}
	return name;
}

function parseTemplateLanguage(value: unknown): string {
	const remedy = 'Use the code under which the template was approved, such as en or en_US.';
	const language = parseText('Template Language', value, remedy).trim();
	if (!/^[a-z]{2,3}(_[A-Z]{2,3})?$/.test(language)) {
		throw invalid('Template Language', language, 'is not a language code', remedy);
	}
	return language;
}

function readVariables(item: Item, linkTo: FileLink): TemplateVariables {
	if (item.parameter('templateParameters') === 'json') {
		return parseTemplateJson(item.parameter('templateJson'), linkTo);
	}
	const rows = (name: string): unknown[] => {
		const { values } = fieldsOf(item.parameter(name));
		return Array.isArray(values) ? values : [];
	};
	const values = (name: string) => rows(name).map((row) => (isRecord(row) ? row.value : row));
	return templateVariables(
		{
			header_params: values('headerParams'),
			body_params: values('bodyParams'),
			media: withType(item.parameter('templateMedia')),
			buttons: rows('buttons'),
		},
		linkTo,
	);
}

/** The editor shows an image as long as no type is chosen. */
function withType(media: unknown): unknown {
	return isRecord(media) && Object.keys(media).length > 0 ? { type: 'image', ...media } : media;
}

const TEMPLATE_JSON = 'Template Parameters (JSON)';
const TEMPLATE_JSON_REMEDY =
	'Give a list of texts for the body, or an object such as {"body_params": ["Aroha", "1234"]}; it may hold header_params, body_params, media and buttons.';

function parseTemplateJson(value: unknown, linkTo: FileLink): TemplateVariables {
	if (isEmpty(value)) return {};
	const parsed = typeof value === 'string' ? parseJson(value) : value;
	if (parsed === undefined) throw invalid(TEMPLATE_JSON, value, 'is not valid JSON', TEMPLATE_JSON_REMEDY);
	// A list field of a previous node, as it is.
	if (Array.isArray(parsed)) return templateVariables({ body_params: parsed }, linkTo);
	if (!isRecord(parsed)) throw invalid(TEMPLATE_JSON, value, 'is neither a list nor an object', TEMPLATE_JSON_REMEDY);
	refuseUnknownKeys(TEMPLATE_JSON, parsed, ['header_params', 'body_params', 'media', 'buttons']);
	return templateVariables(parsed, linkTo);
}

/** Leaves out what is empty: the API wants lists with something in them, or none. */
function templateVariables(given: Record<string, unknown>, linkTo: FileLink): TemplateVariables {
	const header = parseTexts('Header Text Parameter', given.header_params);
	const body = parseTexts('Body Parameter', given.body_params);
	const media = parseTemplateMedia(given.media, linkTo);
	const buttons = parseList('Buttons', given.buttons).map(parseButton);
	return {
		...(header.length > 0 && { header_params: header }),
		...(body.length > 0 && { body_params: body }),
		...(media && { media }),
		...(buttons.length > 0 && { buttons }),
	};
}

function parseTexts(field: string, value: unknown): string[] {
	return parseList(`${field}s`, value).map((text, index) => parseParameter(`${field} ${index + 1}`, text));
}

/** What WhatsApp takes in no parameter (Meta: “cannot have new-line/tab characters or more than 4 consecutive spaces”). */
const REFUSED_SPACES: Array<[RegExp, string]> = [
	[/[\r\n\u2028\u2029]/, 'has a line break'],
	[/\t/, 'has a tab'],
	[/ {5}/, 'has five spaces in a row'],
];

function parseParameter(field: string, value: unknown): string {
	const text = parseText(field, value, 'Give a text for every placeholder: WhatsApp takes no empty one.');
	const [, problem] = REFUSED_SPACES.find(([spaces]) => spaces.test(text)) ?? [];
	if (problem === undefined) return text;
	const remedy = 'WhatsApp does not take this in a parameter. To make each a single space, add .replace(/\\s+/g, " ") to the expression.';
	throw invalid(field, text, problem, remedy);
}

function parseTemplateMedia(value: unknown, linkTo: FileLink): TemplateVariables['media'] {
	if (isEmpty(value)) return undefined;
	const remedy = 'Give its type (image, video or document), and its URL or, with Media Source "Binary File", the binary field that holds it.';
	if (!isRecord(value)) throw invalid('Header Media', value, 'is not an object', remedy);
	if (Object.keys(value).length === 0) return undefined;
	const { type, url, mediaSource = 'url', binaryPropertyName = 'data' } = value;
	refuseUnknownKeys('Header Media', value, ['type', 'url', 'mediaSource', 'binaryPropertyName']);
	return {
		type: parseText('Header Media Type', type, remedy),
		url:
			mediaSource === 'binary'
				? linkTo(`Header Media ${BINARY_FIELD}`, binaryPropertyName)
				: parseUrl('Header Media URL', url),
	};
}

function parseButton(value: unknown, position: number): TemplateButton {
	const field = `Button ${position + 1}`;
	if (!isRecord(value)) {
		throw invalid(field, value, 'is not an object', 'Give its index, type and payload.');
	}
	refuseUnknownKeys(field, value, ['index', 'type', 'payload']);
	const type = parseText(`${field} Type`, value.type, 'Use quick_reply or url.');
	const payload = parseText(`${field} Payload`, value.payload, 'Give what the button is to carry.');
	if (type === 'quick_reply' && countCharacters(payload) > LONGEST_PAYLOAD) {
		throw invalid(
			`${field} Payload`,
			payload,
			`has ${countCharacters(payload)} characters`,
			`WhatsApp takes up to ${LONGEST_PAYLOAD} in a quick reply.`,
		);
	}
	return { index: parseButtonIndex(`${field} Index`, value.index), type, payload };
}

function parseButtonIndex(field: string, value: unknown): number {
	const index = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 9) {
		throw invalid(field, value, 'is not the place of a button', 'Use 0 for the first button, 1 for the second.');
	}
	return index;
}

const LONGEST_SHOWN_NAMES = 200;

function refuseUnknownKeys(field: string, value: Record<string, unknown>, known: string[]): void {
	const unknown = Object.keys(value).filter((key) => !known.includes(key));
	if (unknown.length > 0) {
		const names = unknown.join(', ');
		const shown = names.length > LONGEST_SHOWN_NAMES ? `${names.slice(0, LONGEST_SHOWN_NAMES)}…` : names;
		throw invalid(field, value, `holds ${shown}, which the API does not know`, `Use ${known.join(', ')}.`);
	}
}
