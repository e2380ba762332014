import type { IExecuteFunctions } from 'n8n-workflow';
import { MAX_MARKS, References } from '../operations/message/references';
import { clock } from './clock';

/** Number of references that a node remembers. n8n rewrites all of them for each claim, so each one adds to the cost. */
const MAX_REFERENCES = 100_000;
/** Additional entries for the marks of several processes, so that marks don't replace references. */
const MAX_ENTRIES = MAX_REFERENCES + 20 * MAX_MARKS;

/** Opens the references that a node has sent, stored in n8n's database. */
export function openReferences(functions: IExecuteFunctions, ensureOpen: () => void): References {
	const { helpers } = functions;
	const scope = 'node';
	const options = { mode: 'entries', maxEntries: MAX_ENTRIES } as const;
	const store = {
		record: async (keys: string[]) => (await helpers.checkProcessedAndRecord(keys, scope, options)).new.map(String),
		remove: async (keys: string[]) => await helpers.removeProcessed(keys, scope, options),
		clear: async () => await helpers.clearAllProcessedItems(scope, options),
	};
	return new References(store, `${functions.getWorkflow().id} ${functions.getNode().id}`, clock, ensureOpen);
}
