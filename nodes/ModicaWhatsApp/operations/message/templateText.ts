import type { TemplateVariables } from '../../api/types';
import { invalid } from '../../parameters/errors';
import { countCharacters, parseText } from '../../parameters/text';
import { fieldsOf, isEmpty } from '../../parameters/values';
import { parseTemplateValue } from './templateVariables';

export const TEMPLATE_TEXT = 'Template Text';
export const HEADER_TEXT = 'Header Text';
export const TEMPLATE_VALUES = 'Template Values';

/** WhatsApp's limit for a template's body with its values, in characters. */
export const LONGEST_BODY = 1_024;

/** The text of a template as WhatsApp approved it, with its placeholders. */
export interface TemplateText {
	readonly body: Part;
	readonly header?: Part | undefined;
}

interface Part {
	readonly text: string;
	/** Their numbers or names, in the order in which the API takes their values. */
	readonly placeholders: readonly string[];
}

/** What stands between double braces. Neither a template nor an expression has braces in there. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
const NUMBER = /^[1-9]\d*$/;
const NAME = /^[a-z_][a-z0-9_]*$/;

/**
 * @param body of the template, as the editor stores it
 * @param header above it; empty when the template has no text there
 * @throws {InputError} naming the field and the remedy, when WhatsApp cannot have approved a template with that text
 */
export function parseTemplateText(body: unknown, header: unknown): TemplateText {
	const remedy = 'Paste the body of the template as WhatsApp approved it, or set Template Parameters to Using Fields Below.';
	const [storedBody, storedHeader] = [body, header].map(withoutEqualsSign);
	const parts = {
		body: parsePart(TEMPLATE_TEXT, parseText(TEMPLATE_TEXT, storedBody, remedy)),
		header: isEmpty(storedHeader) ? undefined : parsePart(HEADER_TEXT, parseText(HEADER_TEXT, storedHeader, remedy)),
	};
	refuseTwoKinds(TEMPLATE_TEXT, parts.body.text, [...parts.body.placeholders, ...(parts.header?.placeholders ?? [])]);
	return parts;
}

/** The fields for the values, in the order in which the customer reads them. */
export function valueFields({ body, header }: TemplateText): Array<{ id: string; name: string }> {
	return [
		...(header?.placeholders ?? []).map((placeholder) => ({ id: headerId(placeholder), name: `Header {{${placeholder}}}` })),
		...body.placeholders.map((placeholder) => ({ id: bodyId(placeholder), name: `{{${placeholder}}}` })),
	];
}

/**
 * What fills the placeholders of a text. Values of others are left over from an earlier text.
 * @param values by the ids of their fields
 * @throws {InputError} for the first value that is missing or that WhatsApp does not take
 */
export function readValues({ body, header }: TemplateText, values: unknown): Pick<TemplateVariables, 'header_params' | 'body_params'> {
	const given = fieldsOf(values);
	const read = (id: string, name: string) => parseTemplateValue(`${TEMPLATE_VALUES} ${name}`, Object.hasOwn(given, id) ? given[id] : undefined);
	return {
		header_params: header?.placeholders.map((placeholder) => read(headerId(placeholder), `Header {{${placeholder}}}`)) ?? [],
		body_params: body.placeholders.map((placeholder) => read(bodyId(placeholder), `{{${placeholder}}}`)),
	};
}

/**
 * The text as the customer reads it.
 * @throws {InputError} when the body is longer than WhatsApp takes
 */
export function renderTemplate({ body, header }: TemplateText, { header_params = [], body_params = [] }: TemplateVariables): string {
	const rendered = fill(body, body_params);
	const length = countCharacters(rendered);
	if (length > LONGEST_BODY) {
		// Not what it has become: a value may be a link that only the customer is to have.
		throw invalid(TEMPLATE_TEXT, body.text, `has ${length} characters with its values`, `The body of a template has up to ${LONGEST_BODY}: shorten the values.`);
	}
	return header ? `${fill(header, header_params)}\n\n${rendered}` : rendered;
}

function fill({ text, placeholders }: Part, values: readonly string[]): string {
	const valueOf = new Map(placeholders.map((placeholder, index) => [placeholder, values[index] ?? '']));
	// By a function: a value may hold signs such as `$&`.
	return text.replace(PLACEHOLDER, (_, placeholder: string) => valueOf.get(placeholder.trim()) ?? '');
}

function headerId(placeholder: string): string {
	return `header:${placeholder}`;
}

function bodyId(placeholder: string): string {
	return `body:${placeholder}`;
}

/** n8n 1.x puts one before a text that it takes for an expression. */
function withoutEqualsSign(stored: unknown): unknown {
	return typeof stored === 'string' ? stored.replace(/^=/, '') : stored;
}

function parsePart(field: string, text: string): Part {
	const found = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, placeholder = '']) => placeholder.trim()));
	const stranger = [...found].find((placeholder) => !NUMBER.test(placeholder) && !NAME.test(placeholder));
	if (stranger !== undefined) {
		const remedy = `Paste the text as WhatsApp approved it, with placeholders such as {{1}} or {{first_name}}, and give what fills them in ${TEMPLATE_VALUES}.`;
		throw invalid(field, `{{${stranger}}}`, 'is not a placeholder of a template', remedy);
	}
	if (/\{{3}|\}{3}/.test(text) || /\{\{|\}\}/.test(text.replace(PLACEHOLDER, ' '))) {
		throw invalid(field, text, 'has double braces that belong to no placeholder', 'Write placeholders as {{1}} or {{first_name}}.');
	}
	refuseTwoKinds(field, text, [...found]);
	return { text, placeholders: [...found].every((placeholder) => NUMBER.test(placeholder)) ? inOrder(field, text, found) : [...found] };
}

function refuseTwoKinds(field: string, text: string, placeholders: readonly string[]): void {
	const numbered = placeholders.filter((placeholder) => NUMBER.test(placeholder)).length;
	if (numbered > 0 && numbered < placeholders.length) {
		throw invalid(field, text, 'has numbered placeholders and named ones', 'A template has one kind or the other: paste its text as WhatsApp approved it.');
	}
}

/** Numbered placeholders from the first to the last. */
function inOrder(field: string, text: string, found: ReadonlySet<string>): string[] {
	const numbers = Array.from(found, (_, index) => String(index + 1));
	const missing = numbers.find((number) => !found.has(number));
	if (missing === undefined) return numbers;
	throw invalid(field, text, `has no {{${missing}}}`, 'WhatsApp numbers placeholders from {{1}} without a gap: paste the whole text as it was approved.');
}
