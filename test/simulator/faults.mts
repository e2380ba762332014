/** Faults on demand: their effects, which requests they affect, and how many. */
import type { ErrorShape, ResponseShape } from './settings.mts';

/** Whether the fault occurs before or after the request is processed, for example before or after a message is accepted. */
export type When = 'before' | 'after';

/** Which requests a fault affects. All specified fields must match. */
export interface FaultMatch {
	method?: string;
	/** Path below the base URL, such as `/messages`. */
	path?: string;
	/** A recipient. */
	to?: string;
	/** Position among all `POST /messages` requests, from 0. */
	messageIndex?: number;
}

export type FaultAction =
	/** Delays the response. The request is processed before the delay, or after it if `when` is `before`. */
	| { kind: 'latency'; ms: number; when?: When }
	/** A different response. The request is processed only if `when` is `after`. Default body: an error in the API's format. */
	| { kind: 'status'; status: number; when?: When; body?: unknown; headers?: Record<string, string> }
	/** A response that quotes the request's body. The request isn't processed, regardless of the status. */
	| { kind: 'echo'; status: number }
	/** Closes the connection. `midBody` closes it in the middle of the response. */
	| { kind: 'drop'; when: When | 'midBody' }
	/** Sends the body in chunks (default: 10), with a delay in milliseconds between them. */
	| { kind: 'slowBody'; ms: number; chunks?: number }
	/** The request is processed, but the body of the response isn't JSON. */
	| { kind: 'garbageBody'; status?: number; body?: string }
	/** A response in another format. */
	| { kind: 'shape'; responseShape?: ResponseShape; errorShape?: ErrorShape }
	/** A redirect, by default with 302. The request isn't processed. */
	| { kind: 'redirect'; location: string; status?: number }
	/** No response. The request is processed only if `when` is `after`. */
	| { kind: 'stall'; when?: When }
	/** The request is processed, but `Content-Length` is wrong by this many bytes (default: -5). Clients get a parse error if it's too small, and an incomplete body if it's too large. */
	| { kind: 'wrongContentLength'; by?: number };

export type Fault = FaultAction & {
	match?: FaultMatch;
	/** Matching requests to skip first. */
	skip?: number;
	/** The number of requests to affect. Default: 1. Use `'always'` in JSON, which has no Infinity. */
	times?: number | 'always';
};

/** The fields of a request that a fault can match. */
export interface FaultTarget {
	method: string;
	path: string;
	recipients: readonly string[];
	messageIndex: number | undefined;
}

const KINDS: ReadonlySet<string> = new Set<FaultAction['kind']>([
	'latency',
	'status',
	'drop',
	'slowBody',
	'garbageBody',
	'echo',
	'shape',
	'redirect',
	'stall',
	'wrongContentLength',
]);

/** The active faults. A request meets at most one of them: the first that matches. */
export class FaultList {
	#waiting: Array<{ fault: Fault; skip: number; left: number }> = [];

	/** Throws for an unknown kind. */
	add(fault: Fault): void {
		if (!KINDS.has(fault.kind)) throw new Error(`No such fault: ${fault.kind}. Valid faults: ${[...KINDS].join(', ')}`);
		const { skip = 0, times = 1 } = fault;
		this.#waiting.push({ fault, skip, left: times === 'always' ? Infinity : times });
	}

	clear(): void {
		this.#waiting = [];
	}

	/** The faults that still affect requests. */
	list(): Fault[] {
		return this.#waiting.map(({ fault }) => fault);
	}

	/** Returns the fault for this request, and counts the request. */
	take(target: FaultTarget): Fault | undefined {
		if (this.#waiting.length === 0) return undefined;
		for (const entry of this.#waiting) {
			if (!matches(entry.fault.match ?? {}, target)) continue;
			if (entry.skip > 0) {
				entry.skip -= 1;
				continue;
			}
			entry.left -= 1;
			if (entry.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== entry);
			return entry.fault;
		}
		return undefined;
	}
}

const matches = ({ method, path, to, messageIndex }: FaultMatch, target: FaultTarget): boolean =>
	(method === undefined || method.toUpperCase() === target.method) &&
	(path === undefined || path === target.path) &&
	(to === undefined || target.recipients.includes(to)) &&
	(messageIndex === undefined || messageIndex === target.messageIndex);
