/**
 * `npm run bench`: compares this package with its alternatives, in the same n8n and the same run, and writes each table
 * to its section of docs/benchmarks.md. Exits with 1 if a target is missed.
 *
 * `--only NAME`, which can be repeated, measures only this section. `--runs N` with N below 5 measures fewer times, and
 * writes nothing.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { exitOnSignals } from '../../harness/processes.mts';
import { elapsed } from '../../progress.mjs';
import { callbacks } from './callbacks.mts';
import { broadcasts, costPerItem, dryRuns, latency, memory, rateLimits, refusals, trouble, type Bench, type BenchSettings } from './campaigns.mts';
import { media } from './media.mts';
import { withSection } from './page.mts';
import { whereTheTimeGoes } from './profile.mts';
import { Stage } from './stage.mts';
import { toMarkdown, type Row } from './table.mts';
import { workers } from './workers.mts';

const medianOf = (runs: number) => `Median of ${runs} runs.`;

/** In the order of the page. `measurement` says how the figures in the table result from the runs. */
const SECTIONS: Record<string, { title: string; bench: Bench; measurement: (runs: number) => string; bounds: string }> = {
	rateLimits: {
		title: 'Rate limits',
		bench: rateLimits,
		measurement: (runs) => `Median of ${runs} runs, except for messages delivered and duplicates, which are the range of all runs.`,
		bounds:
			'The rate is measured at the API, from the first message to the last. The node leaves 1% of the limit unused, so a difference between two clocks never causes a rejected request. Until the first response, which contains the limit, two requests are in flight.',
	},
	costPerItem: {
		title: 'Time per item',
		bench: costPerItem,
		measurement: medianOf,
		bounds:
			"This test has no rate limit and no latency, so it measures n8n's own work. n8n opens a new connection and runs its request helper for each request, which takes most of the remaining time. See [Where the time goes](#where-the-time-goes).",
	},
	profile: {
		title: 'Where the time goes',
		bench: whereTheTimeGoes,
		measurement: () => 'A single measurement.',
		bounds:
			"The table shows the share of CPU time for each package whose code runs while 10,000 messages are sent without a rate limit or latency. The sampling profiler of Node.js measures this time, and slows down all code equally. All rows except the first are the cost of n8n's requests and stored executions, which a node can't change. `httpRequestWithAuthentication` opens a new connection, merges the axios settings, and looks for a proxy each time.",
	},
	latency: {
		title: 'Network latency',
		bench: latency,
		measurement: (runs) => `Median of ${runs} runs, except for the concurrency, which is the highest of all runs.`,
		bounds:
			"At 300 ms, the assumed latency of Modica, the number of requests in flight determines the speed. At 50 and 0 ms, n8n's work for each request determines the speed (see [Time per item](#time-per-item)). n8n uses one thread, so more connections don't help.",
	},
	broadcasts: {
		title: 'Broadcasts',
		bench: broadcasts,
		measurement: medianOf,
		bounds:
			'Time and memory grow with the number of recipients. n8n holds an item for each recipient, and stores all items with the execution.',
	},
	memory: {
		title: 'Memory',
		bench: memory,
		measurement: (runs) => `Median of ${runs} runs, each in a new n8n process.`,
		bounds:
			"The table shows the growth of n8n's process at its peak. A node that sends holds 10,000 input items and 10,000 output items. n8n itself needs the memory for passing items through. Nearly all other memory is garbage. Each request of n8n's request helper leaves about 50 KB (a new agent, a new connection, and axios settings). When the request is complete, this data is too old for the fast garbage collection. Node.js collects it when the heap reaches a limit, so the peak shows the garbage that has accumulated until then. n8n's request helper alone causes four fifths of it.",
	},
	dryRuns: {
		title: 'Dry run',
		bench: dryRuns,
		measurement: (runs) => `Median of ${runs} runs, each in a new n8n process, except for numbers of requests and messages, which are the range of all runs.`,
		bounds:
			'A dry run reads and checks every row, and returns the request and the preview for each. It saves the cost of the requests. If a value is a plain reference to a field, for example because you dragged the field in, the node reads the value itself. n8n would take half a millisecond per value.',
	},
	trouble: {
		title: 'Faults',
		bench: trouble,
		measurement: (runs) => `Times are the median of ${runs} runs. Counts are those of the last run. If they differ in any run, the target is missed.`,
		bounds:
			"A message that is always rejected delays the others by five waits of one second, the time that the API specifies. During an outage, one request is retried for 15.5 s, and then all requests fail. With *Once per Reference*, the node's limit of 79 messages per second determines the time. The first message is sent 0.2 s after its reference is claimed, when the claim has been verified.",
	},
	refusals: {
		title: 'Rejected messages',
		bench: refusals,
		measurement: (runs) => `The results and errors are checked in each of ${runs} runs. The credential reads are a single measurement.`,
		bounds:
			"Credential reads are n8n's queries of the credentials table, counted in n8n's log.",
	},
	media: {
		title: 'Files',
		bench: media,
		measurement: (runs) => `Times are the median of ${runs} runs. Memory is the highest of all runs. The 20 uploads of 50 MB and the message with a file are single measurements.`,
		bounds:
			"Memory is the growth of n8n's process at its peak, in a new process that has already transferred a 1 MB file. The files are created in the same run. If n8n keeps files in memory, it holds each file as text in the item, in the stored execution, and while it writes the execution. A 500 MB file exceeds the length limit of such a text. At 16 MB, most of the difference is random: the buffers of one or two downloads trigger a garbage collection of the whole n8n process, regardless of the node that uses them. This takes several times as long as the download.",
	},
	callbacks: {
		title: 'Callbacks',
		bench: callbacks,
		measurement: (runs) => `Median of ${runs} rounds. The burst is a single measurement.`,
		bounds:
			'With default settings, n8n prepares an isolated expression engine for each call, even if the call has no expression. This accounts for most of the cost of a callback. With `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true`, n8n creates an engine only when one is needed, and the trigger needs none for a status or a reply. See [Throughput](callbacks.md#throughput). Each ratio compares results from the same round, and is the median of all rounds.',
	},
	workers: {
		title: 'Workers',
		bench: workers,
		measurement: medianOf,
		bounds:
			"This test uses n8n's queue mode with the environment of [docs/scaling.md](scaling.md) on a single machine. The main process, two webhook processes, the workers, PostgreSQL, Redis, the simulator, and the sender of the callbacks share its cores. More workers than cores don't increase the throughput, so the table shows the capacity of one machine, not of several. n8n's own work for each execution, in [three processes and the database](scaling.md#throughput), limits the callbacks.",
	},
};
const RUNS = 5;
const PAGE = 'docs/benchmarks.md';

const { values } = parseArgs({
	options: { only: { type: 'string', multiple: true }, runs: { type: 'string' } },
});
exitOnSignals();
const unknown = values.only?.filter((name) => !Object.hasOwn(SECTIONS, name)) ?? [];
if (unknown.length > 0) throw new Error(`Unknown section: ${unknown.join(', ')}. Valid sections: ${Object.keys(SECTIONS).join(', ')}`);
const settings: BenchSettings = { runs: Number(values.runs ?? RUNS), tell: (progress) => console.log(`  ${progress}`) };
const began = Date.now();
const stage = await Stage.start();
const missed: Row[] = [];
for (const [name, { title, bench, measurement, bounds }] of Object.entries(SECTIONS)) {
	if (values.only && !values.only.includes(name)) continue;
	console.log(`\n${title} (${elapsed(began)})`);
	const rows = await bench(stage, settings);
	missed.push(...rows.filter(({ ok }) => ok === false));
	const table = toMarkdown(rows);
	console.log(`\n${table}`);
	if (settings.runs < RUNS) continue;
	const titles = Object.values(SECTIONS).map((section) => section.title);
	await writeFile(PAGE, withSection(await readFile(PAGE, 'utf8'), { title, table, bounds, measurement: measurement(settings.runs) }, titles));
}
await stage.stop();

console.log(`\n${elapsed(began)}`);
for (const { work, contestant, result, target } of missed) {
	console.log(`Target missed: ${work}, ${contestant}: ${result} (target: ${target})`);
}
process.exit(missed.length > 0 ? 1 : 0);
