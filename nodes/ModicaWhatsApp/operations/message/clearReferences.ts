import type { INodeProperties } from 'n8n-workflow';
import { fieldsOf } from '../../parameters/values';
import type { Context, Item, Job, Operation } from '../operation';
import { isRealRun } from './dryRun';

// An option and no operation: references belong to the node that sent them, and n8n's editor empties all fields of a
// node whose operation is changed.
export const clearReferencesOption: INodeProperties = {
	displayName: 'Clear Sent References',
	name: 'clearReferences',
	type: 'boolean',
	default: false,
	description:
		'Whether to clear the references that this node has sent, instead of sending messages. Run the node once, then turn this off again.',
};

/** The jobs of an operation that sends or, with the option turned on, one that clears the references it has sent. */
export function orClearReferences(jobs: Operation['jobs']): Operation['jobs'] {
	return (items, context, refuse) =>
		isToClear(items[0]) ? [clearReferences(items, context)] : jobs(items, context, refuse);
}

/** It holds for the whole run, so the first item's is taken. A dry run clears nothing. */
function isToClear(item: Item | undefined): boolean {
	// An expression may give a text.
	return item !== undefined && String(fieldsOf(item.parameter('options')).clearReferences) === 'true' && isRealRun(item);
}

function clearReferences(items: readonly Item[], { references }: Context): Job {
	return {
		targets: items.map(({ index }) => ({ item: index })),
		run: async () => {
			await references.clear();
			return items.map(({ index }) => ({
				item: index,
				json: {
					status: 'cleared',
					message: 'Nothing was sent: the references that this node had sent are cleared. Turn off "Clear Sent References" to send.',
				},
			}));
		},
	};
}
