import type { INodeProperties } from 'n8n-workflow';
import type { TextContent } from '../../api/types';
import { parseMessageText } from '../../parameters/text';
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
		description: 'What the message says, up to 4,096 characters',
		hint: 'Reaches customers who wrote to you in the last 24 hours. Use a template for all others.',
	},
];

/** @throws {InputError} naming the field, the value and the remedy */
export function readText(item: Item): TextContent {
	return { type: 'text', text: { body: parseMessageText('Text', item.parameter('text')) } };
}
