import { CancelledError } from '../api/errors';
import type { Aside, Job, Output } from './operation';

/**
 * Jobs that wait aside at once. Enough for claims of references, which take some 0.3 s, to keep up with 200 messages a
 * second; no more, since a claim whose execution is killed is one of a message that is never sent.
 */
const MOST_ASIDE = 75;

/** How one job ended. */
export type EndedJob =
	| { readonly job: Job; readonly outputs: readonly Output[] }
	| { readonly job: Job; readonly error: unknown };

export interface RunSettings {
	/** Jobs under way at once. */
	maxConcurrency: number;
	/** Start no further job once one has failed. */
	stopOnError: boolean;
	/** Start no further job once this is aborted. */
	signal: AbortSignal | undefined;
	/** Told at the start and at the end of each job. */
	onProgress?: (progress: Progress) => void;
}

/** How far a run has come, counted in subjects (items, or recipients of a broadcast). */
export interface Progress {
	readonly done: number;
	readonly failed: number;
	readonly underWay: number;
}

/**
 * Runs jobs, many at once but never more than allowed, and those that share a lane one after the other in order.
 * Takes each job from the iterable only when its turn is near, so that jobs may be made as they are needed.
 * @returns the results in the order of the jobs; without those that were never started
 */
export async function runJobs(jobs: Iterable<Job>, settings: RunSettings): Promise<EndedJob[]> {
	const results: Array<EndedJob | undefined> = [];
	const underWay = new Set<Promise<void>>();
	const lastOfLane = new Map<string, Promise<void>>();
	const slots = new Slots(settings.maxConcurrency);
	const asides = new Slots(MOST_ASIDE);
	const progress = { done: 0, failed: 0, underWay: 0 };
	let stopped = false;
	const mayStart = () => !stopped && !settings.signal?.aborted;

	async function work(job: Job, place: number, before: Array<Promise<void>>): Promise<void> {
		if (before.length > 0) {
			// A job that waits for its lane must not keep others from working.
			slots.give();
			await Promise.all(before);
			await slots.take();
		}
		if (mayStart()) {
			const { length: count } = job.subjects;
			const tellUnderWay = (difference: number) => {
				progress.underWay += difference;
				settings.onProgress?.(progress);
			};
			let begins = true;
			tellUnderWay(count);
			const result = await attempt(job, async (wait) => {
				await asides.take();
				tellUnderWay(-count);
				slots.give();
				try {
					await wait();
				} finally {
					asides.give();
					await slots.take();
					tellUnderWay(count);
				}
				begins = mayStart();
				if (!begins) throw new CancelledError(false);
			});
			if (begins) {
				results[place] = result;
				progress['error' in result ? 'failed' : 'done'] += count;
				if ('error' in result && settings.stopOnError) stopped = true;
			}
			tellUnderWay(-count);
		}
		slots.give();
	}

	for (const job of jobs) {
		await slots.take();
		if (!mayStart()) break;
		const lanes = job.lanes ?? [];
		const before = lanes.flatMap((lane) => lastOfLane.get(lane) ?? []);
		// The place is taken now: results stand in the order of the jobs, whenever they come.
		const place = results.push(undefined) - 1;
		const working = work(job, place, before);
		underWay.add(working);
		for (const lane of lanes) lastOfLane.set(lane, working);
		void working.then(() => {
			underWay.delete(working);
			for (const lane of lanes) {
				if (lastOfLane.get(lane) === working) lastOfLane.delete(lane);
			}
		});
	}
	await Promise.all(underWay);
	return results.filter((result) => result !== undefined);
}

async function attempt(job: Job, aside: Aside): Promise<EndedJob> {
	try {
		return { job, outputs: await job.run(aside) };
	} catch (error) {
		return { job, error };
	}
}

/** A fixed number of places, given in the order in which they were asked for. */
class Slots {
	private readonly waiting: Array<() => void> = [];

	constructor(private free: number) {}

	async take(): Promise<void> {
		if (this.free > 0) this.free--;
		else await new Promise<void>((resolve) => this.waiting.push(resolve));
	}

	give(): void {
		const next = this.waiting.shift();
		if (next) next();
		else this.free++;
	}
}
