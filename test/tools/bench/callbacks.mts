/**
 * How many callbacks a second the trigger takes, beside the least that any trigger of a package can do and beside
 * n8n's own Webhook node: the same callbacks, in turns, in the same n8n.
 *
 * Alone: `node --import tsx test/tools/bench/callbacks.mts [--rounds=5] [--flood=10000] [--legacy]`, once the package is built.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { basicAuth, CALLBACK_LOGIN, callbackUrl, callbackWorkflow } from '../../harness/n8n/callbacks.mts';
import { flood, percentile, send, tally, type Shot } from '../../harness/n8n/flood.mts';
import { ensureN8n } from '../../harness/n8n/install.mts';
import { N8nRest, type StoredWorkflow, type WorkflowFile } from '../../harness/n8n/rest.mts';
import { createUserFolder, installPackage, packPackage, startN8n } from '../../harness/n8n/server.mts';
import { allExecutions } from '../../harness/n8n/storedCallbacks.mts';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { exitOnSignals, removeAtExit, removeNow } from '../../harness/processes.mts';
import { until } from '../../harness/until.mts';

/** One measured value. Without a limit it is told and nothing more. */
export type Row = { name: string; value: number; unit: string; limit?: string; ok: boolean };

export type Settings = {
	/** Each takes its turn so often. */
	rounds: number;
	/** Callbacks of one turn. */
	perTurn: number;
	/** Callbacks sent to our trigger at the end, duplicates and strangers among them, to count what they start; 0: none. */
	flood: number;
	/** n8n's older engine for expressions, which needs no isolate for each callback. */
	legacyEngine: boolean;
};

export const DEFAULTS: Settings = { rounds: 6, perTurn: 250, flood: 10_000, legacyEngine: false };

const AT_ONCE = 20;
const WARM_UP = 60;
/** As good as: 5 % is what two runs of the same differ by. */
const TOLERANCE = 0.05;
const FLOOD_ENDS_MS = 40 * 60_000;

type Contestant = {
	name: string;
	url: string;
	/** Of each turn: callbacks a second. */
	rates: number[];
	/** Of each turn: the milliseconds that 99 % of its callbacks did not take longer than. */
	p99s: number[];
};

/** Measures, with an n8n of its own that is gone afterwards. @param tell is told what is being done */
export async function benchCallbacks(settings: Partial<Settings> = {}, tell: (step: string) => void = () => {}): Promise<Row[]> {
	const { rounds, perTurn, flood: floodSize, legacyEngine } = { ...DEFAULTS, ...settings };
	const installation = await ensureN8n(CURRENT.version, tell);
	const userFolder = await createUserFolder();
	const packFolder = await mkdtemp(path.join(tmpdir(), 'n8n-package-'));
	removeAtExit(packFolder);
	for (const folder of [process.cwd(), path.join(process.cwd(), 'test/tools/bench/minimal')]) {
		await installPackage(await packPackage(folder, packFolder), userFolder);
	}
	removeNow(packFolder);
	// Pruned executions could not be counted.
	const env = { EXECUTIONS_DATA_PRUNE: 'false', ...(legacyEngine && { N8N_EXPRESSION_ENGINE: 'legacy' }) };
	const server = await startN8n(installation, { userFolder, env });
	try {
		const rest = await N8nRest.logIn(server.baseUrl);
		const { contestants, ours, workflow } = await setUp(rest, server.baseUrl);
		for (const { url } of contestants) await send(url, callbacks(WARM_UP), AT_ONCE);
		for (let round = 1; round <= rounds; round++) {
			tell(`round ${round} of ${rounds}`);
			// Nobody is always first.
			for (const contestant of round % 2 ? contestants : [...contestants].reverse()) await takeTurn(contestant, perTurn);
		}
		return [...compare(contestants, legacyEngine), ...(floodSize > 0 ? await floodRows(rest, workflow, ours.url, floodSize, tell) : [])];
	} finally {
		await server.stop();
		removeNow(userFolder);
	}
}

async function setUp(rest: N8nRest, baseUrl: string) {
	const api = { username: 'wab_demo', password: 'x', baseUrl: 'http://127.0.0.1:9' };
	const credential = await rest.createCredential('modicaWhatsAppApi', { ...api, ...CALLBACK_LOGIN });
	const { callbackUsername: user, callbackPassword: password } = CALLBACK_LOGIN;
	const basic = await rest.createCredential('httpBasicAuth', { user, password });

	const live = async (file: WorkflowFile): Promise<StoredWorkflow> => {
		const stored = await rest.importWorkflow(file);
		await rest.activate(stored);
		return stored;
	};
	const only = (name: string, type: string, typeVersion: number, parameters: object, used: typeof credential): WorkflowFile => ({
		name,
		nodes: [
			{
				id: randomUUID(),
				name,
				type,
				typeVersion,
				position: [0, 0],
				webhookId: randomUUID(),
				parameters: parameters as never,
				credentials: { [used.type]: { id: used.id, name: used.name } },
			},
		],
		connections: {},
		settings: { executionOrder: 'v1' },
	});
	const webhookPath = randomUUID();
	const workflow = await live(callbackWorkflow(credential, { name: 'Ours' }));
	const minimal = await live(only('Minimal', 'n8n-nodes-minimal-callback.minimalCallback', 1, {}, credential));
	await live(only('Webhook', 'n8n-nodes-base.webhook', 2.1, { httpMethod: 'POST', path: webhookPath, authentication: 'basicAuth', options: {} }, basic));

	const contestant = (name: string, url: string): Contestant => ({ name, url, rates: [], p99s: [] });
	const ours = contestant('Modica WhatsApp Trigger', callbackUrl(baseUrl, workflow));
	const contestants = [
		ours,
		contestant('minimal trigger', `${baseUrl}/webhook/${minimal.nodes[0]?.webhookId}/minimal`),
		contestant('n8n’s Webhook node', `${baseUrl}/webhook/${webhookPath}`),
	];
	return { contestants, ours, workflow };
}

/** Nothing but callbacks that each start an execution. */
export function callbacks(count: number): Shot[] {
	return flood(count).map((shot) => ({
		...shot,
		kind: 'first',
		authorization: basicAuth(CALLBACK_LOGIN.callbackUsername, CALLBACK_LOGIN.callbackPassword),
		body: { id: randomUUID(), reference: 'bench', status: 'received' },
	}));
}

async function takeTurn({ name, url, rates, p99s }: Contestant, count: number): Promise<void> {
	const began = performance.now();
	const outcomes = await send(url, callbacks(count), AT_ONCE);
	const seconds = (performance.now() - began) / 1000;
	const counts = tally(outcomes.map((outcome) => ('answer' in outcome ? { ...outcome, answer: { ...outcome.answer, body: '' } } : outcome)));
	if (counts['first: 200'] !== count) throw new Error(`${name} did not take all callbacks: ${JSON.stringify(counts)}`);
	rates.push(count / seconds);
	p99s.push(percentile(outcomes.map(({ ms }) => ms), 99));
}

function compare([ours, minimal, webhook]: Contestant[], legacyEngine: boolean): Row[] {
	const engine = legacyEngine ? ', legacy expression engine' : '';
	const rate = (of: Contestant) => percentile(of.rates, 50);
	// The median of the turns: one hiccup of the machine is nobody's.
	const p99 = (of: Contestant) => percentile(of.p99s, 50);
	const row = (of: Contestant, what: string, value: number, unit: string, limit?: string, ok = true): Row => ({
		name: `${of.name}${engine}: ${what}`,
		value: Math.round(value * 10) / 10,
		unit,
		...(limit !== undefined && { limit }),
		ok,
	});
	const least = rate(minimal!) * (1 - TOLERANCE);
	const most = p99(minimal!) * (1 + TOLERANCE);
	return [
		row(ours!, 'callbacks', rate(ours!), '/s', `≥ ${least.toFixed(1)}`, rate(ours!) >= least),
		row(ours!, 'p99', p99(ours!), 'ms', `≤ ${most.toFixed(0)}`, p99(ours!) <= most),
		...[minimal!, webhook!].flatMap((of) => [row(of, 'callbacks', rate(of), '/s'), row(of, 'p99', p99(of), 'ms')]),
	];
}

async function floodRows(rest: N8nRest, workflow: StoredWorkflow, url: string, count: number, tell: (step: string) => void): Promise<Row[]> {
	tell(`${count} callbacks, duplicates and strangers among them`);
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
	const strangers = shots.filter(({ kind }) => kind === 'stranger').length;
	const garbage = shots.filter(({ kind }) => kind === 'garbage').length;
	const exactly = (name: string, value: number, limit: number): Row => ({ name, value, unit: '', limit: `= ${limit}`, ok: value === limit });
	return [
		{ name: `flood of ${count}: callbacks`, value: Math.round((count / seconds) * 10) / 10, unit: '/s', ok: true },
		exactly(`flood of ${count}: executions started`, ended.length - before, distinct),
		exactly(`flood of ${count}: strangers answered 401`, counts['stranger: 401'] ?? 0, strangers),
		exactly(`flood of ${count}: non-callbacks answered 400`, counts['garbage: 400'] ?? 0, garbage),
	];
}

async function main(args: string[]): Promise<void> {
	exitOnSignals();
	const number = (name: string, otherwise: number) => Number(args.map((arg) => arg.split('=')).find(([key]) => key === `--${name}`)?.[1] ?? otherwise);
	const settings = {
		rounds: number('rounds', DEFAULTS.rounds),
		perTurn: number('per-turn', DEFAULTS.perTurn),
		flood: number('flood', DEFAULTS.flood),
		legacyEngine: args.includes('--legacy'),
	};
	const rows = await benchCallbacks(settings, console.log);
	console.table(rows);
	if (!rows.every(({ ok }) => ok)) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv.slice(2));
