import { createHash } from 'crypto';
import type { INodeProperties } from 'n8n-workflow';
import { invalid } from '../../parameters/errors';
import { parseMessageText, parseText } from '../../parameters/text';
import { fieldsOf, isEmpty, isRecord, type Fields } from '../../parameters/values';
import { showOnlyFor } from '../fields';
import type { Item } from '../operation';

/** The placeholder for the link in texts. */
export const LINK = '{link}';
const DEFAULT_THANKS = 'Thank you. Your answer has been received.';
const MIN_CHOICES = 2;
/** WhatsApp's limit for the buttons of a template. */
const MAX_CHOICES = 10;

/** The question as stored with the execution. */
export type Question = {
	/**
	 * The digest of the secret in the link. The secret itself isn't stored, because n8n shows stored data to anyone who
	 * can view the execution.
	 */
	secretDigest: string;
	text: string;
	thanks: string;
	/** Where the customer answers: on a page behind a link, or by tapping a button in the chat. */
	answerIn: 'page' | 'chat';
} & (
	| { kind: 'approval'; approve: string; decline: string }
	| { kind: 'choice'; choices: string[] }
	| { kind: 'freeText'; submit: string }
);

/** A predefined answer to a question. */
export interface OfferedAnswer {
	/** The value that the page's button submits. */
	readonly value: string;
	readonly label: string;
	/** The output for this answer. */
	readonly data: Fields;
}

/** Returns the predefined answers to a question in order. Empty for free text. */
export function answersOf(question: Question): OfferedAnswer[] {
	switch (question.kind) {
		case 'approval': {
			const approve = { value: 'approve', label: question.approve, data: { approved: true } };
			const decline = { value: 'decline', label: question.decline, data: { approved: false } };
			return decline.label === '' ? [approve] : [approve, decline];
		}
		case 'choice':
			return question.choices.map((choice, choiceIndex) => ({
				value: String(choiceIndex),
				label: choice,
				data: { choice, choiceIndex },
			}));
		case 'freeText':
			return [];
	}
}

/** Returns the output if the time limit expires. */
export function noAnswer({ kind }: Question): Fields {
	return { ...{ approval: { approved: false }, choice: { choice: '' }, freeText: { text: '' } }[kind], timedOut: true };
}

// n8n looks for `message` and `responseType` when it turns this operation into the human review of an AI agent's tools.
export const questionFields: INodeProperties[] = [
	{
		displayName: 'Message',
		name: 'message',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: 'e.g. May we deliver your order 1234 tomorrow morning?',
		description: 'Question for the customer. The link to the answer page is added at the end, or replaces {link}. In the chat, write {message} in a body parameter of the template to include the question.',
	},
	{
		displayName: 'Response Type',
		name: 'responseType',
		type: 'options',
		// An expression would satisfy the display conditions of all fields below.
		noDataExpression: true,
		default: 'approval',
		options: [
			{ name: 'Approval', value: 'approval', description: 'Approve and decline buttons' },
			{ name: 'Choice', value: 'choice', description: 'Two to ten buttons with your own labels' },
			{ name: 'Free Text', value: 'freeText', description: 'A text field' },
		],
		description: 'Type of answer to request',
	},
	{
		displayName: 'Answer In',
		name: 'answerIn',
		type: 'options',
		noDataExpression: true,
		default: 'page',
		options: [
			{
				name: 'Chat',
				value: 'chat',
				description: 'The customer taps a button of the template in WhatsApp',
			},
			{
				name: 'Page',
				value: 'page',
				description: 'The customer opens a link in the message and answers on a page of your n8n instance',
			},
		],
		description: 'Where the customer answers',
		displayOptions: { show: { responseType: ['approval', 'choice'] } },
	},
	showOnlyFor(
		{ responseType: ['approval', 'choice'], answerIn: ['chat'] },
		{
			displayName:
				'Requires a template with one quick-reply button per answer, in the same order. Also requires a published Modica WhatsApp Trigger on this n8n instance, with any Trigger On, whose Production URL Modica calls for replies. Without the trigger, taps are lost.',
			name: 'chatNotice',
			type: 'notice',
			default: '',
		},
	),
	{
		displayName: 'Approve Button Label',
		name: 'approveLabel',
		type: 'string',
		required: true,
		default: 'Approve',
		placeholder: 'e.g. Yes, please',
		description:
			'Label of the approve button. In the chat, the template determines the labels, and the approve button must be the first.',
		displayOptions: { show: { responseType: ['approval'] } },
	},
	{
		displayName: 'Decline Button Label',
		name: 'declineLabel',
		type: 'string',
		default: 'Decline',
		placeholder: 'e.g. No, call me',
		description:
			'Label of the decline button. Leave empty to hide it. In the chat, the template determines the labels, and the decline button must be the second.',
		displayOptions: { show: { responseType: ['approval'] } },
	},
	{
		displayName: 'Choices',
		name: 'choices',
		type: 'fixedCollection',
		typeOptions: { multipleValues: true, sortable: true },
		required: true,
		placeholder: 'Add choice',
		default: {},
		options: [
			{
				displayName: 'Values',
				name: 'values',
				values: [
					{
						displayName: 'Choice',
						name: 'choice',
						type: 'string',
						default: '',
						placeholder: 'e.g. Tomorrow morning',
						description: 'Label of the button and value in the output',
					},
				],
			},
		],
		description:
			'Two to ten answers to choose from. In the chat, the template determines the labels: enter the choices in the order of its buttons.',
		displayOptions: { show: { responseType: ['choice'] } },
	},
];

/** Options for the texts of the page. */
export const pageOptions: INodeProperties[] = [
	{
		displayName: 'Submit Button Label',
		name: 'submitLabel',
		type: 'string',
		default: 'Send',
		placeholder: 'e.g. Send',
		description: 'Label of the button below the text field, for free text',
	},
	{
		displayName: 'Thank-You Text',
		name: 'thanksText',
		type: 'string',
		default: DEFAULT_THANKS,
		placeholder: 'e.g. Thank you. We will be in touch.',
		description: 'Text that the page shows after the customer answers',
	},
];

/**
 * @param options the node's options
 * @param secret identifies the question in its link or buttons
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readQuestion(item: Item, options: Fields, secret: string): Question {
	const label = (value: unknown, byDefault: string) => (isEmpty(value) ? byDefault : String(value));
	const common = {
		secretDigest: digest(secret).toString('hex'),
		text: parseMessageText('Message', item.parameter('message')).replaceAll(LINK, '').trim(),
		thanks: label(options.thanksText, DEFAULT_THANKS),
	};
	const type = item.parameter('responseType');
	switch (type) {
		case 'approval':
			return {
				...common,
				answerIn: parseAnswerIn(item.parameter('answerIn')),
				kind: 'approval',
				approve: label(item.parameter('approveLabel'), 'Approve'),
				decline: label(item.parameter('declineLabel'), ''),
			};
		case 'choice':
			return {
				...common,
				answerIn: parseAnswerIn(item.parameter('answerIn')),
				kind: 'choice',
				choices: parseChoices(item.parameter('choices')),
			};
		case 'freeText':
			// Free text can't be entered with a button.
			return { ...common, answerIn: 'page', kind: 'freeText', submit: label(options.submitLabel, 'Send') };
		default:
			throw invalid('Response Type', type, 'is not valid', "Use 'approval', 'choice', or 'freeText'.");
	}
}

function parseAnswerIn(value: unknown): 'page' | 'chat' {
	if (isEmpty(value)) return 'page';
	if (value === 'page' || value === 'chat') return value;
	throw invalid('Answer In', value, 'is not valid', "Use 'page' or 'chat'.");
}

function parseChoices(value: unknown): string[] {
	const { values } = fieldsOf(value);
	const rows: unknown[] = Array.isArray(values) ? values : [];
	const choices = rows.map((row, index) =>
		parseText(`Choice ${index + 1}`, isRecord(row) ? row.choice : row, 'Enter a label, or remove the choice.').trim(),
	);
	if (choices.length < MIN_CHOICES || choices.length > MAX_CHOICES) {
		throw invalid('Choices', choices.join(', '), 'has the wrong number of choices', `Enter ${MIN_CHOICES} to ${MAX_CHOICES} choices.`);
	}
	const twice = choices.find((choice, index) => choices.indexOf(choice) !== index);
	if (twice !== undefined) throw invalid('Choices', twice, 'is a duplicate', 'Use a different label for each choice.');
	return choices;
}

/** Returns the digest to store instead of a secret. */
export function digest(secret: string): Buffer {
	return createHash('sha256').update(secret).digest();
}

/** Parses a stored question and its message. Returns undefined for anything else. */
export function parseQuestion(value: unknown): { question: Question; sent: Fields } | undefined {
	if (!isRecord(value)) return undefined;
	// Earlier versions of this package didn't store where the customer answers.
	const { sent, secretDigest, text, thanks, answerIn = 'page', kind, approve, decline, choices, submit } = value;
	if (!isRecord(sent)) return undefined;
	if (typeof secretDigest !== 'string' || !/^[0-9a-f]{64}$/.test(secretDigest)) return undefined;
	if (typeof text !== 'string' || typeof thanks !== 'string') return undefined;
	if (answerIn !== 'page' && answerIn !== 'chat') return undefined;
	const common = { secretDigest, text, thanks, answerIn } as const;
	if (kind === 'approval' && typeof approve === 'string' && typeof decline === 'string') {
		return { question: { ...common, kind, approve, decline }, sent };
	}
	if (kind === 'choice' && Array.isArray(choices) && choices.every((choice) => typeof choice === 'string')) {
		return { question: { ...common, kind, choices }, sent };
	}
	if (kind === 'freeText' && typeof submit === 'string') return { question: { ...common, kind, submit }, sent };
	return undefined;
}
