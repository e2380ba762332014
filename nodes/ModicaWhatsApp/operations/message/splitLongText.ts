import type { INodeProperties } from 'n8n-workflow';
import { parseTextParts } from '../../parameters/splitText';
import { parseSwitch } from '../../parameters/switch';
import { fieldsOf } from '../../parameters/values';
import type { Item } from '../operation';
import type { Content } from './preview';
import { readFormattedText, toTextContent } from './text';

export const splitLongTextOption: INodeProperties = {
	displayName: 'Split Long Text',
	name: 'splitLongText',
	type: 'boolean',
	// Applies when a user adds the option.
	default: true,
	description:
		'Whether to split a text of more than 4,096 characters into several messages, between paragraphs, sentences, or words',
	displayOptions: { show: { '/messageType': ['text'] } },
};

/**
 * Returns the messages for an item's text, or undefined if it's not to be split.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function readParts(item: Item): Content[] | undefined {
	if (item.parameter('messageType') !== 'text') return undefined;
	const options = fieldsOf(item.parameter('options'));
	const isToSplit = parseSwitch('Split Long Text', options, 'splitLongText', 'Use true to split long texts, or false to reject them.');
	if (!isToSplit) return undefined;
	return parseTextParts('Text', readFormattedText(item)).map((part) => ({ content: toTextContent(part) }));
}
