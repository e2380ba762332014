/** Faults on demand: what goes wrong, with which requests, and how often. */
import type { ErrorShape, ResponseShape } from './settings.mts';

/** Whether the request has its effect (`after`: a message is taken) or not (`before`). */
export type When = 'before' | 'after';

/** Which requests a fault acts on; all that is given must match. */
export interface FaultMatch {
	method?: string;
	/** Below the base URL, such as `/messages`. */
	path?: string;
	/** The recipient, or one of a broadcast's. */
	to?: string;
	/** Position among all `POST /messages` requests, from 0. */
	messageIndex?: number;
}

export type FaultAction =
	/** The answer comes late by this many milliseconds; the request is taken at once unless `when` is `before`. */
	| { kind: 'latency'; ms: number; when?: When }
	/** Another answer; not taken unless `when` is `after`. Without a body: an error in the API's shape. */
	| { kind: 'status'; status: number; when?: When; body?: unknown; headers?: Record<string, string> }
	/** Not taken, whatever the status; the answer quotes the request's body in its fields and in its words. */
	| { kind: 'echo'; status: number }
	/** The connection is destroyed; `midBody` does it half way through the answer. */
	| { kind: 'drop'; when: When | 'midBody' }
	/** The answer's body comes in pieces (10 unless said), with this many milliseconds between them. */
	| { kind: 'slowBody'; ms: number; chunks?: number }
	/** Taken, but the body is no JSON. */
	| { kind: 'garbageBody'; status?: number; body?: string }
	/** The answer in another of the shapes that are seen. */
	| { kind: 'shape'; responseShape?: ResponseShape; errorShape?: ErrorShape }
	/** Not taken: the client is sent elsewhere, 302 unless said. */
	| { kind: 'redirect'; location: string; status?: number }
	/** Never answered; not taken unless `when` is `after`. */
	| { kind: 'stall'; when?: When }
	/** Taken; `Content-Length` is wrong by this many bytes (-5 unless said). Clients meet a parse error when it is short, a broken body when it is long. */
	| { kind: 'wrongContentLength'; by?: number };

export type Fault = FaultAction & {
	match?: FaultMatch;
	/** Matching requests let through first. */
	skip?: number;
	/** Requests it acts on: 1 unless said. JSON has no Infinity: there it is `'always'`. */
	times?: number | 'always';
};

/** What a request shows to be matched with. */
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

/** The faults waiting to act. One request meets at most one: the first that matches. */
export class FaultList {
	#waiting: Array<{ fault: Fault; skip: number; left: number }> = [];

	/** Throws on an unknown kind. */
	add(fault: Fault): void {
		if (!KINDS.has(fault.kind)) throw new Error(`No such fault: ${fault.kind}. There are: ${[...KINDS].join(', ')}`);
		const { skip = 0, times = 1 } = fault;
		this.#waiting.push({ fault, skip, left: times === 'always' ? Infinity : times });
	}

	clear(): void {
		this.#waiting = [];
	}

	/** The faults with uses left. */
	list(): Fault[] {
		return this.#waiting.map(({ fault }) => fault);
	}

	/** Gives the fault that acts on this request and uses it up by one. */
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
