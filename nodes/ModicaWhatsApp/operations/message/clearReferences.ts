import type { INodeProperties } from 'n8n-workflow';
import { invalid } from '../../parameters/errors';
import { fieldsOf } from '../../parameters/values';
import type { Context, Item, Job, Operation } from '../operation';
import { isDryRun } from './dryRun';

// An option and no operation: references belong to the node that sent them, and n8n's editor empties all fields of a
// node whose operation is changed.
export const clearReferencesOption: INodeProperties = {
	displayName: 'Clear Sent References',
	name: 'clearReferences',
	type: 'boolean',
	default: false,
	description:
		'Whether to clear the sent references of this node instead of sending messages. Run the node once, then turn this off.',
};

/**
 * The jobs of an operation that sends or, with the option turned on, one that clears the references it has sent.
 * @throws {InputError} when it is not certain of every item whether it is a dry run, which clears nothing
 */
export function orClearReferences(jobs: Operation['jobs']): Operation['jobs'] {
	return (items, context, refuse) => {
		if (!isToClear(items[0]) || items.every(isDryRun)) return jobs(items, context, refuse);
		if (!items.some(isDryRun)) return [clearReferences(items, context)];
		throw invalid('Clear Sent References', true, 'is on for items of which some are a dry run', 'Turn one of the two off.');
	};
}

/** It holds for the whole run, so the first item's is taken. */
function isToClear(item: Item | undefined): boolean {
	// An expression may give a text.
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
					message: 'Nothing was sent: the references that this node had sent are cleared. Turn off "Clear Sent References" to send.',
				},
			}));
		},
	};
}
