/**
 * The sending engine as the simulation runs it. All that the simulation knows of the engine’s interface is in this file.
 */
import type { IBinaryData } from 'n8n-workflow';
import type { ModicaClient } from '../../nodes/ModicaWhatsApp/api/client';
import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';
import type { ModicaError } from '../../nodes/ModicaWhatsApp/api/errors';
import type { Http, Upload } from '../../nodes/ModicaWhatsApp/api/exchange';
import { MAX_IN_FLIGHT_WHILE_PROBING } from '../../nodes/ModicaWhatsApp/api/pacing';
import { MAX_REFUSALS, MAX_UNANSWERED } from '../../nodes/ModicaWhatsApp/api/retry';
import { reportProgress } from '../../nodes/ModicaWhatsApp/n8n/progress';
import { findOperation } from '../../nodes/ModicaWhatsApp/operations';
import { MAX_CLAIMED, MAX_MARKS, References, type ReferenceStore } from '../../nodes/ModicaWhatsApp/operations/message/references';
import type { Context, Item, Job, Operation, Result } from '../../nodes/ModicaWhatsApp/operations/operation';
import { MAX_INCOMPLETE_JOBS, runOperation, RunStopped } from '../../nodes/ModicaWhatsApp/operations/run';
import { clientOf } from '../harness/client.mts';
import type { JobCount, Outcome } from './history.mts';
import type { Scenario, Settings } from './scenario.mts';

export interface EngineRun {
	operation: Scenario['operation'];
	items: Item[];
	settings: Settings;
	stopOnError: boolean;
	http: Http;
	store: ReferenceStore;
	/** The same for all executions of one process. */
	processName: string;
	clock: Clock;
	signal: AbortSignal;
	jobs: JobCount;
	openFile: (binary: IBinaryData) => Promise<Upload>;
}

/** What the engine says of itself, for the invariants to hold it to. */
export const PROMISES = {
	/** Requests in flight until an answer has told how fast they may come, and again after a refusal. */
	mostInFlightWhileUnsure: MAX_IN_FLIGHT_WHILE_PROBING,
	/** Jobs made and not ended. */
	mostAhead: MAX_INCOMPLETE_JOBS,
	/** Marks of claims that may stay behind in the store, for each process: another may write back what one has removed. */
	mostMarksLeft: 2 * MAX_MARKS,
	/** How long nothing may get through before the rest is given up. */
	longestHoldMs: 300_000,
	/** Attempts in a row without an answer after which the host counts as lost. */
	mostUnanswered: MAX_UNANSWERED,
	/** Attempts without an answer that a lost host costs beside those in flight: until it is clear, and while one tries. */
	mostUnansweredBeside: MAX_UNANSWERED - 1 + 5,
	/** Refusals after which a message fails alone. */
	refusals: MAX_REFUSALS,
	/** How long an outage is waited out. */
	longestOutageMs: 15_500,
	/** How long a host may be lost when the last attempt at it begins: a minute, and the longest wait between two attempts. */
	longestUnreachableMs: 60_000 + 8_000 + 200,
	/** Waits before an upload that failed is given up. */
	uploadBackoffMs: 3_500,
	/** How long a claim settles, for a store whose operations take so long. */
	settlingMs: (operationMs: number) => Math.min(Math.max(200, 10 * operationMs), 5_000),
	/** Waits before a call of the store that failed is made again: the first, and the longest. */
	firstStoreRetryMs: 500,
	longestStoreRetryMs: 8_000,
	/** How much earlier than evenly a request may leave, to make up for a stall. */
	catchUpMs: 100,
	/** How late it may be noticed that the execution was cancelled, and how long a timer may outlive a run. */
	latenessMs: 1_500,
	/** References that are claimed at the same time. */
	claimsAtOnce: MAX_CLAIMED,
};

export async function runEngine(run: EngineRun): Promise<Outcome> {
	const operation = findOperation(run.operation === 'upload' ? 'media' : 'message', run.operation);
	if (!operation) throw new Error(`There is no operation ${run.operation}`);
	const { http, clock, signal, settings, stopOnError } = run;
	const { maxConcurrency, maxRequestsPerSecond } = settings;
	const context = createContext(run, clientOf(http, {
		baseUrl: 'https://api.example.com/rest/wab/v1',
		username: 'application',
		password: 'pass word',
		clock,
		signal,
		maxConcurrency,
		maxRequestsPerSecond,
		stopOnError,
	}));
	const progress = reportProgress(NOBODY_TO_TELL, signal, () => context.api.messagesInFlight);
	try {
		const results = await runOperation(watched(operation, run.jobs), run.items, context, { stopOnError, signal, onProgress: progress.update });
		return { kind: 'results', results };
	} catch (error) {
		if (error instanceof RunStopped) return { kind: 'stopped', failure: error.failure, note: error.note };
		return asModicaError(error).name === 'CancelledError' ? { kind: 'cancelled' } : { kind: 'crashed', error };
	} finally {
		progress.end();
	}
}

/** What n8n does with progress is not part of the simulation; that nothing of it stays behind is. */
const NOBODY_TO_TELL = { getWorkflowDataProxy: () => ({ $execution: {} }) as never, sendMessageToUI: () => {} };

function createContext({ store, processName, clock, openFile }: EngineRun, api: ModicaClient): Context {
	const unused = () => {
		throw new Error('Not part of the simulation');
	};
	return {
		api,
		references: new References(store, processName, clock, () => api.ensureOpen()),
		timeZone: 'Pacific/Auckland',
		openFile,
		storeFile: unused,
		linkTo: unused,
		answerLink: unused,
		answerPayload: unused,
		waitForAnswer: unused,
	};
}

/** The operation, with its jobs counted as they are made and as they end. */
function watched(operation: Operation, count: JobCount): Operation {
	return {
		...operation,
		*jobs(...args) {
			for (const job of operation.jobs(...args)) {
				count.made++;
				count.mostAhead = Math.max(count.mostAhead, count.made - count.ended);
				yield watchedJob(job, count);
			}
		},
	};
}

function watchedJob(job: Job, count: JobCount): Job {
	return {
		...job,
		run: async () => {
			count.underWay++;
			try {
				const results = await job.run();
				count.outputs += results.filter((result) => !('error' in result || result.mayHaveBeenSent)).length;
				return results;
			} finally {
				count.underWay--;
				count.ended++;
			}
		},
	};
}

/** True when an error says that the message may have been sent all the same. */
export function tellsDoubt(error: unknown): boolean {
	return asModicaError(error).mayHaveBeenSent === true;
}

/** True when an error says that the message was given up for being refused with 429. */
export function tellsGivenUpForRefusals(error: unknown): boolean {
	const { statusCode, message = '' } = asModicaError(error);
	return statusCode === 429 || /rate limit|asked to wait/i.test(message);
}

/** True when a result says that its reference may count as sent though it was not. */
export function tellsUncertainReference(result: Result): boolean {
	const words = 'error' in result ? asModicaError(result.error).description : result.json.message;
	return /may (count as sent|report this message as a duplicate)/.test(String(words));
}

/** By its fields: the loader of a program in TypeScript may hold the class twice. */
function asModicaError(error: unknown): Partial<ModicaError> {
	return error instanceof Error ? error : {};
}

/** True for what the engine keeps in the store beside references: those of the simulation begin with `ref-`. */
export function isMark(key: string): boolean {
	return !key.startsWith('ref-');
}

/** What a store remembers of a message that is to be sent once. */
export function storedKey(operation: Scenario['operation'], reference: string, number: string): string {
	return operation === 'broadcast' ? `${reference}\n${number}` : reference;
}

/** How many were done, and which items may have been sent or may count as sent, as the error of a stopped run says it. */
export function readNote(note: string): { done: number; doubtful: number[]; claimed: number[] } {
	const done = /^(\d+) (?:was|were) done/.exec(note)?.[1];
	return { done: Number(done ?? 0), doubtful: itemsAfter('may have been sent', note), claimed: itemsAfter('may count as sent now', note) };
}

/** Items as a note lists them: `items 1, 3–5`. */
function itemsAfter(words: string, note: string): number[] {
	const ranges = new RegExp(`${words}: items? ([^.]*)\\.`).exec(note)?.[1]?.split(', ') ?? [];
	return ranges.flatMap((range) => {
		const [from = 0, to = from] = range.split('–').map(Number);
		return Array.from({ length: to - from + 1 }, (_, index) => from + index);
	});
}
