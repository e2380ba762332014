import { CanceledError, ModicaError, NeverLeftError } from '../api/errors';
import { isFailure, type Context, type Failure, type Item, type Job, type Operation, type Result } from './operation';

/** The progress of a run, counted in targets (items, or recipients of a broadcast). */
export interface Progress {
	readonly done: number;
	readonly failed: number;
}

export interface RunSettings {
	/** Whether to parse all items before anything is sent, and to send nothing more after a failure. */
	stopOnError: boolean;
	/** Aborted when the execution is canceled. */
	signal: AbortSignal | undefined;
	/** Called at the end of each job. */
	onProgress?: (progress: Progress) => void;
}

/** Thrown when a run stops at its first failure. */
export class RunStopped extends Error {
	override readonly name = 'RunStopped';

	constructor(
		readonly failure: Failure,
		/** What happened to the other items, as sentences. */
		readonly note: string,
	) {
		super('stopped');
	}
}

/**
 * Runs an operation for all items.
 * @returns the results in the order of the items; for a canceled run, the results of the items that were started
 * @throws {RunStopped} at the first failure, if `stopOnError` is set
 * @throws {CanceledError} if the execution was canceled and `stopOnError` is set
 */
export async function runOperation(
	operation: Operation,
	items: readonly Item[],
	context: Context,
	{ stopOnError, signal, onProgress }: RunSettings,
): Promise<Result[]> {
	const refused: Failure[] = [];
	let jobs = operation.jobs(items, context, (item, error) => refused.push({ item, error }));
	let targets = 0;
	if (stopOnError) {
		const all = [...jobs];
		for (const job of all) targets += job.targets.length;
		jobs = all;
		const [first] = refused;
		if (first) throw new RunStopped(first, nothingSent(refused, items.length));
	}
	const { ended, stoppedBy, iterationError } = await runJobs(jobs, {
		stop: stopOnError ? () => context.api.stop() : undefined,
		signal,
		...(onProgress && { onProgress }),
	});
	const results = [...ended.flatMap((job) => job.results), ...refused];
	if (iterationError) results.push(...withoutResult(items, results).map((item) => ({ item, error: iterationError.error })));
	if (stoppedBy) throw new RunStopped(stoppedBy, stoppedAfter(results, stoppedBy, targets));
	if (stopOnError && signal?.aborted) throw new CanceledError();
	// The sort is stable: results of the same item without a position keep their order.
	return results.sort((one, other) => one.item - other.item || (one.position ?? 0) - (other.position ?? 0));
}

function withoutResult(items: readonly Item[], results: readonly Result[]): number[] {
	const known = new Set(results.map(({ item }) => item));
	return items.map(({ index }) => index).filter((index) => !known.has(index));
}

/** A completed job. */
export interface EndedJob {
	readonly job: Job;
	readonly results: readonly Result[];
}

/**
 * Maximum number of jobs that are created but not completed. High enough that rows sorted by number still use many
 * numbers concurrently, and limited because each job holds a message in memory.
 */
export const MAX_INCOMPLETE_JOBS = 500;

/**
 * Runs jobs: those that share a lane one at a time and in order, and all others concurrently. The pacer decides when
 * each request is sent. Requests the next job from the iterable only when the number of incomplete jobs is below the
 * limit.
 *
 * @param settings.stop called at the first failure if the run must stop there, so that nothing more is sent
 * @returns the results in the order of the jobs, without jobs that had sent nothing when the run was stopped or
 * canceled; `stoppedBy`, the failure that stopped the run, because later failures may only report that it was stopped;
 * `iterationError`, the error if the iterable itself failed, so that some items may have no job
 */
export async function runJobs(
	jobs: Iterable<Job>,
	{ stop, signal, onProgress }: { stop?: (() => void) | undefined; signal?: AbortSignal | undefined; onProgress?: RunSettings['onProgress'] },
): Promise<{ ended: EndedJob[]; stoppedBy: Failure | undefined; iterationError?: { error: unknown } }> {
	const results: Array<EndedJob | undefined> = [];
	const lastOfLane = new Map<string, Promise<void>>();
	const progress = { done: 0, failed: 0 };
	let running = 0;
	let stoppedBy: Failure | undefined;
	let oneEnded = () => {};

	const work = async (job: Job, place: number, before: Array<Promise<void>>) => {
		await Promise.all(before);
		if (stoppedBy || signal?.aborted) return;
		const ended = await attempt(job);
		if (!ended) return;
		results[place] = ended;
		const failures = ended.results.filter(isFailure);
		progress.failed += failures.length;
		progress.done += ended.results.length - failures.length;
		onProgress?.(progress);
		if (failures.length === 0 || !stop || stoppedBy) return;
		[stoppedBy] = failures;
		stop();
	};

	let iterationError: { error: unknown } | undefined;
	try {
		for (const job of jobs) {
			if (stoppedBy || signal?.aborted) break;
			const lanes = job.lanes ?? [];
			// The index is reserved now, so that results are in the order of the jobs.
			const working = work(job, results.push(undefined) - 1, lanes.flatMap((lane) => lastOfLane.get(lane) ?? []));
			for (const lane of lanes) lastOfLane.set(lane, working);
			running++;
			void working.then(() => {
				running--;
				for (const lane of lanes) {
					if (lastOfLane.get(lane) === working) lastOfLane.delete(lane);
				}
				oneEnded();
			});
			while (running >= MAX_INCOMPLETE_JOBS) await new Promise<void>((resolve) => (oneEnded = resolve));
		}
	} catch (error) {
		iterationError = { error };
	}
	// Wait in any case: no job may continue after this function returns.
	while (running > 0) await new Promise<void>((resolve) => (oneEnded = resolve));
	return { ended: results.filter((result) => result !== undefined), stoppedBy, ...(iterationError && { iterationError }) };
}

/** Runs a job. @returns its results, or undefined if it was stopped or canceled before it sent anything */
async function attempt(job: Job): Promise<EndedJob | undefined> {
	try {
		return { job, results: await job.run() };
	} catch (error) {
		if (error instanceof NeverLeftError) return undefined;
		return { job, results: job.targets.map((target) => ({ ...target, error })) };
	}
}

function nothingSent(failures: readonly Failure[], items: number): string {
	const others = failures.slice(1).map(({ item }) => item);
	return [
		'Nothing was sent.',
		...(others.length === 1 ? [`Item ${others[0]} is also invalid (the first item is 0).`] : []),
		...(others.length > 1 ? [`Items ${list(others)} are also invalid (the first item is 0).`] : []),
		...(failures.length < items
			? ["To process the valid items, set 'On Error' to 'Continue' in the node’s settings."]
			: []),
	].join(' ');
}

/** Describes the other results when a run stops, because n8n shows nothing else about them with "Stop Workflow". */
function stoppedAfter(results: readonly Result[], first: Failure, targets: number): string {
	const others = results.filter((result) => result !== first);
	if (others.length === 0 && targets === 1) return '';
	const isUncertain = (result: Result) => (isFailure(result) ? errorOf(result)?.mayHaveBeenSent : result.mayHaveBeenSent) === true;
	const uncertain = others.filter(isUncertain);
	const failed = others.filter((result) => isFailure(result) && !isUncertain(result));
	const claimed = others.filter((result) => (isFailure(result) ? errorOf(result) : result)?.mayCountAsSent);
	const done = others.length - uncertain.length - failed.length;
	return [
		`${done === 0 ? 'No others were' : done === 1 ? '1 was' : `${done} were`} completed before the node stopped.`,
		...(uncertain.length > 0
			? [`${uncertain.length} more may have been sent: ${items(uncertain)}. Check their status before you send them again.`]
			: []),
		...(failed.length > 0 ? [`${failed.length} more failed and ${failed.length === 1 ? 'was' : 'were'} not sent: ${items(failed)}.`] : []),
		...(claimed.length > 0 ? [`The references of these may now count as sent: ${items(claimed)}.`] : []),
		"To process all items and see each result, set 'On Error' to 'Continue' in the node’s settings.",
	].join(' ');
}

function errorOf({ error }: Failure): ModicaError | undefined {
	return error instanceof ModicaError ? error : undefined;
}

/** Lists items in a sentence. Contains each of them once and in full, because no other place lists them. */
function items(results: readonly Result[]): string {
	const indexes = [...new Set(results.map(({ item }) => item))].sort((one, other) => one - other);
	const runs: Array<{ from: number; to: number }> = [];
	for (const index of indexes) {
		const latest = runs.at(-1);
		if (latest?.to === index - 1) latest.to = index;
		else runs.push({ from: index, to: index });
	}
	const names = runs.map(({ from, to }) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`));
	return `${indexes.length === 1 ? 'item' : 'items'} ${names.join(', ')}`;
}

const MAX_LISTED = 10;

/** Lists items in a sentence: `1, 2 and 5`. A long list shows the first ten and counts the rest. */
function list(indexes: readonly number[]): string {
	const shown = indexes.slice(0, MAX_LISTED);
	const last = shown.length < indexes.length ? `${indexes.length - shown.length} more` : shown.pop();
	return `${shown.join(', ')} and ${last}`;
}
