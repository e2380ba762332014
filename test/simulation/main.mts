/** Runs the sending engine in random scenarios on virtual time: `npm run simulate -- --help`. */
import { parseArgs } from 'node:util';
import { describeFinding, explore, survey, type Summary } from './explore.mts';
import { INVARIANTS } from './invariants.mts';

const HELP = `npm run simulate -- [options]
  --seeds N          number of scenarios (default: 10000)
  --seed S           first seed (default: random)
  --path P           runs the scenario with this path, from an earlier report
  --survey           runs all scenarios and counts, for each invariant, those that break it
  --only INVARIANT   checks one invariant only

Invariants:
${Object.keys(INVARIANTS).map((name) => `  ${name}`).join('\n')}`;

const { values } = parseArgs({
	options: {
		help: { type: 'boolean' },
		seeds: { type: 'string', default: '10000' },
		seed: { type: 'string' },
		path: { type: 'string' },
		only: { type: 'string' },
		survey: { type: 'boolean' },
	},
});

async function main(): Promise<void> {
	// The stacks of simulated errors are never read, and creating them takes a third of the time.
	Error.stackTraceLimit = 0;
	if (values.help) return console.log(HELP);
	if (values.only !== undefined && !Object.hasOwn(INVARIANTS, values.only)) throw new Error(`"${values.only}" is not an invariant.\n\n${HELP}`);
	const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
	const began = performance.now();
	if (values.survey) {
		const { summary, breaches } = await survey({ seed, scenarios: Number(values.seeds) });
		console.log(describe(summary, seed, performance.now() - began));
		for (const [invariant, { scenarios, path, what }] of breaches) console.log(`BROKEN by ${scenarios}: ${invariant}\n  --seed ${seed} --path ${path}: ${what}`);
		process.exitCode = breaches.size > 0 ? 1 : 0;
		return;
	}
	const { summary, finding } = await explore({
		seed,
		scenarios: Number(values.seeds),
		...(values.path !== undefined && { path: values.path }),
		...(values.only !== undefined && { only: values.only }),
	});
	console.log(describe(summary, seed, performance.now() - began));
	if (!finding) return;
	console.log(`\n${describeFinding(finding)}`);
	process.exitCode = 1;
}

function describe({ scenarios, runs, messages, faults, virtualMs }: Summary, seed: number, tookMs: number): string {
	return [
		`${scenarios} scenarios from seed ${seed} in ${(tookMs / 1_000).toFixed(1)} s: ${runs} runs, ${messages} messages accepted, ${(virtualMs / 3_600_000).toFixed(0)} hours of virtual time`,
		...Object.entries(faults).filter(([, count]) => count > 0).sort().map(([fault, count]) => `  ${String(count).padStart(7)} × ${fault}`),
	].join('\n');
}

await main();
