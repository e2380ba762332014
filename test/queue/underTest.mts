/** Hands the n8n that `setup.mjs` started to the test files, which Jest runs elsewhere. */
import { readFileSync } from 'node:fs';
import { N8nRest, type ExecutionStatus, type ExecutionSummary, type Session } from '../n8n/rest.mts';
import { until } from '../n8n/until.mts';
import { query, type Postgres } from './services.mts';

const VARIABLE = 'QUEUE_UNDER_TEST';
const START_TIMEOUT_MS = 180_000;

/** A worker: its process, which leads a group of its own, and what it logs. */
export type WorkerUnderTest = { pid: number; logFile: string };

type Shared = { session: Session; webhookUrls: string[]; workersFile: string; postgres: Omit<Postgres, 'stop'> };

/** Called once, before any test file. */
export function share(shared: Shared): void {
	process.env[VARIABLE] = JSON.stringify(shared);
}

/** @returns the running n8n: its main process as its owner sees it, and where its webhook processes listen. */
export function queueUnderTest(): { rest: N8nRest; webhookUrls: string[] } {
	const { session, webhookUrls } = shared();
	return { rest: new N8nRest(session), webhookUrls };
}

/**
 * All executions of a workflow, the newest first. From the database: n8n's REST interface goes through them page by page
 * in the order of their start, and leaves some out when several have started in the same millisecond.
 */
export async function executionsOf(workflowId: string): Promise<ExecutionSummary[]> {
	const rows = await query(shared().postgres, `SELECT id, status, mode FROM execution_entity WHERE "workflowId" = '${workflowId}' ORDER BY id DESC`);
	return rows.map(([id = '', status, mode = '']) => ({ id, workflowId, status: status as ExecutionStatus, mode }));
}

/** The workers that are there at this moment. */
export function workers(): WorkerUnderTest[] {
	return JSON.parse(readFileSync(shared().workersFile, 'utf8')) as WorkerUnderTest[];
}

/** The worker that runs, or has run, an execution; waits until one has begun with it. */
export async function workerOf(executionId: string): Promise<WorkerUnderTest> {
	const words = `started execution ${executionId} `;
	const found = await until(
		`a worker has started execution ${executionId}`,
		START_TIMEOUT_MS,
		() => workers().find(({ logFile }) => readFileSync(logFile, 'utf8').includes(words)),
	);
	return found!;
}

/** Kills a worker and all it started, as nothing else can, and waits until another has taken its place. */
export async function killWorker({ pid }: WorkerUnderTest): Promise<void> {
	const count = workers().length;
	process.kill(-pid, 'SIGKILL');
	await until('another worker has taken its place', START_TIMEOUT_MS, () => {
		const present = workers();
		return present.length === count && present.every((worker) => worker.pid !== pid);
	});
}

function shared(): Shared {
	return JSON.parse(process.env[VARIABLE] ?? '') as Shared;
}
