import type { INodeProperties } from 'n8n-workflow';
import { isRecord } from '../../api/errors';
import type { Item } from '../operation';
import { sourceField } from '../source';

export const mediaAdditionalFields: INodeProperties = {
	displayName: 'Additional Fields',
	name: 'additionalFields',
	type: 'collection',
	placeholder: 'Add Field',
	default: {},
	description: 'What else Modica may need to know',
	options: [sourceField],
};

export function readAdditionalFields(item: Item): Record<string, unknown> {
	const given = item.parameter('additionalFields');
	return isRecord(given) ? given : {};
}
