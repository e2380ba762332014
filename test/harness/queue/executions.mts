/** Executions of n8n in queue mode, read from the database. */
import type { ExecutionStatus, ExecutionSummary, StoredWorkflow } from '../n8n/rest.mts';
import { until } from '../until.mts';
import { query, type Postgres } from './services.mts';

export type Database = Omit<Postgres, 'stop'>;

/** n8n fails the jobs of a killed worker only after their lock has expired and n8n has checked. All others are slow on a busy machine. */
const EXECUTIONS_END_MS = 600_000;
const UNFINISHED = ['new', 'running', 'unknown'];

/**
 * All executions of a workflow, newest first. Read from the database, because the pages of n8n's REST interface, which are
 * ordered by start time, omit executions if several have started in the same millisecond.
 */
export async function executionsIn(database: Database, workflowId: string): Promise<ExecutionSummary[]> {
	const rows = await query(database, `SELECT id, status, mode FROM execution_entity WHERE "workflowId" = '${workflowId}' ORDER BY id DESC`);
	return rows.map(([id = '', status, mode = '']) => ({ id, workflowId, status: status as ExecutionStatus, mode }));
}

/** Waits until a workflow has at least `least` executions and all have ended. @returns them, newest first */
export async function endedExecutionsIn(database: Database, { id, name }: StoredWorkflow, least: number): Promise<ExecutionSummary[]> {
	return await until(
		`all executions of "${name}" have ended`,
		EXECUTIONS_END_MS,
		() => executionsIn(database, id),
		(all) => all.length >= least && all.every(({ status }) => !UNFINISHED.includes(status)),
	);
}
