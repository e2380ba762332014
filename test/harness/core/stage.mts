import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';
import { item, startN8n, type N8n, type NodeRun } from './node.mts';

/** The action node in n8n-core and the simulated API, for one test file. */
export interface Stage {
	readonly n8n: N8n;
	readonly simulator: Simulator;
	/** Runs the action node with the correct password. */
	run(parameters: INodeParameters, run?: Partial<NodeRun>): Promise<INodeExecutionData[]>;
	/** Runs the action node, which must fail. Resolves with its error. */
	fail(parameters: INodeParameters, run?: Partial<NodeRun>): Promise<NodeFailure>;
	/** The bodies of the requests that the API received, in order. */
	received(): unknown[];
}

/** What n8n shows for a failed node. */
export interface NodeFailure {
	name: string;
	message: string;
	description?: string | null;
	httpCode?: string | null;
	context: Record<string, unknown>;
}

/** Starts n8n-core and the simulator for a test file. For each test, the API is empty and works normally. */
export function setStage(binaryMode?: Parameters<typeof startN8n>[0]): Stage {
	let n8n: N8n;
	let simulator: Simulator;

	beforeAll(async () => {
		n8n = await startN8n(binaryMode);
		simulator = await startSimulator();
	});
	afterEach(async () => {
		const { settings } = simulator;
		simulator.configure(
			Object.fromEntries(Object.keys(settings).filter((name) => name !== 'port').map((name) => [name, undefined])),
		);
		await simulator.reset();
	});
	afterAll(async () => {
		await simulator?.stop();
		n8n?.stop();
	});

	const run: Stage['run'] = async (parameters, overrides) => {
		const { username, password, baseUrl } = simulator;
		return await n8n.run({ parameters, credential: { username, password, baseUrl }, ...overrides });
	};
	return {
		get n8n() {
			return n8n;
		},
		get simulator() {
			return simulator;
		},
		run,
		async fail(parameters, overrides) {
			try {
				await run(parameters, overrides);
			} catch (error) {
				return error as NodeFailure;
			}
			throw new Error('The run succeeded');
		},
		received: () => simulator.requests.map(({ body }) => body),
	};
}

/** Items with one field each. */
export function itemsOf(field: string, values: readonly unknown[]): INodeExecutionData[] {
	return values.map((value) => item({ [field]: value as never }));
}

/** Parameters of a text to +64211234567. */
export const TEXT: INodeParameters = {
	resource: 'message',
	operation: 'send',
	to: '+64211234567',
	messageType: 'text',
	text: 'Hello',
};

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
