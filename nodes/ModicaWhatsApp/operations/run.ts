import { CancelledError, ModicaError, NeverLeftError } from '../api/errors';
import { isFailure, type Context, type Failure, type Item, type Job, type Operation, type Result } from './operation';

/** How far a run has come, counted in targets (items, or recipients of a broadcast). */
export interface Progress {
	readonly done: number;
	readonly failed: number;
}

export interface RunSettings {
	/** Look at every item before anything is sent, and let nothing more leave once one has failed. */
	stopOnError: boolean;
	/** Aborted when the execution is cancelled. */
	signal: AbortSignal | undefined;
	/** Told at the end of each job. */
	onProgress?: (progress: Progress) => void;
}

/** A run that was to stop at the first failure, and did. */
export class RunStopped extends Error {
	override readonly name = 'RunStopped';

	constructor(
		readonly failure: Failure,
		/** What became of the other items, as sentences. */
		readonly note: string,
	) {
		super('stopped');
	}
}

/**
 * Does an operation for all items.
 * @returns what came of each, in the order of the items; of a cancelled run, what came of those that were started
 * @throws {RunStopped} at the first failure, when it is to stop there
 * @throws {CancelledError} when it was cancelled and is to stop at a failure
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
	const { ended, stoppedBy, unmade } = await runJobs(jobs, {
		stop: stopOnError ? () => context.api.stop() : undefined,
		signal,
		...(onProgress && { onProgress }),
	});
	const results = [...ended.flatMap((job) => job.results), ...refused];
	if (unmade) results.push(...withoutResult(items, results).map((item) => ({ item, error: unmade.error })));
	if (stoppedBy) throw new RunStopped(stoppedBy, stoppedAfter(results, stoppedBy, targets));
	if (stopOnError && signal?.aborted) throw new CancelledError();
	// The sort is stable: several results of one item stay in their order where nothing else is said.
	return results.sort((one, other) => one.item - other.item || (one.position ?? 0) - (other.position ?? 0));
}

function withoutResult(items: readonly Item[], results: readonly Result[]): number[] {
	const known = new Set(results.map(({ item }) => item));
	return items.map(({ index }) => index).filter((index) => !known.has(index));
}

/** How one job ended. */
export interface EndedJob {
	readonly job: Job;
	readonly results: readonly Result[];
}

/**
 * Jobs that are made and not yet ended, at most. Enough that rows sorted by number still go to many numbers at once;
 * each holds a message.
 */
export const MOST_AHEAD = 500;

/**
 * Runs jobs: those that share a lane one after the other in order, all others at once. How many requests leave, and
 * when, is the pacer's to decide. Takes a job from the iterable only when few enough are made and not yet ended.
 *
 * @param settings.stop called at the first failure, when the run is to stop there: nothing more is to leave
 * @returns the results in the order of the jobs, without those of which nothing left before the run was stopped or
 * cancelled; `stoppedBy` the failure that it was stopped for, since those after it may say no more than that it was;
 * `unmade` when the iterable itself failed, so that there may be items without a job
 */
export async function runJobs(
	jobs: Iterable<Job>,
	{ stop, signal, onProgress }: { stop?: (() => void) | undefined; signal?: AbortSignal | undefined; onProgress?: RunSettings['onProgress'] },
): Promise<{ ended: EndedJob[]; stoppedBy: Failure | undefined; unmade?: { error: unknown } }> {
	const results: Array<EndedJob | undefined> = [];
	const lastOfLane = new Map<string, Promise<void>>();
	const progress = { done: 0, failed: 0 };
	let underWay = 0;
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

	let unmade: { error: unknown } | undefined;
	try {
		for (const job of jobs) {
			if (stoppedBy || signal?.aborted) break;
			const lanes = job.lanes ?? [];
			// The place is taken now: results stand in the order of the jobs, whenever they come.
			const working = work(job, results.push(undefined) - 1, lanes.flatMap((lane) => lastOfLane.get(lane) ?? []));
			for (const lane of lanes) lastOfLane.set(lane, working);
			underWay++;
			void working.then(() => {
				underWay--;
				for (const lane of lanes) {
					if (lastOfLane.get(lane) === working) lastOfLane.delete(lane);
				}
				oneEnded();
			});
			while (underWay >= MOST_AHEAD) await new Promise<void>((resolve) => (oneEnded = resolve));
		}
	} catch (error) {
		unmade = { error };
	}
	// Whatever happened: nothing may run on behind the back of whoever waits for this.
	while (underWay > 0) await new Promise<void>((resolve) => (oneEnded = resolve));
	return { ended: results.filter((result) => result !== undefined), stoppedBy, ...(unmade && { unmade }) };
}

/** Does a job. @returns its results; undefined when it was stopped or cancelled before anything of it left */
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
		...(others.length === 1 ? [`Item ${others[0]} has a problem, too (the first item is 0).`] : []),
		...(others.length > 1 ? [`Items ${list(others)} have problems, too (the first item is 0).`] : []),
		...(failures.length < items
			? ['To go on with the good items, set "On Error" to "Continue" in the node’s settings.']
			: []),
	].join(' ');
}

/** What became of the others when a run stopped: with "Stop Workflow" n8n shows nothing else of them. */
function stoppedAfter(results: readonly Result[], first: Failure, targets: number): string {
	const others = results.filter((result) => result !== first);
	if (others.length === 0 && targets === 1) return '';
	const isDoubtful = (result: Result) => (isFailure(result) ? errorOf(result)?.mayHaveBeenSent : result.inDoubt) === true;
	const doubtful = others.filter(isDoubtful);
	const failed = others.filter((result) => isFailure(result) && !isDoubtful(result));
	const claimed = others.filter((result) => (isFailure(result) ? errorOf(result) : result)?.mayCountAsSent);
	const done = others.length - doubtful.length - failed.length;
	return [
		`${done === 0 ? 'No other was' : done === 1 ? '1 was' : `${done} were`} done before the node stopped.`,
		...(doubtful.length > 0
			? [`${doubtful.length} more may have been sent: ${items(doubtful)}. Look for their status before you send them again.`]
			: []),
		...(failed.length > 0 ? [`${failed.length} more failed and ${failed.length === 1 ? 'was' : 'were'} not sent: ${items(failed)}.`] : []),
		...(claimed.length > 0 ? [`The references of these may count as sent now: ${items(claimed)}.`] : []),
		'To go on with the others and see the result of each, set "On Error" to "Continue" in the node’s settings.',
	].join(' ');
}

function errorOf({ error }: Failure): ModicaError | undefined {
	return error instanceof ModicaError ? error : undefined;
}

/** Items as a sentence names them: each once, and all of them, since this is the only place that tells. */
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

const MOST_LISTED = 10;

/** Items in the words of a sentence: `1, 2 and 5`, of many the first ten. */
function list(indexes: readonly number[]): string {
	const shown = indexes.slice(0, MOST_LISTED);
	const last = shown.length < indexes.length ? `${indexes.length - shown.length} more` : shown.pop();
	return `${shown.join(', ')} and ${last}`;
}
