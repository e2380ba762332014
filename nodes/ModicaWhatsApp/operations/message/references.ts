import { randomUUID } from 'crypto';
import { sleepWhile, type Clock } from '../../api/clock';
import { ModicaError } from '../../api/errors';
import { backoffMs } from '../../api/retry';
import { Batcher, inTurn, Semaphore } from '../concurrency';

/** What a node remembers from one execution to the next: n8n's store of processed items. */
export interface ReferenceStore {
	/** Records keys, all at once or not at all, and resolves with those of them that were not there before. */
	record(keys: string[]): Promise<string[]>;
	remove(keys: string[]): Promise<void>;
	/** Removes all keys. */
	clear(): Promise<void>;
}

/** How long a claim is left to settle, at least: many times what n8n takes from reading its store to writing it. */
const LEAST_SETTLING_MS = 200;
/** Whoever finds the store slow has reason to think that it is slow for others, too. */
const SETTLING_PER_RECORDING = 10;
const LONGEST_SETTLING_MS = 5_000;
/** How often a claim is looked at, with other processes writing over it. Twice is enough where none does. */
const MOST_ROUNDS = 20;
/** Waits of 0.5 + 1 + 2 + 4 + 8 s: something else, such as a backup, may lock n8n's database for seconds. */
const MOST_STORE_ATTEMPTS = 6;
/** Always made: of two processes that make the node's first record at once, the database refuses one. */
const LEAST_STORE_ATTEMPTS = 2;
/**
 * Keys that are claimed while their messages are not sent yet, at most: those of an execution that is killed count as
 * sent though they are not. Enough for claims, which take some 0.3 s, to keep up with 80 messages a second.
 */
export const MOST_CLAIMED = 100;
/** Marks that are left in the store before they are removed together: each removal writes the whole store. */
export const MOST_MARKS = 100;

/**
 * Sends nothing with the same reference twice, whichever execution it is in.
 *
 * A key is claimed before the send and released when the send certainly did not happen. n8n's store reads all its
 * keys and then writes them all, and has no lock: of two at once, the later one writes over what the other claimed.
 * - Within one n8n process they go one after the other; claims made while one is under way go together in the next.
 * - From another process nothing but time protects: each claim leaves a mark of its own beside its keys, and looks
 *   for it once whoever had read the store before must have written it. With the mark gone the keys are gone as well,
 *   and are claimed again: those that the other has claimed are the other's. (This is Fischer's mutual exclusion. With
 *   a single place to read and to write there is none that does without waiting.)
 */
export class References {
	/** The latest send of each key in this run. */
	private readonly latestOf = new Map<string, Promise<void>>();
	/** Keys that this run has sent, or may have sent. */
	private readonly sentHere = new Set<string>();
	/** Keys that the store may or may not have recorded for this run: nobody knows whether they were there before. */
	private readonly uncertain = new Set<string>();
	private readonly slots = new Semaphore(MOST_CLAIMED);
	private readonly claims: Batcher<boolean | StoreError>;
	private readonly releases: Batcher<StoreError | undefined>;
	/** All attempts at a call of the store failed, and no call has succeeded since. */
	private storeIsDown = false;

	/**
	 * @param store of the node whose references these are
	 * @param name the same for all executions of that node in this process, and no other's
	 * @param ensureOpen throws once nothing can be sent any more: then nothing is claimed either
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
	 * Does a send for those keys that were never claimed before. Of several sends with the same key, each waits for how
	 * the one before it ended.
	 * @param keys what stands for one message each
	 * @param send told for each key whether it is to be sent
	 * @param isUnsent tells of a result whether the key at a position was certainly not sent after all
	 * @returns the result, and a note for each position whose key counts as sent though it was not
	 * @throws {ModicaError} when n8n's store fails: then nothing was sent
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
	 * Forgets all keys: each can be sent again. One that is being claimed meanwhile is claimed all the same.
	 * @throws {ModicaError} when n8n's store fails: then they may still be there
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

	/** Claims keys, and tells of each whether it is this run's now. Claims none when one of them cannot be claimed. */
	private async claim(keys: readonly string[]): Promise<boolean[]> {
		const claims = await Promise.all(keys.map(async (key) => !this.sentHere.has(key) && (await this.claims.add(key))));
		const failure = claims.find((claim) => claim instanceof StoreError);
		if (!failure) return claims.map((claim) => claim === true);
		await this.release(keys.filter((_, position) => claims[position] === true));
		throw failure;
	}

	/** Releases keys whose send failed, if it certainly did. @returns the error to show for it */
	private async releaseAfter(error: unknown, keys: readonly string[]): Promise<unknown> {
		if (!(error instanceof ModicaError) || error.mayHaveBeenSent) return error;
		return (await this.release(keys)) ? error.with(STILL_CLAIMED, { mayCountAsSent: true }) : error;
	}

	/** @returns why that failed, if it did: the keys then count as sent */
	private async release(keys: readonly string[]): Promise<StoreError | undefined> {
		const failures = await Promise.all(keys.map(async (key) => await this.releases.add(key)));
		keys.forEach((key, position) => {
			if (failures[position]) this.uncertain.add(key);
			this.sentHere.delete(key);
		});
		return failures.find(Boolean);
	}

	/** Claims keys. @returns for each whether it is ours now and will stay so, or that nobody knows */
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

	/** Claims keys, and resolves with those that are ours then and will stay so. */
	private async claimThose(keys: string[]): Promise<Set<string>> {
		const marks: string[] = [];
		// Not before the claim has ended: one that is removed meanwhile looks like one that another process wrote over.
		return await this.claimBeside(marks, keys).finally(() => marksOf(this.name).push(...marks));
	}

	/** @param marks those that the claim leaves in the store are added to it */
	private async claimBeside(marks: string[], keys: string[]): Promise<Set<string>> {
		let ours = keys;
		let latestMark: string | undefined;
		for (let rounds = 0; rounds < MOST_ROUNDS; rounds++) {
			const mark = randomUUID();
			marks.push(mark);
			const { fresh, took } = await this.record([...ours, ...(latestMark === undefined ? [] : [latestMark])], mark);
			// Whatever was written is still there, all at once or not at all.
			if (latestMark !== undefined && !fresh.has(latestMark)) return new Set(ours);
			ours = ours.filter((key) => fresh.has(key));
			if (ours.length === 0) return new Set();
			latestMark = mark;
			await this.clock.sleep(Math.min(Math.max(LEAST_SETTLING_MS, took * SETTLING_PER_RECORDING), LONGEST_SETTLING_MS));
		}
		throw new Error('other processes write over what this one records');
	}

	/**
	 * Records keys beside a mark that is new.
	 * @returns those that are new, and the milliseconds that the slowest attempt took
	 * @throws when nobody knows which are new, since the store fails or an attempt that it wrote was reported as failed
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
		if (!fresh.has(mark)) throw new Error('its answer was lost');
		return { fresh, took };
	}

	/**
	 * Removes keys that are claimed.
	 *
	 * A removal that is reported as failed may have been written, and another execution may have claimed the keys since:
	 * removed again, they would be sent twice. So marks are recorded first that go with the keys. With a mark gone, the
	 * keys are gone. To look for a mark records it, so each may be looked for once.
	 */
	private async releaseAll(keys: string[]): Promise<void> {
		const marks = Array.from({ length: MOST_STORE_ATTEMPTS }, () => randomUUID());
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

	/** Makes a call of the store again when it fails. Waits between attempts, but not for a store that others found down. */
	private async attempted<T>(call: () => Promise<T>, attempts = 1): Promise<T> {
		// Other executions have their turns while this one waits.
		return await inTurn(this.name, call).then(
			(result) => {
				this.storeIsDown = false;
				return result;
			},
			async (error: unknown) => {
				const most = !this.storeIsDown && this.isOpen ? MOST_STORE_ATTEMPTS : LEAST_STORE_ATTEMPTS;
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

	/** Removes the marks of old claims, once there are many. */
	private async tidyUp(): Promise<void> {
		const marks = marksOf(this.name);
		if (marks.length < MOST_MARKS) return;
		const old = marks.splice(0);
		// Those that cannot be removed are tried again with the next.
		await this.attempted(async () => await this.store.remove(old)).catch(() => marks.push(...old));
	}
}

const STILL_CLAIMED =
	'n8n’s database could not release the reference, so the next run may report this message as a duplicate. Send it under another reference.';

/** n8n's store failed, and so nothing was sent. */
class StoreError extends ModicaError {
	constructor(cause: unknown) {
		super('Not sent: n8n’s database could not tell whether the reference was sent before', {
			mayHaveBeenSent: false,
			mayCountAsSent: true,
			description: [
				...causeOf(cause),
				'The reference may count as sent now. If the next run reports this message as a duplicate, send it under another reference.',
			].join(' '),
		});
	}
}

/** What the database said, as a sentence; nothing when it said nothing. */
function causeOf(error: unknown): string[] {
	return error instanceof Error ? [`The database failed: ${error.message}.`] : [];
}

/** Marks that are in the stores, by the name of the node, for all of its executions in this process. */
const marks = new Map<string, string[]>();

function marksOf(name: string): string[] {
	const known = marks.get(name) ?? [];
	marks.set(name, known);
	return known;
}
