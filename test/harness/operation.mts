/** Runs operations in isolation, with plain functions in place of n8n and the API. */
import type { IBinaryData } from 'n8n-workflow';
import type { ModicaClient } from '../../nodes/ModicaWhatsApp/api/client';
import { References, type ReferenceStore } from '../../nodes/ModicaWhatsApp/operations/message/references';
import type { Context, Item, Job, Operation, Result } from '../../nodes/ModicaWhatsApp/operations/operation';
import { runJobs } from '../../nodes/ModicaWhatsApp/operations/run';
import { VirtualClock } from './virtualClock.mts';

type Parameters = Record<string, unknown>;

/** An input item with its parameters. Missing parameters have the default of the operation's field. */
export function itemOf(operation: Operation, parameters: Parameters, index = 0, binary: Record<string, IBinaryData> = {}): Item {
	const defaults = new Map(operation.fields.map((field) => [field.name, field.default as unknown]));
	const parameter = (name: string) => (name in parameters ? parameters[name] : defaults.get(name));
	return { index, binary, parameter, stored: parameter };
}

/** n8n's store of processed items, in memory. */
export class MemoryStore implements ReferenceStore {
	readonly keys = new Set<string>();

	async record(keys: string[]): Promise<string[]> {
		const fresh = keys.filter((key) => !this.keys.has(key));
		for (const key of keys) this.keys.add(key);
		return await Promise.resolve(fresh);
	}

	async remove(keys: string[]): Promise<void> {
		for (const key of keys) this.keys.delete(key);
		await Promise.resolve();
	}

	async clear(): Promise<void> {
		this.keys.clear();
		await Promise.resolve();
	}
}

let contexts = 0;

/** The context of an operation. Anything that a test doesn't provide throws when it's used. */
export function contextOf(api: Partial<ModicaClient>, overrides: Partial<Context> = {}): Context & { clock: VirtualClock; store: MemoryStore } {
	const clock = new VirtualClock();
	const store = new MemoryStore();
	const unused = () => {
		throw new Error('Not part of this test');
	};
	return {
		clock,
		store,
		api: api as ModicaClient,
		references: new References(store, `context ${contexts++}`, clock),
		timeZone: 'Pacific/Auckland',
		openFile: unused,
		storeFile: unused,
		linkTo: unused,
		answerLink: unused,
		answerPayload: unused,
		waitForAnswer: unused,
		...overrides,
	};
}

/** The jobs that an operation creates from its items, and its errors. */
export function jobsOf(operation: Operation, items: readonly Item[], context: Context): { jobs: Job[]; refused: Array<[number, string]> } {
	const refused: Array<[number, string]> = [];
	const jobs = [...operation.jobs(items, context, (item, error) => refused.push([item, (error as Error).message]))];
	return { jobs, refused };
}

/** Runs an operation with one item for each object of parameters. */
export async function runOn(
	operation: Operation,
	parameters: readonly Parameters[],
	context: ReturnType<typeof contextOf>,
): Promise<{ results: Result[]; refused: Array<[number, string]> }> {
	const { jobs, refused } = jobsOf(operation, parameters.map((each, index) => itemOf(operation, each, index)), context);
	const { ended } = await context.clock.until(runJobs(jobs, {}));
	return { results: ended.flatMap(({ results }) => results), refused };
}
