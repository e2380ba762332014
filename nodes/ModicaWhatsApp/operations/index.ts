import type { INodeProperties } from 'n8n-workflow';
import { showOnlyFor } from './fields';
import { download } from './media/download';
import { upload } from './media/upload';
import { broadcast } from './message/broadcast';
import { get } from './message/get';
import { markAsRead } from './message/markAsRead';
import { send } from './message/send';
import { sendAndWait } from './message/sendAndWait';
import type { Operation } from './operation';
import { checkHealth } from './service/checkHealth';

/**
 * All operations of the node, in the order in which the editor lists them: the most common first.
 * Saved workflows contain the keys, so never rename one.
 */
const RESOURCES = {
	message: { name: 'Message', operations: { send, broadcast, sendAndWait, get, markAsRead }, default: 'send' },
	media: { name: 'Media', operations: { upload, download }, default: 'upload' },
	service: { name: 'Service', operations: { checkHealth }, default: 'checkHealth' },
} satisfies Record<string, Resource>;

interface Resource {
	name: string;
	operations: Record<string, Operation>;
	default: string;
}

const resources: Array<[string, Resource]> = Object.entries(RESOURCES);

/** Returns the operation with the name in a saved workflow, or undefined if it doesn't exist. */
export function findOperation(resource: string, operation: string): Operation | undefined {
	const found = resources.find(([key]) => key === resource)?.[1].operations;
	return found && Object.hasOwn(found, operation) ? found[operation] : undefined;
}

/** The node's parameters: the resource, its operations, and the fields of each operation with their display conditions. */
export const properties: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		default: 'message',
		options: resources.map(([value, { name }]) => ({ name, value })),
		description: 'Resource to use',
	},
	...resources.map(
		([resource, { operations, default: byDefault }]): INodeProperties => ({
			displayName: 'Operation',
			name: 'operation',
			type: 'options',
			noDataExpression: true,
			default: byDefault,
			options: Object.entries(operations).map(([value, { option }]) => ({ ...option, value })),
			description: 'What to do with the resource',
			displayOptions: { show: { resource: [resource] } },
		}),
	),
	...resources.flatMap(([resource, { operations }]) =>
		Object.entries(operations).flatMap(([operation, { fields }]) =>
			fields.map((field) => showOnlyFor({ resource: [resource], operation: [operation] }, field)),
		),
	),
];
