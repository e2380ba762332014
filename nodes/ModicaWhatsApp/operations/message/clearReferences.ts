import type { INodeProperties } from 'n8n-workflow';
import { invalid } from '../../parameters/errors';
import { fieldsOf } from '../../parameters/values';
import type { Context, Item, Job, Operation } from '../operation';
import { isDryRun } from './dryRun';

// An option instead of an operation: references belong to the node that sent them, and changing a node's operation in
// n8n's editor resets all its fields.
export const clearReferencesOption: INodeProperties = {
	displayName: 'Clear Sent References',
	name: 'clearReferences',
	type: 'boolean',
	default: false,
	description:
		'Whether to clear the references that this node has sent, instead of sending messages. Execute the node once, then turn this option off.',
};

/**
 * Returns the jobs of a send operation or, with the option on, one job that clears its sent references.
 * @throws {InputError} if only some of the items are a dry run, which clears nothing
 */
export function orClearReferences(jobs: Operation['jobs']): Operation['jobs'] {
	return (items, context, refuse) => {
		if (!isToClear(items[0]) || items.every(isDryRun)) return jobs(items, context, refuse);
		if (!items.some(isDryRun)) return [clearReferences(items, context)];
		throw invalid('Clear Sent References', true, "cannot be combined with 'Dry Run' for only some items", 'Turn off one of the two.');
	};
}

/** The option applies to the whole run, so the value for the first item is used. */
function isToClear(item: Item | undefined): boolean {
	// An expression may return text.
	return String(fieldsOf(item?.parameter('options')).clearReferences) === 'true';
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
					message: "Nothing was sent. The sent references of this node are cleared. To send, turn off 'Clear Sent References'.",
				},
			}));
		},
	};
}
