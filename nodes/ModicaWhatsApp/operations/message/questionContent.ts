import type { INodeProperties } from 'n8n-workflow';
import type { TemplateButton, TemplateContent, TextContent } from '../../api/types';
import { InputError, invalid } from '../../parameters/errors';
import { parseNumber } from '../../parameters/number';
import { countCharacters, MAX_TEXT_LENGTH, parseMessageText } from '../../parameters/text';
import type { Fields } from '../../parameters/values';
import { showOnlyFor } from '../fields';
import type { Context, Item } from '../operation';
import type { FileLink } from './fileLinks';
import type { Content } from './preview';
import { answersOf, LINK, type Question } from './question';
import { readTemplate, toContent, type Template } from './template';
import { templateFields, templateType } from './templateFields';
import { MAX_BODY_LENGTH } from './templateText';

/** The placeholder for the question in the body parameters of a template. */
const MESSAGE = '{message}';
/** The highest button index, because WhatsApp allows ten buttons in a template. */
const LAST_BUTTON = 9;

const messageTypeField: INodeProperties = {
	displayName: 'Message Type',
	name: 'messageType',
	type: 'options',
	noDataExpression: true,
	default: 'text',
	options: [
		templateType,
		{
			name: 'Text',
			value: 'text',
			description: 'Free text, delivered only to customers who wrote to you in the last 24 hours',
		},
	],
	description:
		'How to send the link. In a template, write {link} in a body parameter or in the payload of a URL button. Write {message} in a body parameter to include the question.',
	hint: 'Text is delivered only to customers who wrote to you in the last 24 hours. Use a template for all others.',
};

/** The conditions under which a question is answered on the page: always for free text, and by setting for the others. */
const ON_PAGE = [{ responseType: ['freeText'] }, { responseType: ['approval', 'choice'], answerIn: ['page'] }];
const IN_CHAT = { responseType: ['approval', 'choice'], answerIn: ['chat'] };

// The conditions include all fields that they depend on, because n8n also evaluates the values of hidden fields.
export const questionContentFields: INodeProperties[] = [
	...ON_PAGE.map((condition) => showOnlyFor(condition, messageTypeField)),
	...ON_PAGE.flatMap((condition) => templateFields.map((field) => showOnlyFor({ ...condition, messageType: ['template'] }, field))),
	...templateFields.map((field) => showOnlyFor(IN_CHAT, field)),
];

export const firstButtonOption: INodeProperties = {
	displayName: 'First Button Index',
	name: 'firstButtonIndex',
	type: 'number',
	typeOptions: { minValue: 0, maxValue: LAST_BUTTON },
	default: 0,
	description:
		'Index of the template button for the first answer, starting at 0. Change it if the template has other buttons before the answers.',
	displayOptions: { show: { '/responseType': ['approval', 'choice'], '/answerIn': ['chat'] } },
};

/**
 * Returns the message that asks a question, with the link or the buttons to answer it. Errors never contain these,
 * because anyone who has them can answer.
 * @param options the node's options
 * @param linkTo returns the link to a file of the item
 * @param secret identifies the question in its link or buttons
 * @throws {InputError} with the field, the value, and the remedy, if the link or the buttons don't fit or have no place
 */
export function readQuestionContent(
	item: Item,
	question: Question,
	options: Fields,
	linkTo: FileLink,
	secret: string,
	{ answerLink, answerPayload }: Context,
): Content {
	if (question.answerIn === 'chat') {
		const payloads = answersOf(question).map((_, answer) => answerPayload(secret, answer));
		const { content, text } = asking(question, readTemplate(item, linkTo));
		return toContent({ content: withButtons(content, payloads, options.firstButtonIndex), text });
	}
	const type = item.parameter('messageType');
	switch (type) {
		case 'text':
			return { content: linkedText(parseMessageText('Message', item.parameter('message')), answerLink(secret)) };
		case 'template': {
			const template = asking(question, readTemplate(item, linkTo));
			const linked = toContent({ ...template, content: linkedTemplate(template.content, answerLink(secret)) });
			// Anyone who has the link can answer, so the preview doesn't contain it.
			return { content: linked.content, preview: toContent(template).preview };
		}
		default:
			throw invalid('Message Type', type, 'is not valid', "Use 'text' or 'template'.");
	}
}

/** Inserts the question into the body parameters. WhatsApp rejects line breaks, tabs, and long runs of spaces there. */
function asking({ text }: Question, { content, ...template }: Template): Template {
	const { body_params, ...others } = content.template;
	const line = text.replace(/\s+/g, ' ');
	const params = body_params?.map((param) => replaceAll(param, MESSAGE, line));
	const length = countCharacters(line);
	if (length > MAX_BODY_LENGTH && body_params?.some((param) => param.includes(MESSAGE))) {
		throw invalid('Message', text, `has ${length} characters`, `The body of a template can have up to ${MAX_BODY_LENGTH}. Shorten the text.`);
	}
	return { ...template, content: { type: 'template', template: { ...others, ...(params && { body_params: params }) } } };
}

/** @param first the index of the button for the first answer; can be anything */
function withButtons({ type, template }: TemplateContent, payloads: readonly string[], first: unknown = 0): TemplateContent {
	if (JSON.stringify(template).includes(LINK)) {
		throw invalid('Template Parameters', LINK, 'is not available for answers in the chat', `Remove ${LINK}, or set 'Answer In' to 'Page'.`);
	}
	const firstIndex = Math.floor(parseNumber('First Button Index', first, 0, LAST_BUTTON + 1 - payloads.length));
	const answers = payloads.map((payload, answer): TemplateButton => ({ index: firstIndex + answer, type: 'quick_reply', payload }));
	const { buttons = [] } = template;
	const clash = buttons.find(({ index }) => answers.some((button) => button.index === index));
	if (clash) {
		throw invalid(
			'Buttons Index',
			clash.index,
			'is the index of an answer button',
			"Remove the button, or change 'First Button Index' in the options.",
		);
	}
	return { type, template: { ...template, buttons: [...buttons, ...answers].sort((one, other) => (one.index ?? 0) - (other.index ?? 0)) } };
}

function linkedText(text: string, link: string): TextContent {
	const body = text.includes(LINK) ? replaceAll(text, LINK, link) : `${text.trimEnd()}\n\n${link}`;
	const length = countCharacters(body);
	if (length > MAX_TEXT_LENGTH) {
		throw invalid('Message', text, `has ${length} characters with its link`, `WhatsApp accepts up to ${MAX_TEXT_LENGTH}. Shorten it.`);
	}
	return { type: 'text', text: { body } };
}

function linkedTemplate({ type, template }: TemplateContent, link: string): TemplateContent {
	const { body_params, buttons, ...others } = template;
	const inButton = buttons?.some(isLinkButton) ?? false;
	if (!inButton && !body_params?.some((text) => text.includes(LINK))) {
		throw new InputError(
			`The template has no link to the answer page. Enter ${LINK} in a value of its body, or as the payload of a URL button.`,
		);
	}
	return {
		type,
		template: {
			...others,
			...(body_params && { body_params: body_params.map((text) => replaceAll(text, LINK, link)) }),
			...(buttons && {
				buttons: buttons.map((button) =>
					isLinkButton(button) ? { ...button, payload: replaceAll(button.payload, LINK, withoutHost(link)) } : button,
				),
			}),
		},
	};
}

function isLinkButton(button: TemplateButton): button is TemplateButton & { payload: string } {
	return button.type === 'url' && button.payload?.includes(LINK) === true;
}

/**
 * Returns a link without its host. The approved URL of a template's button contains the host, and the payload is
 * appended to it.
 */
function withoutHost(link: string): string {
	const { pathname, search } = new URL(link);
	return `${pathname.slice(1)}${search}`;
}

/** Uses a replacer function, so that patterns such as `$&` in the text aren't interpreted. */
function replaceAll(text: string, sign: string, by: string): string {
	return text.replaceAll(sign, () => by);
}
