import type { Books } from './books.mts';
import { PROMISES } from './engine.mts';
import type { RequestRecord, Run } from './history.mts';

/**
 * The longest that a run may take. Whatever order the work is done in, it takes no longer than all of it shared evenly, and
 * then what must be done one after the other (Graham’s bound). To that come the waits that it was told to make.
 */
export function longestAllowed(books: Books, run: Run) {
	const requests = books.requestsOf(run);
	const { settings, api } = books.history.scenario;
	const rate = Math.min(settings.maxRequestsPerSecond || Infinity, ...requests.map(({ toldLimit = Infinity }) => toldLimit));
	// No second sees more requests than the limit, and none sees half a request.
	const pacing = (1_000 * requests.length) / (rate > 1 ? Math.floor(rate) : rate);
	const shared = sum(requests.map(flight)) / settings.maxConcurrency;
	const careful = sum(books.departuresOf(run).filter(({ isUnsure }) => isUnsure).map(({ request }) => flight(request)));
	const inOrder = longestChain(requests);
	const claimed = settings.oncePerReference ? sum(requests.map(claimedFor)) : 0;
	const held = covered(requests.flatMap(({ endedAt, holdMs }) => (endedAt === undefined || holdMs === undefined ? [] : [[endedAt, endedAt + holdMs]])));
	const lost = requests.some(({ ending }) => ending === 'unreachable') ? api.outages.length : 0;
	const outages = (lost + timesSilent(requests)) * PROMISES.longestOutageMs;
	const uploads = requests.filter(({ kind, ending }) => kind === 'file' && ending === 'open').length * PROMISES.uploadBackoffMs;
	const settling = claiming(books, run);
	const ideal = pacing + shared + careful + inOrder + claimed;
	return { total: 1.1 * ideal + held + outages + uploads + settling + PROMISES.latenessMs, pacing, shared, careful, inOrder, claimed, held, outages, uploads, settling };
}

/** The time of all claims, of which those of one number and those of one reference wait for each other. */
function claiming({ history: { plan, scenario, store } }: Books, { jobs }: Run): number {
	if (!scenario.settings.oncePerReference || scenario.operation === 'upload') return 0;
	const inTurn = mostAlike(plan.wanted.map(({ number }) => number)) + mostAlike(plan.wanted.map(({ stored }) => stored)) + Math.ceil(jobs.made / PROMISES.claimsAtOnce);
	const each = 2 * PROMISES.settlingMs(store.longestMs) + 8 * store.longestMs;
	const { beforeWriting, afterWriting, insertedTwice } = store.faults;
	const again = (beforeWriting + afterWriting) * PROMISES.longestStoreRetryMs + insertedTwice * PROMISES.firstStoreRetryMs;
	return (inTurn + 2) * each * scenario.processes.length + again;
}

/** How often so many requests in a row got no answer that the host counts as lost. */
function timesSilent(requests: readonly RequestRecord[]): number {
	let times = 0;
	let unanswered = 0;
	for (const { ending, statusCode } of [...requests].sort((one, other) => (one.endedOrder ?? Infinity) - (other.endedOrder ?? Infinity))) {
		if (statusCode !== undefined) unanswered = 0;
		else if (ending === 'open' && ++unanswered === PROMISES.mostUnanswered) times++;
	}
	return times;
}

/** How often the most frequent value occurs. */
function mostAlike(values: unknown[]): number {
	const counts = new Map<unknown, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return Math.max(0, ...counts.values());
}

function flight({ leftAt, endedAt = leftAt, brokenOffAt = endedAt }: RequestRecord): number {
	return brokenOffAt - leftAt;
}

/** Only so many references are claimed ahead of their sends: broadcasts to many take turns, and leave up to half of the places empty. */
function claimedFor(request: RequestRecord): number {
	return request.numbers.length > 1 ? (2 * flight(request) * Math.min(request.numbers.length, PROMISES.claimsAtOnce)) / PROMISES.claimsAtOnce : 0;
}

/** The longest of all chains of requests that wait for each other: those that share a number leave in order. */
function longestChain(requests: readonly RequestRecord[]): number {
	const ends = new Map<string, number>();
	for (const request of [...requests].sort((one, other) => one.leftOrder - other.leftOrder)) {
		const lanes = request.kind === 'file' ? [request.text] : request.numbers;
		const end = Math.max(0, ...lanes.map((lane) => ends.get(lane) ?? 0)) + flight(request);
		for (const lane of lanes) ends.set(lane, end);
	}
	return Math.max(0, ...ends.values());
}

/** How much time intervals cover together. */
function covered(intervals: number[][]): number {
	let total = 0;
	let until = -Infinity;
	for (const [from = 0, to = 0] of intervals.sort(([one = 0], [other = 0]) => one - other)) {
		total += Math.max(0, to - Math.max(from, until));
		until = Math.max(until, to);
	}
	return total;
}

function sum(numbers: number[]): number {
	return numbers.reduce((total, number) => total + number, 0);
}
