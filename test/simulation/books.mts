import type { Output } from '../../nodes/ModicaWhatsApp/operations/operation';
import { phoneNumber } from './api.mts';
import { PROMISES, readNote, saysMayHaveBeenSent, saysReferenceMayCount } from './engine.mts';
import { messageKey, type Failure, type RequestRecord, type Run } from './history.mts';
import type { Wanted } from './plan.mts';
import type { History } from './world.mts';

/** What a result says about a message or a file. */
export type Reported = 'sent' | 'not sent' | 'in doubt' | 'failed' | 'duplicate';

/**
 * A request at the moment it was sent, the number of requests in flight (including itself), and whether the engine had to be
 * careful.
 */
export interface Departure {
	request: RequestRecord;
	inFlight: number;
	isUnsure: boolean;
	/** Requests in flight that were sent since the engine became unsure. */
	trying: number;
	/**
	 * True if the last failure was an outage: requests sent before it may be in flight together with the one that probes the
	 * host.
	 */
	isInOutage: boolean;
}

/** The engine is careful until the first response, and from each rejection until the next response that isn't one. */
function findDepartures(requests: readonly RequestRecord[]): Departure[] {
	const ends = requests.filter(({ endedOrder }) => endedOrder !== undefined).sort((one, other) => (one.endedOrder ?? 0) - (other.endedOrder ?? 0));
	let isUnsure = true;
	let unsureSince = -1;
	let isInOutage = false;
	let unanswered = 0;
	let ended = 0;
	return requests.map((request, place) => {
		for (; ended < ends.length && (ends[ended]?.endedOrder ?? 0) < request.sentOrder; ended++) {
			const { ending, statusCode } = ends[ended] as RequestRecord;
			if (statusCode !== undefined) unanswered = 0;
			else if (ending === 'open') unanswered++;
			if (ending === 'unreachable' || unanswered >= PROMISES.mostUnanswered) isInOutage = true;
			else if (statusCode !== undefined && statusCode !== 429) isInOutage = false;
			if (ending === 'limited' || ending === 'unreachable') {
				if (!isUnsure) unsureSince = place - 1;
				isUnsure = true;
			} else if (statusCode !== undefined) isUnsure = false;
		}
		const isInFlight = ({ endedOrder = Infinity }: RequestRecord) => endedOrder > request.sentOrder;
		const trying = isUnsure ? requests.slice(unsureSince + 1, place + 1).filter(isInFlight).length : 0;
		return { request, inFlight: place + 1 - ended, isUnsure, trying, isInOutage };
	});
}

/** A history with its requests indexed by run, message, stored key, and item. */
export class Books {
	private readonly byRun = new Map<Run, RequestRecord[]>();
	private readonly byMessage = new Map<string, RequestRecord[]>();
	private readonly byStored = new Map<string, RequestRecord[]>();
	private readonly byItem = new Map<number, Wanted[]>();
	private readonly departures = new Map<Run, Departure[]>();

	/** Keys that were reported as possibly counted as sent although their messages weren't sent. */
	readonly uncertain = new Set<string>();
	/** The messages that each run reported like this. */
	private readonly uncertainIn = new Map<Run, Wanted[]>();

	constructor(readonly history: History) {
		const storedOf = new Map(history.plan.wanted.map(({ text, number, stored }) => [messageKey(text, number), stored]));
		for (const wanted of history.plan.wanted) add(this.byItem, wanted.item, wanted);
		for (const request of history.requests) {
			add(this.byRun, request.run, request);
			for (const number of numbersOf(request)) {
				const key = messageKey(request.text, number);
				add(this.byMessage, `${request.run.ordinal} ${key}`, request);
				const stored = storedOf.get(key);
				if (stored !== undefined) add(this.byStored, stored, request);
			}
		}
		for (const run of history.runs) {
			for (const wanted of this.findUncertain(run)) {
				if (wanted.stored !== undefined) this.uncertain.add(wanted.stored);
				add(this.uncertainIn, run, wanted);
			}
		}
	}

	/** The messages whose references may count as sent, according to a run. */
	private *findUncertain({ outcome }: Run): Iterable<Wanted> {
		if (outcome?.kind === 'stopped') for (const item of readNote(outcome.note).claimed) yield* this.wantedOf(item);
		const results: ReadonlyArray<Output | Failure> = outcome?.kind === 'results' ? outcome.results : outcome?.kind === 'stopped' ? [outcome.failure] : [];
		for (const result of results) {
			const wanted = saysReferenceMayCount(result) ? wantedBy(this, result) : undefined;
			if (wanted) yield wanted;
		}
	}

	/**
	 * True if the run has reported that an earlier message with this key may count as sent, so the engine knows that the key
	 * is uncertain. Messages to the same number are sent in order. For other messages, the order is unknown.
	 */
	isUncertainBefore(run: Run, { item, number, stored }: Wanted): boolean {
		return (this.uncertainIn.get(run) ?? []).some((other) => other.stored === stored && other.number === number && other.item < item);
	}

	requestsOf(run: Run): readonly RequestRecord[] {
		return this.byRun.get(run) ?? [];
	}

	/** The messages that an item asks for. */
	wantedOf(item: number): readonly Wanted[] {
		return this.byItem.get(item) ?? [];
	}

	/** The requests of a run at the moment they were sent. */
	departuresOf(run: Run): readonly Departure[] {
		const known = this.departures.get(run);
		if (known) return known;
		const found = findDepartures(this.requestsOf(run));
		this.departures.set(run, found);
		return found;
	}

	/** The requests of a run that contain a message. */
	requestsFor(run: Run, { text, number }: Pick<Wanted, 'text' | 'number'>): readonly RequestRecord[] {
		return this.byMessage.get(`${run.ordinal} ${messageKey(text, number)}`) ?? [];
	}

	/** The requests of all runs that contain the message stored under this key. */
	requestsUnder(stored: string): readonly RequestRecord[] {
		return this.byStored.get(stored) ?? [];
	}

	/** How many times a message of a run was accepted. */
	timesAccepted(run: Run, wanted: Pick<Wanted, 'text' | 'number'>): number {
		return this.requestsFor(run, wanted).filter((request) => isAccepted(request, wanted.number)).length;
	}

	/** True if it's unknown whether the message was accepted. */
	isOpen(run: Run, wanted: Pick<Wanted, 'text' | 'number'>): boolean {
		return this.requestsFor(run, wanted).some(leavesOpen);
	}

	/** True if other runs were executing at the same time. */
	ranConcurrently(run: Run): boolean {
		return this.history.runs.some(
			(other) => other !== run && other.startedAt <= (run.endedAt ?? Infinity) && (other.endedAt ?? Infinity) >= run.startedAt,
		);
	}

	/**
	 * True if the API reports its real limits and doesn't reject clients that respect them. At one request per second, half
	 * a second of network jitter makes some requests arrive too early.
	 */
	get hasTrueLimits(): boolean {
		const { limits, latencySpreadMs } = this.history.scenario.api;
		return limits.every(({ reported, fromMs, perSecond }) => reported === 'truth' && fromMs === 0 && (perSecond > 1 || latencySpreadMs < 500));
	}

	/** True if one of these messages is always rejected with a 429. */
	isAlwaysLimited(requests: readonly RequestRecord[]): boolean {
		const refused = new Set(this.history.scenario.api.alwaysLimited.map(phoneNumber));
		return requests.some(({ numbers }) => numbers.some((number) => refused.has(number)));
	}
}

export function isAccepted(request: RequestRecord, number: string): boolean {
	return request.acceptedAt !== undefined && (request.kind === 'file' || request.acceptedFor.includes(number));
}

/**
 * A request after which the engine can't know whether its message was accepted. A request aborted with its run has no end.
 * Only the model knows that a bug occurred before the request was sent.
 */
export function leavesOpen({ ending }: RequestRecord): boolean {
	return ending === 'open' || ending === 'neverLeft' || ending === undefined;
}

/** A file has no recipient. */
function numbersOf({ kind, numbers }: RequestRecord): readonly string[] {
	return kind === 'file' ? [''] : numbers;
}

export function isFailure(result: Output | Failure): result is Failure {
	return 'error' in result;
}

export function reportedBy(result: Output | Failure): Reported {
	if (isFailure(result)) return saysMayHaveBeenSent(result.error) ? 'in doubt' : 'not sent';
	switch (result.json.status) {
		case 'duplicate':
			return 'duplicate';
		case 'failed':
			return 'failed';
		case 'unknown':
			return 'in doubt';
		default:
			return 'sent';
	}
}

/** What a result is about: the recipient of a message, or the field of a file. */
export function targetOf(result: Output | Failure): string | undefined {
	const { to, field } = isFailure(result) ? result : result.json;
	return typeof to === 'string' ? to : typeof field === 'string' ? field : undefined;
}

/** The requested message that a result is about, or undefined if it's about none. */
export function wantedBy(books: Books, result: Output | Failure): Wanted | undefined {
	const target = targetOf(result);
	const ofItem = books.wantedOf(result.item);
	if (books.history.scenario.operation === 'upload') return ofItem[Number(/\d+$/.exec(target ?? '')?.[0] ?? NaN)];
	const ofNumber = ofItem.filter(({ number }) => number === target);
	// An item may name a number twice: the second is reported as a duplicate.
	return (reportedBy(result) === 'duplicate' ? ofNumber.find(({ repeats }) => repeats) : undefined) ?? ofNumber[0];
}

export function describeError(error: unknown): string {
	return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
	const values = map.get(key);
	if (values) values.push(value);
	else map.set(key, [value]);
}
