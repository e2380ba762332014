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
 * Everything the node can do, the most usual first: the editor lists it in this order.
 * The keys are what saved workflows hold: never rename one.
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

/** The operation that a saved workflow names; undefined when there is none of that name. */
export function findOperation(resource: string, operation: string): Operation | undefined {
	const found = resources.find(([key]) => key === resource)?.[1].operations;
	return found && Object.hasOwn(found, operation) ? found[operation] : undefined;
}

/** The node's parameters: the resource, its operations, and each operation's fields where they belong. */
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
			description: 'What to do',
			displayOptions: { show: { resource: [resource] } },
		}),
	),
	...resources.flatMap(([resource, { operations }]) =>
		Object.entries(operations).flatMap(([operation, { fields }]) =>
			fields.map((field) => showOnlyFor({ resource: [resource], operation: [operation] }, field)),
		),
	),
];
