import type { Books } from './books.mts';
import { PROMISES } from './engine.mts';
import type { RequestRecord, Run } from './history.mts';

/**
 * The longest that a run may take. In any order, the work takes no longer than all of it shared evenly plus the longest
 * sequence that must run one step after the other (Graham's bound). Required waits are added.
 */
export function longestAllowed(books: Books, run: Run) {
	const requests = books.requestsOf(run);
	const { settings, api } = books.history.scenario;
	const rate = Math.min(settings.maxRequestsPerSecond || Infinity, ...requests.map(({ reportedLimit = Infinity }) => reportedLimit));
	// No second contains more requests than the limit or a fraction of a request.
	const pacing = (1_000 * requests.length) / (rate > 1 ? Math.floor(rate) : rate);
	const shared = sum(requests.map(flight)) / settings.maxConcurrency;
	const careful = sum(books.departuresOf(run).filter(({ isUnsure }) => isUnsure).map(({ request }) => flight(request)));
	const inOrder = longestChain(requests);
	const claimed = settings.oncePerReference ? sum(requests.map(claimedFor)) : 0;
	const held = covered(requests.flatMap(({ endedAt, holdMs }) => (endedAt === undefined || holdMs === undefined ? [] : [[endedAt, endedAt + holdMs]])));
	const lost = requests.some(({ ending }) => ending === 'unreachable') ? api.outages.length : 0;
	const outages = (lost + timesUnresponsive(requests)) * PROMISES.longestOutageMs;
	const uploads = requests.filter(({ kind, ending }) => kind === 'file' && ending === 'open').length * PROMISES.uploadBackoffMs;
	const settling = claiming(books, run);
	const ideal = pacing + shared + careful + inOrder + claimed;
	return { total: 1.1 * ideal + held + outages + uploads + settling + PROMISES.latenessMs, pacing, shared, careful, inOrder, claimed, held, outages, uploads, settling };
}

/** The total time of all claims. Claims for the same number or the same reference wait for each other. */
function claiming({ history: { plan, scenario, store } }: Books, { jobs }: Run): number {
	if (!scenario.settings.oncePerReference || scenario.operation === 'upload') return 0;
	const inTurn = mostFrequentCount(plan.wanted.map(({ number }) => number)) + mostFrequentCount(plan.wanted.map(({ stored }) => stored)) + Math.ceil(jobs.made / PROMISES.claimsAtOnce);
	const each = 2 * PROMISES.settlingMs(store.longestMs) + 8 * store.longestMs;
	const { beforeWriting, afterWriting, insertedTwice } = store.faults;
	const again = (beforeWriting + afterWriting) * PROMISES.longestStoreRetryMs + insertedTwice * PROMISES.firstStoreRetryMs;
	return (inTurn + 2) * each * scenario.processes.length + again;
}

/** How many times enough requests in a row got no response for the host to count as down. */
function timesUnresponsive(requests: readonly RequestRecord[]): number {
	let times = 0;
	let unanswered = 0;
	for (const { ending, statusCode } of [...requests].sort((one, other) => (one.endedOrder ?? Infinity) - (other.endedOrder ?? Infinity))) {
		if (statusCode !== undefined) unanswered = 0;
		else if (ending === 'open' && ++unanswered === PROMISES.mostUnanswered) times++;
	}
	return times;
}

/** How often the most frequent value occurs. */
function mostFrequentCount(values: unknown[]): number {
	const counts = new Map<unknown, number>();
	for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
	return Math.max(0, ...counts.values());
}

function flight({ sentAt, endedAt = sentAt, abortedAt = endedAt }: RequestRecord): number {
	return abortedAt - sentAt;
}

/**
 * The number of references claimed ahead is limited: large broadcasts take turns and may leave up to half of the slots
 * unused.
 */
function claimedFor(request: RequestRecord): number {
	return request.numbers.length > 1 ? (2 * flight(request) * Math.min(request.numbers.length, PROMISES.claimsAtOnce)) / PROMISES.claimsAtOnce : 0;
}

/** The longest chain of requests that wait for each other. Requests that share a number are sent in order. */
function longestChain(requests: readonly RequestRecord[]): number {
	const ends = new Map<string, number>();
	for (const request of [...requests].sort((one, other) => one.sentOrder - other.sentOrder)) {
		const lanes = request.kind === 'file' ? [request.text] : request.numbers;
		const end = Math.max(0, ...lanes.map((lane) => ends.get(lane) ?? 0)) + flight(request);
		for (const lane of lanes) ends.set(lane, end);
	}
	return Math.max(0, ...ends.values());
}

/** The total length of time that the intervals cover. */
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
