import type { INodeProperties } from 'n8n-workflow';
import { InputError, invalid, isEmpty, isRecord } from '../../api/errors';
import type {
	MediaContent,
	MediaType,
	MessageContent,
	TemplateButton,
	TemplateContent,
	TemplateVariables,
	TextContent,
} from '../../api/types';
import { BINARY_FIELD, type FileLink } from '../binary';
import type { Item } from '../operation';

/** WhatsApp's limit for the text of a message, in Unicode characters. */
export const LONGEST_TEXT = 4_096;
/** WhatsApp's limit for what a quick-reply button gives back. */
const LONGEST_QUICK_REPLY_PAYLOAD = 128;

const MEDIA_TYPES: readonly MediaType[] = ['audio', 'document', 'image', 'video'];

const MEDIA_WINDOW_HINT = 'Media reaches customers who wrote to you in the last 24 hours. Use a template for all others.';

const mediaSourceField: INodeProperties = {
	displayName: 'Media Source',
	name: 'mediaSource',
	type: 'options',
	noDataExpression: true,
	default: 'url',
	options: [
		{
			name: 'Binary File',
			value: 'binary',
			description: 'A file of the input item; n8n gives it to Modica under a secret link that expires',
		},
		{ name: 'URL', value: 'url', description: 'A file on the web' },
	],
	description: 'Where Modica gets the file from',
};

/** The fields that say what a message says, the same for one recipient and for many. */
export const contentFields: INodeProperties[] = [
	{
		displayName: 'Message Type',
		name: 'messageType',
		type: 'options',
		noDataExpression: true,
		default: 'text',
		options: [
			{
				name: 'Media',
				value: 'media',
				description: 'An image, video, audio file or document',
			},
			{
				name: 'Template',
				value: 'template',
				description: 'A text that WhatsApp approved beforehand; the only kind that reaches customers at any time',
			},
			{
				name: 'Text',
				value: 'text',
				description: 'Free text, to customers who wrote to you in the last 24 hours',
			},
		],
		description: 'What kind of message to send',
	},
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: 'e.g. Your order 1234 is on its way',
		description: 'What the message says, up to 4,096 characters',
		hint: 'Reaches customers who wrote to you in the last 24 hours. Use a template for all others.',
		displayOptions: { show: { messageType: ['text'] } },
	},
	{
		displayName: 'Template Name',
		name: 'templateName',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. order_update',
		description: 'The name under which WhatsApp approved the template',
		hint: 'The template must be approved by WhatsApp for your business number.',
		displayOptions: { show: { messageType: ['template'] } },
	},
	{
		displayName: 'Template Language',
		name: 'templateLanguage',
		type: 'string',
		required: true,
		default: 'en_US',
		placeholder: 'e.g. en_US',
		description: 'The language under which the template was approved, such as en or en_US',
		displayOptions: { show: { messageType: ['template'] } },
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
		displayOptions: { show: { messageType: ['template'] } },
	},
	placeholderTexts('headerParams', 'Header', 'e.g. Winter sale'),
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
		displayOptions: { show: { messageType: ['template'], templateParameters: ['fields'] } },
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
		displayOptions: { show: { messageType: ['template'], templateParameters: ['fields'] } },
	},
	{
		displayName: 'Template Parameters (JSON)',
		name: 'templateJson',
		type: 'json',
		typeOptions: { rows: 6 },
		default: '{\n  "body_params": []\n}',
		description:
			'An object with any of header_params, body_params (lists of texts), media (its type and URL) and buttons (index, type, payload)',
		hint: 'A list from a previous node fits in one expression: {"body_params": {{ JSON.stringify($json.values) }} }',
		displayOptions: { show: { messageType: ['template'], templateParameters: ['json'] } },
	},
	{
		displayName: 'Media Type',
		name: 'mediaType',
		type: 'options',
		default: 'image',
		options: [
			{ name: 'Audio', value: 'audio', description: 'Up to 16 MB' },
			{ name: 'Document', value: 'document', description: 'Up to 100 MB' },
			{ name: 'Image', value: 'image', description: 'JPEG or PNG, up to 5 MB' },
			{ name: 'Video', value: 'video', description: 'MP4 or 3GP, up to 16 MB' },
		],
		description: 'How WhatsApp shows the file',
		displayOptions: { show: { messageType: ['media'] } },
	},
	{ ...mediaSourceField, displayOptions: { show: { messageType: ['media'] } } },
	{
		displayName: 'Media URL',
		name: 'mediaUrl',
		type: 'string',
		required: true,
		default: '',
		placeholder: 'e.g. https://example.com/invoice.pdf',
		description: 'Where Modica fetches the file; it must be reachable from the internet without a log-in',
		hint: MEDIA_WINDOW_HINT,
		displayOptions: { show: { messageType: ['media'], mediaSource: ['url'] } },
	},
	{
		displayName: BINARY_FIELD,
		name: 'binaryPropertyName',
		type: 'string',
		required: true,
		default: 'data',
		placeholder: 'e.g. data',
		description:
			'The name of the input binary field that holds the file. Modica fetches it from your n8n, which must be reachable from the internet.',
		hint: MEDIA_WINDOW_HINT,
		displayOptions: { show: { messageType: ['media'], mediaSource: ['binary'] } },
	},
];

/** The field for the texts of one part of a template. */
function placeholderTexts(name: string, part: 'Header' | 'Body', placeholder: string): INodeProperties {
	return {
		displayName: `${part} Parameters`,
		name,
		type: 'fixedCollection',
		typeOptions: { multipleValues: true },
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
					},
				],
			},
		],
		description: `Texts for the placeholders in the template’s ${part.toLowerCase()}, in their order`,
		displayOptions: { show: { messageType: ['template'], templateParameters: ['fields'] } },
	};
}

/**
 * What a message says, from an item's parameters.
 * @param linkTo gives the link to a file of the item
 * @throws {InputError} for the first field that WhatsApp or the API would not take
 */
export function readContent(item: Item, linkTo: FileLink): MessageContent {
	const type = item.parameter('messageType');
	switch (type) {
		case 'text':
			return textContent(item.parameter('text'));
		case 'template':
			return templateContent(
				item.parameter('templateName'),
				item.parameter('templateLanguage'),
				readTemplateVariables(item, linkTo),
			);
		case 'media':
			return mediaContent(item.parameter('mediaType'), readMediaUrl(item, linkTo));
		default:
			throw invalid('Message Type', type, 'is unknown', 'Use text, template or media.');
	}
}

function textContent(value: unknown): TextContent {
	return { type: 'text', text: { body: parseText(value) } };
}

function mediaContent(type: unknown, url: string): MediaContent {
	return { type: 'media', media: { type: parseMediaType(type), url } };
}

function readMediaUrl(item: Item, linkTo: FileLink): string {
	return item.parameter('mediaSource') === 'binary'
		? linkTo(BINARY_FIELD, item.parameter('binaryPropertyName'))
		: parseUrl('Media URL', item.parameter('mediaUrl'));
}

function templateContent(
	name: unknown,
	language: unknown,
	variables: TemplateVariables,
): TemplateContent {
	return {
		type: 'template',
		template: {
			name: parseTemplateName(name),
			language: parseTemplateLanguage(language),
			...variables,
		},
	};
}

/**
 * What a text message says.
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseText(value: unknown, field = 'Text'): string {
	const text = parseString(field, value, 'Write what the message is to say.');
	// Spread by code point: an emoji counts once, as WhatsApp counts.
	const length = [...text].length;
	if (length > LONGEST_TEXT) {
		throw invalid(
			field,
			text,
			`has ${length} characters`,
			`WhatsApp takes up to ${LONGEST_TEXT}: shorten it, or send it in parts.`,
		);
	}
	return text;
}

function parseMediaType(value: unknown): MediaType {
	const type = MEDIA_TYPES.find((known) => known === value);
	if (!type) throw invalid('Media Type', value, 'is unknown', `Use ${MEDIA_TYPES.join(', ')}.`);
	return type;
}

function parseTemplateName(value: unknown): string {
	const remedy = 'Use its name as WhatsApp approved it: lower-case letters, digits and underscores, such as order_update.';
	const name = parseString('Template Name', value, remedy).trim();
	if (!/^[a-z0-9_]{1,512}$/.test(name)) {
		throw invalid('Template Name', name, 'cannot be the name of a template', remedy);
	}
	return name;
}

function parseTemplateLanguage(value: unknown): string {
	const remedy = 'Use the code under which the template was approved, such as en or en_US.';
	const language = parseString('Template Language', value, remedy).trim();
	if (!/^[a-z]{2,3}(_[A-Z]{2,3})?$/.test(language)) {
		throw invalid('Template Language', language, 'is not a language code', remedy);
	}
	return language;
}

/** An address that Modica can fetch a file from. */
function parseUrl(field: string, value: unknown): string {
	const remedy = 'Use the whole address of the file, such as https://example.com/invoice.pdf.';
	const text = parseString(field, value, remedy).trim();
	let url: URL;
	try {
		url = new URL(text);
	} catch {
		throw invalidUrl(field, text, remedy);
	}
	if (!/^https?:$/.test(url.protocol) || /\s/.test(text)) throw invalidUrl(field, text, remedy);
	return url.href;
}

function invalidUrl(field: string, value: string, remedy: string): InputError {
	return invalid(field, value, 'is not a web address', remedy);
}

/** A text from a parameter; numbers are taken as they are written, since spreadsheets give them. */
function parseString(field: string, value: unknown, remedy: string): string {
	if (isEmpty(value)) throw invalid(field, value, '', remedy);
	if (typeof value === 'number' || typeof value === 'boolean') return String(value);
	if (typeof value !== 'string') throw invalid(field, value, 'is not a text', remedy);
	return value;
}

function readTemplateVariables(item: Item, linkTo: FileLink): TemplateVariables {
	if (item.parameter('templateParameters') === 'json') {
		return parseTemplateJson(item.parameter('templateJson'), linkTo);
	}
	const rows = (name: string): unknown[] => {
		const collection = item.parameter(name);
		return isRecord(collection) && Array.isArray(collection.values) ? collection.values : [];
	};
	const values = (name: string) => rows(name).map((row) => (isRecord(row) ? row.value : row));
	return templateVariables(
		{
			header_params: values('headerParams'),
			body_params: values('bodyParams'),
			media: item.parameter('templateMedia'),
			buttons: rows('buttons'),
		},
		linkTo,
	);
}

const TEMPLATE_JSON = 'Template Parameters (JSON)';
const TEMPLATE_JSON_REMEDY =
	'Give an object such as {"body_params": ["Aroha", "1234"]}; it may hold header_params, body_params, media and buttons.';

function parseTemplateJson(value: unknown, linkTo: FileLink): TemplateVariables {
	if (isEmpty(value)) return {};
	let parsed: unknown = value;
	if (typeof value === 'string') {
		try {
			parsed = JSON.parse(value);
		} catch {
			throw invalid(TEMPLATE_JSON, value, 'is not valid JSON', TEMPLATE_JSON_REMEDY);
		}
	}
	if (!isRecord(parsed)) {
		throw invalid(TEMPLATE_JSON, value, 'is not an object', TEMPLATE_JSON_REMEDY);
	}
	refuseUnknownKeys(TEMPLATE_JSON, parsed, ['header_params', 'body_params', 'media', 'buttons']);
	return templateVariables(parsed, linkTo);
}

/** Leaves out what is empty: the API wants lists with something in them, or none. */
function templateVariables(given: Record<string, unknown>, linkTo: FileLink): TemplateVariables {
	const header = parseTexts('Header Parameter', given.header_params);
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
	return parseList(`${field}s`, value).map((text, index) =>
		parseString(`${field} ${index + 1}`, text, 'WhatsApp takes no empty parameter: give a text for every placeholder.'),
	);
}

function parseList(field: string, value: unknown): unknown[] {
	if (isEmpty(value)) return [];
	if (!Array.isArray(value)) {
		throw invalid(field, value, 'is not a list', 'Give a list such as ["Aroha", "1234"].');
	}
	return value;
}

function parseTemplateMedia(value: unknown, linkTo: FileLink): TemplateVariables['media'] {
	if (isEmpty(value)) return undefined;
	const remedy = 'Give its type (image, video or document), and its URL or, with Media Source "Binary File", the binary field that holds it.';
	if (!isRecord(value)) throw invalid('Header Media', value, 'is not an object', remedy);
	if (Object.keys(value).length === 0) return undefined;
	const { type, url, mediaSource = 'url', binaryPropertyName = 'data' } = value;
	refuseUnknownKeys('Header Media', value, ['type', 'url', 'mediaSource', 'binaryPropertyName']);
	return {
		type: parseString('Header Media Type', type, remedy),
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
	const type = parseString(`${field} Type`, value.type, 'Use quick_reply or url.');
	const payload = parseString(`${field} Payload`, value.payload, 'Give what the button is to carry.');
	if (type === 'quick_reply' && [...payload].length > LONGEST_QUICK_REPLY_PAYLOAD) {
		throw invalid(
			`${field} Payload`,
			payload,
			`has ${[...payload].length} characters`,
			`WhatsApp takes up to ${LONGEST_QUICK_REPLY_PAYLOAD} in a quick reply.`,
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
