import { getEventListeners, setMaxListeners } from 'node:events';
import { ApiModel } from './api.mts';
import { Chance } from './chance.mts';
import { CountedClock, SimulatedClock, withCalendarOf } from './clock.mts';
import { PROMISES, runEngine } from './engine.mts';
import type { RequestRecord, Run } from './history.mts';
import { openFile, planOf, type Plan } from './plan.mts';
import type { Scenario } from './scenario.mts';
import { StoreModel } from './store.mts';

/** Everything that happened in one simulation. */
export interface History {
	readonly scenario: Scenario;
	readonly plan: Plan;
	readonly runs: readonly Run[];
	readonly requests: readonly RequestRecord[];
	readonly store: StoreModel;
	/** False if a run never ended. */
	readonly ended: boolean;
	/** Promises of the models that are still pending. */
	readonly pending: { requests: number; storeOperations: number };
	/** Unhandled rejections. */
	readonly unhandled: readonly unknown[];
	readonly virtualMs: number;
}

/**
 * A run that takes longer counts as one that never ends: a base time per run, plus the time of four attempts without a
 * response within a minute for each row. All rows may have to wait for each other.
 */
const LONGEST_RUN_MS = 24 * 3_600_000;
const LONGEST_ROW_MS = 5 * 60_000;
/** Pause between two executions of the same process. */
const PAUSE_MS = 1_000;
/** The most executions in good conditions until nothing fails. */
const MOST_REPETITIONS = 3;

let worlds = 0;

/** Runs a scenario to its end. */
export async function play(scenario: Scenario): Promise<History> {
	return await new World(scenario).play();
}

class World {
	private readonly clock = new SimulatedClock();
	private readonly plan: Plan;
	private readonly api: ApiModel;
	private readonly store: StoreModel;
	private readonly runs: Run[] = [];
	private readonly name = `world ${worlds++}`;

	constructor(private readonly scenario: Scenario) {
		const chance = new Chance(scenario.dice);
		this.plan = planOf(scenario);
		this.api = new ApiModel(scenario.api, this.clock, chance);
		this.store = new StoreModel(scenario.store, this.clock, chance);
	}

	async play(): Promise<History> {
		const unhandled: unknown[] = [];
		const note = (reason: unknown) => void unhandled.push(reason);
		process.on('unhandledRejection', note);
		const ended = await withCalendarOf(this.clock, async () => {
			let isOver = false;
			const life = this.live().finally(() => (isOver = true));
			if (!(await this.clock.runUntil(() => isOver, this.longestMs()))) return false;
			await life;
			return true;
		}).finally(() => process.off('unhandledRejection', note));
		const { scenario, plan, runs, store, api } = this;
		return {
			scenario,
			plan,
			runs,
			requests: api.requests,
			store,
			ended,
			pending: { requests: api.inFlight, storeOperations: store.pending },
			unhandled,
			virtualMs: this.clock.now(),
		};
	}

	private longestMs(): number {
		const { processes, rows } = this.scenario;
		const runs = processes.reduce((count, { executions }) => count + executions, MOST_REPETITIONS);
		return runs * (LONGEST_RUN_MS + rows.length * LONGEST_ROW_MS);
	}

	private async live(): Promise<void> {
		const { processes, settings, operation } = this.scenario;
		await Promise.all(processes.map(async ({ startsAtMs, executions }, process) => {
			await this.clock.sleep(startsAtMs);
			for (let execution = 0; execution < executions; execution++) {
				await this.execute(process, settings.stopOnError);
				await this.clock.sleep(PAUSE_MS);
			}
		}));
		if (settings.oncePerReference && operation !== 'upload') await this.repeatInGoodConditions();
	}

	/** Repeats the run, as a user would to reach all recipients. */
	private async repeatInGoodConditions(): Promise<void> {
		this.api.heal();
		this.store.heal();
		for (let repetition = 0; repetition < MOST_REPETITIONS; repetition++) {
			const { outcome } = await this.execute(0, false);
			const isFailing = outcome?.kind !== 'results' || outcome.results.some((result) => 'error' in result && !this.plan.flawed.has(result.item));
			if (!isFailing) return;
			await this.clock.sleep(PAUSE_MS);
		}
	}

	private async execute(process: number, stopOnError: boolean): Promise<Run> {
		const { operation, settings, cancelAtMs, processes } = this.scenario;
		const run = this.begin(process, stopOnError);
		const controller = new AbortController();
		const { signal } = controller;
		// Each request in flight adds a listener.
		setMaxListeners(0, signal);
		if (run.ordinal === 0 && cancelAtMs !== null) {
			this.clock.at(cancelAtMs, () => {
				if (run.endedAt === undefined) run.canceledAt = this.clock.now();
				controller.abort();
			});
		}
		const clock = new CountedClock(this.clock);
		run.outcome = await runEngine({
			operation,
			settings,
			stopOnError,
			items: this.plan.items,
			http: this.api.connect(run, signal),
			store: this.store,
			processName: `${this.name}, process ${processes[process]?.sameProcessAsFirst ? 0 : process}`,
			clock,
			signal,
			jobs: run.jobs,
			openFile,
		});
		run.endedAt = this.clock.now();
		run.leftovers.listeners = getEventListeners(signal, 'abort').length;
		const { begun } = clock;
		await this.clock.sleep(PROMISES.latenessMs);
		Object.assign(run.leftovers, { sleepsBegun: clock.begun - begun, sleepsPending: clock.pending });
		return run;
	}

	private begin(process: number, stopOnError: boolean): Run {
		const run: Run = {
			ordinal: this.runs.length,
			process,
			stopOnError,
			startedAt: this.clock.now(),
			canceledAt: undefined,
			endedAt: undefined,
			outcome: undefined,
			jobs: { made: 0, ended: 0, mostAhead: 0, outputs: 0, running: 0 },
			leftovers: { sleepsBegun: 0, sleepsPending: 0, listeners: 0 },
		};
		this.runs.push(run);
		return run;
	}
}
