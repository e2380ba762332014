import type { INodeProperties } from 'n8n-workflow';
import { invalid } from '../../parameters/errors';
import { showOnlyFor } from '../fields';
import type { Item } from '../operation';
import type { FileLink } from './fileLinks';
import { mediaFields, readMedia } from './media';
import type { Content } from './preview';
import { readTemplate, toContent } from './template';
import { templateFields, templateType } from './templateFields';
import { readText, textFields } from './text';

const messageTypeField: INodeProperties = {
	displayName: 'Message Type',
	name: 'messageType',
	type: 'options',
	noDataExpression: true,
	default: 'text',
	options: [
		{
			name: 'Media',
			value: 'media',
			description: 'An image, video, audio file, or document',
		},
		templateType,
		{
			name: 'Text',
			value: 'text',
			description: 'Free text, delivered only to customers who wrote to you in the last 24 hours',
		},
	],
	description: 'Type of message to send',
};

/** The fields for the content of a message, for both single messages and broadcasts. */
export const contentFields: INodeProperties[] = [
	messageTypeField,
	...textFields.map((field) => showOnlyFor({ messageType: ['text'] }, field)),
	...templateFields.map((field) => showOnlyFor({ messageType: ['template'] }, field)),
	...mediaFields.map((field) => showOnlyFor({ messageType: ['media'] }, field)),
];

/**
 * Returns the content of a message from an item's parameters.
 * @param linkTo returns the link to a file of the item
 * @throws {InputError} for the first field that WhatsApp or the API would reject
 */
export function readContent(item: Item, linkTo: FileLink): Content {
	const type = item.parameter('messageType');
	switch (type) {
		case 'text':
			return { content: readText(item) };
		case 'template':
			return toContent(readTemplate(item, linkTo));
		case 'media':
			return { content: readMedia(item, linkTo) };
		default:
			throw invalid('Message Type', type, 'is not valid', "Use 'text', 'template', or 'media'.");
	}
}
