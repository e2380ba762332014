/** Benchmarks of campaigns. */
import type { INodeParameters } from 'n8n-workflow';
import { freePort } from '../../harness/ports.mts';
import type { Simulator, SimulatorSettings } from '../../simulator/simulator.mts';
import {
	bareRequests,
	declarative,
	httpRequest,
	httpRequestBatched,
	httpRequestRetrying,
	ours,
	passOn,
	sequentialLoop,
} from './contestants.mts';
import type { Contestant, Outcome, Stage } from './stage.mts';
import { median, megabytes, percent, seconds, type Row } from './table.mts';

export interface BenchSettings {
	/** Number of runs for each measurement. */
	runs: number;
	tell: (progress: string) => void;
}

/** Measures a section of the page. */
export type Bench = (stage: Stage, settings: BenchSettings) => Promise<Row[]>;

/** Runs the contestants in turn, several times, so that other load on the machine affects all of them. */
async function compare(
	stage: Stage,
	{ runs, tell }: BenchSettings,
	contestants: readonly Contestant[],
	count: number,
	settings?: Partial<SimulatorSettings>,
): Promise<Map<Contestant, Outcome[]>> {
	const outcomes = new Map<Contestant, Outcome[]>(contestants.map((contestant) => [contestant, []]));
	for (let run = 1; run <= runs; run++) {
		for (const [contestant, results] of outcomes) {
			const outcome = await stage.run(contestant, count, settings);
			results.push(outcome);
			tell(`${contestant.name}, run ${run}: ${outcome.delivered} of ${count} in ${seconds(outcome.ms)}`);
		}
	}
	return outcomes;
}

const all = (outcomes: readonly Outcome[], holds: (outcome: Outcome) => boolean) => outcomes.every(holds);
const medianOf = (outcomes: readonly Outcome[], value: (outcome: Outcome) => number) => median(outcomes.map(value));

/** 1,000 messages under a rate limit: used share of the limit, and lost and duplicate messages. */
export const rateLimits: Bench = async (stage, settings) => {
	const rows: Row[] = [];
	const count = 1_000;
	for (const requestsPerSecond of [50, 200]) {
		for (const algorithm of ['fixedWindow', 'tokenBucket'] as const) {
			const learned = ours({}, { name: 'this package, limit from the API' });
			const configured = ours({ maxRequestsPerSecond: requestsPerSecond }, { name: 'this package, limit configured' });
			const rivals = [httpRequest(), httpRequestRetrying, httpRequestBatched(requestsPerSecond), sequentialLoop];
			const rateLimit = { requestsPerSecond, algorithm };
			const outcomes = await compare(stage, settings, [learned, configured, ...rivals], count, { rateLimit });
			for (const [contestant, results] of outcomes) {
				const share = medianOf(results, ({ rate }) => rate) / requestsPerSecond;
				const refused = medianOf(results, (outcome) => outcome.refused / outcome.requests);
				const least = contestant === learned && requestsPerSecond === 50 ? 0.95 : 0.98;
				const isOurs = contestant === learned || contestant === configured;
				rows.push({
					work: `1,000 messages, ${requestsPerSecond}/s, ${algorithm === 'fixedWindow' ? 'fixed window' : 'token bucket'}`,
					contestant: contestant.name,
					result: `${range(results.map(({ delivered }) => delivered))} delivered, ${range(results.map(({ twice }) => twice))} duplicates, ${percent(share)} of the limit, ${percent(refused)} rejected, ${seconds(medianOf(results, ({ ms }) => ms))}`,
					target: isOurs ? `all delivered, no duplicates, ≥ ${percent(least)} of the limit, ≤ 0.5% rejected` : '',
					...(isOurs && {
						ok:
							all(results, (outcome) => outcome.delivered === count && outcome.twice === 0) &&
							share >= least &&
							refused <= 0.005,
					}),
				});
			}
		}
	}
	return rows;
};

/** Milliseconds per item without a rate limit or latency. */
export const costPerItem: Bench = async (stage, settings) => {
	const rows: Row[] = [];
	for (const count of [1_000, 10_000]) {
		const mine = ours();
		const http = httpRequest();
		const others = count === 1_000 ? [sequentialLoop, declarative] : [];
		const outcomes = await compare(stage, settings, [mine, http, ...others], count);
		const reference = medianOf(outcomes.get(http) ?? [], ({ ms }) => ms);
		for (const [contestant, results] of outcomes) {
			const ms = medianOf(results, (outcome) => outcome.ms);
			rows.push({
				work: `${count.toLocaleString('en')} messages, no rate limit, 0 ms latency`,
				contestant: contestant.name,
				result: `${(ms / count).toFixed(2)} ms per item, ${(ms / reference).toFixed(2)} × HTTP Request`,
				target: contestant === mine ? '≤ 0.65 × HTTP Request (goal: 0.5)' : '',
				...(contestant === mine && { ok: ms / reference <= 0.65 && all(results, ({ delivered }) => delivered === count) }),
			});
		}
		const floor = await floorOf(stage, settings, count, 1);
		rows.push(floorRow(`${count.toLocaleString('en')} messages, no rate limit, 0 ms latency`, count, floor, 1));
	}
	return rows;
};

/** The benefit of concurrent requests. */
export const latency: Bench = async (stage, settings) => {
	const count = 1_000;
	const mine = ours();
	const http = httpRequest();
	const near = await compare(stage, settings, [mine, http, sequentialLoop], count, { latencyMs: 50 });
	const nearMs = (contestant: Contestant) => medianOf(near.get(contestant) ?? [], ({ ms }) => ms);
	const most = Math.max(...(near.get(mine) ?? []).map(({ maxInFlight }) => maxInFlight));
	const nearFloor = await floorOf(stage, settings, count, 25, { latencyMs: 50 });
	const zeroFloor = await floorOf(stage, settings, count, 25);
	const far = await compare(stage, settings, [mine], count, { latencyMs: 300 });
	const farMs = medianOf(far.get(mine) ?? [], ({ ms }) => ms);
	const farFloor = await floorOf(stage, settings, count, 25, { latencyMs: 300 });
	const work50 = '1,000 messages, no rate limit, 50 ms latency';
	const work300 = '1,000 messages, no rate limit, 300 ms latency';
	return [
		{
			work: work50,
			contestant: mine.name,
			result: `${seconds(nearMs(mine))}, ${(nearMs(sequentialLoop) / nearMs(mine)).toFixed(1)} × as fast as the sequential loop, ${(nearMs(http) / nearMs(mine)).toFixed(2)} × as fast as HTTP Request, maximum concurrency ${most}`,
			target: '≥ 15 × as fast as the loop, ≥ 1 × as fast as HTTP Request, concurrency ≤ 25',
			ok: nearMs(sequentialLoop) / nearMs(mine) >= 15 && nearMs(mine) <= nearMs(http) && most <= 25,
		},
		...[http, sequentialLoop].map((contestant) => ({
			work: work50,
			contestant: contestant.name,
			result: `${seconds(nearMs(contestant))}, maximum concurrency ${Math.max(...(near.get(contestant) ?? []).map(({ maxInFlight }) => maxInFlight))}`,
			target: '',
		})),
		{ ...floorRow(work50, count, nearFloor, 25), result: `${seconds(nearFloor)}; this package reaches ${percent(nearFloor / nearMs(mine))} of this speed` },
		floorRow('1,000 messages, no rate limit, 0 ms latency', count, zeroFloor, 25),
		{
			work: work300,
			contestant: mine.name,
			result: `${seconds(farMs)}, ${percent(farFloor / farMs)} of the speed of the bare client`,
			target: '≥ 90% of the speed of the bare client',
			ok: farFloor / farMs >= 0.9,
		},
		{ ...floorRow(work300, count, farFloor, 25), result: seconds(farFloor) },
	];
};

/** Requests, order, time, and memory of broadcasts of several sizes. */
export const broadcasts: Bench = async (stage, settings) => {
	const rows: Row[] = [];
	const content = { resource: 'message', operation: 'broadcast', messageType: 'text', text: 'Sale today' };
	for (const recipientSource of ['items', 'list']) {
		const costs: number[] = [];
		for (const count of [1_000, 10_000, 100_000]) {
			const parameters: INodeParameters =
				recipientSource === 'items'
					? { ...content, recipientSource, to: '={{ $json.to }}' }
					: {
							...content,
							recipientSource,
							recipients: `={{ Array.from({ length: ${count} }, (_, index) => "+6421" + (1000000 + index)) }}`,
						};
			const mine = ours({}, { name: 'this package', parameters: () => parameters });
			const outcomes = (await compare(stage, settings, [mine], recipientSource === 'items' ? count : 1)).get(mine) ?? [];
			const ms = medianOf(outcomes, (outcome) => outcome.ms);
			costs.push(ms / count);
			const inOrder = all(outcomes, ({ outputs }) => {
				const items = outputs[0] ?? [];
				return items.length === count && items.every(({ json }, index) => json.to === `+6421${1_000_000 + index}`);
			});
			const requests = medianOf(outcomes, (outcome) => outcome.requests);
			const linear = ms / count <= 2 * (costs[0] ?? 0);
			rows.push({
				work: `broadcast to ${count.toLocaleString('en')} recipients from ${recipientSource === 'items' ? 'input items' : 'a list'}`,
				contestant: mine.name,
				result: `${inRequests(requests)}, ${inOrder ? 'all in order' : 'not in order'}, ${seconds(ms)}, memory +${megabytes(medianOf(outcomes, ({ memoryGrowth }) => memoryGrowth))}`,
				target: `${inRequests(Math.ceil(count / 1_000))}, one output per recipient in order, linear time`,
				ok: requests === Math.ceil(count / 1_000) && inOrder && linear,
			});
		}
	}
	return rows;
};

/** Memory for 10,000 messages, each time in a new n8n process. */
export const memory: Bench = async (stage, settings) => {
	const count = 10_000;
	const [mine, http] = [ours(), httpRequest()];
	const growth = new Map<Contestant, number[]>([mine, http, bareRequests, passOn].map((contestant) => [contestant, []]));
	for (let run = 1; run <= settings.runs; run++) {
		for (const [contestant, values] of growth) {
			await stage.restart();
			const { memoryGrowth } = await stage.run(contestant, count);
			values.push(memoryGrowth);
			settings.tell(`${contestant.name}, run ${run}: +${megabytes(memoryGrowth)}`);
		}
	}
	const growthOf = (contestant: Contestant) => median(growth.get(contestant) ?? []);
	return [...growth.keys()].map((contestant) => ({
		work: '10,000 messages in a new n8n process: memory',
		contestant: contestant.name,
		result: `+${megabytes(growthOf(contestant))}, ${(growthOf(contestant) / growthOf(http)).toFixed(2)} × HTTP Request`,
		target: contestant === mine ? '≤ 1 × HTTP Request (goal: 0.5)' : '',
		...(contestant === mine && { ok: growthOf(mine) <= growthOf(http) }),
	}));
};

/** A dry run of a template campaign, and the same campaign sent, each time in a new n8n process. */
export const dryRuns: Bench = async (stage, settings) => {
	const count = 10_000;
	const campaign = (options: INodeParameters): Contestant => ({
		...ours(),
		parameters: () => ({
			resource: 'message',
			operation: 'send',
			to: '={{ $json.to }}',
			messageType: 'template',
			templateName: 'order_update',
			templateText: 'Kia ora {{1}}, {{2}}. Your number is {{3}}.',
			templateValues: {
				mappingMode: 'defineBelow',
				value: { 'body:1': '={{ $json.to }}', 'body:2': '={{ $json.text }}', 'body:3': '={{ $json.to }}' },
			},
			options,
		}),
	});
	const [checking, sending] = [campaign({ dryRun: true }), campaign({})];
	const outcomes = new Map<Contestant, Outcome[]>([[checking, []], [sending, []]]);
	for (let run = 1; run <= settings.runs; run++) {
		for (const [contestant, results] of outcomes) {
			await stage.restart();
			const outcome = await stage.run(contestant, count);
			results.push(outcome);
			settings.tell(`${contestant === checking ? 'checked' : 'sent'}, run ${run}: ${seconds(outcome.ms)}, +${megabytes(outcome.memoryGrowth)}`);
		}
	}
	const [checked = [], sent = []] = outcomes.values();
	const cost = (results: readonly Outcome[]) => `${seconds(medianOf(results, ({ ms }) => ms))}, memory +${megabytes(medianOf(results, ({ memoryGrowth }) => memoryGrowth))}`;
	const valid = ({ outputs }: Outcome) => (outputs[0] ?? []).filter(({ json }) => json.status === 'valid' && json.preview !== undefined).length;
	return [
		{
			work: 'dry run of 10,000 rows, for a template with three values, in a new n8n process',
			contestant: sending.name,
			result: `${range(checked.map(({ requests }) => requests))} requests, ${range(checked.map(valid))} valid, ${cost(checked)}`,
			target: 'no requests, all valid, less time and memory than sending',
			ok:
				all(checked, (outcome) => outcome.requests === 0 && valid(outcome) === count) &&
				medianOf(checked, ({ ms }) => ms) < medianOf(sent, ({ ms }) => ms) &&
				medianOf(checked, ({ memoryGrowth }) => memoryGrowth) < medianOf(sent, ({ memoryGrowth }) => memoryGrowth),
		},
		{
			work: 'sending the same rows',
			contestant: sending.name,
			result: `${range(sent.map(({ delivered }) => delivered))} delivered, ${range(sent.map(({ twice }) => twice))} duplicates, ${cost(sent)}`,
			target: 'all delivered, no duplicates',
			ok: all(sent, ({ delivered, twice }) => delivered === count && twice === 0),
		},
	];
};

/** Duration of runs with faults, and with *Once per Reference*. */
export const trouble: Bench = async (stage, { runs, tell }) => {
	const continuing = { settings: { onError: 'continueRegularOutput' as const } };
	const rows: Row[] = [];
	const measure = async (work: string, most: number, run: () => Promise<Outcome>, isRight: (outcome: Outcome) => boolean, said: (outcome: Outcome) => string) => {
		const outcomes: Outcome[] = [];
		for (let index = 1; index <= runs; index++) {
			outcomes.push(await run());
			tell(`${work}, run ${index}: ${seconds(outcomes.at(-1)?.ms ?? NaN)}`);
		}
		const ms = medianOf(outcomes, (outcome) => outcome.ms);
		const [last] = outcomes.slice(-1);
		rows.push({
			work,
			contestant: 'this package',
			result: `${last ? said(last) : ''}, ${seconds(ms)}`,
			target: `≤ ${seconds(most)}`,
			ok: ms <= most && all(outcomes, isRight),
		});
	};
	const failed = ({ outputs }: Outcome) => (outputs[0] ?? []).filter(({ json }) => json.error !== undefined);
	const certain = (outcome: Outcome) => failed(outcome).filter(({ json }) => json.mayHaveBeenSent === false).length;

	const limited = { rateLimit: { requestsPerSecond: 100, algorithm: 'fixedWindow' as const }, latencyMs: 50 };
	const refuse = (simulator: Simulator) =>
		simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '1' }, times: 'always', match: { to: '+64211000150' } });
	await measure(
		'300 messages at 100/s, one always rejected',
		15_000,
		async () => await stage.run(ours({}, continuing), 300, limited, refuse),
		(outcome) => outcome.delivered === 299 && outcome.twice === 0 && certain(outcome) === 1,
		(outcome) => `${outcome.delivered} delivered, ${failed(outcome).length} failed`,
	);

	const unreachable = await stage.createCredential({ baseUrl: `http://127.0.0.1:${await freePort()}/rest/wab/v1` });
	await measure(
		'200 messages during an outage',
		20_000,
		async () => await stage.run(ours({}, { ...continuing, credential: unreachable }), 200),
		(outcome) => certain(outcome) === 200,
		(outcome) => `${certain(outcome)} reported as not sent`,
	);

	let campaign = 0;
	const once = () => ({
		name: 'this package',
		parameters: () => ({
			...ours().parameters(''),
			additionalFields: { reference: `={{ "bench-${Date.now()}-${++campaign}-" + $json.to }}` },
			options: { oncePerReference: true },
		}),
	});
	const far = { rateLimit: { requestsPerSecond: 80, algorithm: 'fixedWindow' as const }, latencyMs: 300 };
	await measure(
		'1,000 messages with Once per Reference, 80/s, 300 ms latency',
		14_000,
		async () => await stage.run(ours({}, once()), 1_000, far),
		(outcome) => outcome.delivered === 1_000 && outcome.twice === 0,
		(outcome) => `${outcome.delivered} delivered, ${outcome.twice} duplicates`,
	);
	return rows;
};

/** Occurs once in each of n8n's queries that read a credential with its encrypted data. */
const CREDENTIAL_READ = /"CredentialsEntity_data"/g;

/** 1,000 messages of which the API rejects 10, with *On Error: Continue*. */
export const refusals: Bench = async (stage, settings) => {
	const mine = ours({}, { settings: { onError: 'continueRegularOutput' } });
	let log = '';
	await stage.restart({
		env: { DB_LOGGING_ENABLED: 'true', DB_LOGGING_OPTIONS: 'query' },
		onOutput: (text) => {
			log += text;
		},
	});
	const readsOf = async (count: number) => {
		log = '';
		await stage.run(mine, count);
		return log.match(CREDENTIAL_READ)?.length ?? 0;
	};
	// n8n also reads the credential when a workflow is saved, so the reads for one message and for many are compared.
	const readsOfOne = await readsOf(1);
	const readsOfMany = await readsOf(1_000);
	await stage.restart();

	const outcomes: Outcome[] = [];
	for (let run = 1; run <= settings.runs; run++) {
		outcomes.push(
			await stage.run(mine, 1_000, {}, (simulator) => {
				for (let index = 0; index < 10; index++) {
					simulator.addFault({ kind: 'status', status: 422, match: { to: `+6421${1_000_000 + index * 100}` } });
				}
			}),
		);
	}
	const right = all(outcomes, ({ outputs }) => {
		const items = outputs[0] ?? [];
		const paired = items.every(({ pairedItem }, index) => (pairedItem as { item: number }).item === index);
		const failed = items.flatMap(({ json }, index) => (json.error ? [index] : []));
		return items.length === 1_000 && paired && failed.join() === '0,100,200,300,400,500,600,700,800,900';
	});
	return [
		{
			work: '1,000 messages, 10 rejected, with On Error: Continue',
			contestant: mine.name,
			result: right ? '990 results and 10 errors, each linked to its input item' : 'outputs missing or linked to the wrong item',
			target: '990 results and 10 errors, each linked to its input item',
			ok: right,
		},
		{
			work: 'credential reads for 1,000 messages',
			contestant: mine.name,
			result: `${readsOfMany}, for 1 message ${readsOfOne}`,
			target: 'the same as for 1 message',
			ok: readsOfOne > 0 && readsOfMany === readsOfOne,
		},
	];
};

async function floorOf(
	stage: Stage,
	{ runs }: BenchSettings,
	count: number,
	connections: number,
	settings?: Partial<SimulatorSettings>,
): Promise<number> {
	const values: number[] = [];
	for (let run = 0; run < runs; run++) values.push(await stage.runFloor(count, connections, settings));
	return median(values);
}

function floorRow(work: string, count: number, ms: number, connections: number): Row {
	return {
		work,
		contestant: `bare client outside n8n, ${connections} persistent connection${connections > 1 ? 's' : ''}`,
		result: `${(ms / count).toFixed(2)} ms per item`,
		target: '',
	};
}

/** A number of requests with the correct plural. */
function inRequests(count: number): string {
	return `${count} request${count === 1 ? '' : 's'}`;
}

function range(values: readonly number[]): string {
	const [least, most] = [Math.min(...values), Math.max(...values)];
	return least === most ? String(least) : `${least}–${most}`;
}
