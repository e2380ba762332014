/** Runs the sending engine for the simulation. This is the only file that knows the engine's interface. */
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

/** The engine's guarantees, which the invariants check. */
export const PROMISES = {
	/** The most requests in flight until a response contains the rate limit, and again after a rejection. */
	mostInFlightWhileUnsure: MAX_IN_FLIGHT_WHILE_PROBING,
	/** The most jobs that are created and unfinished. */
	mostAhead: MAX_INCOMPLETE_JOBS,
	/** The most claim marks that may remain in the store, per process: another process may write back a removed mark. */
	mostMarksLeft: 2 * MAX_MARKS,
	/** How long no request may get through before the remaining ones fail. */
	longestHoldMs: 300_000,
	/** Attempts in a row without a response after which the host counts as down. */
	mostUnanswered: MAX_UNANSWERED,
	/**
	 * Attempts without a response, in addition to those in flight, before the engine treats the host as down and while it
	 * probes the host.
	 */
	mostUnansweredBeside: MAX_UNANSWERED - 1 + 5,
	/** Rejections after which a message fails on its own. */
	refusals: MAX_REFUSALS,
	/** How long the engine waits for an outage to end. */
	longestOutageMs: 15_500,
	/**
	 * How long a host may have been down when the last attempt starts: a minute, plus the longest wait between two attempts.
	 */
	longestUnreachableMs: 60_000 + 8_000 + 200,
	/** Total wait time before a failed upload is given up. */
	uploadBackoffMs: 3_500,
	/** How long a claim settles, depending on the duration of store operations. */
	settlingMs: (operationMs: number) => Math.min(Math.max(200, 10 * operationMs), 5_000),
	/** Waits before a failed store call is retried: the first, and the longest. */
	firstStoreRetryMs: 500,
	longestStoreRetryMs: 8_000,
	/** How much earlier than evenly spaced a request may be sent, to catch up after a stall. */
	catchUpMs: 100,
	/** How late a cancellation may be noticed, and how long a timer may outlive a run. */
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
	const progress = reportProgress(WITHOUT_PROGRESS, signal, () => context.api.messagesInFlight);
	try {
		const results = await runOperation(counted(operation, run.jobs), run.items, context, { stopOnError, signal, onProgress: progress.update });
		return { kind: 'results', results };
	} catch (error) {
		if (error instanceof RunStopped) return { kind: 'stopped', failure: error.failure, note: error.note };
		return asModicaError(error).name === 'CanceledError' ? { kind: 'canceled' } : { kind: 'crashed', error };
	} finally {
		progress.end();
	}
}

/** What n8n does with progress isn't part of the simulation, but the simulation checks that no progress timer remains. */
const WITHOUT_PROGRESS = { getWorkflowDataProxy: () => ({ $execution: {} }) as never, sendMessageToUI: () => {} };

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

/** The operation, with its jobs counted as they are created and completed. */
function counted(operation: Operation, count: JobCount): Operation {
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
			count.running++;
			try {
				const results = await job.run();
				count.outputs += results.filter((result) => !('error' in result || result.mayHaveBeenSent)).length;
				return results;
			} finally {
				count.running--;
				count.ended++;
			}
		},
	};
}

/** True if an error says that the message may have been sent. */
export function saysMayHaveBeenSent(error: unknown): boolean {
	return asModicaError(error).mayHaveBeenSent === true;
}

/** True if an error says that the message was given up because of repeated 429s. */
export function saysGivenUpAfterRejections(error: unknown): boolean {
	const { statusCode, message = '' } = asModicaError(error);
	return statusCode === 429 || /rate limit|asked to wait/i.test(message);
}

/** True if a result says that its reference may count as sent although the message wasn't sent. */
export function saysReferenceMayCount(result: Result): boolean {
	const words = 'error' in result ? asModicaError(result.error).description : result.json.message;
	return /may (now count as sent|report this message as a duplicate)/.test(String(words));
}

/** Checks fields instead of the class, because the TypeScript loader may load the class twice. */
function asModicaError(error: unknown): Partial<ModicaError> {
	return error instanceof Error ? error : {};
}

/** True for what the engine keeps in the store besides references. In the simulation, references start with `ref-`. */
export function isMark(key: string): boolean {
	return !key.startsWith('ref-');
}

/** The key under which a store remembers a message that is sent only once. */
export function storedKey(operation: Scenario['operation'], reference: string, number: string): string {
	return operation === 'broadcast' ? `${reference}\n${number}` : reference;
}

/**
 * Parses the error of a stopped run: how many messages were done, which items may have been sent, and which may count as
 * sent.
 */
export function readNote(note: string): { done: number; doubtful: number[]; claimed: number[] } {
	const done = /^(\d+) (?:was|were) completed/.exec(note)?.[1];
	return { done: Number(done ?? 0), doubtful: itemsAfter('may have been sent', note), claimed: itemsAfter('may now count as sent', note) };
}

/** Parses a list of items in a note: `items 1, 3–5`. */
function itemsAfter(words: string, note: string): number[] {
	const ranges = new RegExp(`${words}: items? ([^.]*)\\.`).exec(note)?.[1]?.split(', ') ?? [];
	return ranges.flatMap((range) => {
		const [from = 0, to = from] = range.split('–').map(Number);
		return Array.from({ length: to - from + 1 }, (_, index) => from + index);
	});
}
