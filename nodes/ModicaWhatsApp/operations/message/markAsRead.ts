import { messageIdField, parseMessageId } from '../../parameters/messageId';
import { perItem, type Operation } from '../operation';

export const markAsRead: Operation = {
	option: {
		name: 'Mark as Read',
		action: 'Mark message as read',
		description: 'Mark a received message as read',
	},
	fields: [messageIdField],
	maxConcurrency: 10,
	jobs: perItem((item, { api }) => {
		const id = parseMessageId(item.parameter('messageId'));
		return {
			run: async () => {
				await api.markAsRead(id);
				return [{ item: item.index, json: { id, read: true } }];
			},
		};
	}),
};
