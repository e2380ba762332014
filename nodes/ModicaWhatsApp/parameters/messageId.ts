import type { INodeProperties } from 'n8n-workflow';
import { invalid } from './errors';

export const messageIdField: INodeProperties = {
	displayName: 'Message ID',
	name: 'messageId',
	type: 'string',
	required: true,
	default: '',
	placeholder: 'e.g. 3fa85f64-5717-4562-b3fc-2c963f66afa6',
	description: 'ID returned by Send or received in a callback',
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Returns the ID of a message (reference: Uuid).
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseMessageId(value: unknown): string {
	const id = typeof value === 'string' ? value.trim() : value;
	if (typeof id !== 'string' || !UUID.test(id)) {
		throw invalid(
			'Message ID',
			value,
			'is not a message ID',
			'Use the ID that the Send operation returned, such as 3fa85f64-5717-4562-b3fc-2c963f66afa6.',
		);
	}
	return id;
}
