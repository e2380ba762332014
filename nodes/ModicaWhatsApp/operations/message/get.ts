import type { IDataObject } from 'n8n-workflow';
import { perItem, type Operation } from '../operation';
import { messageIdField, parseMessageId } from './messageId';

export const get: Operation = {
	option: {
		name: 'Get',
		action: 'Get a message',
		description: 'Look up a message and its delivery status',
	},
	fields: [messageIdField],
	maxConcurrency: 10,
	jobs: perItem((item, { api }) => {
		const id = parseMessageId(item.parameter('messageId'));
		return {
			run: async () => [{ item: item.index, json: (await api.getMessage(id)) as IDataObject }],
		};
	}),
};
