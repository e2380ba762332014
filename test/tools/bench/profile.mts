/** Where n8n's time goes while our node sends: what it was running, sample by sample. */
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeAtExit, removeNow } from '../../harness/processes.mts';
import type { Bench } from './campaigns.mts';
import { ours } from './contestants.mts';
import { percent, type Row } from './table.mts';

const COUNT = 10_000;
/** A folder, for n8n’s own lies below one of that name in the cache. */
const OURS = '/node_modules/n8n-nodes-modica-whatsapp/';

/** As far as it is used of what `--cpu-prof` writes (the DevTools protocol's `Profiler.Profile`). */
interface Profile {
	nodes: Array<{ id: number; callFrame: { functionName: string; url: string }; children?: number[] }>;
	/** The node that was running, sample by sample. */
	samples: number[];
	/** Microseconds from each sample to the next. */
	timeDeltas: number[];
}

/** What code is counted under, by a part of its address; the first that fits. */
const OWNERS: Array<[owner: string, code: RegExp]> = [
	['this package', new RegExp(OURS)],
	['axios, with its redirect and proxy libraries', /node_modules\/(axios|follow-redirects|proxy-from-env|form-data)\//],
	["n8n's request helpers", /node_modules\/(@n8n\/backend-network|n8n-core)\//],
	['Node.js: HTTP, sockets, streams, events', /^node:/],
	["n8n's database and the storage of executions", /node_modules\/(@n8n\/typeorm|@n8n\/db|sqlite3|flatted)\//],
	['all other parts of n8n', /./],
];

/** @returns a row for each owner of code, with its share of the time in which n8n was not idle */
export const whereTheTimeGoes: Bench = async (stage, { tell }) => {
	const folder = await mkdtemp(path.join(tmpdir(), 'profile-'));
	removeAtExit(folder);
	await stage.restart({ env: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` } });
	await stage.run(ours(), COUNT);
	// The profile is written when the process ends.
	await stage.restart();
	const shares = sharesOf(await largestProfile(folder));
	removeNow(folder);
	tell(`${shares.size} owners of code`);
	return [...shares]
		.sort(([, one], [, other]) => other - one)
		.map(([owner, share]): Row => ({ work: '10,000 messages, no limit, 0 ms', contestant: owner, result: percent(share), must: '' }))
		.sort((one, other) => Number(other.contestant === 'this package') - Number(one.contestant === 'this package'));
};

/** Each thread writes one; the main thread's is by far the largest. */
async function largestProfile(folder: string): Promise<Profile> {
	const files = (await readdir(folder)).map((name) => path.join(folder, name));
	const sizes = await Promise.all(files.map(async (file) => ({ file, size: (await stat(file)).size })));
	const [largest] = sizes.sort((one, other) => other.size - one.size);
	if (!largest) throw new Error('n8n has written no profile');
	return JSON.parse(await readFile(largest.file, 'utf8')) as Profile;
}

/** The share of each owner in the time from our first request to our last, without the idle time. */
function sharesOf({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
	const owners = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame)]));
	const requesting = new Set(nodes.filter(({ callFrame }) => isRequesting(callFrame)).map(({ id }) => id));
	const first = samples.findIndex((id) => requesting.has(id));
	const last = samples.findLastIndex((id) => requesting.has(id));
	const times = new Map<string, number>();
	for (let index = first; index <= last; index++) {
		const owner = owners.get(samples[index] ?? 0);
		if (owner) times.set(owner, (times.get(owner) ?? 0) + (timeDeltas[index] ?? 0));
	}
	const total = [...times.values()].reduce((sum, time) => sum + time, 0);
	return new Map([...times].map(([owner, time]) => [owner, time / total]));
}

/** The engine's own doings have names in brackets and no address; idle time has no owner. */
function ownerOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string | undefined {
	if (functionName === '(idle)') return undefined;
	if (functionName === '(garbage collector)') return 'garbage collection';
	return OWNERS.find(([, code]) => code.test(url))?.[0] ?? 'V8 and system calls';
}

function isRequesting({ url }: Profile['nodes'][number]['callFrame']): boolean {
	return url.includes(OURS) && url.endsWith('/api/client.js');
}
