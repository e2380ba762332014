/** Concurrent sends, broadcasts, file transfers, and callbacks, against an API that fails at random. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import axios from 'axios';
import type { IDataObject, INode } from 'n8n-workflow';
import { CALLBACK_LOGIN, callbackUrl, callbackWorkflow } from '../../harness/n8n/callbacks.mts';
import { flood, send as sendCallbacks } from '../../harness/n8n/flood.mts';
import type { N8nRest, StoredCredential, StoredWorkflow } from '../../harness/n8n/rest.mts';
import { endedExecutions, storedCallbacks } from '../../harness/n8n/storedCallbacks.mts';
import { CREDENTIAL, NODE } from '../../harness/n8n/underTest.mts';
import { startSimulator, type FaultAction, type Simulator } from '../../simulator/simulator.mts';
import { Ledger } from './ledger.mts';
import { sampleMemory, type MemorySample } from './memory.mts';
import { stepAt, type Step } from './plan.mts';

export interface SoakSettings {
	/** An n8n with the package installed. */
	rest: N8nRest;
	baseUrl: string;
	/** n8n's process ID. If set, its memory is measured. */
	pid?: number;
	minutes: number;
	seed: number;
	/** Whether n8n stores a callback before it responds. n8n 1.x responds first, so an answered callback may be lost. */
	storesBeforeAnswering?: boolean;
	tell?: (progress: string) => void;
}

export interface SoakReport {
	/** Counts, in the order of the result table. */
	counts: Record<string, number>;
	/** Differences between the records of both sides. */
	discrepancies: string[];
	memory: MemorySample[];
}

/** Number of concurrent steps. */
const AT_ONCE = 3;
/** Minimum number of steps on a slow machine, so that each kind of step occurs. */
const LEAST_STEPS = 12;
const CALLBACKS_AT_ONCE = 5;
const ANSWER_TIMEOUT_MS = 180_000;
const SETTLE_TIMEOUT_MS = 180_000;
const SAMPLE_EVERY_MS = 5_000;

/** Runs a soak test in n8n. */
export async function soak({ rest, baseUrl, pid, minutes, seed, storesBeforeAnswering = true, tell = () => {} }: SoakSettings): Promise<SoakReport> {
	const simulator = await startSimulator({ statusSteps: [] });
	try {
		const { username, password, baseUrl: apiUrl } = simulator;
		const credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl: apiUrl, ...CALLBACK_LOGIN }, 'Soak');
		const workload = await Workload.create(rest, baseUrl, simulator, credential);
		const began = Date.now();
		const minute = () => (Date.now() - began) / 60_000;
		const memory: MemorySample[] = [];
		const watch = pid === undefined ? undefined : setInterval(() => void sampleMemory(pid, baseUrl, minute()).then((sample) => memory.push(sample)), SAMPLE_EVERY_MS);
		let index = 0;
		const work = async () => {
			while (minute() < minutes || index < LEAST_STEPS) {
				const step = stepAt(seed, index++);
				await workload.run(step);
				if (index % 50 === 0) tell(`${minute().toFixed(1)} minutes: ${index} steps, ${simulator.messages.length} messages`);
			}
		};
		try {
			await Promise.all(Array.from({ length: AT_ONCE }, work));
		} finally {
			clearInterval(watch);
		}
		const { counts, discrepancies } = await workload.finish(storesBeforeAnswering);
		return { counts: { steps: index, ...counts }, discrepancies, memory };
	} finally {
		await simulator.stop();
	}
}

/** The workflows of a soak test, and the records of their input and output. */
class Workload {
	private readonly ledger = new Ledger();
	private readonly discrepancies: string[] = [];
	/** Keys of the callbacks that n8n answered with 200. */
	private readonly answered = new Set<string>();
	private readonly counts = { files: 0, 'files returned unchanged': 0, 'files not returned': 0, faults: 0 };
	private numbers = 0;
	/** Files are transferred one at a time, because faults match by path and must affect the intended file. */
	private lastFile: Promise<void> = Promise.resolve();

	private constructor(
		private readonly rest: N8nRest,
		private readonly baseUrl: string,
		private readonly simulator: Simulator,
		private readonly callbacks: StoredWorkflow,
	) {}

	static async create(rest: N8nRest, baseUrl: string, simulator: Simulator, credential: StoredCredential): Promise<Workload> {
		const ours = (name: string, parameters: IDataObject): INode => ({
			...node(name, NODE, 1, parameters),
			onError: 'continueRegularOutput',
			credentials: { [CREDENTIAL]: { id: credential.id, name: credential.name } },
		});
		const message = { resource: 'message', to: '={{ $json.to }}', messageType: 'text', text: 'Kia ora' };
		const chains: Record<string, INode[]> = {
			send: [ours('Send', { ...message, operation: 'send', additionalFields: { reference: '={{ $json.reference }}' } })],
			broadcast: [ours('Broadcast', { ...message, operation: 'broadcast', recipientSource: 'items' })],
			media: [
				node('File', 'n8n-nodes-base.convertToFile', 1.1, {
					operation: 'toBinary',
					sourceProperty: 'base64',
					options: { fileName: 'file.txt', mimeType: 'text/plain' },
				}),
				ours('Upload', { resource: 'media', operation: 'upload', binaryPropertyName: 'data' }),
				ours('Download', { resource: 'media', operation: 'download', mediaId: '={{ $json.id }}', binaryPropertyName: 'data' }),
				{ ...node('Read', 'n8n-nodes-base.extractFromFile', 1, { operation: 'binaryToPropery', binaryPropertyName: 'data' }), onError: 'continueRegularOutput' },
			],
		};
		for (const [name, nodes] of Object.entries(chains)) {
			const webhook = { ...node('Webhook', 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path: `soak-${name}`, responseMode: 'lastNode', responseData: 'allEntries' }), webhookId: randomUUID() };
			const all = [webhook, node('Items', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'body.items', options: {} }), ...nodes];
			const connections = Object.fromEntries(all.slice(1).map((to, index) => [all[index]!.name, { main: [[{ node: to.name, type: 'main' as const, index: 0 }]] }]));
			await rest.activate(await rest.importWorkflow({ name: `Soak: ${name}`, nodes: all, connections, settings: { executionOrder: 'v1' } }));
		}
		const callbacks = await rest.importWorkflow(callbackWorkflow(credential, { name: 'Soak: callbacks' }));
		await rest.activate(callbacks);
		return new Workload(rest, baseUrl, simulator, callbacks);
	}

	async run(step: Step): Promise<void> {
		switch (step.kind) {
			case 'send':
				return await this.send('send', step.faults);
			case 'broadcast':
				return await this.send('broadcast', [step.fault, ...new Array<undefined>(step.recipients - 1)]);
			case 'media':
				return await (this.lastFile = this.lastFile.then(async () => await this.exchangeFile(step.bytes, step.fault)));
			case 'callbacks':
				return await this.receive(step.count);
		}
	}

	/** Waits for all executions to end, and compares all records. */
	async finish(storesBeforeAnswering: boolean): Promise<Pick<SoakReport, 'counts' | 'discrepancies'>> {
		const executions = await endedExecutions(this.rest, this.callbacks.id, SETTLE_TIMEOUT_MS);
		const stored = await storedCallbacks(this.rest, executions);
		const executed = new Set(stored.map(({ key }) => key));
		const { counts, discrepancies } = this.ledger.close(this.simulator.messages.map(({ to }) => to));
		const lost = [...this.answered].filter((key) => !executed.has(key));
		if (storesBeforeAnswering) for (const key of lost) discrepancies.push(`The callback ${key} was answered, but has no execution`);
		for (const key of executed) if (!this.answered.has(key)) discrepancies.push(`The callback ${key} has an execution, but was not answered`);
		if (stored.length !== executed.size) discrepancies.push(`${stored.length - executed.size} callbacks have more than one execution`);
		for (const { key, status } of stored) if (status !== 'success') discrepancies.push(`The execution of ${key} has the status ${status}`);
		for (const { path, violations } of this.simulator.requests) if (violations.length > 0) discrepancies.push(`A request to ${path} violates the contract: ${JSON.stringify(violations)}`);
		return {
			counts: {
				...counts,
				'callbacks answered': this.answered.size,
				'callbacks executed': stored.length,
				...(!storesBeforeAnswering && { 'callbacks answered and lost': lost.length }),
				...this.counts,
			},
			discrepancies: [...discrepancies, ...this.discrepancies],
		};
	}

	private async send(workflow: 'broadcast' | 'send', faults: ReadonlyArray<FaultAction | undefined>): Promise<void> {
		const items = Array.from(faults, (fault) => {
			const to = `+6421${String(1_000_000 + this.numbers++)}`;
			this.ledger.request(to);
			if (fault) this.addFault(fault, { to });
			return { to, reference: `soak-${to}` };
		});
		for (const result of await this.runWorkflow(workflow, items)) this.ledger.report(result);
	}

	private async exchangeFile(bytes: number, fault: FaultAction | undefined): Promise<void> {
		const content = randomBytes(bytes);
		const hash = (of: Buffer) => createHash('sha256').update(of).digest('hex');
		if (fault) this.addFault(fault, { path: '/media' });
		this.counts.files++;
		const [result] = await this.runWorkflow('media', [{ base64: content.toString('base64') }]);
		if (typeof result?.data === 'string') {
			if (hash(Buffer.from(result.data, 'base64')) === hash(content)) this.counts['files returned unchanged']++;
			else this.discrepancies.push(`A file of ${bytes} bytes was returned with different content`);
		} else if (fault?.kind === 'drop') this.counts['files not returned']++;
		else this.discrepancies.push(`A file of ${bytes} bytes was not returned: ${JSON.stringify(result)}`);
	}

	private async receive(count: number): Promise<void> {
		const outcomes = await sendCallbacks(callbackUrl(this.baseUrl, this.callbacks), flood(count), CALLBACKS_AT_ONCE);
		for (const outcome of outcomes) {
			if ('error' in outcome) this.discrepancies.push(`A callback got no response: ${outcome.error}`);
			else if (outcome.answer.status === 200) this.answered.add(outcome.shot.key);
		}
	}

	private addFault(fault: FaultAction, match: { to?: string; path?: string }): void {
		this.counts.faults++;
		this.simulator.addFault({ ...fault, match });
	}

	private async runWorkflow(workflow: string, items: IDataObject[]): Promise<IDataObject[]> {
		const { status, data } = await axios.post<IDataObject[] | IDataObject>(`${this.baseUrl}/webhook/soak-${workflow}`, { items }, { timeout: ANSWER_TIMEOUT_MS, proxy: false, validateStatus: () => true });
		if (status === 200 && Array.isArray(data)) return data;
		this.discrepancies.push(`The workflow "${workflow}" returned ${status}: ${JSON.stringify(data).slice(0, 500)}`);
		return [];
	}
}

function node(name: string, type: string, typeVersion: number, parameters: IDataObject): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters: parameters as INode['parameters'] };
}
