import type { TemplateButton, TemplateVariables } from '../../api/types';
import { BINARY_FIELD } from '../../parameters/binaryField';
import { invalid } from '../../parameters/errors';
import { parseList } from '../../parameters/list';
import { countCharacters, MAX_PAYLOAD_LENGTH, parseText } from '../../parameters/text';
import { parseUrl } from '../../parameters/url';
import { isEmpty, isRecord, parseJson } from '../../parameters/values';
import type { FileLink } from './fileLinks';

export const TEMPLATE_JSON = 'Template Parameters (JSON)';
const TEMPLATE_JSON_REMEDY =
	'Use a list of body values, or an object such as {"body_params": ["Aroha", "1234"]}. It can have header_params, body_params, media, and buttons.';

/**
 * Parses the values of a template from JSON.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseTemplateJson(value: unknown, linkTo: FileLink): TemplateVariables {
	if (isEmpty(value)) return {};
	const parsed = typeof value === 'string' ? parseJson(value) : value;
	if (parsed === undefined) throw invalid(TEMPLATE_JSON, value, 'is not valid JSON', TEMPLATE_JSON_REMEDY);
	// A list field of a previous node.
	if (Array.isArray(parsed)) return templateVariables({ body_params: parsed }, linkTo);
	if (!isRecord(parsed)) throw invalid(TEMPLATE_JSON, value, 'is neither a list nor an object', TEMPLATE_JSON_REMEDY);
	refuseUnknownKeys(TEMPLATE_JSON, parsed, ['header_params', 'body_params', 'media', 'buttons']);
	return templateVariables(parsed, linkTo);
}

/**
 * Validates the values of a template. Omits empty lists, because the API rejects them.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function templateVariables(given: Record<string, unknown>, linkTo: FileLink): TemplateVariables {
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
	return parseList(`${field}s`, value).map((text, index) => parseTemplateValue(`${field} ${index + 1}`, text));
}

/**
 * White space that WhatsApp rejects in parameters (Meta: "cannot have new-line/tab characters or more than 4
 * consecutive spaces").
 */
const REFUSED_SPACES: Array<[RegExp, string]> = [
	[/[\r\n\u2028\u2029]/, 'has a line break'],
	[/\t/, 'has a tab'],
	[/ {5}/, 'has five spaces in a row'],
];

/**
 * Returns the value for one placeholder.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseTemplateValue(field: string, value: unknown): string {
	const text = parseText(field, value, 'Enter a value for each placeholder. WhatsApp does not accept empty ones.');
	const [, problem] = REFUSED_SPACES.find(([spaces]) => spaces.test(text)) ?? [];
	if (problem === undefined) return text;
	const remedy = 'WhatsApp does not accept this in a parameter. To replace it with a space, add .replace(/\\s+/g, " ") to the expression.';
	throw invalid(field, text, problem, remedy);
}

function parseTemplateMedia(value: unknown, linkTo: FileLink): TemplateVariables['media'] {
	if (isEmpty(value)) return undefined;
	const remedy = "Set its type (image, video, or document), and its URL or, if 'Media Source' is 'Binary File', its binary field.";
	if (!isRecord(value)) throw invalid('Header Media', value, 'is not an object', remedy);
	if (Object.keys(value).length === 0) return undefined;
	// The default type is image, as in the editor.
	const { type = 'image', url, mediaSource = 'url', binaryPropertyName = 'data' } = value;
	refuseUnknownKeys('Header Media', value, ['type', 'url', 'mediaSource', 'binaryPropertyName']);
	return { type: parseMediaType(type), url: readMediaUrl() };

	function readMediaUrl(): string {
		switch (mediaSource) {
			case 'url':
				return parseUrl('Header Media URL', url);
			case 'binary':
				return linkTo(`Header Media ${BINARY_FIELD}`, binaryPropertyName);
			default:
				throw invalid('Header Media Source', mediaSource, 'is not valid', "Use 'url' or 'binary'.");
		}
	}
}

/** The file types that WhatsApp supports in a template's header. */
const HEADER_MEDIA_TYPES = ['document', 'image', 'video'];

function parseMediaType(type: unknown): string {
	const remedy = "Use 'document', 'image', or 'video'.";
	const text = parseText('Header Media Type', type, remedy);
	if (HEADER_MEDIA_TYPES.includes(text)) return text;
	throw invalid('Header Media Type', text, 'is not valid', remedy);
}

function parseButton(value: unknown, position: number): TemplateButton {
	const field = `Button ${position + 1}`;
	if (!isRecord(value)) {
		throw invalid(field, value, 'is not an object', 'Set its index, type, and payload.');
	}
	refuseUnknownKeys(field, value, ['index', 'type', 'payload']);
	const type = parseText(`${field} Type`, value.type, "Use 'quick_reply' or 'url'.");
	const payload = parseText(`${field} Payload`, value.payload, 'Enter the payload of the button.');
	if (type === 'quick_reply' && countCharacters(payload) > MAX_PAYLOAD_LENGTH) {
		throw invalid(
			`${field} Payload`,
			payload,
			`has ${countCharacters(payload)} characters`,
			`WhatsApp accepts up to ${MAX_PAYLOAD_LENGTH} in a quick reply.`,
		);
	}
	return { index: parseButtonIndex(`${field} Index`, value.index), type, payload };
}

function parseButtonIndex(field: string, value: unknown): number {
	const index = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 9) {
		throw invalid(field, value, 'is not a valid button index (0–9)', 'Use 0 for the first button, 1 for the second, and so on.');
	}
	return index;
}

const MAX_SHOWN_NAMES_LENGTH = 200;

function refuseUnknownKeys(field: string, value: Record<string, unknown>, known: string[]): void {
	const unknown = Object.keys(value).filter((key) => !known.includes(key));
	if (unknown.length > 0) {
		const names = unknown.join(', ');
		const shown = names.length > MAX_SHOWN_NAMES_LENGTH ? `${names.slice(0, MAX_SHOWN_NAMES_LENGTH)}…` : names;
		throw invalid(field, value, `contains ${shown}, which the API does not support`, `Use only ${known.join(', ')}.`);
	}
}
