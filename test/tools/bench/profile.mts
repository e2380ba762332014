/** Measures with a sampling profiler how n8n spends its time while the package's node sends messages. */
import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeAtExit, removeNow } from '../../harness/processes.mts';
import type { Bench } from './campaigns.mts';
import { ours } from './contestants.mts';
import { percent, type Row } from './table.mts';

const COUNT = 10_000;
/** With `node_modules`, because the cache folder of n8n has the same name as the package. */
const OURS = '/node_modules/n8n-nodes-modica-whatsapp/';

/** The used part of the files that `--cpu-prof` writes (`Profiler.Profile` of the DevTools protocol). */
interface Profile {
	nodes: Array<{ id: number; callFrame: { functionName: string; url: string }; children?: number[] }>;
	/** The running node in each sample. */
	samples: number[];
	/** Microseconds between samples. */
	timeDeltas: number[];
}

/** Owners of code by URL. The first match applies. */
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
	// n8n writes the profile when it exits.
	await stage.restart();
	const shares = sharesOf(await largestProfile(folder));
	removeNow(folder);
	tell(`${shares.size} owners of code found`);
	return [...shares]
		.sort(([, one], [, other]) => other - one)
		.map(([owner, share]): Row => ({ work: '10,000 messages, no limit, 0 ms', contestant: owner, result: percent(share), target: '' }))
		.sort((one, other) => Number(other.contestant === 'this package') - Number(one.contestant === 'this package'));
};

/** Each thread writes a profile. That of the main thread is by far the largest. */
async function largestProfile(folder: string): Promise<Profile> {
	const files = (await readdir(folder)).map((name) => path.join(folder, name));
	const sizes = await Promise.all(files.map(async (file) => ({ file, size: (await stat(file)).size })));
	const [largest] = sizes.sort((one, other) => other.size - one.size);
	if (!largest) throw new Error('n8n has written no profile');
	return JSON.parse(await readFile(largest.file, 'utf8')) as Profile;
}

/** The share of each owner in the time from the package's first request to its last, excluding idle time. */
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

/** Functions of the engine itself have names in parentheses and no URL. Idle time has no owner. */
function ownerOf({ functionName, url }: Profile['nodes'][number]['callFrame']): string | undefined {
	if (functionName === '(idle)') return undefined;
	if (functionName === '(garbage collector)') return 'garbage collection';
	return OWNERS.find(([, code]) => code.test(url))?.[0] ?? 'V8 and system calls';
}

function isRequesting({ url }: Profile['nodes'][number]['callFrame']): boolean {
	return url.includes(OURS) && url.endsWith('/api/client.js');
}
