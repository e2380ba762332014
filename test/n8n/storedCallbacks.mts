/** What n8n has stored of callbacks: which executions there are, and of which callback each is. */
import { eachOf } from './callbacks.mts';
import type { ExecutionStatus, ExecutionSummary, N8nRest } from './rest.mts';
import { until } from './until.mts';

const PER_PAGE = 100;
const READ_AT_ONCE = 8;
const UNDER_WAY: ReadonlySet<ExecutionStatus> = new Set(['new', 'running', 'unknown']);

export type StoredCallback = { id: string; status: ExecutionStatus; mode: string; key: string };

/** All executions of a workflow, the newest first. */
export async function allExecutions(rest: N8nRest, workflowId: string): Promise<ExecutionSummary[]> {
	// n8n may list one twice that is just ending: as it was and as it is.
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

/** Waits until no execution of a workflow is under way, and gives all of them, the newest first. */
export async function endedExecutions(rest: N8nRest, workflowId: string, timeoutMs: number): Promise<ExecutionSummary[]> {
	const haveEnded = (all: ExecutionSummary[]) => all.every(({ status }) => !UNDER_WAY.has(status));
	// n8n looks for those under way and for the others in two queries: one that ends in between is in neither, but in the next list.
	const lists = await until(
		'all executions have ended',
		timeoutMs,
		async () => [await allExecutions(rest, workflowId), await allExecutions(rest, workflowId)] as const,
		(both) => both.every(haveEnded),
	);
	return lists[1];
}

type Page = { results: ExecutionSummary[]; nextCursor?: string | null };

/** Of which callback each execution is, whether it has run or was only stored. */
export async function storedCallbacks(rest: N8nRest, executions: readonly ExecutionSummary[]): Promise<StoredCallback[]> {
	return await eachOf(executions, READ_AT_ONCE, async ({ id, status, mode }) => {
		const { data } = await rest.rest<{ data: string }>('get', `/executions/${id}`);
		const key = /"((?:status:[0-9a-f-]{36}:[a-z]+)|(?:reply:[0-9a-f-]{36}))"/.exec(data)?.[1];
		if (key === undefined) throw new Error(`Execution ${id} is of no callback: ${data.slice(0, 500)}`);
		return { id, status, mode, key };
	});
}
