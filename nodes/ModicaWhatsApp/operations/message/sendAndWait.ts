import { randomBytes } from 'crypto';
import type { INodeProperties } from 'n8n-workflow';
import type { Message, TemplateButton, TemplateContent, TextContent } from '../../api/types';
import { parseFutureTime } from '../../parameters/dateTime';
import { InputError, invalid } from '../../parameters/errors';
import { parseRecipient, recipientField } from '../../parameters/recipient';
import { countCharacters, LONGEST_TEXT, parseMessageText } from '../../parameters/text';
import { fieldsOf, isEmpty, isRecord } from '../../parameters/values';
import { showOnlyFor } from '../fields';
import { perItem, type Item, type Operation } from '../operation';
import { answer, digest, type Question } from './answer';
import { additionalFields, readDelivery } from './delivery';
import { fileLinks, type FileLink } from './fileLinks';
import { readTemplate, templateFields } from './template';

/** Stands for the link in what the user writes. */
const LINK = '{link}';
const DEFAULT_THANKS = 'Thank you. Your answer has been received.';

// n8n looks for `message` and `responseType` when it makes the human review of an AI agent's tools out of this
// operation. The time limit is named as in n8n's own nodes, too, for those who know it from there.
const fields: INodeProperties[] = [
	recipientField,
	{
		displayName: 'Message',
		name: 'message',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: 'e.g. May we deliver your order 1234 tomorrow morning?',
		description: 'The question. A link to the page where it is answered is added, or put where you write {link}.',
	},
	{
		displayName: 'Response Type',
		name: 'responseType',
		type: 'options',
		default: 'approval',
		options: [
			{ name: 'Approval', value: 'approval', description: 'A button to approve and one to decline' },
			{ name: 'Free Text', value: 'freeText', description: 'A field to write into' },
		],
		description: 'What the page behind the link offers',
	},
	{
		displayName: 'Approve Button Label',
		name: 'approveLabel',
		type: 'string',
		required: true,
		default: 'Approve',
		placeholder: 'e.g. Yes, please',
		description: 'What stands on the button that approves',
		displayOptions: { show: { responseType: ['approval'] } },
	},
	{
		displayName: 'Decline Button Label',
		name: 'declineLabel',
		type: 'string',
		default: 'Decline',
		placeholder: 'e.g. No, call me',
		description: 'What stands on the button that declines. Empty: there is no such button.',
		displayOptions: { show: { responseType: ['approval'] } },
	},
	{
		displayName: 'Message Type',
		name: 'messageType',
		type: 'options',
		noDataExpression: true,
		default: 'text',
		options: [
			{
				name: 'Template',
				value: 'template',
				description: 'A text that WhatsApp approved beforehand; the only kind that reaches customers at any time',
			},
			{
				name: 'Text',
				value: 'text',
				description: 'The message itself, to customers who wrote to you in the last 24 hours',
			},
		],
		description:
			'How to send the link. A template needs {link} in one of its body parameters or in the payload of a URL button; the message then stands on the page alone.',
	},
	...templateFields.map((field) => showOnlyFor({ messageType: ['template'] }, field)),
	additionalFields,
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add Option',
		default: {},
		description: 'How long to wait, and what the page says',
		options: [
			{
				displayName: 'Limit Wait Time',
				name: 'limitWaitTime',
				type: 'fixedCollection',
				placeholder: 'Add Limit',
				default: { values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' } },
				options: [
					{
						displayName: 'Values',
						name: 'values',
						values: [
							{
								displayName: 'Limit Type',
								name: 'limitType',
								type: 'options',
								default: 'afterTimeInterval',
								options: [
									{ name: 'After Time Interval', value: 'afterTimeInterval' },
									{ name: 'At Specified Time', value: 'atSpecifiedTime' },
								],
								description: 'How the end of the wait is given',
							},
							{
								displayName: 'Amount',
								name: 'resumeAmount',
								type: 'number',
								typeOptions: { minValue: 0 },
								default: 1,
								description: 'How many minutes, hours or days to wait, counted from Scheduled if it is set',
								displayOptions: { show: { limitType: ['afterTimeInterval'] } },
							},
							{
								displayName: 'Unit',
								name: 'resumeUnit',
								type: 'options',
								default: 'hours',
								options: [
									{ name: 'Days', value: 'days' },
									{ name: 'Hours', value: 'hours' },
									{ name: 'Minutes', value: 'minutes' },
								],
								description: 'What the amount counts',
								displayOptions: { show: { limitType: ['afterTimeInterval'] } },
							},
							{
								displayName: 'Max Date and Time',
								name: 'maxDateAndTime',
								type: 'dateTime',
								default: '',
								description: 'When to go on at the latest, after Scheduled if it is set. Without an offset it is a time in the workflow’s time zone.',
								displayOptions: { show: { limitType: ['atSpecifiedTime'] } },
							},
						],
					},
				],
				description: 'When to go on without an answer; the output then says timedOut. Not set: the workflow waits for ever.',
			},
			{
				displayName: 'Submit Button Label',
				name: 'submitLabel',
				type: 'string',
				default: 'Send',
				placeholder: 'e.g. Send',
				description: 'What stands on the button below the field, for free text',
			},
			{
				displayName: 'Thank-You Text',
				name: 'thanksText',
				type: 'string',
				default: DEFAULT_THANKS,
				placeholder: 'e.g. Thank you. We will be in touch.',
				description: 'What the page says when the answer has been given',
			},
		],
	},
];

export const sendAndWait: Operation = {
	option: {
		name: 'Send and Wait for Response',
		action: 'Send a message and wait for response',
		description: 'Ask one customer something and wait for the answer',
	},
	fields,
	maxConcurrency: 1,
	*jobs(items, context, refuse) {
		// An execution waits in one place for one answer. n8n's own nodes ask for the first item and drop the others.
		if (items.length > 1) {
			throw new InputError(
				`Send and Wait for Response asks one question at a time, but there are ${items.length} items. Put a Loop Over Items node with a batch size of 1 before it.`,
			);
		}
		yield* ask(items, context, refuse);
	},
	answer,
};

const ask = perItem((item, context) => {
	const secret = randomBytes(16).toString('base64url');
	const question = readQuestion(item, secret);
	const to = parseRecipient(item.parameter('to'));
	const delivery = readDelivery(item, context);
	const until = readTimeLimit(item, context.timeZone, Date.now(), delivery.scheduled);
	const content = linkedContent(item, fileLinks(item, context, delivery.scheduled), context.answerLink(secret));
	const message: Message = { to, ...content, ...delivery };
	const { reference } = delivery;
	return {
		targets: [{ item: item.index, to }],
		run: async () => {
			const { id } = await context.api.sendMessage(message);
			const sent = { id, to, ...(reference !== undefined && { reference }) };
			const none = question.kind === 'approval' ? { approved: false } : { text: '' };
			const unanswered = { ...sent, data: { ...none, timedOut: true } };
			await context.waitForAnswer({ ...question, sent }, until, unanswered);
			return [{ item: item.index, json: unanswered }];
		},
	};
});

function readQuestion(item: Item, secret: string): Question {
	const options = readOptions(item);
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
				kind: 'approval',
				approve: label(item.parameter('approveLabel'), 'Approve'),
				decline: label(item.parameter('declineLabel'), ''),
			};
		case 'freeText':
			return { ...common, kind: 'freeText', submit: label(options.submitLabel, 'Send') };
		default:
			throw invalid('Response Type', type, 'is unknown', 'Use approval or freeText.');
	}
}

function readOptions(item: Item): Record<string, unknown> {
	return fieldsOf(item.parameter('options'));
}

const UNIT_MS: Record<string, number> = { minutes: 60_000, hours: 3_600_000, days: 86_400_000 };
const LONGEST_WAIT_MS = 3_650 * 86_400_000;

/**
 * When to go on without an answer.
 * @param now milliseconds since 1970
 * @param scheduled when the message is sent (RFC 3339), if not at once: nobody can answer it before
 * @throws {InputError} naming the field, the value and the remedy
 */
function readTimeLimit(item: Item, timeZone: string, now: number, scheduled: string | undefined): Date | undefined {
	const { limitWaitTime } = readOptions(item);
	const { values: limit } = fieldsOf(limitWaitTime);
	if (!isRecord(limit)) return undefined;
	const sentAt = scheduled === undefined ? now : Date.parse(scheduled);
	const { limitType = 'afterTimeInterval', resumeAmount = 1, resumeUnit = 'hours', maxDateAndTime } = limit;
	if (limitType === 'atSpecifiedTime') {
		const end = parseFutureTime('Max Date and Time', maxDateAndTime, timeZone, now, 'leave the limit out');
		if (end > sentAt) return new Date(end);
		throw invalid('Max Date and Time', maxDateAndTime, 'is not after Scheduled, when the message is sent', 'Use a time after Scheduled, or leave the limit out.');
	}
	const wait = Number(resumeAmount) * (UNIT_MS[String(resumeUnit)] ?? NaN);
	if (!(wait > 0 && wait <= LONGEST_WAIT_MS)) {
		throw invalid('Limit Wait Time', `${String(resumeAmount)} ${String(resumeUnit)}`, 'is no time to wait', 'Use an amount above 0, up to ten years, in minutes, hours or days.');
	}
	return new Date(sentAt + wait);
}

/**
 * What is sent, with the link in it. No error quotes the link: who has it can answer.
 * @param linkTo gives the link to a file of the item
 * @param link where the question is answered
 * @throws {InputError} when there is no room or no place for it
 */
function linkedContent(item: Item, linkTo: FileLink, link: string): TextContent | TemplateContent {
	const type = item.parameter('messageType');
	switch (type) {
		case 'text':
			return linkedText(parseMessageText('Message', item.parameter('message')), link);
		case 'template':
			return linkedTemplate(readTemplate(item, linkTo), link);
		default:
			throw invalid('Message Type', type, 'is unknown', 'Use text or template.');
	}
}

function linkedText(text: string, link: string): TextContent {
	const body = text.includes(LINK) ? place(text, link) : `${text.trimEnd()}\n\n${link}`;
	const length = countCharacters(body);
	if (length > LONGEST_TEXT) {
		throw invalid('Message', text, `has ${length} characters with its link`, `WhatsApp takes up to ${LONGEST_TEXT}: shorten it.`);
	}
	return { type: 'text', text: { body } };
}

function linkedTemplate({ type, template }: TemplateContent, link: string): TemplateContent {
	const { body_params, buttons, ...others } = template;
	const inButton = buttons?.some(isLinkButton) ?? false;
	if (!inButton && !body_params?.some((text) => text.includes(LINK))) {
		throw new InputError(
			`The template carries no link to answer at. Write ${LINK} in one of its Body Parameters, or as the payload of a URL button.`,
		);
	}
	return {
		type,
		template: {
			...others,
			...(body_params && { body_params: body_params.map((text) => place(text, link)) }),
			...(buttons && {
				buttons: buttons.map((button) =>
					isLinkButton(button) ? { ...button, payload: place(button.payload, withoutHost(link)) } : button,
				),
			}),
		},
	};
}

function isLinkButton(button: TemplateButton): button is TemplateButton & { payload: string } {
	return button.type === 'url' && button.payload?.includes(LINK) === true;
}

/** A template's URL button is approved with the host in it; what is sent goes on behind that. */
function withoutHost(link: string): string {
	const { pathname, search } = new URL(link);
	return `${pathname.slice(1)}${search}`;
}

/** By a function: a text that replaces may not be searched for signs such as `$&`. */
function place(text: string, link: string): string {
	return text.replaceAll(LINK, () => link);
}
