import { randomUUID } from 'crypto';
import { sleepWhile, type Clock } from '../../api/clock';
import { ModicaError } from '../../api/errors';
import { backoffMs } from '../../api/retry';
import { Batcher, inTurn, Semaphore } from '../concurrency';

/** Data that a node keeps between executions: n8n's store of processed items. */
export interface ReferenceStore {
	/** Records keys atomically. Resolves with the keys that were new. */
	record(keys: string[]): Promise<string[]>;
	remove(keys: string[]): Promise<void>;
	/** Removes all keys. */
	clear(): Promise<void>;
}

/** Minimum time to let a claim settle: many times the duration between n8n's read and write of the store. */
const MIN_SETTLING_MS = 200;
/** Multiple of the recording time to let a claim settle, because a slow store is probably slow for other processes too. */
const SETTLING_PER_RECORDING = 10;
const MAX_SETTLING_MS = 5_000;
/**
 * Maximum number of rounds to claim keys while other processes overwrite them. Without other processes, two rounds are
 * enough.
 */
const MAX_ROUNDS = 20;
/** Waits of 0.5 + 1 + 2 + 4 + 8 s: a backup, for example, may lock n8n's database for seconds. */
const MAX_STORE_ATTEMPTS = 6;
/** Minimum number of attempts: if two processes create the node's first record at the same time, the database rejects one. */
const MIN_STORE_ATTEMPTS = 2;
/**
 * Maximum number of keys that are claimed before their messages are sent. If an execution is killed, these count as
 * sent although they aren't. High enough for claims, which take about 0.3 s, to keep up with 80 messages per second.
 */
export const MAX_CLAIMED = 100;
/** Number of marks to leave in the store before removing them together, because each removal rewrites the whole store. */
export const MAX_MARKS = 100;

/**
 * Sends each reference at most once, across all executions of a node.
 *
 * A key is claimed before the message is sent, and released if the message certainly wasn't sent. n8n's store reads all
 * its keys and then writes them all, without a lock, so concurrent calls can overwrite each other's claims.
 * - Within an n8n process, calls run one at a time. Claims made during a call are combined into the next one.
 * - Between processes, only time protects: each claim adds a unique mark to its keys, and checks for it once any
 * process that had read the store before must have written it. If the mark is gone, so are the keys, and they're
 * claimed again, unless another process has claimed them. This is Fischer's mutual exclusion algorithm. With a single
 * place to read and write, no algorithm works without waiting.
 */
export class References {
	/** The latest send operation for each key in this run. */
	private readonly latestOf = new Map<string, Promise<void>>();
	/** Keys that this run has sent or may have sent. */
	private readonly sentHere = new Set<string>();
	/** Keys that the store may have recorded for this run. It's unknown whether they were in the store before. */
	private readonly uncertain = new Set<string>();
	private readonly slots = new Semaphore(MAX_CLAIMED);
	private readonly claims: Batcher<boolean | StoreError>;
	private readonly releases: Batcher<StoreError | undefined>;
	/** Set when all attempts of a store call failed, until a call succeeds. */
	private storeIsDown = false;

	/**
	 * @param store the store of the node that sends the references
	 * @param name identifies the node within this process, and is the same for all its executions
	 * @param ensureOpen throws if nothing can be sent anymore, in which case nothing is claimed
	 */
	constructor(
		private readonly store: ReferenceStore,
		private readonly name: string,
		private readonly clock: Clock,
		private readonly ensureOpen: () => void = () => {},
	) {
		this.claims = new Batcher(async (keys) => {
			this.ensureOpen();
			return await this.claimAll(keys);
		});
		this.releases = new Batcher(async (keys) => {
			const failure = await this.releaseAll(keys).then(
				() => undefined,
				(error: unknown) => new StoreError(error),
			);
			return keys.map(() => failure);
		});
	}

	/**
	 * Sends the keys that were never claimed before. Sends with the same key run one after the other.
	 * @param keys one key for each message
	 * @param send receives for each key whether to send it
	 * @param isUnsent whether the message at a position certainly wasn't sent, according to the result
	 * @returns the result, and a note for each position whose key counts as sent although the message wasn't
	 * @throws {ModicaError} if n8n's store fails, in which case nothing was sent
	 */
	async once<T>(
		keys: readonly string[],
		send: (fresh: readonly boolean[]) => Promise<T>,
		isUnsent: (result: T, position: number) => boolean = () => false,
	): Promise<{ result: T; noteOn: (position: number) => string | undefined }> {
		const before = keys.flatMap((key) => this.latestOf.get(key) ?? []);
		const sending = this.sendAfter(before, keys, send, isUnsent);
		const ended = sending.then(
			() => {},
			() => {},
		);
		for (const key of keys) this.latestOf.set(key, ended);
		try {
			return await sending;
		} finally {
			for (const key of keys) {
				if (this.latestOf.get(key) === ended) this.latestOf.delete(key);
			}
		}
	}

	/**
	 * Removes all keys, so that each can be sent again. Keys that are being claimed at the same time stay claimed.
	 * @throws {ModicaError} if n8n's store fails, in which case the keys may still exist
	 */
	async clear(): Promise<void> {
		const failure = await this.attempted(async () => await this.store.clear()).then(
			() => undefined,
			(error: unknown) =>
				new ModicaError('n8n’s database could not clear the sent references', {
					mayHaveBeenSent: false,
					description: [...causeOf(error), 'The references may still count as sent. Run the node again.'].join(' '),
				}),
		);
		if (failure) throw failure;
	}

	private async sendAfter<T>(
		before: Array<Promise<void>>,
		keys: readonly string[],
		send: (fresh: readonly boolean[]) => Promise<T>,
		isUnsent: (result: T, position: number) => boolean,
	): Promise<{ result: T; noteOn: (position: number) => string | undefined }> {
		await Promise.all(before);
		await this.slots.acquire(keys.length);
		try {
			const fresh = await this.claim(keys);
			const ours = keys.flatMap((key, position) => (fresh[position] ? [{ key, position }] : []));
			for (const { key } of ours) this.sentHere.add(key);
			const result = await send(fresh).catch(
				async (error: unknown) => await Promise.reject<never>(await this.releaseAfter(error, ours.map(({ key }) => key))),
			);
			const unsent = ours.filter(({ position }) => isUnsent(result, position));
			const failure = await this.release(unsent.map(({ key }) => key));
			const kept = new Set(failure ? unsent.map(({ position }) => position) : []);
			return { result, noteOn: (position) => (kept.has(position) ? STILL_CLAIMED : undefined) };
		} finally {
			this.slots.release(keys.length);
		}
	}

	/** Claims keys, and returns for each whether this run now owns it. Claims none if any of them fails. */
	private async claim(keys: readonly string[]): Promise<boolean[]> {
		const claims = await Promise.all(keys.map(async (key) => !this.sentHere.has(key) && (await this.claims.add(key))));
		const failure = claims.find((claim) => claim instanceof StoreError);
		if (!failure) return claims.map((claim) => claim === true);
		await this.release(keys.filter((_, position) => claims[position] === true));
		throw failure;
	}

	/** Releases keys after an error, if nothing was certainly sent. @returns the error to report */
	private async releaseAfter(error: unknown, keys: readonly string[]): Promise<unknown> {
		if (!(error instanceof ModicaError) || error.mayHaveBeenSent) return error;
		return (await this.release(keys)) ? error.with(STILL_CLAIMED, { mayCountAsSent: true }) : error;
	}

	/** @returns the error if releasing failed, in which case the keys count as sent */
	private async release(keys: readonly string[]): Promise<StoreError | undefined> {
		const failures = await Promise.all(keys.map(async (key) => await this.releases.add(key)));
		keys.forEach((key, position) => {
			if (failures[position]) this.uncertain.add(key);
			this.sentHere.delete(key);
		});
		return failures.find(Boolean);
	}

	/** Claims keys. @returns for each key whether this run now owns it, or an error if that's unknown */
	private async claimAll(keys: string[]): Promise<Array<boolean | StoreError>> {
		const ours = await this.claimThose(keys).catch((error: unknown) => error);
		if (!(ours instanceof Set)) {
			for (const key of keys) this.uncertain.add(key);
			return keys.map(() => new StoreError(ours));
		}
		await this.tidyUp();
		return keys.map((key) => {
			if (!ours.has(key)) return this.uncertain.has(key) ? new StoreError(undefined) : false;
			this.uncertain.delete(key);
			return true;
		});
	}

	/** Claims keys, and resolves with those that this run now owns. */
	private async claimThose(keys: string[]): Promise<Set<string>> {
		const marks: string[] = [];
		// Only after the claim: a mark that is removed earlier looks as if another process had overwritten it.
		return await this.claimWith(marks, keys).finally(() => marksOf(this.name).push(...marks));
	}

	/** @param marks collects the marks that the claim leaves in the store */
	private async claimWith(marks: string[], keys: string[]): Promise<Set<string>> {
		let ours = keys;
		let latestMark: string | undefined;
		for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
			const mark = randomUUID();
			marks.push(mark);
			const { fresh, took } = await this.record([...ours, ...(latestMark === undefined ? [] : [latestMark])], mark);
			// A write is atomic, so if the mark is still there, so are its keys.
			if (latestMark !== undefined && !fresh.has(latestMark)) return new Set(ours);
			ours = ours.filter((key) => fresh.has(key));
			if (ours.length === 0) return new Set();
			latestMark = mark;
			await this.clock.sleep(Math.min(Math.max(MIN_SETTLING_MS, took * SETTLING_PER_RECORDING), MAX_SETTLING_MS));
		}
		throw new Error('other processes overwrite its records');
	}

	/**
	 * Records keys together with a new mark.
	 * @returns the keys that are new, and the duration of the slowest attempt in milliseconds
	 * @throws if it's unknown which keys are new, because the store fails or a successful write was reported as failed
	 */
	private async record(keys: string[], mark: string) {
		let took = 0;
		const fresh = await this.attempted(async () => {
			const began = this.clock.now();
			try {
				return new Set(await this.store.record([...keys, mark]));
			} finally {
				took = Math.max(took, this.clock.now() - began);
			}
		});
		if (!fresh.has(mark)) throw new Error('its response was lost');
		return { fresh, took };
	}

	/**
	 * Removes claimed keys.
	 *
	 * A removal that is reported as failed may have succeeded, and another execution may have claimed the keys since.
	 * Removing them again would allow sending them twice. For this reason, marks are recorded first and removed together
	 * with the keys: if a mark is gone, so are the keys. Checking for a mark records it again, so each mark can be
	 * checked only once.
	 */
	private async releaseAll(keys: string[]): Promise<void> {
		const marks = Array.from({ length: MAX_STORE_ATTEMPTS }, () => randomUUID());
		await this.attempted(async () => await this.store.record(marks));
		let unseen = marks;
		let attempts = 0;
		const removal = this.attempted(async () => {
			if (attempts++ > 0) {
				const [mark = '', ...others] = unseen;
				unseen = others;
				if ((await this.store.record([mark])).includes(mark)) return void marksOf(this.name).push(mark);
			}
			await this.store.remove([...keys, ...marks]);
		});
		await removal.catch(async (error: unknown) => {
			marksOf(this.name).push(...marks);
			return await Promise.reject<never>(error);
		});
	}

	/** Calls the store, with retries. Waits between attempts, unless the store is known to be down. */
	private async attempted<T>(call: () => Promise<T>, attempts = 1): Promise<T> {
		// Other executions can use the store during the wait.
		return await inTurn(this.name, call).then(
			(result) => {
				this.storeIsDown = false;
				return result;
			},
			async (error: unknown) => {
				const most = !this.storeIsDown && this.isOpen ? MAX_STORE_ATTEMPTS : MIN_STORE_ATTEMPTS;
				if (attempts >= most) {
					this.storeIsDown = true;
					return await Promise.reject<never>(error);
				}
				await sleepWhile(this.clock, backoffMs(attempts), () => this.isOpen);
				return await this.attempted(call, attempts + 1);
			},
		);
	}

	private get isOpen(): boolean {
		try {
			this.ensureOpen();
			return true;
		} catch {
			return false;
		}
	}

	/** Removes the marks of old claims once there are enough of them. */
	private async tidyUp(): Promise<void> {
		const marks = marksOf(this.name);
		if (marks.length < MAX_MARKS) return;
		const old = marks.splice(0);
		// Marks that couldn't be removed are removed with the next ones.
		await this.attempted(async () => await this.store.remove(old)).catch(() => marks.push(...old));
	}
}

const STILL_CLAIMED =
	'n8n’s database could not release the reference, so the next run may report this message as a duplicate. Send it with another reference.';

/** n8n's store failed, so nothing was sent. */
class StoreError extends ModicaError {
	constructor(cause: unknown) {
		super('Not sent: n8n’s database could not check the reference', {
			mayHaveBeenSent: false,
			mayCountAsSent: true,
			description: [
				...causeOf(cause),
				'The reference may now count as sent. If the next run reports this message as a duplicate, send it with another reference.',
			].join(' '),
		});
	}
}

/** Returns the database's error message as a sentence, if there is one. */
function causeOf(error: unknown): string[] {
	return error instanceof Error ? [`The database failed: ${error.message}.`] : [];
}

/** The marks in the stores, by node name, for all executions in this process. */
const marks = new Map<string, string[]>();

function marksOf(name: string): string[] {
	const known = marks.get(name) ?? [];
	marks.set(name, known);
	return known;
}
