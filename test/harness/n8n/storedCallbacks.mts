/** The executions that n8n has stored for callbacks. */
import path from 'node:path';
import { runProgram } from '../processes.mts';
import { until } from '../until.mts';
import { eachOf } from './callbacks.mts';
import type { ExecutionStatus, ExecutionSummary, N8nRest } from './rest.mts';
import type { N8nHandle } from './server.mts';

const PER_PAGE = 100;
const READ_AT_ONCE = 8;
const UNFINISHED: ReadonlySet<ExecutionStatus> = new Set(['new', 'running', 'unknown']);

export type StoredCallback = { id: string; status: ExecutionStatus; mode: string; key: string };

/** All executions of a workflow, newest first. */
export async function allExecutions(rest: N8nRest, workflowId: string): Promise<ExecutionSummary[]> {
	// n8n may list an execution twice while it ends: with its old status and its new one.
	const found = new Map<string, ExecutionSummary>();
	let from: object = {};
	for (;;) {
		const { results, nextCursor } = await rest.rest<Page>('get', '/executions', undefined, {
			filter: JSON.stringify({ workflowId }),
			limit: PER_PAGE,
			...from,
		});
		for (const { id, status, mode } of results) found.set(id, { id, workflowId, status, mode });
		const oldest = results.at(-1)?.id;
		if (nextCursor === null || oldest === undefined) return [...found.values()];
		// n8n 1.x has no cursor.
		from = nextCursor === undefined ? { lastId: oldest } : { cursor: nextCursor };
	}
}

/** Waits until all executions of a workflow have ended. @returns them, newest first */
export async function endedExecutions(rest: N8nRest, workflowId: string, timeoutMs: number): Promise<ExecutionSummary[]> {
	const haveEnded = (all: ExecutionSummary[]) => all.every(({ status }) => !UNFINISHED.has(status));
	// n8n finds running executions and ended ones in two queries. An execution that ends in between is missing, but is in the next list.
	const lists = await until(
		'all executions have ended',
		timeoutMs,
		async () => [await allExecutions(rest, workflowId), await allExecutions(rest, workflowId)] as const,
		(both) => both.every(haveEnded),
	);
	return lists[1];
}

type Page = { results: ExecutionSummary[]; nextCursor?: string | null };

/** The callback of each execution, whether it has run or was only stored. */
export async function storedCallbacks(rest: N8nRest, executions: readonly ExecutionSummary[]): Promise<StoredCallback[]> {
	return await eachOf(executions, READ_AT_ONCE, async ({ id, status, mode }) => {
		const { data } = await rest.rest<{ data: string }>('get', `/executions/${id}`);
		return { id, status, mode, key: keyIn(data, id) };
	});
}

/** Run with n8n's Node.js, in the folder that contains n8n's database driver. */
const READ_DATABASE = `
	const { Database, OPEN_READONLY } = require('sqlite3');
	const [, file, workflowId] = process.argv;
	const columns = 'execution.id, execution.status, execution.mode, stored.data';
	const from = 'execution_entity execution JOIN execution_data stored ON stored.executionId = execution.id';
	new Database(file, OPEN_READONLY).all(
		'SELECT ' + columns + ' FROM ' + from + ' WHERE execution.workflowId = ? ORDER BY execution.id DESC',
		workflowId,
		(error, rows) => {
			if (error) throw error;
			process.stdout.write(JSON.stringify(rows));
		},
	);
`;
const READING_TIMEOUT_MS = 120_000;

/**
 * Waits until all executions of a workflow have ended. Reads n8n's SQLite database, because its REST interface returns one
 * execution at a time, which takes minutes for thousands.
 * @returns the callback of each execution, newest first
 */
export async function endedCallbacks({ installation, userFolder }: N8nHandle, workflowId: string, timeoutMs: number): Promise<StoredCallback[]> {
	const file = path.join(userFolder, '.n8n', 'database.sqlite');
	return await until(
		'all executions have ended',
		timeoutMs,
		async () => {
			const output = await runProgram(installation.node, ['-e', READ_DATABASE, file, workflowId], { cwd: installation.folder, timeoutMs: READING_TIMEOUT_MS });
			const rows = JSON.parse(output) as Array<{ id: number; status: ExecutionStatus; mode: string; data: string }>;
			return rows.map(({ id, status, mode, data }) => ({ id: String(id), status, mode, key: keyIn(data, String(id)) }));
		},
		(all) => all.every(({ status }) => !UNFINISHED.has(status)),
	);
}

function keyIn(data: string, id: string): string {
	const key = /"((?:status:[0-9a-f-]{36}:[a-z]+)|(?:reply:[0-9a-f-]{36}))"/.exec(data)?.[1];
	if (key === undefined) throw new Error(`Execution ${id} contains no callback: ${data.slice(0, 500)}`);
	return key;
}
