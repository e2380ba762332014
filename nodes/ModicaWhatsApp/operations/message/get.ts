import { messageIdField, parseMessageId } from '../../parameters/messageId';
import { perItem, type Operation } from '../operation';

export const get: Operation = {
	option: {
		name: 'Get',
		action: 'Get message',
		description: 'Get a message and its delivery status',
	},
	fields: [messageIdField],
	maxConcurrency: 10,
	jobs: perItem((item, { api }) => {
		const id = parseMessageId(item.parameter('messageId'));
		return {
			run: async () => [{ item: item.index, json: await api.getMessage(id) }],
		};
	}),
};
