/**
 * `npm run bench`: measures this package beside its rivals, in the same n8n and the same run, and writes the table to
 * docs/benchmarks.md. Exits with 1 when something is missed.
 *
 * `--only NAME` (again for more) measures some of it, `--runs N` fewer times; neither writes the table.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../n8n/processes.mts';
import { CURRENT } from '../n8n/versions.mts';
import { elapsed } from '../progress.mjs';
import { benchCallbacks } from './callbacks.mts';
import * as campaigns from './campaigns.mts';
import { Stage } from './stage.mts';
import { toMarkdown, type Row } from './table.mts';

const { broadcasts, costPerItem, latency, memory, rateLimits, refusals } = campaigns;
const BENCHES = { refusals, costPerItem, latency, broadcasts, memory, rateLimits, callbacks };
const RUNS = 5;

const { values } = parseArgs({
	options: { only: { type: 'string', multiple: true }, runs: { type: 'string' } },
});
exitOnSignals();
const names = Object.keys(BENCHES).filter((name) => values.only?.includes(name) ?? true) as Array<keyof typeof BENCHES>;
const began = Date.now();
const stage = await Stage.set();
const rows: Row[] = [];
for (const name of names) {
	console.log(`\n${name} (${elapsed(began)})`);
	const settings = { runs: Number(values.runs ?? RUNS), tell: (progress: string) => console.log(`  ${progress}`) };
	rows.push(...(await BENCHES[name](stage, settings)));
}
await stage.clear();

const table = toMarkdown(rows);
console.log(`\n${table}\n\n${elapsed(began)}`);
if (values.only === undefined && values.runs === undefined) await writeFile('docs/benchmarks.md', page(table));
const missed = rows.filter(({ ok }) => ok === false);
for (const { work, contestant, result, must } of missed) {
	console.log(`Missed: ${work}, ${contestant}: ${result} (must reach: ${must})`);
}
process.exit(missed.length > 0 ? 1 : 0);

/** The trigger, in an n8n of its own. */
async function callbacks(_stage: Stage, { tell }: campaigns.BenchSettings): Promise<Row[]> {
	const measured = await benchCallbacks({}, tell);
	return measured.map(({ name, value, unit, limit, ok }) => ({
		work: 'callbacks',
		contestant: name,
		result: `${Number(value.toFixed(1))} ${unit}`,
		must: limit ?? '',
		...(limit !== undefined && { ok }),
	}));
}

function page(measured: string): string {
	const [cpu] = cpus();
	return `# Benchmarks

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} cores (${cpu?.model.trim()}) with ${Math.round(totalmem() / 2 ** 30)} GB,
in n8n ${CURRENT.version} with SQLite, against the simulator on the same machine. Every figure is the median of ${RUNS} runs;
rivals took turns in the same run, with the same credential, the same rows and the same two expressions an item.

${measured}

What bounds the rest: n8n makes a new connection for each request and evaluates every expression in an engine of its
own, so that a message costs about two milliseconds of n8n's time however many are under way. Where the API answers
faster than that, n8n is the bottleneck and more connections do not help.
`;
}
