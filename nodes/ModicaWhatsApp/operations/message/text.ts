import type { INodeProperties } from 'n8n-workflow';
import type { TextContent } from '../../api/types';
import { invalid } from '../../parameters/errors';
import { parseMarkdown } from '../../parameters/markdown';
import { parseMessageText } from '../../parameters/text';
import { fieldsOf } from '../../parameters/values';
import type { Item } from '../operation';

export const textFields: INodeProperties[] = [
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: '',
		placeholder: 'e.g. Your order 1234 is on its way',
		description: 'Text of the message, up to 4,096 characters',
		hint: 'Delivered only to customers who wrote to you in the last 24 hours. Use a template for all others.',
	},
];

export const textFormatOption: INodeProperties = {
	displayName: 'Text Format',
	name: 'textFormat',
	type: 'options',
	default: 'plain',
	options: [
		{
			name: 'Markdown',
			value: 'markdown',
			description: 'Convert Markdown from an AI model to WhatsApp formatting',
		},
		{
			name: 'Plain Text',
			value: 'plain',
			description: 'Send the text unchanged',
		},
	],
	description: 'Format of the text. Select Markdown for text from an AI model, so that customers see formatting instead of ** and #.',
	displayOptions: { show: { '/messageType': ['text'] } },
};

/** @throws {InputError} with the field, the value, and the remedy */
export function readText(item: Item): TextContent {
	return toTextContent(parseMessageText('Text', readFormattedText(item), "Shorten it, or use the Send operation with 'Split Long Text'."));
}

/**
 * Returns the text with WhatsApp formatting, of any length. Plain text is returned unchecked.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readFormattedText(item: Item): unknown {
	const text = item.parameter('text');
	return isMarkdown(item) ? parseMarkdown('Text', text) : text;
}

export function toTextContent(body: string): TextContent {
	return { type: 'text', text: { body } };
}

function isMarkdown(item: Item): boolean {
	const options = fieldsOf(item.parameter('options'));
	// An option without a value is an expression that returned nothing, which isn't the same as an option that wasn't
	// added.
	if (!('textFormat' in options)) return false;
	const { textFormat } = options;
	if (textFormat === 'plain' || textFormat === 'markdown') return textFormat === 'markdown';
	throw invalid('Text Format', textFormat, 'is not valid', "Use 'plain' or 'markdown'.");
}
