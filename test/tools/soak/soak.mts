/** Sends, broadcasts, files and callbacks at the same time, for as long as asked, on an API that fails at random. */
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
	/** Its process, where its memory is to be watched. */
	pid?: number;
	minutes: number;
	seed: number;
	/** Whether this n8n has stored what it answers. 1.x answers first: there one that was answered may be lost. */
	storesBeforeAnswering?: boolean;
	tell?: (progress: string) => void;
}

export interface SoakReport {
	/** How many of what, in the order in which it is to be read. */
	counts: Record<string, number>;
	/** What does not come out even; empty when all is well. */
	uneven: string[];
	memory: MemorySample[];
}

/** Steps that are under way at once. */
const AT_ONCE = 3;
/** However slow the machine is: enough for something of each kind. */
const LEAST_STEPS = 12;
const CALLBACKS_AT_ONCE = 5;
const ANSWER_TIMEOUT_MS = 180_000;
const SETTLE_TIMEOUT_MS = 180_000;
const SAMPLE_EVERY_MS = 5_000;

/** Soaks an n8n, and tells what came of it. */
export async function soak({ rest, baseUrl, pid, minutes, seed, storesBeforeAnswering = true, tell = () => {} }: SoakSettings): Promise<SoakReport> {
	const simulator = await startSimulator({ statusSteps: [] });
	try {
		const { username, password, baseUrl: apiUrl } = simulator;
		const credential = await rest.createCredential(CREDENTIAL, { username, password, baseUrl: apiUrl, ...CALLBACK_LOGIN }, 'Soak');
		const tub = await Tub.fill(rest, baseUrl, simulator, credential);
		const began = Date.now();
		const minute = () => (Date.now() - began) / 60_000;
		const memory: MemorySample[] = [];
		const watch = pid === undefined ? undefined : setInterval(() => void sampleMemory(pid, baseUrl, minute()).then((sample) => memory.push(sample)), SAMPLE_EVERY_MS);
		let index = 0;
		const work = async () => {
			while (minute() < minutes || index < LEAST_STEPS) {
				const step = stepAt(seed, index++);
				await tub.do(step);
				if (index % 50 === 0) tell(`${index} steps, ${simulator.messages.length} messages in ${minute().toFixed(1)} minutes`);
			}
		};
		try {
			await Promise.all(Array.from({ length: AT_ONCE }, work));
		} finally {
			clearInterval(watch);
		}
		const { counts, uneven } = await tub.drain(storesBeforeAnswering);
		return { counts: { steps: index, ...counts }, uneven, memory };
	} finally {
		await simulator.stop();
	}
}

/** The workflows of a soak, and what has become of all that was put into them. */
class Tub {
	private readonly ledger = new Ledger();
	private readonly uneven: string[] = [];
	/** Keys of the callbacks that were answered as new ones. */
	private readonly answered = new Set<string>();
	private readonly counts = { files: 0, 'files returned unchanged': 0, 'files not returned': 0, faults: 0 };
	private numbers = 0;
	/** Files go one after the other: a fault is told by its path alone, and must meet the file it is meant for. */
	private lastFile: Promise<void> = Promise.resolve();

	private constructor(
		private readonly rest: N8nRest,
		private readonly baseUrl: string,
		private readonly simulator: Simulator,
		private readonly callbacks: StoredWorkflow,
	) {}

	static async fill(rest: N8nRest, baseUrl: string, simulator: Simulator, credential: StoredCredential): Promise<Tub> {
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
		return new Tub(rest, baseUrl, simulator, callbacks);
	}

	async do(step: Step): Promise<void> {
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

	/** Waits for everything to come to its end, and closes the books. */
	async drain(storesBeforeAnswering: boolean): Promise<Pick<SoakReport, 'counts' | 'uneven'>> {
		const executions = await endedExecutions(this.rest, this.callbacks.id, SETTLE_TIMEOUT_MS);
		const stored = await storedCallbacks(this.rest, executions);
		const executed = new Set(stored.map(({ key }) => key));
		const { counts, uneven } = this.ledger.close(this.simulator.messages.map(({ to }) => to));
		const lost = [...this.answered].filter((key) => !executed.has(key));
		if (storesBeforeAnswering) for (const key of lost) uneven.push(`The callback ${key} was answered, but has no execution`);
		for (const key of executed) if (!this.answered.has(key)) uneven.push(`The callback ${key} has an execution, but was not answered`);
		if (stored.length !== executed.size) uneven.push(`${stored.length - executed.size} callbacks have more than one execution`);
		for (const { key, status } of stored) if (status !== 'success') uneven.push(`The execution of ${key} ended with ${status}`);
		for (const { path, violations } of this.simulator.requests) if (violations.length > 0) uneven.push(`A request to ${path} was not what the API takes: ${JSON.stringify(violations)}`);
		return {
			counts: {
				...counts,
				'callbacks answered': this.answered.size,
				'callbacks executed': stored.length,
				...(!storesBeforeAnswering && { 'callbacks answered and lost': lost.length }),
				...this.counts,
			},
			uneven: [...uneven, ...this.uneven],
		};
	}

	private async send(workflow: 'broadcast' | 'send', faults: ReadonlyArray<FaultAction | undefined>): Promise<void> {
		const items = Array.from(faults, (fault) => {
			const to = `+6421${String(1_000_000 + this.numbers++)}`;
			this.ledger.ask(to);
			if (fault) this.addFault(fault, { to });
			return { to, reference: `soak-${to}` };
		});
		for (const result of await this.run(workflow, items)) this.ledger.report(result);
	}

	private async exchangeFile(bytes: number, fault: FaultAction | undefined): Promise<void> {
		const content = randomBytes(bytes);
		const hash = (of: Buffer) => createHash('sha256').update(of).digest('hex');
		if (fault) this.addFault(fault, { path: '/media' });
		this.counts.files++;
		const [result] = await this.run('media', [{ base64: content.toString('base64') }]);
		if (typeof result?.data === 'string') {
			if (hash(Buffer.from(result.data, 'base64')) === hash(content)) this.counts['files returned unchanged']++;
			else this.uneven.push(`A file of ${bytes} bytes came back as another`);
		} else if (fault?.kind === 'drop') this.counts['files not returned']++;
		else this.uneven.push(`A file of ${bytes} bytes did not come back: ${JSON.stringify(result)}`);
	}

	private async receive(count: number): Promise<void> {
		const outcomes = await sendCallbacks(callbackUrl(this.baseUrl, this.callbacks), flood(count), CALLBACKS_AT_ONCE);
		for (const outcome of outcomes) {
			if ('error' in outcome) this.uneven.push(`A callback got no answer: ${outcome.error}`);
			else if (outcome.answer.status === 200) this.answered.add(outcome.shot.key);
		}
	}

	private addFault(fault: FaultAction, match: { to?: string; path?: string }): void {
		this.counts.faults++;
		this.simulator.addFault({ ...fault, match });
	}

	private async run(workflow: string, items: IDataObject[]): Promise<IDataObject[]> {
		const { status, data } = await axios.post<IDataObject[] | IDataObject>(`${this.baseUrl}/webhook/soak-${workflow}`, { items }, { timeout: ANSWER_TIMEOUT_MS, proxy: false, validateStatus: () => true });
		if (status === 200 && Array.isArray(data)) return data;
		this.uneven.push(`The workflow "${workflow}" answered ${status}: ${JSON.stringify(data).slice(0, 500)}`);
		return [];
	}
}

function node(name: string, type: string, typeVersion: number, parameters: IDataObject): INode {
	return { id: randomUUID(), name, type, typeVersion, position: [0, 0], parameters: parameters as INode['parameters'] };
}
