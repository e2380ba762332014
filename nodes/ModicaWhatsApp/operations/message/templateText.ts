import type { TemplateVariables } from '../../api/types';
import { invalid } from '../../parameters/errors';
import { countCharacters, parseText } from '../../parameters/text';
import { fieldsOf, isEmpty } from '../../parameters/values';
import { parseTemplateValue } from './templateVariables';

export const TEMPLATE_TEXT = 'Template Text';
export const HEADER_TEXT = 'Header Text';
export const TEMPLATE_VALUES = 'Template Values';

/** WhatsApp's limit for a template's body with its values, in characters. */
export const MAX_BODY_LENGTH = 1_024;

/** The text of a template as WhatsApp approved it, with its placeholders. */
export interface TemplateText {
	readonly body: Part;
	readonly header?: Part | undefined;
}

interface Part {
	readonly text: string;
	/** The numbers or names of the placeholders, in the order in which the API expects their values. */
	readonly placeholders: readonly string[];
}

/** Matches double braces. Neither templates nor expressions contain braces inside them. */
const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
const NUMBER = /^[1-9]\d*$/;
const NAME = /^[a-z_][a-z0-9_]*$/;

/**
 * @param body the body of the template, as stored by the editor
 * @param header the header text; empty if the template has none
 * @throws {InputError} with the field and the remedy, if WhatsApp can't have approved a template with this text
 */
export function parseTemplateText(body: unknown, header: unknown): TemplateText {
	const remedy = "Paste the approved body of the template, or set 'Template Parameters' to 'Using Fields Below'.";
	const [storedBody, storedHeader] = [body, header].map(withoutEqualsSign);
	const parts = {
		body: parsePart(TEMPLATE_TEXT, parseText(TEMPLATE_TEXT, storedBody, remedy)),
		header: isEmpty(storedHeader) ? undefined : parsePart(HEADER_TEXT, parseText(HEADER_TEXT, storedHeader, remedy)),
	};
	refuseTwoKinds(TEMPLATE_TEXT, parts.body.text, [...parts.body.placeholders, ...(parts.header?.placeholders ?? [])]);
	return parts;
}

/** Returns a field for each value, in the order in which customers read them. */
export function valueFields({ body, header }: TemplateText): Array<{ id: string; name: string }> {
	return [
		...(header?.placeholders ?? []).map((placeholder) => ({ id: headerId(placeholder), name: `Header {{${placeholder}}}` })),
		...body.placeholders.map((placeholder) => ({ id: bodyId(placeholder), name: `{{${placeholder}}}` })),
	];
}

/**
 * Returns the values for the placeholders. Ignores other values, which remain from an earlier text.
 * @param values by field ID
 * @throws {InputError} for the first value that is missing or that WhatsApp would reject
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
 * Returns the text as the customer reads it.
 * @throws {InputError} if the body exceeds WhatsApp's limit
 */
export function renderTemplate({ body, header }: TemplateText, { header_params = [], body_params = [] }: TemplateVariables): string {
	const rendered = fill(body, body_params);
	const length = countCharacters(rendered);
	if (length > MAX_BODY_LENGTH) {
		// Not the rendered text, because a value may be a link meant only for the customer.
		throw invalid(TEMPLATE_TEXT, body.text, `has ${length} characters with its values`, `The body of a template can have up to ${MAX_BODY_LENGTH}. Shorten the values.`);
	}
	return header ? `${fill(header, header_params)}\n\n${rendered}` : rendered;
}

function fill({ text, placeholders }: Part, values: readonly string[]): string {
	const valueOf = new Map(placeholders.map((placeholder, index) => [placeholder, values[index] ?? '']));
	// Uses a replacer function, so that patterns such as `$&` in a value aren't interpreted.
	return text.replace(PLACEHOLDER, (_, placeholder: string) => valueOf.get(placeholder.trim()) ?? '');
}

function headerId(placeholder: string): string {
	return `header:${placeholder}`;
}

function bodyId(placeholder: string): string {
	return `body:${placeholder}`;
}

/** n8n 1.x adds an equals sign to a text that it considers an expression. */
function withoutEqualsSign(stored: unknown): unknown {
	return typeof stored === 'string' ? stored.replace(/^=/, '') : stored;
}

function parsePart(field: string, text: string): Part {
	const found = new Set(Array.from(text.matchAll(PLACEHOLDER), ([, placeholder = '']) => placeholder.trim()));
	const stranger = [...found].find((placeholder) => !NUMBER.test(placeholder) && !NAME.test(placeholder));
	if (stranger !== undefined) {
		const remedy = `Paste the approved text, with placeholders such as {{1}} or {{first_name}}. Enter their values in '${TEMPLATE_VALUES}'.`;
		throw invalid(field, `{{${stranger}}}`, 'is not a template placeholder', remedy);
	}
	if (/\{{3}|\}{3}/.test(text) || /\{\{|\}\}/.test(text.replace(PLACEHOLDER, ' '))) {
		throw invalid(field, text, 'has double braces outside a placeholder', 'Enter placeholders as {{1}} or {{first_name}}.');
	}
	refuseTwoKinds(field, text, [...found]);
	return { text, placeholders: [...found].every((placeholder) => NUMBER.test(placeholder)) ? inOrder(field, text, found) : [...found] };
}

function refuseTwoKinds(field: string, text: string, placeholders: readonly string[]): void {
	const numbered = placeholders.filter((placeholder) => NUMBER.test(placeholder)).length;
	if (numbered > 0 && numbered < placeholders.length) {
		throw invalid(field, text, 'mixes numbered and named placeholders', 'A template has only one kind. Paste its approved text.');
	}
}

/** Returns numbered placeholders in ascending order. */
function inOrder(field: string, text: string, found: ReadonlySet<string>): string[] {
	const numbers = Array.from(found, (_, index) => String(index + 1));
	const missing = numbers.find((number) => !found.has(number));
	if (missing === undefined) return numbers;
	throw invalid(field, text, `has no {{${missing}}}`, 'Placeholders are numbered from {{1}} without gaps. Paste the full approved text.');
}
