import { CanceledError, ModicaError, NeverLeftError } from '../../../nodes/ModicaWhatsApp/api/errors';
import type { Context, Item, Job, Operation, Output, Refuse } from '../../../nodes/ModicaWhatsApp/operations/operation';
import { MAX_INCOMPLETE_JOBS, runJobs, runOperation, RunStopped } from '../../../nodes/ModicaWhatsApp/operations/run';
import { settle } from '../../harness/virtualClock.mts';

/** A job that the test observes and ends. */
class Handled implements Job {
	readonly targets;
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
		this.targets = [{ item }];
	}

	async run(): Promise<Output[]> {
		this.started = true;
		return await this.ended;
	}

	async succeed() {
		this.end([{ item: this.item, json: {} }]);
		await settle();
	}

	async fail(error: Error = new Error(`job ${this.item} failed`)) {
		this.breakOff(error);
		await settle();
	}
}

const started = (jobs: Handled[]) => jobs.filter((job) => job.started).map((job) => job.item);
const endedJobs = async (run: ReturnType<typeof runJobs>) => (await run).ended.map(({ job }) => job);

describe('running jobs', () => {
	it('returns results in the order of the jobs, even if they end in another order', async () => {
		const jobs = [0, 1, 2].map((item) => new Handled(item));
		const run = runJobs(jobs, {});
		await settle();
		await jobs[2]?.succeed();
		await jobs[0]?.succeed();
		await jobs[1]?.fail();
		const { ended } = await run;
		expect(ended.map(({ results: [result] }) => result && ('error' in result ? 'failed' : result.item))).toEqual([0, 'failed', 2]);
	});

	it('runs jobs of the same lane in order and one at a time, and others concurrently', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['a']), new Handled(2, ['b']), new Handled(3, ['a'])];
		const run = runJobs(jobs, {});
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

	it('starts a job with several lanes when all of them are free', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['b']), new Handled(2, ['a', 'b'])];
		const run = runJobs(jobs, {});
		await settle();
		await jobs[0]?.succeed();
		expect(started(jobs)).toEqual([0, 1]);
		await jobs[1]?.succeed();
		expect(started(jobs)).toEqual([0, 1, 2]);
		await jobs[2]?.succeed();
		await run;
	});

	it('on failure, stops once and starts no more jobs if Stop Workflow is set', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1), new Handled(2, ['a']), new Handled(3)];
		let stops = 0;
		const run = runJobs(jobs, { stop: () => stops++ });
		await settle();
		await jobs[0]?.fail();
		await jobs[1]?.succeed();
		await jobs[3]?.fail();
		expect(await endedJobs(run)).toEqual([jobs[0], jobs[1], jobs[3]]);
		expect({ started: started(jobs), stops }).toEqual({ started: [0, 1, 3], stops: 1 });
	});

	it('continues after successes if Stop Workflow is set', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['a'])];
		let stops = 0;
		const run = runJobs(jobs, { stop: () => stops++ });
		await settle();
		await jobs[0]?.succeed();
		await jobs[1]?.succeed();
		expect(await endedJobs(run)).toEqual(jobs);
		expect(stops).toBe(0);
	});

	it('reports the number of completed and failed jobs after each job', async () => {
		const jobs = [0, 1, 2].map((item) => new Handled(item));
		const told: unknown[] = [];
		const run = runJobs(jobs, { onProgress: (progress) => told.push({ ...progress }) });
		await settle();
		await jobs[1]?.succeed();
		await jobs[0]?.fail();
		await jobs[2]?.succeed();
		await run;
		expect(told).toEqual([{ done: 1, failed: 0 }, { done: 1, failed: 1 }, { done: 2, failed: 1 }]);
	});

	it('returns no result for jobs that sent nothing, and one for those that may have sent something', async () => {
		const jobs = [0, 1, 2].map((item) => new Handled(item));
		const run = runJobs(jobs, { stop: () => {} });
		await settle();
		await jobs[0]?.fail();
		await jobs[1]?.fail(new NeverLeftError());
		await jobs[2]?.fail(new CanceledError(true));
		expect(await endedJobs(run)).toEqual([jobs[0], jobs[2]]);
	});

	it('starts no more jobs after a cancellation, including those that wait for their lane', async () => {
		const jobs = [new Handled(0, ['a']), new Handled(1, ['a']), new Handled(2)];
		const cancel = new AbortController();
		const run = runJobs(jobs, { signal: cancel.signal });
		await settle();
		cancel.abort();
		await jobs[0]?.succeed();
		await jobs[2]?.succeed();
		expect(await endedJobs(run)).toEqual([jobs[0], jobs[2]]);
		expect(started(jobs)).toEqual([0, 2]);
	});

	it('requests no more jobs after a cancellation', async () => {
		const made: Handled[] = [];
		function* making() {
			while (made.length < 2 * MAX_INCOMPLETE_JOBS) yield (made[made.length] = new Handled(made.length));
		}
		const cancel = new AbortController();
		const run = runJobs(making(), { signal: cancel.signal });
		await settle();
		cancel.abort();
		for (const job of [...made]) await job.succeed();
		expect((await run).ended).toHaveLength(MAX_INCOMPLETE_JOBS);
		// One more job is created and then discarded.
		expect(made).toHaveLength(MAX_INCOMPLETE_JOBS + 1);
	});

	it('keeps a job that is created late behind the earlier one in its lane', async () => {
		const made: Handled[] = [];
		function* making() {
			const lanes = [['a'], ['a'], ...Array.from({ length: MAX_INCOMPLETE_JOBS - 2 }, () => []), ['a']];
			for (const lane of lanes) yield (made[made.length] = new Handled(made.length, lane));
		}
		const run = runJobs(making(), {});
		await settle();
		await made[0]?.succeed();
		expect(made).toHaveLength(MAX_INCOMPLETE_JOBS + 1);
		expect([made[1]?.started, made.at(-1)?.started]).toEqual([true, false]);
		await made[1]?.succeed();
		expect(made.at(-1)?.started).toBe(true);
		for (const job of made) await job.succeed();
		await run;
	});

	it.each([
		['in one lane', (item: number) => new Handled(item, ['a'])],
		['in many lanes', (item: number) => new Handled(item, [`lane ${item % 20}`])],
		['without a lane', (item: number) => new Handled(item)],
	])('requests a limited number of jobs ahead: %s', async (_which, make) => {
		const jobs: Handled[] = [];
		const count = 3 * MAX_INCOMPLETE_JOBS;
		function* making() {
			while (jobs.length < count) yield (jobs[jobs.length] = make(jobs.length));
		}
		const run = runJobs(making(), {});
		await settle();
		expect(jobs).toHaveLength(MAX_INCOMPLETE_JOBS);
		let most = 0;
		for (let item = 0; item < count; item++) {
			await jobs[item]?.succeed();
			most = Math.max(most, jobs.length - item - 1);
		}
		expect(most).toBeLessThanOrEqual(MAX_INCOMPLETE_JOBS);
		expect((await run).ended).toHaveLength(count);
	});

	it('ends after all started jobs, even if the next job cannot be created', async () => {
		const jobs = [new Handled(0), new Handled(1)];
		const mistake = new Error('an expression failed');
		function* making() {
			yield* jobs;
			throw mistake;
		}
		let hasEnded = false;
		const run = runJobs(making(), {}).finally(() => (hasEnded = true));
		await settle();
		await jobs[1]?.succeed();
		expect(hasEnded).toBe(false);
		await jobs[0]?.succeed();
		expect(await run).toMatchObject({ ended: [{ job: jobs[0] }, { job: jobs[1] }], iterationError: { error: mistake } });
	});

	it('does nothing without jobs', async () => {
		expect(await runJobs([], {})).toEqual({ ended: [] });
	});
});

describe('running an operation', () => {
	/** The result of each item: an error of its job, or its output. */
	const operationOf = (ends: Array<Error | Partial<Output> | undefined>, failsAt?: number) =>
		({
			*jobs(items: readonly Item[]): Iterable<Job> {
				for (const { index } of items) {
					if (index === failsAt) throw new Error('an expression failed');
					const end = ends[index];
					const run = async () => await (end instanceof Error ? Promise.reject(end) : Promise.resolve([{ item: index, json: {}, ...end }]));
					yield { targets: [{ item: index }], run };
				}
			},
		}) as unknown as Operation;
	const run = async (operation: Operation, count: number, stopOnError: boolean) => {
		const items = Array.from({ length: count }, (_, index) => ({ index }) as Item);
		return await runOperation(operation, items, { api: { stop: () => {} } } as Context, { stopOnError, signal: undefined });
	};
	const stopped = async (...of: Parameters<typeof run>) => (await run(...of).catch((error: unknown) => error)) as RunStopped;
	const doubtful = new ModicaError('no answer', { mayHaveBeenSent: true });
	const refused = new ModicaError('refused', { mayHaveBeenSent: false });

	it('reports, when it stops, how many messages were sent and which may have been sent', async () => {
		const ends = [undefined, undefined, refused, doubtful, doubtful, undefined, refused, doubtful];
		const { failure, note } = await stopped(operationOf(ends), 8, true);
		expect(failure).toEqual({ item: 2, error: refused });
		expect(note).toBe(
			"3 were completed before the node stopped. 3 more may have been sent: items 3, 4, 7. Check their status before you send them again. 1 more failed and was not sent: item 6. To process all items and see each result, set 'On Error' to 'Continue' in the node’s settings.",
		);
	});

	it('reports, when it stops, the failure that caused it, not an earlier item that was aborted because of it', async () => {
		const cutShort = new ModicaError('cut short', { mayHaveBeenSent: true });
		const [first, second] = [new Handled(0), new Handled(1)];
		const run = stopped({ jobs: () => [first, second] } as unknown as Operation, 2, true);
		await settle();
		await second.fail(refused);
		await first.fail(cutShort);
		expect(await run).toMatchObject({ failure: { item: 1, error: refused }, note: expect.stringContaining('1 more may have been sent: item 0.') as unknown });
	});

	it('reports, when it stops, which references may count as sent, from errors and from outputs', async () => {
		const claimed = new ModicaError('not sent', { mayHaveBeenSent: false, mayCountAsSent: true });
		const { note } = await stopped(operationOf([refused, claimed, undefined, { mayCountAsSent: true }]), 4, true);
		expect(note).toContain('2 were completed before the node stopped. 1 more failed and was not sent: item 1. The references of these may now count as sent: items 1, 3.');
	});

	it('omits other items if there are none, and says so if none was sent', async () => {
		expect((await stopped(operationOf([refused]), 1, true)).note).toBe('');
		// One item with several recipients.
		const targets = [{ item: 0 }];
		const jobs = [
			{ targets, run: async () => await Promise.reject(refused) },
			{ targets, run: async () => await Promise.reject(new NeverLeftError()) },
		];
		expect((await stopped({ jobs: () => jobs } as unknown as Operation, 1, true)).note).toMatch(/^No others were completed before the node stopped\. To process/);
		expect((await stopped(operationOf([refused, doubtful]), 2, true)).note).toMatch(/^No others were completed before the node stopped\. 1 more may have been sent: item 1\./);
		expect((await stopped(operationOf([refused, undefined]), 2, true)).note).toMatch(/^1 was completed before the node stopped\. To process/);
	});

	it.each([
		[2, 'Item 1 is also invalid (the first item is 0).'],
		[3, 'Items 1 and 2 are also invalid (the first item is 0).'],
		[11, 'Items 1, 2, 3, 4, 5, 6, 7, 8, 9 and 10 are also invalid (the first item is 0).'],
		[14, 'Items 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 3 more are also invalid (the first item is 0).'],
	])('sends nothing if %i of the items are invalid, and lists the others', async (count, note) => {
		const refusing = { jobs: (items: readonly Item[], _context: unknown, refuse: Refuse) => (items.forEach(({ index }) => refuse(index, refused)), []) } as unknown as Operation;
		expect((await stopped(refusing, count, true)).note).toBe(`Nothing was sent. ${note}`);
	});

	it('reports items that failed without a response as not sent', async () => {
		expect((await stopped(operationOf([refused, new Error('x')]), 2, true)).note).toMatch(/^No others were completed before the node stopped\. 1 more failed and was not sent: item 1\. To process/);
	});

	it('lists items in order, regardless of the order of the jobs', async () => {
		const jobs = [0, 3, 1, 2].map((item) => ({ targets: [{ item }], run: async () => await Promise.reject(item === 0 ? refused : doubtful) }));
		expect((await stopped({ jobs: () => jobs } as unknown as Operation, 4, true)).note).toContain('3 more may have been sent: items 1–3.');
	});

	it('lists many items as ranges', async () => {
		const ends = [refused, ...Array.from({ length: 300 }, (_, index) => (index === 100 ? undefined : doubtful))];
		expect((await stopped(operationOf(ends), 301, true)).note).toContain('299 more may have been sent: items 1–100, 102–300.');
	});

	it('reports that the valid items were not sent either', async () => {
		const refusing = { jobs: (_items: unknown, _context: unknown, refuse: Refuse) => (refuse(1, refused), []) } as unknown as Operation;
		expect((await stopped(refusing, 3, true)).note).toBe("Nothing was sent. To process the valid items, set 'On Error' to 'Continue' in the node’s settings.");
	});

	it('lists all failed items', async () => {
		expect((await stopped(operationOf([refused, refused, refused]), 3, true)).note).toContain('2 more failed and were not sent: items 1, 2.');
	});

	it.each([
		[true, 1],
		[false, 0],
	])('sends nothing more after a failure if Stop Workflow is set: %s', async (stopOnError, stops) => {
		let asked = 0;
		const context = { api: { stop: () => asked++ } } as unknown as Context;
		await runOperation(operationOf([refused]), [{ index: 0 } as Item], context, { stopOnError, signal: undefined }).catch(() => {});
		expect(asked).toBe(stops);
	});

	it('reports its progress', async () => {
		const told: unknown[] = [];
		const items = [0, 1].map((index) => ({ index }) as Item);
		await runOperation(operationOf([undefined, refused]), items, {} as Context, { stopOnError: false, signal: undefined, onProgress: (progress) => told.push({ ...progress }) });
		expect(told.at(-1)).toEqual({ done: 1, failed: 1 });
	});

	it('returns results in the order of the items, and of their recipients or files', async () => {
		const output = (item: number, position?: number) => ({ item, json: {}, ...(position !== undefined && { position }) });
		const made = [[output(2)], [output(1, 2), output(0, 1)], [output(1), output(1, 1), output(0)]];
		const jobs = made.map((outputs) => ({ targets: [], run: async () => await Promise.resolve(outputs) }));
		const results = await run({ jobs: () => jobs } as unknown as Operation, 3, false);
		expect(results).toEqual([output(0), output(0, 1), output(1), output(1, 1), output(1, 2), output(2)]);
	});

	it.each([true, false])('returns the completed results after a cancellation, unless Stop Workflow is set: %s', async (stopOnError) => {
		const cancel = new AbortController();
		const jobs = [0, 1].map((item) => ({ targets: [{ item }], lanes: ['a'], run: async () => (cancel.abort(), await Promise.resolve([{ item, json: {} }])) }));
		const items = [0, 1].map((index) => ({ index }) as Item);
		const results = runOperation({ jobs: () => jobs } as unknown as Operation, items, {} as Context, { stopOnError, signal: cancel.signal });
		if (stopOnError) await expect(results).rejects.toThrow(CanceledError);
		else expect(await results).toEqual([{ item: 0, json: {} }]);
	});

	it('returns an error for each item that was not reached', async () => {
		const results = await run(operationOf([undefined, refused], 2), 4, false);
		expect(results).toEqual([
			{ item: 0, json: {} },
			{ item: 1, error: refused },
			{ item: 2, error: new Error('an expression failed') },
			{ item: 3, error: new Error('an expression failed') },
		]);
	});
});
