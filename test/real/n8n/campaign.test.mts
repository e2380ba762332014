/** Campaigns in a real n8n: rate limits, invalid rows, retries by n8n, reruns, a locked database, and cancellation. */
import path from 'node:path';
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import type { StoredWorkflow } from '../../harness/n8n/rest.mts';
import { itemsFrom, n8nUnderTest, NODE, runNode, workflowWith, type NodeUnderTest } from '../../harness/n8n/underTest.mts';
import { startProgram } from '../../harness/processes.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const { rest, handle } = n8nUnderTest();
const api = apiUnderTest(rest, { statusSteps: [] });

const SEND: IDataObject = {
	resource: 'message',
	operation: 'send',
	to: '={{ $json.to }}',
	messageType: 'text',
	text: '=Kia ora {{ $json.reference }}',
	additionalFields: { reference: '={{ $json.reference }}' },
};
const ONCE: IDataObject = { ...SEND, options: { oncePerReference: true } };
const rows = (count: number): IDataObject[] =>
	Array.from({ length: count }, (_, index) => ({ to: `+6421${1_000_000 + index}`, reference: `order-${index}` }));
const campaign = (items: IDataObject[], more: Partial<NodeUnderTest> = {}): NodeUnderTest => ({
	parameters: SEND,
	credential: api.credential,
	items,
	...more,
});
const recipients = () => api.simulator.messages.map(({ to }) => to).sort();
const numbersOf = (items: IDataObject[]) => items.map(({ to }) => to);

describe('a campaign of 1,000 messages', () => {
	it('sends each message once under a rate limit, and pairs each result with its row', async () => {
		api.simulator.configure({ rateLimit: { requestsPerSecond: 200, algorithm: 'fixedWindow' } });
		const items = rows(1_000);
		const output = await itemsFrom(campaign(items));
		expect(recipients()).toEqual(numbersOf(items));
		expect(output.map(({ json, pairedItem }) => [json.to, json.reference, pairedItem])).toEqual(
			items.map(({ to, reference }, item) => [to, reference, { item }]),
		);
	});

	it('sends nothing if one row is invalid, or 999 messages with Continue', async () => {
		const items = rows(1_000).map((row, index) => (index === 500 ? { ...row, to: '021 123' } : row));
		expect(await runNode(campaign(items))).toMatchObject({
			status: 'error',
			error: { message: expect.stringMatching(/^To '021 123' is a local number/) as string, context: { itemIndex: 500 } },
		});
		expect(api.simulator.messages).toEqual([]);
		const output = await itemsFrom(campaign(items, { settings: { onError: 'continueRegularOutput' } }));
		expect(output.flatMap(({ json }, index) => (json.error ? [index] : []))).toEqual([500]);
		expect(recipients()).toEqual(numbersOf(items.filter((_, index) => index !== 500)));
	});
});

describe('a spreadsheet with local numbers', () => {
	it('is sent using the country selected in the list', async () => {
		const choices = await rest.rest<Array<{ name: string; value: string }>>('post', '/dynamic-node-parameters/options', {
			methodName: 'getCountries',
			path: 'parameters.options.defaultCountry',
			nodeTypeAndVersion: { name: NODE, version: 1 },
			currentNodeParameters: SEND,
		});
		expect(choices.length).toBeGreaterThan(240);
		const { value: defaultCountry } = choices.find(({ name }) => name === 'New Zealand (+64)')!;
		const items = ['021 123 4567', 211234568, '09 123 4567', '+49 1511 2345678'].map((to, index) => ({ to, reference: `row ${index}` }));
		const run = await runNode(campaign(items, { parameters: { ...SEND, options: { defaultCountry } }, settings: { onError: 'continueRegularOutput' } }));
		expect(recipients()).toEqual(['+4915112345678', '+64211234567', '+64211234568']);
		expect(run.hints.WhatsApp).toEqual(["1 of 4 failed: 1 with an invalid 'To'."]);
	});
});

describe('a dry run', () => {
	it('makes no request for 10,000 rows, and the run after it sends every valid row', async () => {
		const items = rows(10_000).map((row, index) => (index % 1_000 === 500 ? { ...row, to: '021 123' } : row));
		const checking = campaign(items, { parameters: { ...SEND, options: { dryRun: true } }, settings: { onError: 'continueRegularOutput' } });
		const checked = await runNode(checking);
		expect(checked.hints.WhatsApp).toEqual(["Nothing was sent: 9,990 are valid, 10 are invalid (10 with an invalid 'To')."]);
		expect(checked.outputs.WhatsApp?.[0]?.filter(({ json }) => json.status === 'valid')).toHaveLength(9_990);
		expect(api.simulator.requests).toEqual([]);

		const good = items.filter((_, index) => index % 1_000 !== 500).slice(0, 1_000);
		const sent = await runNode(campaign(good));
		expect(sent.hints.WhatsApp).toEqual([]);
		expect(recipients()).toEqual(numbersOf(good));
	});
});

describe('a campaign with Once per Reference', () => {
	it("is completed by n8n's Retry On Fail, and sends nothing twice", async () => {
		api.simulator.addFault({ kind: 'status', status: 422, match: { messageIndex: 30 } });
		const items = rows(60);
		const settings = { retryOnFail: true, maxTries: 3, waitBetweenTries: 100 };
		const output = await itemsFrom(campaign(items, { parameters: ONCE, settings }));
		expect(recipients()).toEqual(numbersOf(items));
		expect(new Set(output.map(({ json }) => json.status))).toEqual(new Set(['accepted', 'duplicate']));
	});

	it('is completed by running the workflow again', async () => {
		api.simulator.addFault({ kind: 'status', status: 422, match: { messageIndex: 30 } });
		const items = rows(60);
		const workflow = await rest.importWorkflow(workflowWith(campaign(items, { parameters: ONCE })));
		expect(await rest.runWorkflow(workflow)).toMatchObject({ status: 'error' });
		expect(api.simulator.messages.length).toBeLessThan(60);
		expect(await rest.runWorkflow(workflow)).toMatchObject({ status: 'success' });
		expect(recipients()).toEqual(numbersOf(items));
	});

	it('is sent once by two concurrent executions', async () => {
		api.simulator.configure({ latencyMs: 20 });
		const items = rows(200);
		const workflow = await rest.importWorkflow(workflowWith(campaign(items, { parameters: ONCE })));
		const executions = await Promise.all([rest.runWorkflow(workflow), rest.runWorkflow(workflow)]);
		expect(executions.map(({ status }) => status)).toEqual(['success', 'success']);
		expect(recipients()).toEqual(numbersOf(items));
	});

	it('is sent again after its references are cleared, and the clearing run sends nothing', async () => {
		const items = rows(3);
		let workflow = await rest.importWorkflow(workflowWith(campaign(items, { parameters: ONCE })));
		const statuses = async () => (await rest.runWorkflow(workflow)).outputs.WhatsApp?.[0]?.map(({ json }) => json.status);
		const setClearing = async (on: boolean) => {
			const { id, versionId, ...file } = workflow;
			const nodes = file.nodes.map((node) =>
				node.type === NODE ? { ...node, parameters: { ...node.parameters, options: { oncePerReference: true, clearReferences: on } } } : node,
			);
			workflow = await rest.rest<StoredWorkflow>('patch', `/workflows/${id}`, { ...file, nodes, versionId });
		};
		expect(await statuses()).toEqual(items.map(() => 'accepted'));
		expect(await statuses()).toEqual(items.map(() => 'duplicate'));
		await setClearing(true);
		expect(await statuses()).toEqual(items.map(() => 'cleared'));
		expect(api.simulator.requests).toHaveLength(items.length);
		await setClearing(false);
		expect(await statuses()).toEqual(items.map(() => 'accepted'));
		expect(await statuses()).toEqual(items.map(() => 'duplicate'));
		expect(api.simulator.messages).toHaveLength(2 * items.length);
	});
});

describe("a campaign while n8n's database is locked, for example by a backup", () => {
	/** Longer than the 1 s for which n8n itself waits for a lock. */
	const LOCKED_MS = 4_000;
	const LOCK = `
		const sqlite3 = require(process.argv[1]);
		const database = new sqlite3.Database(process.argv[2]);
		database.configure('busyTimeout', 30_000);
		database.exec('BEGIN IMMEDIATE', (error) => {
			if (error) throw error;
			console.log('locked');
			setTimeout(() => database.exec('COMMIT'), ${LOCKED_MS});
		});`;

	/** Locks the database from another process, with n8n's own driver. @returns a promise for the end of the lock */
	async function lockDatabase(): Promise<{ unlocked: Promise<unknown> }> {
		const { installation, userFolder } = handle;
		const driver = path.join(installation.folder, 'node_modules', 'sqlite3');
		const program = startProgram(installation.node, ['-e', LOCK, driver, path.join(userFolder, '.n8n', 'database.sqlite')]);
		await until('the database is locked', PATIENCE_MS, () => program.output().includes('locked'));
		return { unlocked: program.ended };
	}

	it('waits with Once per Reference, and sends each message once', async () => {
		api.simulator.configure({ rateLimit: { requestsPerSecond: 40, algorithm: 'tokenBucket' } });
		const items = rows(300);
		const workflow = await rest.importWorkflow(workflowWith(campaign(items, { parameters: ONCE })));
		const running = rest.runWorkflow(workflow);
		await until('some are sent', PATIENCE_MS, () => api.simulator.messages.length >= 60);
		const { unlocked } = await lockDatabase();
		const { status, error, outputs } = await running;
		expect(await unlocked).toMatchObject({ code: 0 });
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(recipients()).toEqual(numbersOf(items));
		expect(outputs.WhatsApp?.[0]?.map(({ json }) => json.status)).toEqual(items.map(() => 'accepted'));
	});
});

describe('a canceled campaign', () => {
	it('stops immediately, and its execution shows how many messages were sent', async () => {
		api.simulator.configure({ rateLimit: { requestsPerSecond: 20, algorithm: 'fixedWindow' } });
		// More than a busy n8n sends before it cancels the execution.
		const items = rows(1_000);
		const workflow = await rest.importWorkflow(workflowWith(campaign(items)));
		const id = await rest.startWorkflow(workflow);
		await until('some are sent', PATIENCE_MS, () => api.simulator.messages.length >= 50);
		await rest.stopExecution(id);
		const execution = await until('the execution is canceled', PATIENCE_MS, () => rest.getExecution(id), ({ customData }) => 'modicaWhatsApp' in customData);
		expect(execution.status).toBe('canceled');
		const [, done, underWay] = /^Canceled: (\d+) done, 0 failed, (\d+) in progress$/.exec(execution.customData.modicaWhatsApp ?? '') ?? [];
		// Nothing is sent after the cancellation: every accepted message was done or in flight at that time.
		await until('the node has ended', PATIENCE_MS, () => api.simulator.inFlight === 0);
		expect(api.simulator.messages.length).toBeGreaterThanOrEqual(Number(done));
		expect(api.simulator.messages.length).toBeLessThanOrEqual(Number(done) + Number(underWay));
		expect(api.simulator.messages.length).toBeLessThan(items.length);
	});
});
