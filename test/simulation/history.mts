import type { Output, Target } from '../../nodes/ModicaWhatsApp/operations/operation';
import type { Outage } from './scenario.mts';

/** Something that could not be done, and for whom. */
export interface Failure extends Target {
	readonly error: unknown;
}

/** How a run ended, as it is told to the user. */
export type Outcome =
	| { kind: 'results'; results: ReadonlyArray<Output | Failure> }
	| { kind: 'stopped'; failure: Failure; note: string }
	/** Cancelled, without a result: n8n keeps none of it anyway. */
	| { kind: 'cancelled' }
	/** Neither: no run is meant to end like this. */
	| { kind: 'crashed'; error: unknown };

/** One execution of the node. */
export interface Run {
	readonly ordinal: number;
	readonly process: number;
	readonly stopOnError: boolean;
	readonly startedAt: number;
	cancelledAt: number | undefined;
	endedAt: number | undefined;
	outcome: Outcome | undefined;
	readonly jobs: JobCount;
	/** Sleeps that the engine began after the run’s end, and those that had not ended 1.5 s later. */
	leftovers: { sleepsBegun: number; sleepsPending: number; listeners: number };
}

/** Counted as the engine takes jobs from the operation and runs them. */
export interface JobCount {
	made: number;
	ended: number;
	/** The most jobs that were made and had not ended. */
	mostAhead: number;
	/** Outputs of jobs that ended well. */
	outputs: number;
	/** Jobs that were begun and have not ended. */
	underWay: number;
}

/** One request, as the API’s model saw it. */
export interface RequestRecord {
	readonly ordinal: number;
	readonly run: Run;
	readonly kind: 'message' | 'broadcast' | 'file';
	/** What it says, which tells the row or the audience. */
	readonly text: string;
	readonly numbers: readonly string[];
	readonly leftAt: number;
	endedAt: number | undefined;
	/** The places of its departure and of its end among all departures and ends. */
	readonly leftOrder: number;
	endedOrder: number | undefined;
	/** Of the answer, where there was one. */
	statusCode: number | undefined;
	/** The outage that it left into. */
	outage: Outage['code'] | undefined;
	/** When its answer, which never came whole, was broken off. */
	brokenOffAt: number | undefined;
	/** When the API took it. */
	takenAt: number | undefined;
	/** The numbers that a message is on its way to. */
	taken: readonly string[];
	ending: Ending | undefined;
	/** Milliseconds that a 429 told to wait, as the engine is to understand it. */
	holdMs: number | undefined;
	/** Requests per second that the answer told. */
	toldLimit: number | undefined;
}

/** What an engine that knows its business can know from how a request ended. */
export type Ending =
	/** A success that says what it should. */
	| 'answered'
	/** A 429. */
	| 'limited'
	/** No connection was made. */
	| 'unreachable'
	/** A refusal for good. */
	| 'refused'
	/** Thrown before the request left. */
	| 'neverLeft'
	/** Anything after which the message may have been taken. */
	| 'open';

/** One message: what it says, and to whom. */
export function messageKey(text: string, number: string): string {
	return `${text} to ${number}`;
}
