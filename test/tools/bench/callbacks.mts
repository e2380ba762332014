/**
 * Callbacks per second of the trigger, compared with n8n's Webhook node with the same login and the same workflow: two
 * outputs with a node after each. Both are measured in turn in the same n8n, with default settings and with the setting
 * that docs/callbacks.md recommends.
 *
 * To run it alone, build the package, then run
 * `node --import tsx test/tools/bench/callbacks.mts [--rounds=5] [--flood=10000] [--before=TARBALL]`. The tarball is another
 * build of this package with another name, for comparison.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { INode } from 'n8n-workflow';
import { basicAuth, CALLBACK_LOGIN, callbackUrl, callbackWorkflow, TRIGGER } from '../../harness/n8n/callbacks.mts';
import { flood, percentile, send, tally, type Shot } from '../../harness/n8n/flood.mts';
import { ensureN8n } from '../../harness/n8n/install.mts';
import { N8nRest, type StoredCredential, type StoredWorkflow, type WorkflowFile } from '../../harness/n8n/rest.mts';
import { createUserFolder, installPackage, packPackage, startN8n } from '../../harness/n8n/server.mts';
import { allExecutions } from '../../harness/n8n/storedCallbacks.mts';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { exitOnSignals, removeAtExit, removeNow } from '../../harness/processes.mts';
import { until } from '../../harness/until.mts';
import type { BenchSettings } from './campaigns.mts';
import type { Stage } from './stage.mts';
import { median, toMarkdown, type Row } from './table.mts';

interface Engine {
	name: string;
	/** n8n's settings for its expression engine. */
	env: Record<string, string>;
	/** Minimum rate of the trigger, relative to n8n's Webhook node. */
	leastRate: number;
	/** Callbacks in each turn, enough for several seconds. */
	perTurn: number;
}

const ENGINES: Engine[] = [
	{ name: 'default settings', env: {}, leastRate: 0.95, perTurn: 100 },
	{ name: 'with `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE`', env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' }, leastRate: 1, perTurn: 300 },
	{ name: 'with `N8N_EXPRESSION_ENGINE=legacy`', env: { N8N_EXPRESSION_ENGINE: 'legacy' }, leastRate: 0.95, perTurn: 300 },
];
const MOST_P99 = 1.05;

const AT_ONCE = 20;
/** Callbacks in the final burst, which includes duplicate, unauthenticated, and invalid ones. */
const FLOOD = 10_000;
const TURN_ENDS_MS = 60_000;
const FLOOD_ENDS_MS = 40 * 60_000;
const OURS = 'Modica WhatsApp Trigger';
const WEBHOOK = "n8n's Webhook node";
const BEFORE = 'another build';

interface CallbackBenchSettings extends BenchSettings {
	/** 0 disables the burst. */
	flood?: number;
	/** A tarball of another build of this package with another name. */
	before?: string;
}

interface Contestant {
	name: string;
	url: string;
	/** The kind of callbacks sent to it. */
	work: 'start an execution' | 'filtered out' | 'copies';
	/** Callbacks per second in each turn. */
	rates: number[];
	/** 99th percentile of the response times in each turn, in milliseconds. */
	p99s: number[];
}

/** Measures in a separate n8n for each engine. */
export async function callbacks(_stage: Stage | undefined, settings: CallbackBenchSettings): Promise<Row[]> {
	const rows: Row[] = [];
	for (const engine of ENGINES) {
		settings.tell(engine.name);
		rows.push(...(await measure(engine, settings)));
	}
	return rows;
}

async function measure(engine: Engine, settings: CallbackBenchSettings): Promise<Row[]> {
	const { runs, tell, before, flood: floodSize = FLOOD } = settings;
	const installation = await ensureN8n(CURRENT.version, tell);
	const userFolder = await createUserFolder();
	const packFolder = await mkdtemp(path.join(tmpdir(), 'n8n-package-'));
	removeAtExit(packFolder);
	await installPackage(await packPackage(process.cwd(), packFolder), userFolder);
	if (before !== undefined) await installPackage(path.resolve(before), userFolder);
	removeNow(packFolder);
	// Without pruning, so that all executions can be counted.
	const server = await startN8n(installation, { userFolder, env: { EXECUTIONS_DATA_PRUNE: 'false', ...engine.env } });
	try {
		const rest = await N8nRest.logIn(server.baseUrl);
		const { contestants, workflow } = await setUp(rest, server.baseUrl, before !== undefined);
		for (const contestant of contestants) await takeTurn(rest, { ...contestant, rates: [], p99s: [] }, engine.perTurn / 2);
		for (let round = 1; round <= runs; round++) {
			// The order alternates, so that no contestant is always first.
			for (const contestant of round % 2 ? contestants : [...contestants].reverse()) await takeTurn(rest, contestant, engine.perTurn);
			tell(`round ${round} of ${runs}: ${contestants.map(({ name, work, rates }) => `${name}, ${work} ${rates.at(-1)?.toFixed(1)}/s`).join('; ')}`);
		}
		const url = callbackUrl(server.baseUrl, workflow);
		const isRecommended = engine === ENGINES[1];
		return [...compare(contestants, engine), ...(isRecommended && floodSize > 0 ? await floodRows(rest, workflow, url, floodSize, settings) : [])];
	} finally {
		await server.stop();
		removeNow(userFolder);
	}
}

async function setUp(rest: N8nRest, baseUrl: string, withBefore: boolean) {
	const api = { username: 'wab_demo', password: 'x', baseUrl: 'http://127.0.0.1:9' };
	const credential = await rest.createCredential('modicaWhatsAppApi', { ...api, ...CALLBACK_LOGIN });
	const { callbackUsername: user, callbackPassword: password } = CALLBACK_LOGIN;
	const basic = await rest.createCredential('httpBasicAuth', { user, password });

	const live = async (file: WorkflowFile): Promise<StoredWorkflow> => {
		const stored = await rest.importWorkflow(file);
		await rest.activate(stored);
		return stored;
	};
	const contestant = (name: string, url: string, work: Contestant['work'] = 'start an execution'): Contestant => ({ name, url, work, rates: [], p99s: [] });
	const trigger = async (name: string, parameters = {}) => await live(withEnds(callbackWorkflow(credential, { name, parameters }), 'Callback'));
	const workflow = await trigger('Ours');
	const filtering = await trigger('Ours, filtering', { options: { statuses: ['read'] } });
	const webhookPath = randomUUID();
	await live(withEnds(webhookWorkflow(webhookPath, basic), 'Webhook'));
	const contestants = [
		contestant(OURS, callbackUrl(baseUrl, workflow)),
		contestant(WEBHOOK, `${baseUrl}/webhook/${webhookPath}`),
		contestant(OURS, callbackUrl(baseUrl, filtering), 'filtered out'),
		contestant(OURS, callbackUrl(baseUrl, workflow), 'copies'),
	];
	if (!withBefore) return { contestants, workflow };
	const beforeUrl = async (name: string, parameters = {}) => callbackUrl(baseUrl, await live(ofBefore(withEnds(callbackWorkflow(credential, { name, parameters, typeVersion: 1 }), 'Callback'))), 'webhook', BEFORE_TRIGGER);
	const [first, filtered] = [await beforeUrl('Before'), await beforeUrl('Before, filtering', { options: { statuses: ['read'] } })];
	contestants.push(contestant(BEFORE, first), contestant(BEFORE, filtered, 'filtered out'), contestant(BEFORE, first, 'copies'));
	return { contestants, workflow };
}

/** The node type in the other build, whose package has another name so that both can be installed. */
const BEFORE_TRIGGER = TRIGGER.replace('n8n-nodes-modica-whatsapp.', 'n8n-nodes-modica-whatsapp-before.');

function ofBefore(file: WorkflowFile): WorkflowFile {
	return { ...file, nodes: file.nodes.map((node) => (node.type === TRIGGER ? { ...node, type: BEFORE_TRIGGER } : node)) };
}

/** n8n's Webhook node with two methods, and therefore two outputs. */
function webhookWorkflow(webhookPath: string, { id, name, type }: StoredCredential): WorkflowFile {
	const node: INode = {
		id: randomUUID(),
		name: 'Webhook',
		type: 'n8n-nodes-base.webhook',
		typeVersion: 2.1,
		position: [0, 0],
		webhookId: randomUUID(),
		parameters: { multipleMethods: true, httpMethod: ['POST', 'PUT'], path: webhookPath, authentication: 'basicAuth', options: {} },
		credentials: { [type]: { id, name } },
	};
	return { name: 'Webhook', nodes: [node], connections: {}, settings: { executionOrder: 'v1' } };
}

/** Adds a node after each of the two outputs. */
function withEnds(file: WorkflowFile, trigger: string): WorkflowFile {
	const ends = ['First', 'Second'].map((name): INode => ({ id: name, name, type: 'n8n-nodes-base.noOp', typeVersion: 1, position: [200, 0], parameters: {} }));
	return { ...file, nodes: [...file.nodes, ...ends], connections: { [trigger]: { main: ends.map(({ name }) => [{ node: name, type: 'main', index: 0 }]) } } };
}

/** Callbacks that each start an execution. */
export function newCallbacks(count: number): Shot[] {
	return flood(count).map((shot) => ({
		...shot,
		kind: 'first',
		authorization: basicAuth(CALLBACK_LOGIN.callbackUsername, CALLBACK_LOGIN.callbackPassword),
		body: { id: randomUUID(), reference: 'bench', status: 'received' },
	}));
}

async function takeTurn(rest: N8nRest, { name, url, work, rates, p99s }: Contestant, count: number): Promise<void> {
	const shots = newCallbacks(count);
	if (work === 'copies') {
		await send(url, shots.slice(0, 1), 1);
		for (const shot of shots) shot.body = shots[0]!.body;
	}
	const began = performance.now();
	const outcomes = await send(url, shots, AT_ONCE);
	const seconds = (performance.now() - began) / 1000;
	const expected = { 'start an execution': undefined, 'filtered out': '{"ignored":"statuses"}', copies: '{"ignored":"duplicate"}' }[work];
	const wrong = outcomes.filter((outcome) => !('answer' in outcome) || outcome.answer.status !== 200 || (expected !== undefined && outcome.answer.body !== expected));
	if (wrong.length > 0) throw new Error(`${name} did not respond to all callbacks as expected (${work}): ${JSON.stringify(tally(wrong))}`);
	rates.push(count / seconds);
	p99s.push(percentile(outcomes.map(({ ms }) => ms), 99));
	// Executions that are still running would slow down the next turn.
	await until('all executions have ended', TURN_ENDS_MS, async () => (await runningExecutions(rest)) === 0);
}

async function runningExecutions(rest: N8nRest): Promise<number> {
	const filter = JSON.stringify({ status: ['new', 'running'] });
	const { results } = await rest.rest<{ results: unknown[] }>('get', '/executions', undefined, { filter, limit: 1 });
	return results.length;
}

function compare(contestants: readonly Contestant[], { name: engine, leastRate, perTurn }: Engine): Row[] {
	const find = (wanted: string, work: Contestant['work']) => contestants.find((one) => one.name === wanted && one.work === work);
	return contestants.map((contestant) => {
		const { name, work, rates, p99s } = contestant;
		const measured = `${median(rates).toFixed(1)}/s, p99 ${median(p99s).toFixed(0)} ms`;
		const rival = find(WEBHOOK, work);
		const before = name === OURS ? find(BEFORE, work) : undefined;
		const row: Row = { work: `${perTurn} callbacks, ${AT_ONCE} concurrent, ${VERBS[work]}, ${engine}`, contestant: name, result: measured, target: '' };
		if (before) row.result += `; ${times(ratio(rates, before.rates))} the rate of another build`;
		if (name !== OURS || !rival) return row;
		const [rate, p99] = [ratio(rates, rival.rates), ratio(p99s, rival.p99s)];
		return {
			...row,
			result: `${row.result}; ${times(rate)} the rate, ${times(p99)} the p99 of ${WEBHOOK}`,
			target: `≥ ${times(leastRate)} the rate, ≤ ${times(MOST_P99)} the p99`,
			ok: rate >= leastRate && p99 <= MOST_P99,
		};
	});
}

const VERBS: Record<Contestant['work'], string> = { 'start an execution': 'each starts an execution', 'filtered out': 'filtered out', copies: 'duplicates' };

/** The median of the ratios in each round. Within a round, other load on the machine affects both. */
function ratio(ours: readonly number[], theirs: readonly number[]): number {
	return median(ours.map((value, turn) => value / theirs[turn]!));
}

function times(value: number): string {
	return `${value.toFixed(2)} ×`;
}

async function floodRows(rest: N8nRest, workflow: StoredWorkflow, url: string, count: number, { tell }: BenchSettings): Promise<Row[]> {
	tell(`burst of ${count} callbacks, including duplicate, unauthenticated, and invalid ones`);
	const before = (await allExecutions(rest, workflow.id)).length;
	const shots = flood(count);
	const began = performance.now();
	const outcomes = await send(url, shots, AT_ONCE);
	const seconds = (performance.now() - began) / 1000;
	const distinct = new Set(shots.filter(({ kind }) => kind === 'first').map(({ key }) => key)).size;
	const ended = await until(
		'all executions have ended',
		FLOOD_ENDS_MS,
		() => allExecutions(rest, workflow.id),
		(all) => all.every(({ status }) => status === 'success'),
	);
	const counts = tally(outcomes);
	const unauthenticated = shots.filter(({ kind }) => kind === 'unauthenticated').length;
	const invalid = shots.filter(({ kind }) => kind === 'invalid').length;
	const even = { executions: ended.length - before, unauthenticated: counts['unauthenticated: 401'] ?? 0, invalid: counts['invalid: 400'] ?? 0 };
	return [
		{
			work: `burst of ${count} callbacks, ${ENGINES[1]!.name}`,
			contestant: OURS,
			result: `${(count / seconds).toFixed(1)}/s: ${even.executions} executions, ${even.unauthenticated} × 401, ${even.invalid} × 400`,
			target: `${distinct} executions, ${unauthenticated} × 401, ${invalid} × 400`,
			ok: even.executions === distinct && even.unauthenticated === unauthenticated && even.invalid === invalid,
		},
	];
}

async function main(): Promise<void> {
	exitOnSignals();
	const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, flood: { type: 'string', default: String(FLOOD) }, before: { type: 'string' } } });
	const rows = await callbacks(undefined, {
		runs: Number(values.rounds),
		flood: Number(values.flood),
		tell: console.log,
		...(values.before !== undefined && { before: values.before }),
	});
	console.log(toMarkdown(rows));
	if (rows.some(({ ok }) => ok === false)) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
