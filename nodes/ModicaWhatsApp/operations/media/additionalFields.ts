import type { INodeProperties } from 'n8n-workflow';
import { sourceField } from '../../parameters/source';

export const mediaAdditionalFields: INodeProperties = {
	displayName: 'Additional Fields',
	name: 'additionalFields',
	type: 'collection',
	placeholder: 'Add field',
	default: {},
	description: 'Optional request fields',
	options: [sourceField],
};
