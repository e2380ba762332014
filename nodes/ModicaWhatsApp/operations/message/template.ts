import type { TemplateContent, TemplateVariables } from '../../api/types';
import { invalid } from '../../parameters/errors';
import { parseText } from '../../parameters/text';
import { fieldsOf, isRecord } from '../../parameters/values';
import type { Item } from '../operation';
import type { FileLink } from './fileLinks';
import type { Content } from './preview';
import { HEADER_TEXT, parseTemplateText, readValues, renderTemplate, type TemplateText } from './templateText';
import { parseTemplateJson, templateVariables } from './templateVariables';

/** A template with its values. */
export interface Template {
	readonly content: TemplateContent;
	/** The text of the template, if known. */
	readonly text?: TemplateText | undefined;
}

/**
 * @param linkTo returns the link to a file of the item
 * @throws {InputError} for the first field that WhatsApp or the API would reject
 */
export function readTemplate(item: Item, linkTo: FileLink): Template {
	const name = parseTemplateName(item.parameter('templateName'));
	const language = parseTemplateLanguage(item.parameter('templateLanguage'));
	const { text, ...variables } = readParameters(item, linkTo);
	return { content: { type: 'template', template: { name, language, ...variables } }, text };
}

/**
 * Returns the message and, if known, the text as the customer reads it.
 * @throws {InputError} if that text exceeds WhatsApp's limit
 */
export function toContent({ content, text }: Template): Content {
	return { content, preview: text && renderTemplate(text, content.template) };
}

function parseTemplateName(value: unknown): string {
	const remedy = 'Use its approved name: lowercase letters, digits, and underscores, such as order_update.';
	const name = parseText('Template Name', value, remedy).trim();
	if (!/^[a-z0-9_]{1,512}$/.test(name)) {
		throw invalid('Template Name', name, 'is not a valid template name', remedy);
	}
	return name;
}

function parseTemplateLanguage(value: unknown): string {
	const remedy = 'Use the code of the approved template, such as en or en_US.';
	const language = parseText('Template Language', value, remedy).trim();
	if (!/^[a-z]{2,3}(_[A-Z]{2,3})?$/.test(language)) {
		throw invalid('Template Language', language, 'is not a language code', remedy);
	}
	return language;
}

function readParameters(item: Item, linkTo: FileLink): TemplateVariables & { text?: TemplateText } {
	const way = item.parameter('templateParameters');
	switch (way) {
		case 'text': {
			const text = parseTemplateText(item.stored('templateText'), item.stored('templateHeaderText'));
			const values = readValues(text, fieldsOf(item.parameter('templateValues')).value);
			const variables = templateVariables({ ...values, ...readHeaderMediaAndButtons(item) }, linkTo);
			if (text.header && variables.media) {
				throw invalid(HEADER_TEXT, text.header.text, "cannot be combined with 'Header Media'", 'A template has only one of them. Remove the one that the approved template does not have.');
			}
			return { text, ...variables };
		}
		case 'fields':
			return templateVariables(
				{ header_params: rowValues(item, 'headerParams'), body_params: rowValues(item, 'bodyParams'), ...readHeaderMediaAndButtons(item) },
				linkTo,
			);
		case 'json':
			return parseTemplateJson(item.parameter('templateJson'), linkTo);
		default:
			throw invalid('Template Parameters', way, 'is not valid', "Use 'text', 'fields', or 'json'.");
	}
}

function readHeaderMediaAndButtons(item: Item) {
	return { media: inside(item.parameter('templateMedia'), 'media'), buttons: inside(item.parameter('buttons'), 'values') };
}

function rowValues(item: Item, name: string): unknown {
	const rows = inside(item.parameter(name), 'values');
	return Array.isArray(rows) ? rows.map((row: unknown) => (isRecord(row) ? row.value : row)) : rows;
}

/**
 * Returns the content of a group, which the editor stores under a name, or the value itself if an expression returned
 * it directly.
 */
function inside(group: unknown, name: string): unknown {
	return isRecord(group) && (name in group || Object.keys(group).length === 0) ? group[name] : group;
}
