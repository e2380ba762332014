/**
 * The texts that people read in n8n's editor and on the answer page, apart from errors: names, descriptions, hints,
 * notices, actions, and placeholders of the two nodes and the credential.
 */
import type { INodeProperties, INodePropertyCollection, INodePropertyOptions, INodeTypeDescription } from 'n8n-workflow';
import { ModicaWhatsAppApi } from '../../credentials/ModicaWhatsAppApi.credentials.ts';
import { ModicaWhatsApp } from '../../nodes/ModicaWhatsApp/ModicaWhatsApp.node.ts';
import { ModicaWhatsAppTrigger } from '../../nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node.ts';
import { getCountries } from '../../nodes/ModicaWhatsApp/n8n/countries.ts';
import { fieldsFor } from '../../nodes/ModicaWhatsApp/n8n/templateFields.ts';
import { answer } from '../../nodes/ModicaWhatsApp/operations/message/answer.ts';
import { MAX_ANSWER_LENGTH } from '../../nodes/ModicaWhatsApp/operations/message/answerPage.ts';
import { answersOf, digest, type Question } from '../../nodes/ModicaWhatsApp/operations/message/question.ts';
import { manifest } from '../harness/project.mts';

/** A text and where it is. */
export interface EditorText {
	readonly place: string;
	readonly text: string;
}

export async function editorTexts(): Promise<EditorText[]> {
	const [none] = await getCountries();
	return [
		...nodeTexts(new ModicaWhatsApp().description),
		...nodeTexts(new ModicaWhatsAppTrigger().description),
		...fieldTexts('credential', new ModicaWhatsAppApi().properties),
		...texts('defaultCountry', [none?.name]),
		...texts('templateValues', [fieldsFor('', '').emptyFieldsNotice, fieldsFor('Kia ora', '').emptyFieldsNotice]),
		...texts('answer page', answerPageTexts()),
		...texts('package.json', [manifest.description]),
	];
}

function nodeTexts({ displayName, properties, outputs, ...description }: INodeTypeDescription): EditorText[] {
	const panel = typeof description.triggerPanel === 'object' ? description.triggerPanel : {};
	const help = typeof panel.executionsHelp === 'object' ? panel.executionsHelp : { active: '', inactive: '' };
	const hint = typeof panel.activationHint === 'string' ? panel.activationHint : '';
	return [
		...texts(displayName, [
			displayName,
			description.description,
			description.eventTriggerDescription,
			description.activationMessage,
			panel.header,
			help.inactive,
			help.active,
			hint,
			// Expressions: the editor shows one of their strings.
			...stringsIn(description.waitingNodeTooltip, /"([A-Z][^"]+)"/g),
			...stringsIn(outputs, /displayName: '([^']+)'/g),
		]),
		...fieldTexts(displayName, properties),
	];
}

function stringsIn(expression: unknown, string: RegExp): string[] {
	return typeof expression === 'string' ? [...expression.matchAll(string)].flatMap(([, text]) => text ?? []) : [];
}

function fieldTexts(owner: string, fields: readonly INodeProperties[]): EditorText[] {
	return fields.flatMap(({ displayName, name, description, hint, placeholder, options = [] }) => {
		const place = `${owner} ${name}`;
		return [...texts(place, [displayName, description, hint, placeholder]), ...options.flatMap((option) => optionTexts(place, option))];
	});
}

function optionTexts(place: string, option: INodeProperties | INodePropertyCollection | INodePropertyOptions): EditorText[] {
	if ('type' in option) return fieldTexts(place, [option]);
	if ('values' in option) return [...texts(place, [option.displayName]), ...fieldTexts(place, option.values)];
	return texts(`${place} ${String(option.value)}`, [option.name, option.description, option.action]);
}

function texts(place: string, values: ReadonlyArray<string | undefined>): EditorText[] {
	return values.flatMap((text) => (text ? [{ place, text }] : []));
}

/** What a customer reads on the answer page, including the defaults of the labels. */
function answerPageTexts(): string[] {
	const secret = 'secret';
	const common = { secretDigest: digest(secret).toString('hex'), text: '', thanks: 'Thank you. Your answer has been received.' };
	const freeText: Question = { ...common, answerIn: 'page', kind: 'freeText', submit: 'Send' };
	const approval: Question = { ...common, answerIn: 'chat', kind: 'approval', approve: 'Approve', decline: 'Decline' };
	const page = (question: Question, method: string, text: string, given = secret) =>
		answer({ ...question, sent: {} }, { method, secret: given, tapped: undefined, body: { text } }).html;
	const pages = [
		page(freeText, 'GET', ''),
		page(freeText, 'POST', ''),
		page(freeText, 'POST', 'x'.repeat(MAX_ANSWER_LENGTH + 1)),
		page(freeText, 'POST', 'x'),
		page(freeText, 'GET', '', 'other'),
		page(approval, 'GET', ''),
	];
	const shown = pages.flatMap((html) => [...html.matchAll(/<(p|button)[^>]*>([^<]*)</g)].map(([, , text]) => text ?? ''));
	return [...new Set([...shown, ...answersOf(approval).map(({ label }) => label)])].filter((text) => text.length > 1);
}
