import fc from 'fast-check';
import { INVARIANTS, violationsOf, type Violation } from './invariants.mts';
import { scenarios, type Scenario } from './scenario.mts';
import { play, type History } from './world.mts';

export interface Exploration {
	/** Seed of fast-check's random numbers. */
	seed: number;
	scenarios: number;
	/** Path of a scenario that was found before. */
	path?: string;
	/** Checks only this invariant. */
	only?: string;
}

/** Counts what was tried. */
export class Summary {
	scenarios = 0;
	runs = 0;
	messages = 0;
	virtualMs = 0;
	readonly faults: Record<string, number> = {};

	add({ runs, requests, store, virtualMs }: History): void {
		this.scenarios++;
		this.runs += runs.length;
		this.virtualMs += virtualMs;
		for (const { ending, acceptedFor, acceptedAt } of requests) {
			if (acceptedAt !== undefined) this.messages += acceptedFor.length || 1;
			if (ending !== 'answered') this.count(`request ${ending ?? 'pending'}`);
		}
		for (const { canceledAt, outcome } of runs) {
			if (canceledAt !== undefined) this.count('run canceled');
			if (outcome?.kind === 'stopped') this.count('run stopped');
		}
		this.count('store fails before writing', store.faults.beforeWriting);
		this.count('store fails after writing', store.faults.afterWriting);
		this.count('row inserted twice', store.faults.insertedTwice);
	}

	private count(fault: string, times = 1): void {
		this.faults[fault] = (this.faults[fault] ?? 0) + times;
	}
}

/** A scenario that breaks an invariant, reduced as far as possible. */
export interface Finding {
	seed: number;
	path: string;
	scenario: Scenario;
	violations: Violation[];
}

/** The most steps in which a failing scenario is shrunk: enough to read it, and done in seconds. */
const MOST_SHRINKS = 1_000;

/** Runs the requested number of scenarios, or until one breaks an invariant. */
export async function explore({ seed, scenarios: count, path, only }: Exploration): Promise<{ summary: Summary; finding: Finding | undefined }> {
	const summary = new Summary();
	const leftOut = only === undefined ? [] : Object.keys(INVARIANTS).filter((name) => name !== only);
	const examine = async (scenario: Scenario) => {
		const history = await play(scenario);
		summary.add(history);
		return violationsOf(history, leftOut);
	};
	let attemptsLeft = MOST_SHRINKS;
	let hasFailed = false;
	const isKept = async (scenario: Scenario) => {
		if (hasFailed && attemptsLeft-- <= 0) return true;
		const violations = await examine(scenario);
		hasFailed ||= violations.length > 0;
		return violations.length === 0;
	};
	const result = await fc.check(
		fc.asyncProperty(scenarios, isKept),
		{ seed, numRuns: count, ...(path !== undefined && { path }) },
	);
	if (!result.failed) return { summary, finding: undefined };
	const [scenario] = result.counterexample ?? [];
	if (!scenario) throw result.errorInstance;
	if (result.errorInstance instanceof Error && !/^Property failed by returning false/.test(result.errorInstance.message)) throw result.errorInstance;
	return { summary, finding: { seed: result.seed, path: result.counterexamplePath ?? '', scenario, violations: await examine(scenario) } };
}

/** The number of scenarios that break an invariant, and the first of them. */
export interface Breach {
	scenarios: number;
	path: string;
	what: string;
}

/** Runs all scenarios and counts, for each invariant, those that break it. */
export async function survey({ seed, scenarios: count }: Exploration): Promise<{ summary: Summary; breaches: Map<string, Breach> }> {
	const summary = new Summary();
	const breaches = new Map<string, Breach>();
	await fc.assert(
		fc.asyncProperty(scenarios, async (scenario) => {
			const path = String(summary.scenarios);
			const history = await play(scenario);
			summary.add(history);
			const violations = new Map(violationsOf(history).map(({ invariant, what }) => [invariant, what]));
			for (const [invariant, what] of violations) {
				const breach = breaches.get(invariant) ?? { scenarios: 0, path, what };
				breach.scenarios++;
				breaches.set(invariant, breach);
			}
		}),
		{ seed, numRuns: count },
	);
	return { summary, breaches };
}

/** Formats a finding for people. */
export function describeFinding({ seed, path, scenario, violations }: Finding): string {
	return [
		...violations.map(({ invariant, what }) => `BROKEN: ${invariant}\n  ${what}`),
		`npm run simulate -- --seed ${seed} --path ${path}`,
		toReadableJson(scenario),
	].join('\n');
}

/** JSON with one line per part and one per row. */
function toReadableJson({ rows, ...others }: Scenario): string {
	const line = ([name, value]: [string, unknown]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
	const rowLines = rows.map((row) => `    ${JSON.stringify(row)}`);
	return `{\n${[...Object.entries(others).map(line), `  "rows": [\n${rowLines.join(',\n')}\n  ]`].join(',\n')}\n}`;
}
