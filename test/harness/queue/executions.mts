/** What the workflows of an n8n in queue mode have come to. */
import type { ExecutionStatus, ExecutionSummary, StoredWorkflow } from '../n8n/rest.mts';
import { until } from '../until.mts';
import { query, type Postgres } from './services.mts';

export type Database = Omit<Postgres, 'stop'>;

/** n8n gives up a killed worker's jobs when their lock has run out and somebody has looked; a busy machine takes its time for all others. */
const EXECUTIONS_END_MS = 600_000;
const UNFINISHED = ['new', 'running', 'unknown'];

/**
 * All executions of a workflow, the newest first. From the database: n8n's REST interface goes through them page by page
 * in the order of their start, and leaves some out when several have started in the same millisecond.
 */
export async function executionsIn(database: Database, workflowId: string): Promise<ExecutionSummary[]> {
	const rows = await query(database, `SELECT id, status, mode FROM execution_entity WHERE "workflowId" = '${workflowId}' ORDER BY id DESC`);
	return rows.map(([id = '', status, mode = '']) => ({ id, workflowId, status: status as ExecutionStatus, mode }));
}

/** Waits until a workflow has so many executions and none is under way, and gives all of them, the newest first. */
export async function endedExecutionsIn(database: Database, { id, name }: StoredWorkflow, least: number): Promise<ExecutionSummary[]> {
	return await until(
		`all executions of "${name}" have ended`,
		EXECUTIONS_END_MS,
		() => executionsIn(database, id),
		(all) => all.length >= least && all.every(({ status }) => !UNFINISHED.includes(status)),
	);
}
