import type { Output } from '../../nodes/ModicaWhatsApp/operations/operation';
import { phoneNumber } from './api.mts';
import { PROMISES, readNote, tellsDoubt, tellsUncertainReference } from './engine.mts';
import { messageKey, type Failure, type RequestRecord, type Run } from './history.mts';
import type { Wanted } from './plan.mts';
import type { History } from './world.mts';

/** What a result tells the user of a message or a file. */
export type Told = 'sent' | 'not sent' | 'in doubt' | 'failed' | 'duplicate';

/** A request as it left, with those in flight then, itself included, and whether the engine had reason to be careful. */
export interface Departure {
	request: RequestRecord;
	inFlight: number;
	isUnsure: boolean;
	/** Requests in flight that left since it is unsure. */
	trying: number;
	/** True when the host was lost last: those that left before may be in flight beside the one that tries. */
	isInOutage: boolean;
}

/** Careful until the first answer, and from each refusal to the next answer that is none. */
function findDepartures(requests: readonly RequestRecord[]): Departure[] {
	const ends = requests.filter(({ endedOrder }) => endedOrder !== undefined).sort((one, other) => (one.endedOrder ?? 0) - (other.endedOrder ?? 0));
	let isUnsure = true;
	let unsureSince = -1;
	let isInOutage = false;
	let unanswered = 0;
	let ended = 0;
	return requests.map((request, place) => {
		for (; ended < ends.length && (ends[ended]?.endedOrder ?? 0) < request.leftOrder; ended++) {
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
		const isInFlight = ({ endedOrder = Infinity }: RequestRecord) => endedOrder > request.leftOrder;
		const trying = isUnsure ? requests.slice(unsureSince + 1, place + 1).filter(isInFlight).length : 0;
		return { request, inFlight: place + 1 - ended, isUnsure, trying, isInOutage };
	});
}

/** A history with its requests looked up by what they are about. */
export class Books {
	private readonly byRun = new Map<Run, RequestRecord[]>();
	private readonly byMessage = new Map<string, RequestRecord[]>();
	private readonly byStored = new Map<string, RequestRecord[]>();
	private readonly byItem = new Map<number, Wanted[]>();
	private readonly departures = new Map<Run, Departure[]>();

	/** Keys of which the user was told that they may count as sent though they were not. */
	readonly uncertain = new Set<string>();
	/** Of what each run has said so. */
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

	/** What a run says of, that its reference may count as sent. */
	private *findUncertain({ outcome }: Run): Iterable<Wanted> {
		if (outcome?.kind === 'stopped') for (const item of readNote(outcome.note).claimed) yield* this.wantedOf(item);
		const results: ReadonlyArray<Output | Failure> = outcome?.kind === 'results' ? outcome.results : outcome?.kind === 'stopped' ? [outcome.failure] : [];
		for (const result of results) {
			const wanted = tellsUncertainReference(result) ? wantedBy(this, result) : undefined;
			if (wanted) yield wanted;
		}
	}

	/**
	 * True when the run has said of an earlier message with this key that it may count as sent: it knows, then, that it cannot
	 * know. Messages to one number take their turns; of others nobody knows which was the earlier.
	 */
	isUncertainBefore(run: Run, { item, number, stored }: Wanted): boolean {
		return (this.uncertainIn.get(run) ?? []).some((other) => other.stored === stored && other.number === number && other.item < item);
	}

	requestsOf(run: Run): readonly RequestRecord[] {
		return this.byRun.get(run) ?? [];
	}

	/** What an item asks for. */
	wantedOf(item: number): readonly Wanted[] {
		return this.byItem.get(item) ?? [];
	}

	/** The requests of a run as they left. */
	departuresOf(run: Run): readonly Departure[] {
		const known = this.departures.get(run);
		if (known) return known;
		const found = findDepartures(this.requestsOf(run));
		this.departures.set(run, found);
		return found;
	}

	/** The requests of a run that carry a message. */
	requestsFor(run: Run, { text, number }: Pick<Wanted, 'text' | 'number'>): readonly RequestRecord[] {
		return this.byMessage.get(`${run.ordinal} ${messageKey(text, number)}`) ?? [];
	}

	/** The requests of all runs that carry what a store remembers under this key. */
	requestsUnder(stored: string): readonly RequestRecord[] {
		return this.byStored.get(stored) ?? [];
	}

	/** How often a message of a run was taken. */
	timesTaken(run: Run, wanted: Pick<Wanted, 'text' | 'number'>): number {
		return this.requestsFor(run, wanted).filter((request) => isTaken(request, wanted.number)).length;
	}

	/** True when nobody can know whether the message was taken. */
	isOpen(run: Run, wanted: Pick<Wanted, 'text' | 'number'>): boolean {
		return this.requestsFor(run, wanted).some(leavesOpen);
	}

	/** True when others were executing at the time. */
	hadCompany(run: Run): boolean {
		return this.history.runs.some(
			(other) => other !== run && other.startedAt <= (run.endedAt ?? Infinity) && (other.endedAt ?? Infinity) >= run.startedAt,
		);
	}

	/**
	 * True when the limits are what the answers tell, and who keeps to them is not refused. At one request a second, half a
	 * second of jitter on the way has every few of them come too early.
	 */
	get hasTrueLimits(): boolean {
		const { limits, latencySpreadMs } = this.history.scenario.api;
		return limits.every(({ told, fromMs, perSecond }) => told === 'truth' && fromMs === 0 && (perSecond > 1 || latencySpreadMs < 500));
	}

	/** True when one of these messages is always refused with 429. */
	isAlwaysLimited(requests: readonly RequestRecord[]): boolean {
		const refused = new Set(this.history.scenario.api.alwaysLimited.map(phoneNumber));
		return requests.some(({ numbers }) => numbers.some((number) => refused.has(number)));
	}
}

export function isTaken(request: RequestRecord, number: string): boolean {
	return request.takenAt !== undefined && (request.kind === 'file' || request.taken.includes(number));
}

/**
 * A request of whose message the engine cannot know whether it was taken; broken off with its run, it never came to its
 * end. That a mistake in the code came before the request left is the model's knowledge alone.
 */
export function leavesOpen({ ending }: RequestRecord): boolean {
	return ending === 'open' || ending === 'neverLeft' || ending === undefined;
}

/** A file is for nobody. */
function numbersOf({ kind, numbers }: RequestRecord): readonly string[] {
	return kind === 'file' ? [''] : numbers;
}

export function isFailure(result: Output | Failure): result is Failure {
	return 'error' in result;
}

export function toldBy(result: Output | Failure): Told {
	if (isFailure(result)) return tellsDoubt(result.error) ? 'in doubt' : 'not sent';
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

/** Whom a result is about: the recipient of a message, or the field of a file. */
export function targetOf(result: Output | Failure): string | undefined {
	const { to, field } = isFailure(result) ? result : result.json;
	return typeof to === 'string' ? to : typeof field === 'string' ? field : undefined;
}

/** What a result is about; undefined when it is about no message that was asked for. */
export function wantedBy(books: Books, result: Output | Failure): Wanted | undefined {
	const target = targetOf(result);
	const ofItem = books.wantedOf(result.item);
	if (books.history.scenario.operation === 'upload') return ofItem[Number(/\d+$/.exec(target ?? '')?.[0] ?? NaN)];
	const ofNumber = ofItem.filter(({ number }) => number === target);
	// An item may name a number twice: the second is the one that is told to be a duplicate.
	return (toldBy(result) === 'duplicate' ? ofNumber.find(({ repeats }) => repeats) : undefined) ?? ofNumber[0];
}

export function describeError(error: unknown): string {
	return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function add<K, V>(map: Map<K, V[]>, key: K, value: V): void {
	const values = map.get(key);
	if (values) values.push(value);
	else map.set(key, [value]);
}
