import { Books, describeError, isFailure, isTaken, leavesOpen, targetOf, toldBy, wantedBy } from './books.mts';
import { PROMISES, isMark, readNote, tellsDoubt, tellsGivenUpForRefusals } from './engine.mts';
import type { RequestRecord, Run } from './history.mts';
import { longestAllowed } from './ideal.mts';
import type { Plan, Wanted } from './plan.mts';
import type { History } from './world.mts';

/** Says what breaks an invariant, one text for each case; nothing when it is kept. */
type Invariant = (books: Books) => Iterable<string>;

export interface Violation {
	invariant: string;
	what: string;
}

/** What holds whatever happens, by name. */
export const INVARIANTS = {
	'every run ends as it should': runsEnd,
	'no message is taken twice': takenOnce,
	'each result is true': resultsAreTrue,
	'each item has its results': resultsAreWhole,
	'a cancelled run knows what was sent': cancelledRunsKnow,
	'a cancelled run ends at once': cancelledRunsEnd,
	'messages to a number leave in order': numbersInOrder,
	'messages to a number are never two at once': numbersOneAtATime,
	'no more requests in flight than allowed': concurrency,
	'few requests in flight while the limit is unknown': carefulWhileUnsure,
	'no faster than the user allows': userRate,
	'no faster than the API says': toldRate,
	'a refusal holds everybody': holds,
	'a run takes no longer than it must': duration,
	'a host that is lost is given up in time': givenUp,
	'a host that answers nobody leaves few in doubt': fewInDoubt,
	'jobs are made when their turn is near': jobsAhead,
	'nothing goes on after the end': nothingLeft,
	'repeated runs reach everybody once': everybodyIsReached,
	'the store holds references only': fewMarks,
	'refusals make no other message fail': limitedFailAlone,
	'one that is always refused lets the others go': noStarving,
	'own faults are told as such': ownFaults,
	'a stopped run tells what was done': stopNote,
} as const satisfies Record<string, Invariant>;

export type InvariantName = keyof typeof INVARIANTS;

/** @param leftOut names of invariants that are not looked at */
export function violationsOf(history: History, leftOut: readonly string[] = []): Violation[] {
	const books = new Books(history);
	return Object.entries<Invariant>(INVARIANTS)
		.filter(([invariant]) => !leftOut.includes(invariant))
		.flatMap(([invariant, check]) => [...check(books)].map((what) => ({ invariant, what })));
}

function* runsEnd({ history }: Books): Iterable<string> {
	for (const run of history.runs) {
		if (!run.outcome) yield `${name(run)} never ends`;
		if (run.outcome?.kind === 'crashed') yield `${name(run)} ends with ${describeError(run.outcome.error)}`;
		if (run.outcome?.kind === 'stopped' && !run.stopOnError && run.cancelledAt === undefined) yield `${name(run)} stops, though it is to go on`;
	}
	for (const reason of history.unhandled) yield `nobody takes the rejection ${describeError(reason)}`;
}

function* takenOnce(books: Books): Iterable<string> {
	const { history } = books;
	if (history.scenario.operation === 'upload') return;
	for (const run of history.runs) {
		for (const wanted of history.plan.wanted) {
			const times = books.timesTaken(run, wanted);
			if (times > 1) yield `${wanted.text} to ${wanted.number} was taken ${times} times in ${name(run)}`;
		}
	}
	for (const stored of storedKeys(history)) {
		const times = timesTakenUnder(books, stored);
		if (times > 1 && !history.store.pushedOut.has(stored)) yield `${show(stored)} was taken ${times} times in all runs`;
	}
}

function* resultsAreTrue(books: Books): Iterable<string> {
	const { plan, runs, scenario } = books.history;
	for (const run of runs) {
		if (run.outcome?.kind !== 'results') continue;
		for (const result of run.outcome.results) {
			const told = toldBy(result);
			const error = isFailure(result) ? ` (${describeError(result.error)})` : '';
			const about = `${name(run)}: item ${result.item} ${targetOf(result) ?? ''} is told “${told}”${error}`;
			if (plan.flawed.has(result.item)) {
				if (told !== 'not sent') yield `${about}, but its parameters cannot be used`;
				continue;
			}
			const wanted = wantedBy(books, result);
			if (!wanted) {
				yield `${about}, but nothing like it was asked for`;
				continue;
			}
			const times = books.timesTaken(run, wanted);
			switch (told) {
				case 'sent':
					if (times === 0) yield `${about}, but was not taken`;
					break;
				case 'failed':
				case 'not sent':
					if (times > 0 && scenario.operation !== 'upload') yield `${about}, but was taken`;
					break;
				case 'in doubt':
					if (!books.isOpen(run, wanted)) yield `${about}, but there is no doubt`;
					break;
				case 'duplicate':
					if (!isRepeat(plan, wanted) && !isTrulyDuplicate(books, run, wanted)) yield `${about}, but was never sent`;
			}
		}
	}
}

/** True when the same item holds the number again, or an earlier one of the same broadcast holds it. */
function isRepeat({ wanted }: Plan, { item, number }: Wanted): boolean {
	return wanted.some((other) => other.item === item && other.number === number && other.repeats);
}

/** Sent before, or perhaps; or about to be sent by somebody else; or nobody can know, since the store failed. */
function isTrulyDuplicate(books: Books, run: Run, wanted: Wanted): boolean {
	const { stored } = wanted;
	if (stored === undefined) return false;
	const isInDoubt = books.history.store.leftOpen.has(stored) || books.uncertain.has(stored);
	const isTakenByNow = ({ takenAt = Infinity }: RequestRecord) => takenAt <= (run.endedAt ?? Infinity);
	return (
		books.requestsUnder(stored).some((request) => isTakenByNow(request) || leavesOpen(request)) ||
		books.hadCompany(run) ||
		// Who has said so of one item may not call the next a duplicate.
		(isInDoubt && !books.isUncertainBefore(run, wanted)) ||
		// n8n's store has no lock: another process may undo a release (docs/campaigns.md).
		books.history.store.resurrected.has(stored)
	);
}

function* resultsAreWhole({ history: { plan, runs, scenario } }: Books): Iterable<string> {
	const due = scenario.rows.map(() => 0);
	for (const { item } of plan.wanted) due[item] = (due[item] ?? 0) + 1;
	for (const run of runs) {
		if (run.outcome?.kind !== 'results') continue;
		const { results } = run.outcome;
		const given = scenario.rows.map(() => 0);
		let last = 0;
		for (const { item } of results) {
			if (item < last) yield `${name(run)}: the result of item ${item} comes after that of item ${last}`;
			last = item;
			given[item] = (given[item] ?? 0) + 1;
		}
		for (const [item, count] of given.entries()) {
			const most = plan.flawed.has(item) ? Math.max(1, scenario.rows[item]?.numbers.length ?? 1) : (due[item] ?? 0);
			const least = run.cancelledAt !== undefined ? 0 : plan.flawed.has(item) ? 1 : most;
			if (count < least || count > most) yield `${name(run)}: item ${item} has ${count} results instead of ${least}`;
		}
	}
}

function* cancelledRunsKnow(books: Books): Iterable<string> {
	const { plan, runs, scenario } = books.history;
	// A file that was uploaded for nobody does no harm.
	if (scenario.operation === 'upload') return;
	for (const run of runs) {
		if (run.cancelledAt === undefined || run.outcome?.kind !== 'results') continue;
		const told = new Set(run.outcome.results.flatMap((result) => {
			const wanted = ['sent', 'in doubt'].includes(toldBy(result)) ? wantedBy(books, result) : undefined;
			return wanted ? [`${wanted.text} to ${wanted.number}`] : [];
		}));
		for (const wanted of plan.wanted) {
			const key = `${wanted.text} to ${wanted.number}`;
			if (books.timesTaken(run, wanted) > 0 && !told.has(key)) yield `${name(run)} says nothing of ${key}, which was taken`;
		}
	}
}

function* cancelledRunsEnd({ history: { runs, scenario, store } }: Books): Iterable<string> {
	// A claim under way is looked at again, once for each process that may have written over it, and released.
	const settling = scenario.settings.oncePerReference ? scenario.processes.length * PROMISES.settlingMs(store.longestMs) + 8 * store.longestMs : 0;
	for (const run of runs) {
		if (run.cancelledAt === undefined || run.endedAt === undefined) continue;
		const took = run.endedAt - run.cancelledAt;
		if (took > PROMISES.latenessMs + settling) yield `${name(run)} ends ${ms(took)} after it was cancelled`;
	}
}

function* numbersInOrder(books: Books): Iterable<string> {
	const { plan, runs, scenario } = books.history;
	if (scenario.operation !== 'send') return;
	const itemOf = new Map(plan.wanted.map(({ text, item }) => [text, item]));
	for (const run of runs) {
		const latest = new Map<string, number>();
		for (const { text, numbers } of books.requestsOf(run)) {
			const item = itemOf.get(text) ?? -1;
			for (const number of numbers) {
				const before = latest.get(number) ?? -1;
				if (item < before) yield `${name(run)}: item ${item} left for ${number} after item ${before}`;
				latest.set(number, Math.max(item, before));
			}
		}
	}
}

function* numbersOneAtATime(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		const busyUntil = new Map<string, number>();
		for (const { numbers, leftOrder, endedOrder = Infinity, text } of books.requestsOf(run)) {
			for (const number of numbers) {
				if (leftOrder < (busyUntil.get(number) ?? -1)) yield `${name(run)}: ${text} left for ${number} while another was under way`;
				busyUntil.set(number, Math.max(endedOrder, busyUntil.get(number) ?? -1));
			}
		}
	}
}

function* concurrency(books: Books): Iterable<string> {
	const { maxConcurrency } = books.history.scenario.settings;
	for (const run of books.history.runs) {
		for (const { request, inFlight } of books.departuresOf(run)) {
			if (inFlight > maxConcurrency) yield `${name(run)}: ${inFlight} requests in flight at ${ms(request.leftAt)}`;
		}
	}
}

function* carefulWhileUnsure(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		for (const { request, trying, isInOutage } of books.departuresOf(run)) {
			if (!isInOutage && trying > PROMISES.mostInFlightWhileUnsure) {
				yield `${name(run)}: ${trying} requests are trying at ${ms(request.leftAt)}`;
			}
		}
	}
}

function* userRate(books: Books): Iterable<string> {
	const { maxRequestsPerSecond } = books.history.scenario.settings;
	if (maxRequestsPerSecond === 0) return;
	for (const run of books.history.runs) {
		const departures = momentsOf(books, run);
		for (const [place, moment] of departures.entries()) {
			const count = countSince(departures, place, moment - 1_000);
			const gap = moment - (departures[place - 1] ?? -Infinity);
			if (count > Math.max(1, maxRequestsPerSecond)) yield `${name(run)}: ${count} requests in the second before ${ms(moment)}`;
			if (maxRequestsPerSecond < 1 && gap < 1_000 / maxRequestsPerSecond - PROMISES.catchUpMs - 1e-6) yield `${name(run)}: two requests ${ms(gap)} apart at ${ms(moment)}`;
		}
	}
}

function* toldRate(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (!books.requestsOf(run).some(({ toldLimit }) => toldLimit !== undefined)) continue;
		let told: { limit: number; since: number } | undefined;
		const departures = momentsOf(books, run);
		let place = 0;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			if (isEnd) {
				if (request.toldLimit !== undefined && request.toldLimit !== told?.limit) told = { limit: request.toldLimit, since: request.endedAt ?? 0 };
				continue;
			}
			const count = told ? countSince(departures, place, Math.max(request.leftAt - 1_000, told.since)) : 0;
			if (told && count > Math.max(1, told.limit)) yield `${name(run)}: ${count} requests in the second before ${ms(request.leftAt)}, with a limit of ${told.limit}`;
			place++;
		}
	}
}

function* holds(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (!books.requestsOf(run).some(({ holdMs }) => holdMs !== undefined)) continue;
		let heldUntil = -Infinity;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			if (isEnd) heldUntil = Math.max(heldUntil, (request.endedAt ?? 0) + (request.holdMs ?? -Infinity));
			else if (request.leftAt < heldUntil - 1e-6) yield `${name(run)}: a request leaves at ${ms(request.leftAt)}, ${ms(heldUntil - request.leftAt)} too early`;
		}
	}
}

function* duration(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (run.endedAt === undefined || run.cancelledAt !== undefined) continue;
		const took = run.endedAt - run.startedAt;
		const allowed = longestAllowed(books, run);
		if (took > allowed.total) yield `${name(run)} takes ${ms(took)} instead of ${ms(allowed.total)} at most: ${JSON.stringify(allowed)}`;
	}
}

/** Each attempt at a host that swallows packets takes a minute: there are not as many of them as of those that fail at once. */
function* givenUp(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		let lostAt: number | undefined;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			const isLost = request.ending === 'unreachable';
			if (isEnd) lostAt = isLost ? (lostAt ?? request.endedAt) : request.ending === 'neverLeft' ? lostAt : undefined;
			else if (isLost && lostAt !== undefined && request.leftAt > lostAt + PROMISES.longestUnreachableMs) {
				yield `${name(run)}: a request tries the host at ${ms(request.leftAt)}, which was lost at ${ms(lostAt)}`;
			}
		}
	}
}

function* fewInDoubt(books: Books): Iterable<string> {
	const most = books.history.scenario.settings.maxConcurrency + PROMISES.mostUnansweredBeside;
	for (const run of books.history.runs) {
		if (run.cancelledAt !== undefined) continue;
		let inRow = 0;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			if (!isEnd) continue;
			if (request.statusCode !== undefined) inRow = 0;
			else if (request.ending === 'open' && ++inRow > most) yield `${name(run)}: ${inRow} requests in a row have got no answer by ${ms(request.endedAt ?? 0)}`;
		}
	}
}

/** Where there is no limit, a refusal is always the message's own, and it may hold those that get through only so often. */
function* noStarving(books: Books): Iterable<string> {
	if (books.history.scenario.api.limits.length > 0) return;
	for (const run of books.history.runs) {
		const ends = books.requestsOf(run).filter(({ statusCode }) => statusCode !== undefined).sort((one, other) => (one.endedOrder ?? 0) - (other.endedOrder ?? 0));
		let through = 0;
		const throughBefore = new Map<string, number>();
		let refusals = 0;
		for (const { ending, text, numbers } of ends) {
			const key = `${text} to ${numbers.join()}`;
			if (ending !== 'limited') through++;
			else {
				// Others that do not come meanwhile, as while they claim their references, are kept from nothing.
				if (through > (throughBefore.get(key) ?? 0)) refusals++;
				throughBefore.set(key, through);
			}
		}
		const messages = throughBefore.size;
		// Each that is refused for the first time has the others count anew.
		const most = messages * (PROMISES.refusals * messages + 1);
		if (refusals > most) yield `${name(run)}: ${messages} messages held the others ${refusals} times instead of ${most}`;
	}
}

function* jobsAhead({ history: { runs } }: Books): Iterable<string> {
	const most = PROMISES.mostAhead;
	for (const { stopOnError, jobs, ordinal } of runs) {
		if (!stopOnError && jobs.mostAhead > most) yield `run ${ordinal}: ${jobs.mostAhead} jobs were made ahead instead of ${most}`;
	}
}

function* nothingLeft({ history: { runs, pending } }: Books): Iterable<string> {
	for (const run of runs) {
		const { sleepsBegun, sleepsPending, listeners } = run.leftovers;
		if (sleepsBegun > 0) yield `${name(run)} begins ${sleepsBegun} sleeps after its end`;
		if (sleepsPending > 0) yield `${name(run)} leaves ${sleepsPending} sleeps behind`;
		if (listeners > 0) yield `${name(run)} leaves ${listeners} listeners on the signal`;
		if (run.jobs.underWay > 0) yield `${name(run)} leaves ${run.jobs.underWay} jobs under way`;
	}
	if (pending.requests > 0) yield `${pending.requests} requests are left open`;
	if (pending.storeOperations > 0) yield `${pending.storeOperations} operations of the store are left open`;
}

function* everybodyIsReached(books: Books): Iterable<string> {
	const { store, runs, scenario, plan } = books.history;
	if (!scenario.settings.oncePerReference || scenario.operation === 'upload') return;
	const last = runs.at(-1);
	if (last?.outcome?.kind === 'results') {
		for (const result of last.outcome.results) {
			if (isFailure(result) && !plan.flawed.has(result.item)) yield `item ${result.item} still fails in good conditions: ${describeError(result.error)}`;
		}
	}
	for (const stored of storedKeys(books.history)) {
		if (timesTakenUnder(books, stored) > 0 || store.leftOpen.has(stored) || store.resurrected.has(stored) || books.uncertain.has(stored)) continue;
		if (!books.requestsUnder(stored).some(leavesOpen)) yield `${show(stored)} was never taken`;
	}
}

function* fewMarks({ history: { store, runs, scenario } }: Books): Iterable<string> {
	const isFaulty = store.faults.beforeWriting + store.faults.afterWriting > 0;
	if (!scenario.settings.oncePerReference || isFaulty) return;
	// One that another process wrote again after it had been removed stays until newer ones push it out: there is room for 2,000.
	const marks = store.entries.filter((key) => isMark(key) && !store.resurrected.has(key)).length;
	const most = PROMISES.mostMarksLeft * new Set(runs.map(({ process }) => process)).size;
	if (marks > most) yield `${marks} marks are left in the store instead of ${most}`;
}

function* limitedFailAlone(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		const failures = run.outcome?.kind === 'results' ? run.outcome.results.filter(isFailure) : run.outcome?.kind === 'stopped' ? [run.outcome.failure] : [];
		for (const failure of failures) {
			if (!tellsGivenUpForRefusals(failure.error)) continue;
			const wanted = wantedBy(books, failure);
			const requests = wanted ? books.requestsFor(run, wanted) : [];
			// The time counts from the first refusal, or from the outage before it.
			if (books.isAlwaysLimited(requests) || longestDrought(books, run) >= PROMISES.longestHoldMs - PROMISES.latenessMs) continue;
			const about = `${name(run)}: item ${failure.item} fails with “${describeError(failure.error)}”`;
			const times = requests.filter(({ ending }) => ending === 'limited').length;
			if (times < PROMISES.refusals) yield `${about}, though it was refused ${times} times only`;
			// Where the limit is shared, or not what it is told to be, it may happen to refuse one message five times in a row.
			else if (!books.hadCompany(run) && books.hasTrueLimits) yield `${about}, though nothing but the limit refused it`;
		}
	}
}

/** The longest time without anything getting through, with what a refusal at its end asked to wait. */
function longestDrought(books: Books, run: Run): number {
	let since = run.startedAt;
	let longest = 0;
	for (const { statusCode, endedAt = Infinity, holdMs = 0 } of [...books.requestsOf(run)].sort((one, other) => (one.endedOrder ?? Infinity) - (other.endedOrder ?? Infinity))) {
		longest = Math.max(longest, endedAt + holdMs - since);
		if (statusCode !== undefined && statusCode !== 429) since = endedAt;
	}
	return longest;
}

function* ownFaults(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		const failures = run.outcome?.kind === 'results' ? run.outcome.results.filter(isFailure) : run.outcome?.kind === 'stopped' ? [run.outcome.failure] : [];
		for (const { item, error, ...failure } of failures) {
			const wanted = wantedBy(books, { item, error, ...failure });
			const requests = wanted ? books.requestsFor(run, wanted) : [];
			const isOpen = requests.some(({ ending }) => ending === 'open' || ending === undefined);
			if (requests.at(-1)?.ending !== 'neverLeft' || isOpen) continue;
			if (/no answer/i.test(describeError(error))) yield `${name(run)}: item ${item} fails with “${describeError(error)}”, though its request never left`;
		}
	}
}

function* stopNote(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (run.outcome?.kind !== 'stopped') continue;
		const { note, failure } = run.outcome;
		const { done, doubtful } = readNote(note);
		if (done !== run.jobs.outputs) yield `${name(run)} tells that ${done} were done instead of ${run.jobs.outputs}: ${note}`;
		const open = new Set(books.history.plan.wanted.flatMap((wanted) => (books.isOpen(run, wanted) ? [wanted.item] : [])));
		if (books.history.scenario.operation === 'upload') open.clear();
		const told = new Set([...doubtful, ...(tellsDoubt(failure.error) ? [failure.item] : [])]);
		for (const item of told) if (!open.has(item)) yield `${name(run)} tells that item ${item} may have been sent, but there is no doubt`;
		for (const item of open) if (!told.has(item)) yield `${name(run)} does not tell that item ${item} may have been sent: ${note}`;
	}
}

function storedKeys({ plan }: History): Set<string> {
	return new Set(plan.wanted.flatMap(({ stored }) => stored ?? []));
}

function timesTakenUnder(books: Books, stored: string): number {
	const number = stored.split('\n')[1];
	return books.requestsUnder(stored).filter((request) => isTaken(request, number ?? request.numbers[0] ?? '')).length;
}

function momentsOf(books: Books, run: Run): number[] {
	return books.requestsOf(run).map(({ leftAt }) => leftAt);
}

/** How many departures there were after a moment, up to one of them. */
function countSince(departures: readonly number[], place: number, moment: number): number {
	let count = 0;
	while (place - count >= 0 && (departures[place - count] ?? 0) > moment + 1e-6) count++;
	return count;
}

/** Departures and ends in the order in which they happened. */
function eventsOf(requests: readonly RequestRecord[]): Array<{ request: RequestRecord; isEnd: boolean; order: number }> {
	return requests
		.flatMap((request) => [
			{ request, isEnd: false, order: request.leftOrder },
			...(request.endedOrder === undefined ? [] : [{ request, isEnd: true, order: request.endedOrder }]),
		])
		.sort((one, other) => one.order - other.order);
}

function name({ ordinal }: Run): string {
	return `run ${ordinal}`;
}

function ms(milliseconds: number): string {
	return `${Math.round(milliseconds * 10) / 10} ms`;
}

function show(stored: string): string {
	return stored.replace('\n', ' of ');
}
