import type { INodeProperties } from 'n8n-workflow';
import type { SendReceipt, Message } from '../../api/types';
import { perItem, type Context, type Item, type Operation } from '../operation';
import { contentFields, readContent } from './content';
import { additionalFields, readDelivery, sendOptions } from './delivery';
import { parseRecipient, recipientField } from './recipient';

const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: sendOptions,
};

export const send: Operation = {
	option: {
		name: 'Send',
		action: 'Send a message',
		description: 'Send a message to one customer for each input item',
	},
	fields: [recipientField, ...contentFields, additionalFields, optionsField],
	maxConcurrency: 25,
	jobs: perItem((item, context) => {
		const message = readMessage(item, context);
		return {
			subjects: [{ item: item.index, to: message.to }],
			lanes: [message.to],
			run: async () => {
				const receipt = await context.api.sendMessage(message);
				return [{ item: item.index, json: toOutput(message, receipt) }];
			},
		};
	}),
};

function readMessage(item: Item, context: Context): Message {
	return {
		to: parseRecipient(item.parameter('to')),
		...readContent(item),
		...readDelivery(item, context),
	};
}

function toOutput({ to, reference }: Message, { id, status, ...others }: SendReceipt) {
	return { id, status, to, ...(reference !== undefined && { reference }), ...others };
}
