import { settle } from '../api/clock.mts';
import type { Job, Output } from '../../nodes/ModicaWhatsApp/operations/operation';
import { runJobs } from '../../nodes/ModicaWhatsApp/operations/run';

const EASY = { maxConcurrency: 25, stopOnError: false, signal: undefined };

/** A job that can be watched and ended by hand. */
class Handled implements Job {
	readonly subjects;
	started = false;
	private end!: (outputs: Output[]) => void;
	private breakOff!: (error: Error) => void;
	private readonly ended = new Promise<Output[]>((resolve, reject) => {
		this.end = resolve;
		this.breakOff = reject;
	});

	constructor(
		readonly item: number,
		readonly lanes: string[] = [],
	) {
		this.subjects = [{ item }];
	}

	async run(): Promise<Output[]> {
		this.started = true;
		return await this.ended;
	}

	async succeed() {
		this.end([{ item: this.item, json: {} }]);
		await settle();
	}

	async fail() {
		this.breakOff(new Error(`job ${this.item} failed`));
		await settle();
	}
}

const started = (jobs: Handled[]) => jobs.filter((job) => job.started).map((job) => job.item);

describe('running jobs', () => {
	it('never has more under way than allowed', async () => {
		const jobs = [0, 1, 2, 3].map((item) => new Handled(item));
		const run = runJobs(jobs, { ...EASY, maxConcurrency: 2 });
		await settle();
		expect(started(jobs)).toEqual([0, 1]);
		await jobs[1]?.succeed();
		expect(started(jobs)).toEqual([0, 1, 2]);
		await jobs[2]?.succeed();
		await jobs[0]?.succeed();
		await jobs[3]?.succeed();
		await run;
	});

	it('gives results in the order of the jobs, however they end', async () => {
		const jobs = [0, 1, 2].map((item) => new Handled(item));
		const run = runJobs(jobs, EASY);
		await settle();
		await jobs[2]?.succeed();
		await jobs[0]?.succeed();
		await jobs[1]?.fail();
		expect((await run).map((result) => ('error' in result ? 'failed' : result.outputs[0]?.item))).toEqual([0, 'failed', 2]);
	});

	it('runs jobs of one lane in order and one at a time, and others meanwhile', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['a']), new Handled(2, ['b']), new Handled(3, ['a'])];
		const run = runJobs(jobs, { ...EASY, maxConcurrency: 2 });
		await settle();
		expect(started(jobs)).toEqual([0, 2]);
		await jobs[0]?.succeed();
		expect(started(jobs)).toEqual([0, 1, 2]);
		await jobs[1]?.fail();
		expect(started(jobs)).toEqual([0, 1, 2, 3]);
		await jobs[2]?.succeed();
		await jobs[3]?.succeed();
		await run;
	});

	it('starts a job of several lanes when all of them are free', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['b']), new Handled(2, ['a', 'b'])];
		const run = runJobs(jobs, EASY);
		await settle();
		await jobs[0]?.succeed();
		expect(started(jobs)).toEqual([0, 1]);
		await jobs[1]?.succeed();
		expect(started(jobs)).toEqual([0, 1, 2]);
		await jobs[2]?.succeed();
		await run;
	});

	it('starts nothing more after a failure when it is to stop', async () => {
		const jobs = [0, 1, 2, 3].map((item) => new Handled(item));
		const run = runJobs(jobs, { ...EASY, maxConcurrency: 2, stopOnError: true });
		await settle();
		await jobs[0]?.fail();
		await jobs[1]?.succeed();
		expect((await run).map(({ job }) => job)).toEqual([jobs[0], jobs[1]]);
		expect(started(jobs)).toEqual([0, 1]);
	});

	it('starts nothing more once cancelled, not even what waits for its lane', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['a']), new Handled(2)];
		const cancel = new AbortController();
		const run = runJobs(jobs, { ...EASY, signal: cancel.signal });
		await settle();
		cancel.abort();
		await jobs[0]?.succeed();
		await jobs[2]?.succeed();
		expect((await run).map(({ job }) => job)).toEqual([jobs[0], jobs[2]]);
		expect(started(jobs)).toEqual([0, 2]);
	});

	describe('of which one waits aside', () => {
		const waits: Array<() => void> = [];
		const log: string[] = [];
		/** Waits aside first, then works for as long as another wait. */
		const waiting = (item: number): Job => ({
			subjects: [{ item }],
			run: async (aside) => {
				const wait = () => new Promise<void>((resolve) => waits.push(resolve));
				try {
					await aside(wait);
				} catch (error) {
					log.push(`${item} does not begin: ${(error as Error).name}`);
					throw error;
				}
				log.push(`${item} begins`);
				return [];
			},
		});
		beforeEach(() => {
			waits.length = 0;
			log.length = 0;
		});

		it('lets another work in its place, and goes on when there is room', async () => {
			const jobs = [waiting(0), new Handled(1), new Handled(2)] as const;
			const run = runJobs(jobs, { ...EASY, maxConcurrency: 1 });
			await settle();
			expect([jobs[1].started, jobs[2].started]).toEqual([true, false]);
			waits[0]?.();
			await settle();
			expect(log).toEqual([]);
			await jobs[1].succeed();
			await jobs[2].succeed();
			expect(await run).toHaveLength(3);
			expect(log).toEqual(['0 begins']);
		});

		it('does not begin after a failure when it is to stop, and has no result', async () => {
			const failing = new Handled(1);
			const run = runJobs([waiting(0), failing], { ...EASY, stopOnError: true });
			await settle();
			await failing.fail();
			waits[0]?.();
			expect((await run).map(({ job }) => job)).toEqual([failing]);
			expect(log).toEqual(['0 does not begin: CancelledError']);
		});

		it('has only so many wait', async () => {
			let made = 0;
			function* making() {
				while (made < 1_000) yield waiting(made++);
			}
			const run = runJobs(making(), { ...EASY, maxConcurrency: 25 });
			await settle();
			expect([waits.length, made]).toEqual([75, 101]);
			for (let ended = 0; ended < 1_000; ended++) {
				waits[ended]?.();
				await settle();
			}
			expect(await run).toHaveLength(1_000);
		});
	});

	it('takes jobs as it needs them', async () => {
		let made = 0;
		const jobs: Handled[] = [];
		function* making() {
			while (made < 100) yield (jobs[made] = new Handled(made++));
		}
		const run = runJobs(making(), { ...EASY, maxConcurrency: 3 });
		await settle();
		expect(made).toBe(4);
		for (let item = 0; item < 100; item++) await jobs[item]?.succeed();
		expect(await run).toHaveLength(100);
	});

	it('does nothing for nothing', async () => {
		expect(await runJobs([], EASY)).toEqual([]);
	});
});
