import type { Output, Target } from '../../nodes/ModicaWhatsApp/operations/operation';
import type { Outage } from './scenario.mts';

/** A failed message or file. */
export interface Failure extends Target {
	readonly error: unknown;
}

/** How a run ended, as reported to the user. */
export type Outcome =
	| { kind: 'results'; results: ReadonlyArray<Output | Failure> }
	| { kind: 'stopped'; failure: Failure; note: string }
	/** Canceled, without a result: n8n discards the results of canceled executions. */
	| { kind: 'canceled' }
	/** Anything else. No run may end like this. */
	| { kind: 'crashed'; error: unknown };

/** One execution of the node. */
export interface Run {
	readonly ordinal: number;
	readonly process: number;
	readonly stopOnError: boolean;
	readonly startedAt: number;
	canceledAt: number | undefined;
	endedAt: number | undefined;
	outcome: Outcome | undefined;
	readonly jobs: JobCount;
	/** Sleeps that the engine started after the run ended, and sleeps still pending 1.5 s later. */
	leftovers: { sleepsBegun: number; sleepsPending: number; listeners: number };
}

/** Counts jobs as the engine gets them from the operation and runs them. */
export interface JobCount {
	made: number;
	ended: number;
	/** The most jobs that were created and unfinished at the same time. */
	mostAhead: number;
	/** Outputs of successful jobs. */
	outputs: number;
	/** Jobs that are running. */
	running: number;
}

/** One request, as the model of the API saw it. */
export interface RequestRecord {
	readonly ordinal: number;
	readonly run: Run;
	readonly kind: 'message' | 'broadcast' | 'file';
	/** The text, which identifies the row or the audience. */
	readonly text: string;
	readonly numbers: readonly string[];
	readonly sentAt: number;
	endedAt: number | undefined;
	/** The position of its start and of its end among the starts and ends of all requests. */
	readonly sentOrder: number;
	endedOrder: number | undefined;
	/** Status of the response, if there was one. */
	statusCode: number | undefined;
	/** The outage during which it was sent. */
	outage: Outage['code'] | undefined;
	/** When its incomplete response was aborted. */
	abortedAt: number | undefined;
	/** When the API accepted it. */
	acceptedAt: number | undefined;
	/** The numbers for which the message was accepted. */
	acceptedFor: readonly string[];
	ending: Ending | undefined;
	/** The wait time of a 429 in milliseconds, as the engine must interpret it. */
	holdMs: number | undefined;
	/** The rate limit in the response, in requests per second. */
	reportedLimit: number | undefined;
}

/** What the engine can know from how a request ended. */
export type Ending =
	/** A valid success response. */
	| 'answered'
	/** A 429. */
	| 'limited'
	/** No connection could be made. */
	| 'unreachable'
	/** A permanent rejection. */
	| 'refused'
	/** An exception before the request was sent. */
	| 'neverLeft'
	/** Anything after which the message may have been accepted. */
	| 'open';

/** Key of a message: its text and its recipient. */
export function messageKey(text: string, number: string): string {
	return `${text} to ${number}`;
}
