/** Thousands of callbacks, in a separate n8n for each test. */
import type { INode } from 'n8n-workflow';
import { CALLBACK_LOGIN, callbackUrl, callbackWorkflow, post } from '../../harness/n8n/callbacks.mts';
import { flood, percentile, send, tally, type Shot } from '../../harness/n8n/flood.mts';
import type { N8nHandle } from '../../harness/n8n/server.mts';
import { endedCallbacks } from '../../harness/n8n/storedCallbacks.mts';
import { CREDENTIAL } from '../../harness/n8n/underTest.mts';
import { startWithPackage, type N8nWithPackage } from '../../harness/n8n/withPackage.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const AT_ONCE = 20;
const FLOOD = Number(process.env.FLOOD_CALLBACKS ?? 3_000);
/** About half of them are sent again after the kill. */
const FLOOD_WITH_KILL = 400;
const KILL_AFTER = 150;
const EXECUTIONS_END_MS = 300_000;
/** The setting that docs/callbacks.md recommends: n8n prepares an expression engine only when it needs one. */
const FAST = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' };

let n8n: N8nWithPackage | undefined;
afterEach(async () => {
	await n8n?.stop();
	n8n = undefined;
});

const API = { username: 'wab_demo', password: 'x', baseUrl: 'http://127.0.0.1:9', ...CALLBACK_LOGIN };

const keys = (of: ReadonlyArray<{ key: string }>) => of.map(({ key }) => key).sort();
const firsts = (shots: readonly Shot[]) => shots.filter(({ kind }) => kind === 'first');

describe('3,000 callbacks, 20 concurrent', () => {
	it('start one execution for each valid callback, and get 200, 400, or 401 without one for all others', async () => {
		n8n = await startWithPackage(FAST);
		const { rest, server } = n8n;
		const credential = await rest.createCredential(CREDENTIAL, API);
		const workflow = await rest.importWorkflow(callbackWorkflow(credential));
		await rest.activate(workflow);
		const shots = flood(FLOOD);
		const began = performance.now();
		const outcomes = await send(callbackUrl(server.baseUrl, workflow), shots, AT_ONCE);
		const seconds = (performance.now() - began) / 1000;
		const accepted = outcomes.filter(({ shot }) => shot.kind === 'first').map(({ ms }) => ms);
		console.log(
			`${FLOOD} callbacks in ${seconds.toFixed(0)} s: ${(FLOOD / seconds).toFixed(1)}/s. ` +
				`Response time of accepted callbacks: median ${percentile(accepted, 50).toFixed(0)} ms, p99 ${percentile(accepted, 99).toFixed(0)} ms`,
		);

		const counts = tally(outcomes);
		// A duplicate may arrive before the original, which then counts as the duplicate.
		expect({ ...counts, 'first: 200': (counts['first: 200'] ?? 0) + (counts['duplicate: 200'] ?? 0), 'duplicate: 200': undefined }).toEqual({
			'first: 200': 0.85 * FLOOD,
			'first: 200 duplicate': counts['duplicate: 200'],
			'duplicate: 200': undefined,
			'duplicate: 200 duplicate': 0.05 * FLOOD - (counts['duplicate: 200'] ?? 0),
			'unauthenticated: 401': 0.05 * FLOOD,
			'invalid: 400': 0.05 * FLOOD,
		});
		const stored = await endedCallbacks(server, workflow.id, EXECUTIONS_END_MS);
		expect(stored.filter(({ status }) => status !== 'success')).toEqual([]);
		expect(keys(stored)).toEqual(keys(firsts(shots)));
	}, 900_000);
});

describe('kill -9 of n8n during a flood of callbacks', () => {
	/** Takes one second, so that executions are running at any time. */
	const WORK: INode = {
		id: 'work',
		name: 'Work',
		type: 'n8n-nodes-base.wait',
		typeVersion: 1.1,
		position: [300, 0],
		parameters: { resume: 'timeInterval', amount: 1, unit: 'seconds' },
	};

	it('loses no accepted callback, and starts executions for the others when they are sent again', async () => {
		// As documented: by default, n8n loses executions that were killed before their first node started.
		n8n = await startWithPackage({ ...FAST, N8N_EVENTBUS_RECOVERY_MODE: 'simple' });
		const { rest: before, server } = n8n;
		const credential = await before.createCredential(CREDENTIAL, API);
		const workflow = await before.importWorkflow(
			callbackWorkflow(credential, {
				nodes: [WORK],
				connections: { Callback: { main: [0, 1].map(() => [{ node: 'Work', type: 'main', index: 0 }]) } },
			}),
		);
		await before.activate(workflow);
		const url = callbackUrl(server.baseUrl, workflow);

		const { pid } = server;
		const shots = firsts(flood(FLOOD_WITH_KILL));
		const outcomes = await send(url, shots, AT_ONCE, (answered) => {
			if (answered === KILL_AFTER) process.kill(-pid, 'SIGKILL');
		});
		const answered = outcomes.filter((outcome) => 'answer' in outcome && outcome.answer.status === 200);
		const unanswered = outcomes.filter((outcome) => !answered.includes(outcome)).map(({ shot }) => shot);
		expect(answered.length).toBeGreaterThanOrEqual(KILL_AFTER);
		expect(unanswered.length).toBeGreaterThan(0);

		await n8n.restart();
		const { rest: after } = n8n;
		// n8n marks interrupted executions as crashed.
		const survived = await endedCallbacks(server, workflow.id, EXECUTIONS_END_MS);
		const stored = new Set(keys(survived));
		expect(answered.filter(({ shot }) => !stored.has(shot.key))).toEqual([]);
		const crashed = survived.filter(({ status }) => status === 'crashed');
		expect(crashed.length).toBeGreaterThan(0);

		await until('the webhook URL is available again', PATIENCE_MS, async () => (await post(url, {})).status === 400);
		const again = await send(url, unanswered, AT_ONCE);
		expect(tally(again)).toEqual({ 'first: 200': unanswered.length });

		// As documented: retry crashed executions, unless their callback has arrived again.
		const successful = await succeeded(server, workflow.id);
		const toRetry = crashed.filter(({ key }) => !successful.has(key));
		for (const { id } of toRetry) await after.rest('post', `/executions/${id}/retry`, { loadWorkflow: false });
		const processed = await succeeded(server, workflow.id);
		expect([...processed.keys()].sort()).toEqual(keys(shots));

		// Callbacks that were stored but not yet answered at the kill were sent again, so they may have run twice.
		const twice = [...processed].filter(([, times]) => times > 1).map(([key]) => key);
		console.log(
			`kill -9 after ${answered.length} responses: ${survived.length} executions stored, ${crashed.length} of them crashed, ` +
				`${toRetry.length} retried. ${unanswered.length} callbacks sent again, ${twice.length} of them executed twice`,
		);
		expect(twice.length).toBeLessThanOrEqual(AT_ONCE);
		expect(twice.filter((key) => !keys(unanswered).includes(key))).toEqual([]);
	}, 900_000);

	/** How many successful executions each callback has. */
	async function succeeded(of: N8nHandle, workflowId: string): Promise<Map<string, number>> {
		const times = new Map<string, number>();
		for (const { key, status } of await endedCallbacks(of, workflowId, EXECUTIONS_END_MS)) if (status === 'success') times.set(key, (times.get(key) ?? 0) + 1);
		return times;
	}
});

