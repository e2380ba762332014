import fc from 'fast-check';
import { INVARIANTS, violationsOf, type Violation } from './invariants.mts';
import { scenarios, type Scenario } from './scenario.mts';
import { play, type History } from './world.mts';

export interface Exploration {
	/** Where fast-check’s random numbers begin. */
	seed: number;
	scenarios: number;
	/** Of a scenario that was found before. */
	path?: string;
	/** Looks at this invariant alone. */
	only?: string;
}

/** What was tried, in numbers. */
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
		for (const { ending, taken, takenAt } of requests) {
			if (takenAt !== undefined) this.messages += taken.length || 1;
			if (ending !== 'answered') this.count(`request ${ending ?? 'pending'}`);
		}
		for (const { cancelledAt, outcome } of runs) {
			if (cancelledAt !== undefined) this.count('run cancelled');
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

/** A scenario that breaks an invariant, as small as it could be made. */
export interface Finding {
	seed: number;
	path: string;
	scenario: Scenario;
	violations: Violation[];
}

/** How often a scenario that breaks an invariant is made smaller: enough for a reader, and over in seconds. */
const MOST_SHRINKS = 1_000;

/** Plays as many scenarios as asked for, until one breaks an invariant. */
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

/** How many scenarios break an invariant, and the first of them. */
export interface Breach {
	scenarios: number;
	path: string;
	what: string;
}

/** Plays all scenarios, whatever they break, and counts for each invariant those that do. */
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

/** A finding for a person to read. */
export function describeFinding({ seed, path, scenario, violations }: Finding): string {
	return [
		...violations.map(({ invariant, what }) => `BROKEN: ${invariant}\n  ${what}`),
		`npm run simulate -- --seed ${seed} --path ${path}`,
		toReadableJson(scenario),
	].join('\n');
}

/** JSON with a line for each part, and one for each row. */
function toReadableJson({ rows, ...others }: Scenario): string {
	const line = ([name, value]: [string, unknown]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`;
	const rowLines = rows.map((row) => `    ${JSON.stringify(row)}`);
	return `{\n${[...Object.entries(others).map(line), `  "rows": [\n${rowLines.join(',\n')}\n  ]`].join(',\n')}\n}`;
}
