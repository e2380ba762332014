import type { INodeProperties } from 'n8n-workflow';
import { messageIdField, parseMessageId } from '../../parameters/messageId';
import { parseBoolean } from '../../parameters/switch';
import { fieldsOf, type Fields } from '../../parameters/values';
import { perItem, type Operation } from '../operation';

const simplifyField: INodeProperties = {
	displayName: 'Simplify',
	name: 'simplify',
	type: 'boolean',
	// Most n8n nodes simplify by default. Here, saved workflows without this field must keep their output.
	default: false,
	description: 'Whether to return a simplified version of the response instead of the raw data',
};

export const get: Operation = {
	option: {
		name: 'Get',
		action: 'Get message',
		description: 'Get a message and its delivery status',
	},
	fields: [messageIdField, simplifyField],
	maxConcurrency: 10,
	jobs: perItem((item, { api }) => {
		const id = parseMessageId(item.parameter('messageId'));
		const isSimplified = parseBoolean('Simplify', item.parameter('simplify'), 'Use true for the main fields, or false for all fields.');
		return {
			run: async () => {
				const message = await api.getMessage(id);
				return [{ item: item.index, json: isSimplified ? simplify(message) : message }];
			},
		};
	}),
};

/** A message in ten fields at most, flat and with the names that the trigger uses for replies. */
function simplify(message: Fields): Fields {
	const { id, reference, status, direction, type, timestamp, attributes } = message;
	const { business_number_id: business, customer_number_id: customer } = message;
	// MO (mobile-originated) is a message from the customer.
	const [from, to] = direction === 'MO' ? [customer, business] : [business, customer];
	const { source = from, destination = to } = message;
	const { body: text, media } = fieldsOf(attributes);
	const fields = { id, reference, status, direction, type, source, destination, text, mediaId: fieldsOf(media).id, timestamp };
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
