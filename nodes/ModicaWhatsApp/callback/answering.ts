import type { Tap } from './tap';

/** What an attempt to hand an answer to its waiting execution came to. */
export type Attempt =
	/** The waiting endpoint answered. */
	| { readonly kind: 'answered'; readonly status: number; readonly isTaken: boolean; readonly body: string }
	/** No connection was made: the answer certainly did not arrive. */
	| { readonly kind: 'unreachable' }
	/** Time-outs and lost connections: the answer may have arrived. */
	| { readonly kind: 'broken' };

/** What became of a tap. */
export type Outcome =
	/** The execution continues with it. */
	| 'taken'
	/** The question had been answered before, or its time was up. */
	| 'closed'
	/** There is no such question. */
	| 'unknown'
	/** Not known yet: it is to be sent again. */
	| 'undecided';

/**
 * A customer can tap before n8n has stored the waiting execution (tried: 33–72 ms after the message was sent, 0.6 s with
 * 12 MB of input), and n8n may just be starting.
 */
const RETRY_AFTER_MS = [250, 500, 1_000, 2_000, 4_000];
/** Attempts at once: each costs n8n about what starting an execution costs. */
const MOST_AT_ONCE = 20;
/** What comes on top of that is to be sent again. */
const MOST_WAITING = 1_000;
/** Questions and callbacks that are remembered: some 200 kB. */
const MOST_REMEMBERED = 2_000;

/** Hands taps to the executions that wait for them. One for each n8n process. */
export class Answering {
	/** The taps of a question are handed over one after the other, so that the first one answers. */
	private readonly lines = new Map<string, Promise<unknown>>();
	private readonly waiting: Array<() => void> = [];
	private atOnce = 0;
	private admitted = 0;
	/** Questions that were answered, and by which callback. While the workflow runs on, n8n does not say so. */
	private readonly answered = new Map<string, string>();
	/** Callbacks of which an attempt may have arrived: if the question is closed later, they closed it. */
	private readonly inDoubt = new Map<string, string>();

	/** @param sleep waits for so many milliseconds */
	constructor(private readonly sleep: (ms: number) => Promise<void>) {}

	/**
	 * Hands over a tap, again if that failed.
	 * @param callback tells the callback from all others, and is the same in its copies
	 * @param post makes one attempt; never rejects
	 */
	async handOver(callback: string, tap: Tap, post: (tap: Tap) => Promise<Attempt>): Promise<Outcome> {
		if (this.admitted >= MOST_WAITING) return 'undecided';
		this.admitted++;
		const question = [tap.executionId, tap.nodeId, tap.secret].join(' ');
		const before = this.lines.get(question);
		const work = (async () => {
			await before;
			return await this.decide(callback, question, async () => await this.oneOfFew(async () => await post(tap)));
		})();
		this.lines.set(question, work);
		try {
			return await work;
		} finally {
			this.admitted--;
			if (this.lines.get(question) === work) this.lines.delete(question);
		}
	}

	private async decide(callback: string, question: string, post: () => Promise<Attempt>): Promise<Outcome> {
		const by = this.answered.get(question);
		// One callback may come to several triggers.
		if (by !== undefined) return by === callback ? 'taken' : 'closed';
		for (let attempt = 0; ; attempt++) {
			const said = judge(await post());
			if (said === 'inDoubt') remember(this.inDoubt, callback);
			else if (said !== 'notYet') {
				const outcome = said === 'closed' && this.inDoubt.delete(callback) ? 'taken' : said;
				if (outcome === 'taken') remember(this.answered, question, callback);
				return outcome;
			}
			const pause = RETRY_AFTER_MS[attempt];
			if (pause === undefined) return 'undecided';
			await this.sleep(pause);
		}
	}

	private async oneOfFew<T>(work: () => Promise<T>): Promise<T> {
		if (this.atOnce >= MOST_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
		else this.atOnce++;
		try {
			return await work();
		} finally {
			const next = this.waiting.shift();
			if (next) next();
			else this.atOnce--;
		}
	}
}

/** With 200, to whatever it is asked, for as long as n8n has its database but has not brought it up to date (tried). */
const IS_STARTING = /^n8n is starting up/;

/** What n8n's waiting endpoint says by its answers (tried: 2.41.1 and 1.123.0). */
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
			// Anything else comes from n8n in trouble, or from what stands in front of it.
			return status < 500 ? 'notYet' : 'inDoubt';
	}
}

function remember(names: Map<string, string>, name: string, value = ''): void {
	names.set(name, value);
	const [oldest] = names.keys();
	if (names.size > MOST_REMEMBERED && oldest !== undefined) names.delete(oldest);
}
