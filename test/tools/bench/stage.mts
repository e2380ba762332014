/** The environment of the measurements: a real n8n with the package and its alternatives, the simulator, and a workflow. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { INode, INodeParameters } from 'n8n-workflow';
import { loginOf } from '../../harness/n8n/apiUnderTest.mts';
import { ensureN8n, type N8nInstallation } from '../../harness/n8n/install.mts';
import { N8nRest, type Execution, type StoredCredential, type StoredWorkflow } from '../../harness/n8n/rest.mts';
import { createUserFolder, installPackage, packPackage, startN8n, type N8nServer, type StartOptions } from '../../harness/n8n/server.mts';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { removeAtExit, runProgram } from '../../harness/processes.mts';
import { until } from '../../harness/until.mts';
import { startSimulator, type Simulator, type SimulatorSettings } from '../../simulator/simulator.mts';
import { memoryPeak, startMemoryPeak } from './memory.mts';

const PROJECT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const RUN_TIMEOUT_MS = 10 * 60_000;

/** A node to measure: one way to send each input item as a message. */
export interface Contestant {
	name: string;
	type: string;
	version?: number;
	parameters: (baseUrl: string) => INodeParameters;
	/** Settings of the node in addition to its parameters, such as *Retry On Fail*. */
	settings?: Partial<INode>;
	/** Replaces the simulator's credential. */
	credential?: StoredCredential;
}

/** The result of a run. */
export interface Outcome {
	/** Duration of the node in milliseconds, as measured by n8n. */
	ms: number;
	status: Execution['status'];
	outputs: Execution['outputs'][string];
	/** Messages that the API accepted, and how many of them were duplicates for a number. */
	delivered: number;
	twice: number;
	requests: number;
	refused: number;
	maxInFlight: number;
	/** Messages per second, measured at the API, from the first to the last. */
	rate: number;
	/** Peak growth of n8n's memory in bytes. */
	memoryGrowth: number;
}

/** A running n8n and simulator. */
export class Stage {
	private constructor(
		private readonly installation: N8nInstallation,
		private readonly userFolder: string,
		readonly simulator: Simulator,
		private server: N8nServer,
		private rest: N8nRest,
		private readonly credential: StoredCredential,
	) {}

	static async start(): Promise<Stage> {
		const installation = await ensureN8n(CURRENT.version, console.log);
		const userFolder = await createUserFolderWithContestants();
		const simulator = await startSimulator({ statusSteps: [] });
		const server = await startN8n(installation, { userFolder });
		const rest = await N8nRest.logIn(server.baseUrl);
		const credential = await rest.createCredential('modicaWhatsAppApi', loginOf(simulator));
		return new Stage(installation, userFolder, simulator, server, rest, credential);
	}

	/**
	 * Restarts n8n. The options apply until the next restart.
	 * @returns when n8n is ready
	 */
	async restart(options: Pick<StartOptions, 'env' | 'onOutput'> = {}): Promise<void> {
		await this.server.stop();
		this.server = await startN8n(this.installation, { userFolder: this.userFolder, ...options });
		this.rest = await N8nRest.logIn(this.server.baseUrl);
	}

	/** Creates another credential for the simulator, with some different values. */
	async createCredential(values: Record<string, string>): Promise<StoredCredential> {
		return await this.rest.createCredential('modicaWhatsAppApi', { ...loginOf(this.simulator), ...values }, 'Other');
	}

	async stop(): Promise<void> {
		await this.server.stop();
		await this.simulator.stop();
	}

	/** Sends messages with the bare client outside n8n. @returns the duration in milliseconds */
	async runFloor(count: number, connections: number, settings: Partial<SimulatorSettings> = {}): Promise<number> {
		const { simulator } = this;
		await this.prepare(settings);
		const authorization = `Basic ${Buffer.from(`${simulator.username}:${simulator.password}`).toString('base64')}`;
		const args = ['--import', 'tsx', path.join(PROJECT, 'test/tools/bench/floor.mts'), simulator.baseUrl, authorization];
		const printed = await runProgram(process.execPath, [...args, String(count), String(connections)], {
			cwd: PROJECT,
			timeoutMs: RUN_TIMEOUT_MS,
		});
		return Number(printed);
	}

	private async prepare(settings: Partial<SimulatorSettings>): Promise<void> {
		await this.simulator.reset();
		this.simulator.configure({ rateLimit: undefined, latencyMs: 0, ...settings });
	}

	/**
	 * Sends messages with a contestant.
	 * @param settings settings of the simulator for this run. All others have their defaults
	 * @param arrange further setup of the simulator, such as faults
	 */
	async run(
		contestant: Contestant,
		count: number,
		settings: Partial<SimulatorSettings> = {},
		arrange: (simulator: Simulator) => void = () => {},
	): Promise<Outcome> {
		const { simulator, rest } = this;
		await this.prepare(settings);
		arrange(simulator);
		const workflow = await rest.importWorkflow({
			name: contestant.name,
			nodes: [
				node('Start', 'n8n-nodes-base.manualTrigger', 1, {}),
				node('Rows', 'n8n-nodes-bench-rivals.rows', 1, { count }),
				{
					...node('Send', contestant.type, contestant.version ?? 1, contestant.parameters(simulator.baseUrl)),
					credentials: { modicaWhatsAppApi: toReference(contestant.credential ?? this.credential) },
					...contestant.settings,
				},
			],
			connections: {
				Start: { main: [[{ node: 'Rows', type: 'main', index: 0 }]] },
				Rows: { main: [[{ node: 'Send', type: 'main', index: 0 }]] },
			},
		});
		const memoryBefore = await startMemoryPeak(this.server.pid);
		const id = await runToEnd(rest, workflow);
		const memoryGrowth = (await memoryPeak(this.server.pid)) - memoryBefore;
		const execution = await rest.getExecution(id);
		await rest.rest('post', `/workflows/${workflow.id}/archive`).catch(() => {});
		const { messages, requests } = simulator;
		const seconds = ((messages.at(-1)?.at ?? 0) - (messages[0]?.at ?? 0)) / 1_000;
		return {
			ms: execution.durations.Send ?? NaN,
			status: execution.status,
			outputs: execution.outputs.Send ?? [],
			delivered: messages.length,
			twice: messages.length - new Set(messages.map(({ to }) => to)).size,
			requests: requests.length,
			refused: requests.filter(({ status }) => status === 429).length,
			maxInFlight: simulator.maxInFlight,
			rate: (messages.length - 1) / seconds,
			memoryGrowth,
		};
	}
}

function toReference({ id, name }: StoredCredential) {
	return { id, name };
}

/** Runs a workflow until it ends with any status. @returns the execution's ID */
export async function runToEnd(rest: N8nRest, workflow: StoredWorkflow): Promise<string> {
	const id = await rest.startWorkflow(workflow);
	// Polls only the status. Reading the entire execution repeatedly would slow down n8n during the measurement.
	await until(
		'the run has ended',
		RUN_TIMEOUT_MS,
		// If a node blocks n8n for seconds, the request can fail.
		async () => (await rest.executions(workflow.id).catch(() => []))[0]?.status ?? 'new',
		(status) => ['success', 'error', 'crashed', 'canceled'].includes(status),
	);
	return id;
}

/** Creates a user folder for n8n with the current package and its alternatives. */
export async function createUserFolderWithContestants(): Promise<string> {
	await runProgram('npx', ['gulp'], { cwd: PROJECT, timeoutMs: 120_000 });
	const userFolder = await createUserFolder();
	const packed = await mkdtemp(path.join(tmpdir(), 'bench-'));
	removeAtExit(packed);
	for (const folder of [PROJECT, path.join(PROJECT, 'test/tools/bench/rivals')]) {
		await installPackage(await packPackage(folder, packed), userFolder);
	}
	return userFolder;
}

export function node(name: string, type: string, typeVersion: number, parameters: INodeParameters): INode {
	return { id: name, name, type, typeVersion, position: [0, 0], parameters };
}
