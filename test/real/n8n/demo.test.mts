/** The checks of `npm start`, in the n8n under test. */
import { CALLBACK_LOGIN } from '../../harness/n8n/callbacks.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { StoredWorkflow } from '../../harness/n8n/rest.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator } from '../../simulator/simulator.mts';
import { activateTriggers, checkCallbacks } from '../../tools/demo/callbacks.mts';

const { rest, is1x } = n8nUnderTest();
/** Workflows can create data tables since n8n 2.x. */
const describeWithTables = is1x ? describe.skip : describe;

describeWithTables('npm start', () => {
	it('sends a message, receives its statuses, and answers a reply', async () => {
		const simulator = await startSimulator();
		const { username, password, baseUrl } = simulator;
		const credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN });
		const examples = new Map<string, StoredWorkflow>();
		for (const file of ['delivery-tracking.json', 'auto-reply.json']) examples.set(file, await rest.importWorkflow(readExample(file), credential));
		const demo = { rest, simulator, examples };
		await activateTriggers(demo);
		const checks = await checkCallbacks(demo);
		expect(checks.filter(({ isRight }) => !isRight)).toEqual([]);
		expect(checks.length).toBeGreaterThan(2);
		// The answer has statuses, too. If one arrives while n8n deactivates the workflow, n8n keeps the webhook URL in its cache.
		const delivered = () => simulator.callbacks.filter(({ kind, delivered: isDelivered }) => kind === 'status' && isDelivered);
		await until('all statuses are delivered', PATIENCE_MS, delivered, ({ length }) => length === simulator.messages.length * simulator.settings.statusSteps.length);
		for (const workflow of examples.values()) await rest.deactivate(workflow);
		await simulator.stop();
	});
});
