/**
 * `npm run bench`: measures this package beside its rivals, in the same n8n and the same run, and writes each table
 * into its section of docs/benchmarks.md. Exits with 1 when something is missed.
 *
 * `--only NAME` (again for more) measures those sections; `--runs N` measures fewer times, and then writes nothing.
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

/** In the order of the page. */
const SECTIONS: Record<string, { title: string; bench: Bench; bounds: string }> = {
	rateLimits: {
		title: 'Through a rate limit',
		bench: rateLimits,
		bounds:
			'The rate is that at the API’s door, from the first message to the last. 1 % of the limit is left unused on purpose, so that two clocks never disagree at the cost of a refusal; until the first answer has told the limit, two requests are under way.',
	},
	costPerItem: {
		title: 'Cost of an item',
		bench: costPerItem,
		bounds:
			'Nothing limits and nothing waits here: what is measured is n8n’s own work. It makes a new connection for each request and runs its request helper, which is most of what is left; see [where the time goes](#where-the-time-goes).',
	},
	profile: {
		title: 'Where the time goes',
		bench: whereTheTimeGoes,
		bounds:
			'What runs while 10,000 messages are sent with nothing to wait for, by the package whose code it is, as the sampling profiler of Node.js sees it (which slows everything down alike). All but the first line is n8n’s way of making a request and of keeping an execution, which a node cannot choose: `httpRequestWithAuthentication` makes a new connection each time, merges axios’ settings anew and asks for a proxy.',
	},
	latency: {
		title: 'Far from the API',
		bench: latency,
		bounds:
			'At 300 ms, which is how far a real API is, the number of requests under way decides. At 50 and 0 ms it is n8n’s work for each request (see above): it has one thread, and more connections do not help.',
	},
	broadcasts: {
		title: 'Broadcasts',
		bench: broadcasts,
		bounds: 'Time and memory go with the number of recipients: n8n holds an item for each, and writes all of them with the execution.',
	},
	memory: {
		title: 'Memory',
		bench: memory,
		bounds:
			'The growth of n8n’s process at its peak; a node that sends holds 10,000 items in and 10,000 out. What passing the items on takes is n8n’s own. Nearly all of the rest is garbage: each request of n8n’s request helper leaves some 50 KB behind (a new agent, a new connection, axios’ settings) that have become too old for the quick collection by the time the request is over. Node.js collects them when its heap comes to a limit, so the peak says how much was left until then; n8n’s request helper alone, with no code around it, leaves four fifths of it.',
	},
	dryRuns: {
		title: 'Checked first',
		bench: dryRuns,
		bounds:
			'A dry run reads and checks every row, and gives the request and the preview of each. What it saves is the requests. Values that are plain references to fields, as dragging them in gives, are read by the node itself; n8n would take half a millisecond for each.',
	},
	trouble: {
		title: 'In trouble',
		bench: trouble,
		bounds:
			'A message that is always refused costs the others five waits of the second that the API names. An outage is waited out by one request, for 15.5 s, and all fail with it. With *Once per Reference* the limit of 79 messages a second bounds the run; before the first of them leaves, its reference is claimed twice, 0.2 s apart.',
	},
	refusals: {
		title: 'Some refused',
		bench: refusals,
		bounds: 'The reads of the credential are n8n’s queries of its table, counted in its log.',
	},
	media: {
		title: 'Files',
		bench: media,
		bounds:
			'Memory is the growth of n8n’s process at its peak, in a fresh process that has moved a file of 1 MB; the files are made in the same run. Where n8n keeps files in memory, it holds each as text in the item, in the stored execution and while it writes that; 500 MB are more than such a text can be. At 16 MB the time is mostly chance: the buffers of one or two downloads make Node.js collect the garbage of all of n8n, whichever node they belong to, and that takes several times as long as the download.',
	},
	callbacks: {
		title: 'Callbacks',
		bench: callbacks,
		bounds:
			'As n8n comes, it prepares an isolated engine for expressions for each call, whether or not there is one to evaluate, and that is most of what a callback costs. With `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true` it makes one only when it is needed, and the trigger needs none: see [how many callbacks a second](callbacks.md#how-many-callbacks-a-second). Ratios are those within a turn, the median of all turns.',
	},
	workers: {
		title: 'Workers',
		bench: workers,
		bounds:
			'n8n’s queue mode, with the environment of [docs/scaling.md](scaling.md), and all of it on this one machine: the main process, two webhook processes, the workers, PostgreSQL, Redis, the simulator and whoever sends the callbacks share its cores. More workers than cores bring nothing there, so the table tells what one machine gives, not what several would. What bounds the callbacks there is n8n’s own work for an execution, in [three processes and the database](scaling.md#how-many-callbacks).',
	},
};
const RUNS = 5;
const PAGE = 'docs/benchmarks.md';

const { values } = parseArgs({
	options: { only: { type: 'string', multiple: true }, runs: { type: 'string' } },
});
exitOnSignals();
const unknown = values.only?.filter((name) => !Object.hasOwn(SECTIONS, name)) ?? [];
if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: none of ${Object.keys(SECTIONS).join(', ')}`);
const settings: BenchSettings = { runs: Number(values.runs ?? RUNS), tell: (progress) => console.log(`  ${progress}`) };
const began = Date.now();
const stage = await Stage.set();
const missed: Row[] = [];
for (const [name, { title, bench, bounds }] of Object.entries(SECTIONS)) {
	if (values.only && !values.only.includes(name)) continue;
	console.log(`\n${title} (${elapsed(began)})`);
	const rows = await bench(stage, settings);
	missed.push(...rows.filter(({ ok }) => ok === false));
	const table = toMarkdown(rows);
	console.log(`\n${table}`);
	if (settings.runs < RUNS) continue;
	const titles = Object.values(SECTIONS).map((section) => section.title);
	await writeFile(PAGE, withSection(await readFile(PAGE, 'utf8'), { title, table, bounds, runs: settings.runs }, titles));
}
await stage.clear();

console.log(`\n${elapsed(began)}`);
for (const { work, contestant, result, must } of missed) {
	console.log(`Missed: ${work}, ${contestant}: ${result} (must reach: ${must})`);
}
process.exit(missed.length > 0 ? 1 : 0);
