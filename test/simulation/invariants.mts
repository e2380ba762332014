import { Books, describeError, isFailure, isAccepted, leavesOpen, targetOf, reportedBy, wantedBy } from './books.mts';
import { PROMISES, isMark, readNote, saysMayHaveBeenSent, saysGivenUpAfterRejections } from './engine.mts';
import type { RequestRecord, Run } from './history.mts';
import { longestAllowed } from './ideal.mts';
import type { Plan, Wanted } from './plan.mts';
import type { History } from './world.mts';

/** Returns one text for each violation, or none if the invariant holds. */
type Invariant = (books: Books) => Iterable<string>;

export interface Violation {
	invariant: string;
	what: string;
}

/** Invariants that hold in every scenario, by name. */
export const INVARIANTS = {
	'every run ends with results or an error': runsEnd,
	'no message is accepted twice': acceptedOnce,
	'each result matches what happened': resultsAreTrue,
	'each item has all its results, in order': resultsAreWhole,
	'a canceled run reports every accepted message': canceledRunsReport,
	'a canceled run ends at once': canceledRunsEnd,
	'messages to the same number are sent in order': numbersInOrder,
	'messages to the same number are sent one at a time': numbersOneAtATime,
	'concurrent requests stay within the limit': concurrency,
	'concurrent requests stay low while the rate limit is unknown': carefulWhileUnsure,
	'requests respect the rate limit of the user': userRate,
	'requests respect the rate limit of the API': reportedRate,
	'a 429 pauses all requests': holds,
	'a run takes no longer than necessary': duration,
	'an unreachable host is given up in time': unreachableGivenUp,
	'a host that stops responding leaves few messages in doubt': fewInDoubt,
	'jobs are created shortly before they run': jobsAhead,
	'nothing continues after a run': nothingLeft,
	'repeated runs send each message once': repeatedRunsReachAll,
	'the store keeps references and few marks': fewMarks,
	'a 429 does not fail other messages': limitedFailsAlone,
	'a message that always gets a 429 does not block the others': noStarvation,
	'a bug is not reported as a missing response': ownFaults,
	'a stopped run reports what it sent': stopNote,
} as const satisfies Record<string, Invariant>;

export type InvariantName = keyof typeof INVARIANTS;

/** @param leftOut names of invariants to skip */
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
		if (run.outcome?.kind === 'stopped' && !run.stopOnError && run.canceledAt === undefined) yield `${name(run)} stops, but On Error is Continue`;
	}
	for (const reason of history.unhandled) yield `unhandled rejection: ${describeError(reason)}`;
}

function* acceptedOnce(books: Books): Iterable<string> {
	const { history } = books;
	if (history.scenario.operation === 'upload') return;
	for (const run of history.runs) {
		for (const wanted of history.plan.wanted) {
			const times = books.timesAccepted(run, wanted);
			if (times > 1) yield `${wanted.text} to ${wanted.number} was accepted ${times} times in ${name(run)}`;
		}
	}
	for (const stored of storedKeys(history)) {
		const times = timesAcceptedUnder(books, stored);
		if (times > 1 && !history.store.pushedOut.has(stored)) yield `${show(stored)} was accepted ${times} times in all runs`;
	}
}

function* resultsAreTrue(books: Books): Iterable<string> {
	const { plan, runs, scenario } = books.history;
	for (const run of runs) {
		if (run.outcome?.kind !== 'results') continue;
		for (const result of run.outcome.results) {
			const reported = reportedBy(result);
			const error = isFailure(result) ? ` (${describeError(result.error)})` : '';
			const about = `${name(run)}: item ${result.item} ${targetOf(result) ?? ''} is reported as “${reported}”${error}`;
			if (plan.flawed.has(result.item)) {
				if (reported !== 'not sent') yield `${about}, but its parameters are invalid`;
				continue;
			}
			const wanted = wantedBy(books, result);
			if (!wanted) {
				yield `${about}, but no such message was requested`;
				continue;
			}
			const times = books.timesAccepted(run, wanted);
			switch (reported) {
				case 'sent':
					if (times === 0) yield `${about}, but was not accepted`;
					break;
				case 'failed':
				case 'not sent':
					if (times > 0 && scenario.operation !== 'upload') yield `${about}, but was accepted`;
					break;
				case 'in doubt':
					if (!books.isOpen(run, wanted)) yield `${about}, but there is no doubt`;
					break;
				case 'duplicate':
					if (!isRepeat(plan, wanted) && !isRealDuplicate(books, run, wanted)) yield `${about}, but was never sent`;
			}
		}
	}
}

/** True if the same item, or an earlier item of the same broadcast, contains the number. */
function isRepeat({ wanted }: Plan, { item, number }: Wanted): boolean {
	return wanted.some((other) => other.item === item && other.number === number && other.repeats);
}

/**
 * True if the message was or may have been sent before, another process is about to send it, or the store failed and the
 * state is unknown.
 */
function isRealDuplicate(books: Books, run: Run, wanted: Wanted): boolean {
	const { stored } = wanted;
	if (stored === undefined) return false;
	const isInDoubt = books.history.store.leftOpen.has(stored) || books.uncertain.has(stored);
	const isTakenByNow = ({ acceptedAt = Infinity }: RequestRecord) => acceptedAt <= (run.endedAt ?? Infinity);
	return (
		books.requestsUnder(stored).some((request) => isTakenByNow(request) || leavesOpen(request)) ||
		books.ranConcurrently(run) ||
		// After a run has reported this doubt for one item, it must not call the next one a duplicate.
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
			const least = run.canceledAt !== undefined ? 0 : plan.flawed.has(item) ? 1 : most;
			if (count < least || count > most) yield `${name(run)}: item ${item} has ${count} results instead of ${least}`;
		}
	}
}

function* canceledRunsReport(books: Books): Iterable<string> {
	const { plan, runs, scenario } = books.history;
	// An unused uploaded file does no harm.
	if (scenario.operation === 'upload') return;
	for (const run of runs) {
		if (run.canceledAt === undefined || run.outcome?.kind !== 'results') continue;
		const reported = new Set(run.outcome.results.flatMap((result) => {
			const wanted = ['sent', 'in doubt'].includes(reportedBy(result)) ? wantedBy(books, result) : undefined;
			return wanted ? [`${wanted.text} to ${wanted.number}`] : [];
		}));
		for (const wanted of plan.wanted) {
			const key = `${wanted.text} to ${wanted.number}`;
			if (books.timesAccepted(run, wanted) > 0 && !reported.has(key)) yield `${name(run)} does not report ${key}, which was accepted`;
		}
	}
}

function* canceledRunsEnd({ history: { runs, scenario, store } }: Books): Iterable<string> {
	// A claim in progress is checked again, once for each process that may have overwritten it, and then released.
	const settling = scenario.settings.oncePerReference ? scenario.processes.length * PROMISES.settlingMs(store.longestMs) + 8 * store.longestMs : 0;
	for (const run of runs) {
		if (run.canceledAt === undefined || run.endedAt === undefined) continue;
		const took = run.endedAt - run.canceledAt;
		if (took > PROMISES.latenessMs + settling) yield `${name(run)} ends ${ms(took)} after it was canceled`;
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
				if (item < before) yield `${name(run)}: item ${item} was sent to ${number} after item ${before}`;
				latest.set(number, Math.max(item, before));
			}
		}
	}
}

function* numbersOneAtATime(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		const busyUntil = new Map<string, number>();
		for (const { numbers, sentOrder, endedOrder = Infinity, text } of books.requestsOf(run)) {
			for (const number of numbers) {
				if (sentOrder < (busyUntil.get(number) ?? -1)) yield `${name(run)}: ${text} was sent to ${number} while another was in flight`;
				busyUntil.set(number, Math.max(endedOrder, busyUntil.get(number) ?? -1));
			}
		}
	}
}

function* concurrency(books: Books): Iterable<string> {
	const { maxConcurrency } = books.history.scenario.settings;
	for (const run of books.history.runs) {
		for (const { request, inFlight } of books.departuresOf(run)) {
			if (inFlight > maxConcurrency) yield `${name(run)}: ${inFlight} requests in flight at ${ms(request.sentAt)}`;
		}
	}
}

function* carefulWhileUnsure(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		for (const { request, trying, isInOutage } of books.departuresOf(run)) {
			if (!isInOutage && trying > PROMISES.mostInFlightWhileUnsure) {
				yield `${name(run)}: ${trying} requests in flight while unsure at ${ms(request.sentAt)}`;
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

function* reportedRate(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (!books.requestsOf(run).some(({ reportedLimit }) => reportedLimit !== undefined)) continue;
		let reported: { limit: number; since: number } | undefined;
		const departures = momentsOf(books, run);
		let place = 0;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			if (isEnd) {
				if (request.reportedLimit !== undefined && request.reportedLimit !== reported?.limit) reported = { limit: request.reportedLimit, since: request.endedAt ?? 0 };
				continue;
			}
			const count = reported ? countSince(departures, place, Math.max(request.sentAt - 1_000, reported.since)) : 0;
			if (reported && count > Math.max(1, reported.limit)) yield `${name(run)}: ${count} requests in the second before ${ms(request.sentAt)}, with a limit of ${reported.limit}`;
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
			else if (request.sentAt < heldUntil - 1e-6) yield `${name(run)}: a request is sent at ${ms(request.sentAt)}, ${ms(heldUntil - request.sentAt)} too early`;
		}
	}
}

function* duration(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (run.endedAt === undefined || run.canceledAt !== undefined) continue;
		const took = run.endedAt - run.startedAt;
		const allowed = longestAllowed(books, run);
		if (took > allowed.total) yield `${name(run)} takes ${ms(took)} instead of ${ms(allowed.total)} at most: ${JSON.stringify(allowed)}`;
	}
}

/** An attempt at a host that drops packets takes a minute, so there are fewer of them than of attempts that fail at once. */
function* unreachableGivenUp(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		let lostAt: number | undefined;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			const isLost = request.ending === 'unreachable';
			if (isEnd) lostAt = isLost ? (lostAt ?? request.endedAt) : request.ending === 'neverLeft' ? lostAt : undefined;
			else if (isLost && lostAt !== undefined && request.sentAt > lostAt + PROMISES.longestUnreachableMs) {
				yield `${name(run)}: a request is sent at ${ms(request.sentAt)} to a host that was unreachable since ${ms(lostAt)}`;
			}
		}
	}
}

function* fewInDoubt(books: Books): Iterable<string> {
	const most = books.history.scenario.settings.maxConcurrency + PROMISES.mostUnansweredBeside;
	for (const run of books.history.runs) {
		if (run.canceledAt !== undefined) continue;
		let inRow = 0;
		for (const { request, isEnd } of eventsOf(books.requestsOf(run))) {
			if (!isEnd) continue;
			if (request.statusCode !== undefined) inRow = 0;
			else if (request.ending === 'open' && ++inRow > most) yield `${name(run)}: ${inRow} requests in a row without a response at ${ms(request.endedAt ?? 0)}`;
		}
	}
}

/**
 * Without a rate limit, every 429 is specific to its message, and such a message may delay the others only a limited number
 * of times.
 */
function* noStarvation(books: Books): Iterable<string> {
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
				// Others that aren't ready to be sent, for example while their references are claimed, aren't delayed.
				if (through > (throughBefore.get(key) ?? 0)) refusals++;
				throughBefore.set(key, through);
			}
		}
		const messages = throughBefore.size;
		// Each message that is rejected for the first time restarts the count of the others.
		const most = messages * (PROMISES.refusals * messages + 1);
		if (refusals > most) yield `${name(run)}: ${messages} messages delayed the others ${refusals} times instead of ${most}`;
	}
}

function* jobsAhead({ history: { runs } }: Books): Iterable<string> {
	const most = PROMISES.mostAhead;
	for (const { stopOnError, jobs, ordinal } of runs) {
		if (!stopOnError && jobs.mostAhead > most) yield `run ${ordinal}: ${jobs.mostAhead} jobs were created ahead instead of ${most}`;
	}
}

function* nothingLeft({ history: { runs, pending } }: Books): Iterable<string> {
	for (const run of runs) {
		const { sleepsBegun, sleepsPending, listeners } = run.leftovers;
		if (sleepsBegun > 0) yield `${name(run)} starts ${sleepsBegun} sleeps after its end`;
		if (sleepsPending > 0) yield `${name(run)} leaves ${sleepsPending} sleeps behind`;
		if (listeners > 0) yield `${name(run)} leaves ${listeners} listeners on the signal`;
		if (run.jobs.running > 0) yield `${name(run)} leaves ${run.jobs.running} jobs running`;
	}
	if (pending.requests > 0) yield `${pending.requests} requests are still pending`;
	if (pending.storeOperations > 0) yield `${pending.storeOperations} store operations are still pending`;
}

function* repeatedRunsReachAll(books: Books): Iterable<string> {
	const { store, runs, scenario, plan } = books.history;
	if (!scenario.settings.oncePerReference || scenario.operation === 'upload') return;
	const last = runs.at(-1);
	if (last?.outcome?.kind === 'results') {
		for (const result of last.outcome.results) {
			if (isFailure(result) && !plan.flawed.has(result.item)) yield `item ${result.item} still fails in good conditions: ${describeError(result.error)}`;
		}
	}
	for (const stored of storedKeys(books.history)) {
		if (timesAcceptedUnder(books, stored) > 0 || store.leftOpen.has(stored) || store.resurrected.has(stored) || books.uncertain.has(stored)) continue;
		if (!books.requestsUnder(stored).some(leavesOpen)) yield `${show(stored)} was never accepted`;
	}
}

function* fewMarks({ history: { store, runs, scenario } }: Books): Iterable<string> {
	const isFaulty = store.faults.beforeWriting + store.faults.afterWriting > 0;
	if (!scenario.settings.oncePerReference || isFaulty) return;
	// A mark that another process wrote back after its removal remains until newer marks displace it. There is room for
	// 2,000.
	const marks = store.entries.filter((key) => isMark(key) && !store.resurrected.has(key)).length;
	const most = PROMISES.mostMarksLeft * new Set(runs.map(({ process }) => process)).size;
	if (marks > most) yield `${marks} marks remain in the store instead of ${most}`;
}

function* limitedFailsAlone(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		const failures = run.outcome?.kind === 'results' ? run.outcome.results.filter(isFailure) : run.outcome?.kind === 'stopped' ? [run.outcome.failure] : [];
		for (const failure of failures) {
			if (!saysGivenUpAfterRejections(failure.error)) continue;
			const wanted = wantedBy(books, failure);
			const requests = wanted ? books.requestsFor(run, wanted) : [];
			// The time counts from the first 429, or from the outage before it.
			if (books.isAlwaysLimited(requests) || longestDrought(books, run) >= PROMISES.longestHoldMs - PROMISES.latenessMs) continue;
			const about = `${name(run)}: item ${failure.item} fails with “${describeError(failure.error)}”`;
			const times = requests.filter(({ ending }) => ending === 'limited').length;
			if (times < PROMISES.refusals) yield `${about}, but it was rejected only ${times} times`;
			// If the limit is shared, or differs from the reported one, the same message may be rejected five times in a
			// row.
			else if (!books.ranConcurrently(run) && books.hasTrueLimits) yield `${about}, but only the rate limit rejected it`;
		}
	}
}

/** The longest time in which no request got through, including the wait that a 429 at its end asked for. */
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
			if (/no response/i.test(describeError(error))) yield `${name(run)}: item ${item} fails with “${describeError(error)}”, but its request was never sent`;
		}
	}
}

function* stopNote(books: Books): Iterable<string> {
	for (const run of books.history.runs) {
		if (run.outcome?.kind !== 'stopped') continue;
		const { note, failure } = run.outcome;
		const { done, doubtful } = readNote(note);
		if (done !== run.jobs.outputs) yield `${name(run)} reports that ${done} were done instead of ${run.jobs.outputs}: ${note}`;
		const open = new Set(books.history.plan.wanted.flatMap((wanted) => (books.isOpen(run, wanted) ? [wanted.item] : [])));
		if (books.history.scenario.operation === 'upload') open.clear();
		const reported = new Set([...doubtful, ...(saysMayHaveBeenSent(failure.error) ? [failure.item] : [])]);
		for (const item of reported) if (!open.has(item)) yield `${name(run)} reports that item ${item} may have been sent, but there is no doubt`;
		for (const item of open) if (!reported.has(item)) yield `${name(run)} does not report that item ${item} may have been sent: ${note}`;
	}
}

function storedKeys({ plan }: History): Set<string> {
	return new Set(plan.wanted.flatMap(({ stored }) => stored ?? []));
}

function timesAcceptedUnder(books: Books, stored: string): number {
	const number = stored.split('\n')[1];
	return books.requestsUnder(stored).filter((request) => isAccepted(request, number ?? request.numbers[0] ?? '')).length;
}

function momentsOf(books: Books, run: Run): number[] {
	return books.requestsOf(run).map(({ sentAt }) => sentAt);
}

/** How many requests were sent after a moment, up to a given one. */
function countSince(departures: readonly number[], place: number, moment: number): number {
	let count = 0;
	while (place - count >= 0 && (departures[place - count] ?? 0) > moment + 1e-6) count++;
	return count;
}

/** Starts and ends of requests in chronological order. */
function eventsOf(requests: readonly RequestRecord[]): Array<{ request: RequestRecord; isEnd: boolean; order: number }> {
	return requests
		.flatMap((request) => [
			{ request, isEnd: false, order: request.sentOrder },
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
