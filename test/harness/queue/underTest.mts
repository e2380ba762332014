/** Passes the n8n that `setup.mjs` started to the test files, which Jest runs in another context. */
import { readFileSync } from 'node:fs';
import { N8nRest, type ExecutionSummary, type Session, type StoredWorkflow } from '../n8n/rest.mts';
import { until } from '../until.mts';
import { endedExecutionsIn, type Database } from './executions.mts';

const VARIABLE = 'QUEUE_UNDER_TEST';
const START_TIMEOUT_MS = 180_000;

/** A worker: its process ID, which is also its process group, and its log file. */
export type WorkerUnderTest = { pid: number; logFile: string };

type Shared = { session: Session; publicUrl: string; webhookUrls: string[]; workersFile: string; postgres: Database };

/** Called once, before all test files. */
export function share(shared: Shared): void {
	process.env[VARIABLE] = JSON.stringify(shared);
}

/** @returns the running n8n: the REST interface of its main process, the URLs of its webhook processes, and the load balancer */
export function queueUnderTest(): { rest: N8nRest; publicUrl: string; webhookUrls: string[] } {
	const { session, publicUrl, webhookUrls } = shared();
	return { rest: new N8nRest(session), publicUrl, webhookUrls };
}

/** Waits until a workflow has at least `least` executions and all have ended. @returns them, newest first */
export async function endedExecutions(workflow: StoredWorkflow, least: number): Promise<ExecutionSummary[]> {
	return await endedExecutionsIn(shared().postgres, workflow, least);
}

/** The running workers. */
export function workers(): WorkerUnderTest[] {
	return JSON.parse(readFileSync(shared().workersFile, 'utf8')) as WorkerUnderTest[];
}

/** Waits until a worker has started an execution. @returns the worker */
export async function workerOf(executionId: string): Promise<WorkerUnderTest> {
	const words = `started execution ${executionId} `;
	const found = await until(
		`a worker has started execution ${executionId}`,
		START_TIMEOUT_MS,
		() => workers().find(({ logFile }) => readFileSync(logFile, 'utf8').includes(words)),
	);
	return found!;
}

/** Kills a worker and its child processes with SIGKILL, and waits for its replacement. */
export async function killWorker({ pid }: WorkerUnderTest): Promise<void> {
	const count = workers().length;
	process.kill(-pid, 'SIGKILL');
	await until('the worker is replaced', START_TIMEOUT_MS, () => {
		const present = workers();
		return present.length === count && present.every((worker) => worker.pid !== pid);
	});
}

function shared(): Shared {
	return JSON.parse(process.env[VARIABLE] ?? '') as Shared;
}
