/**
 * Most of the cost of a callback is n8n's expression engine. With `N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE`, n8n creates one
 * only when it evaluates an expression. So nothing may be evaluated for a callback.
 */
import { randomUUID } from 'node:crypto';
import axios from 'axios';
import type { INode } from 'n8n-workflow';
import { REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { CALLBACK_LOGIN, callbackUrl, callbackWorkflow, post } from '../../harness/n8n/callbacks.mts';
import type { StoredCredential, StoredWorkflow } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { startWithPackage, type N8nWithPackage } from '../../harness/n8n/withPackage.mts';

/** n8n 1.x has no such engine. */
const describeWithEngine = n8nUnderTest().is1x ? describe.skip : describe;

describeWithEngine('a callback', () => {
	let n8n: N8nWithPackage;
	let credential: StoredCredential;
	beforeAll(async () => {
		n8n = await startWithPackage({ N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true', N8N_METRICS: 'true' });
		credential = await n8n.rest.createCredential(CREDENTIAL, { username: 'wab_demo', password: 'x', baseUrl: 'http://127.0.0.1:9', ...CALLBACK_LOGIN });
	});
	afterAll(async () => await n8n?.stop());

	/** Activates a workflow with a node after each output of its trigger. */
	async function activate(typeVersion: number, events = ['status', 'reply']): Promise<StoredWorkflow> {
		const ends = ['On status', 'On reply'].map(
			(name): INode => ({ id: name, name, type: 'n8n-nodes-base.noOp', typeVersion: 1, position: [200, 0], parameters: {} }),
		);
		const stored = await n8n.rest.importWorkflow(
			callbackWorkflow(credential, {
				typeVersion,
				parameters: { events, options: { statuses: ['received'] } },
				nodes: ends,
				connections: { Callback: { main: ends.slice(0, events.length).map(({ name }) => [{ node: name, type: 'main', index: 0 }]) } },
			}),
		);
		await n8n.rest.activate(stored);
		return stored;
	}

	/** n8n's own metrics: evaluated expressions, and created engines. */
	async function counted(): Promise<{ evaluated: number; engines: number }> {
		const { data } = await axios.get<string>(`${n8n.server.baseUrl}/metrics`, { proxy: false });
		const sum = (name: string) =>
			data
				.split('\n')
				.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
				.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
		expect(data).toContain('n8n_expression_evaluation_duration_seconds');
		expect(data).toContain('n8n_expression_pool_acquired_total');
		return { evaluated: sum('n8n_expression_evaluation_duration_seconds_count'), engines: sum('n8n_expression_pool_acquired_total') };
	}

	/** The change of these metrics for callbacks of all kinds, until all executions have ended. */
	async function countedFor(workflow: StoredWorkflow): Promise<{ evaluated: number; engines: number }> {
		const url = callbackUrl(n8n.server.baseUrl, workflow);
		const before = await counted();
		for (let index = 0; index < 3; index++) {
			const status = { ...STATUS, id: randomUUID() };
			expect(await post(url, status)).toMatchObject({ status: 200, body: '' });
			expect(await post(url, status)).toMatchObject({ body: '{"ignored":"duplicate"}' });
			expect(await post(url, { ...status, status: 'read' })).toMatchObject({ body: '{"ignored":"statuses"}' });
			expect(await post(url, { ...REPLY, id: randomUUID() })).toMatchObject({ status: 200 });
			expect(await post(url, status, {})).toMatchObject({ status: 401 });
			expect(await post(url, { id: 'x' })).toMatchObject({ status: 400 });
		}
		await n8n.rest.waitForExecutions(workflow.id, (all) => all.length > 0 && all.every(({ status }) => status === 'success'));
		const after = await counted();
		return { evaluated: after.evaluated - before.evaluated, engines: after.engines - before.engines };
	}

	it.each([
		['both outputs', ['status', 'reply']],
		['one output', ['status']],
	])('evaluates no expression, with %s', async (_, events) => {
		expect(await countedFor(await activate(2, events))).toEqual({ evaluated: 0, engines: 0 });
	});

	it('evaluates expressions with version 1 of the trigger, which shows that the metrics work', async () => {
		expect((await countedFor(await activate(1))).evaluated).toBeGreaterThan(0);
	});
});
