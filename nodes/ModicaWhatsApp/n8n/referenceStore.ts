import type { IExecuteFunctions } from 'n8n-workflow';
import { MOST_MARKS, References } from '../operations/message/references';
import { clock } from './clock';

/** Number of references that a node remembers. n8n rewrites all of them for each claim, so each one adds to the cost. */
const MOST_REFERENCES = 100_000;
/** Additional entries for the marks of several processes, so that marks don't replace references. */
const MOST_ENTRIES = MOST_REFERENCES + 20 * MOST_MARKS;

/** Opens the references that a node has sent, stored in n8n's database. */
export function openReferences(functions: IExecuteFunctions, ensureOpen: () => void): References {
	const { helpers } = functions;
	const scope = 'node';
	const options = { mode: 'entries', maxEntries: MOST_ENTRIES } as const;
	const store = {
		record: async (keys: string[]) => (await helpers.checkProcessedAndRecord(keys, scope, options)).new.map(String),
		remove: async (keys: string[]) => await helpers.removeProcessed(keys, scope, options),
		clear: async () => await helpers.clearAllProcessedItems(scope, options),
	};
	return new References(store, `${functions.getWorkflow().id} ${functions.getNode().id}`, clock, ensureOpen);
}
