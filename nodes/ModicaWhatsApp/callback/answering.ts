import type { Tap } from './tap';

/** The result of one attempt to pass an answer to its waiting execution. */
export type Attempt =
	/** The waiting endpoint responded. */
	| { readonly kind: 'answered'; readonly status: number; readonly isTaken: boolean; readonly body: string }
	/** No connection: the answer certainly didn't arrive. */
	| { readonly kind: 'unreachable' }
	/** Timeout or lost connection: the answer may have arrived. */
	| { readonly kind: 'broken' };

/** The final result of a tap. */
export type Outcome =
	/** The execution continues with this answer. */
	| 'taken'
	/** The question was already answered, or its time limit expired. */
	| 'closed'
	/** The question doesn't exist. */
	| 'unknown'
	/** Not known yet. Modica must send the callback again. */
	| 'undecided';

/**
 * Waits between attempts, in milliseconds. A customer can tap before n8n has stored the waiting execution (tried: 33–72
 * ms after the message was sent, 0.6 s with 12 MB of input), and n8n may still be starting.
 */
const RETRY_AFTER_MS = [250, 500, 1_000, 2_000, 4_000];
/** Maximum number of concurrent attempts. Each costs n8n about as much as starting an execution. */
const MAX_CONCURRENT_ATTEMPTS = 20;
/** Maximum number of pending taps. Modica must send further ones again. */
const MAX_PENDING = 1_000;
/** Maximum number of questions and callbacks to remember, about 200 kB. */
const MAX_REMEMBERED = 2_000;

/** Passes taps to the executions that wait for them. One instance for each n8n process. */
export class Answering {
	/** Taps on the same question are processed one at a time, so that the first one answers it. */
	private readonly queues = new Map<string, Promise<unknown>>();
	private readonly waiting: Array<() => void> = [];
	private inProgress = 0;
	private pending = 0;
	/** Answered questions, and the callback that answered each. n8n doesn't report this while the workflow continues. */
	private readonly answered = new Map<string, string>();
	/** Callbacks with an attempt that may have arrived. If the question turns out to be closed, they closed it. */
	private readonly inDoubt = new Map<string, string>();

	/** @param sleep waits for a number of milliseconds */
	constructor(private readonly sleep: (ms: number) => Promise<void>) {}

	/**
	 * Passes on a tap, with retries.
	 * @param callback identifies the callback and is the same for its duplicates
	 * @param post makes one attempt; never rejects
	 */
	async deliver(callback: string, tap: Tap, post: (tap: Tap) => Promise<Attempt>): Promise<Outcome> {
		if (this.pending >= MAX_PENDING) return 'undecided';
		this.pending++;
		const question = [tap.executionId, tap.nodeId, tap.secret].join(' ');
		const before = this.queues.get(question);
		const work = (async () => {
			await before;
			return await this.decide(callback, question, async () => await this.limited(async () => await post(tap)));
		})();
		this.queues.set(question, work);
		try {
			return await work;
		} finally {
			this.pending--;
			if (this.queues.get(question) === work) this.queues.delete(question);
		}
	}

	private async decide(callback: string, question: string, post: () => Promise<Attempt>): Promise<Outcome> {
		const by = this.answered.get(question);
		// Several triggers may receive the same callback.
		if (by !== undefined) return by === callback ? 'taken' : 'closed';
		for (let attempt = 0; ; attempt++) {
			const verdict = judge(await post());
			if (verdict === 'inDoubt') remember(this.inDoubt, callback);
			else if (verdict !== 'notYet') {
				const outcome = verdict === 'closed' && this.inDoubt.delete(callback) ? 'taken' : verdict;
				if (outcome === 'taken') remember(this.answered, question, callback);
				return outcome;
			}
			const pause = RETRY_AFTER_MS[attempt];
			if (pause === undefined) return 'undecided';
			await this.sleep(pause);
		}
	}

	private async limited<T>(work: () => Promise<T>): Promise<T> {
		if (this.inProgress >= MAX_CONCURRENT_ATTEMPTS) await new Promise<void>((resolve) => this.waiting.push(resolve));
		else this.inProgress++;
		try {
			return await work();
		} finally {
			const next = this.waiting.shift();
			if (next) next();
			else this.inProgress--;
		}
	}
}

/** n8n returns this with 200 for every request while its database is connected but not migrated yet (tried). */
const IS_STARTING = /^n8n is starting up/;

/** Interprets the responses of n8n's waiting endpoint (tried: 2.41.1 and 1.123.0). */
function judge(attempt: Attempt): Exclude<Outcome, 'undecided'> | 'notYet' | 'inDoubt' {
	if (attempt.kind === 'unreachable') return 'notYet';
	if (attempt.kind === 'broken') return 'inDoubt';
	const { status, isTaken, body } = attempt;
	switch (status) {
		case 200:
			if (isTaken) return 'taken';
			return IS_STARTING.test(body) ? 'notYet' : 'closed';
		case 410:
			return 'closed';
		case 409:
			return body.includes('has finished') ? 'closed' : 'notYet';
		case 401:
		case 404:
			return 'unknown';
		default:
			// Any other response is from n8n in an error state, or from a proxy in front of it.
			return status < 500 ? 'notYet' : 'inDoubt';
	}
}

function remember(names: Map<string, string>, name: string, value = ''): void {
	names.set(name, value);
	const [oldest] = names.keys();
	if (names.size > MAX_REMEMBERED && oldest !== undefined) names.delete(oldest);
}
