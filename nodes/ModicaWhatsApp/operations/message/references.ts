import { randomUUID } from 'crypto';
import { ModicaError } from '../../api/errors';
import type { Clock } from '../../api/pacing';
import type { Aside } from '../operation';

/** What a node remembers from one execution to the next: n8n's store of processed items. */
export interface ReferenceStore {
	/** Records keys, and resolves with those of them that were not there before. */
	record(keys: string[]): Promise<string[]>;
	remove(keys: string[]): Promise<void>;
}

/** How long a claim is left to settle, at least: many times what n8n takes from reading its store to writing it. */
const LEAST_SETTLING_MS = 200;
/** Whoever finds the store slow has reason to think that it is slow for others, too. */
const SETTLING_PER_RECORDING = 10;
const LONGEST_SETTLING_MS = 5_000;

/**
 * Sees to it that nothing with the same reference is sent twice, whichever execution it is in.
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
	private readonly claimedHere = new Set<string>();
	private readonly claims: Batch<boolean>;
	private readonly releases: Batch<undefined>;

	/**
	 * @param store of the node whose references these are
	 * @param name the same for all executions of that node in this process, and no other's
	 */
	constructor(
		private readonly store: ReferenceStore,
		private readonly name: string,
		private readonly clock: Clock,
	) {
		this.claims = new Batch(async (keys) => {
			const claimed = await this.claimAll(keys);
			return keys.map((key) => claimed.has(key));
		});
		this.releases = new Batch(async (keys) => {
			await inTurn(name, async () => await store.remove(keys));
			return keys.map(() => undefined);
		});
	}

	/**
	 * Does a send for those keys that were never claimed before.
	 * @param keys what stands for one message each
	 * @param send told for each key whether it is to be sent
	 * @param aside where to wait until the keys are claimed
	 */
	async once<T>(keys: readonly string[], send: (fresh: readonly boolean[]) => Promise<T>, aside: Aside): Promise<T> {
		let fresh: boolean[] = [];
		const claimAndSend = async () => {
			await aside(async () => {
				fresh = await Promise.all(keys.map(async (key) => await this.claim(key)));
			});
			return await send(fresh);
		};
		const sending = claimAndSend();
		await sending.catch(async (error: unknown) => {
			if (!(error instanceof ModicaError) || error.mayHaveBeenSent) return;
			await Promise.all(keys.filter((_, position) => fresh[position]).map(async (key) => await this.release(key)));
		});
		return await sending;
	}

	private async claim(key: string): Promise<boolean> {
		// The store does not look for a key twice in what it is given at once.
		if (this.claimedHere.has(key)) return false;
		this.claimedHere.add(key);
		return await this.claims.add(key);
	}

	private async release(key: string): Promise<void> {
		await this.releases.add(key);
		this.claimedHere.delete(key);
	}

	/** Claims keys, and resolves with those that are ours then and will stay so. */
	private async claimAll(keys: string[]): Promise<Set<string>> {
		const mark = randomUUID();
		let ours = keys;
		for (let isFirst = true; ; isFirst = false) {
			const { fresh, took } = await this.record([...ours, mark]);
			// Whatever was written is still there, all at once or not at all.
			if (!isFirst && !fresh.has(mark)) return new Set(ours);
			ours = ours.filter((key) => fresh.has(key));
			if (ours.length === 0) return new Set();
			await this.clock.sleep(Math.min(Math.max(LEAST_SETTLING_MS, took * SETTLING_PER_RECORDING), LONGEST_SETTLING_MS));
		}
	}

	/** Records keys, and tells which are new and how many milliseconds it took. */
	private async record(keys: string[]) {
		return await inTurn(this.name, async () => {
			const began = this.clock.now();
			const fresh = await this.store.record(keys).catch(
				// Two processes have made the node's first record at once: the database lets one of them.
				async () => await this.store.record(keys),
			);
			return { fresh: new Set(fresh), took: this.clock.now() - began };
		});
	}
}

/** Gathers what is added while its work is under way, and has it done together. */
class Batch<T> {
	private waiting: Array<{ key: string; resolve: (result: T) => void; reject: (error: unknown) => void }> = [];
	private working = false;

	/** @param work gives a result for each key, in their order */
	constructor(private readonly work: (keys: string[]) => Promise<T[]>) {}

	async add(key: string): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			this.waiting.push({ key, resolve, reject });
			if (!this.working) void this.run();
		});
	}

	private async run(): Promise<void> {
		this.working = true;
		// Whatever is asked for in the same moment belongs to the first batch, too.
		await Promise.resolve();
		while (this.waiting.length > 0) {
			const batch = this.waiting;
			this.waiting = [];
			try {
				const results = await this.work(batch.map(({ key }) => key));
				batch.forEach(({ resolve }, position) => resolve(results[position] as T));
			} catch (error) {
				batch.forEach(({ reject }) => reject(error));
			}
		}
		this.working = false;
	}
}

const lastOf = new Map<string, Promise<unknown>>();

/** Does work of the same name one after the other, in this whole process. */
async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
	const before = lastOf.get(name) ?? Promise.resolve();
	const mine = before.then(work, work);
	lastOf.set(name, mine);
	try {
		return await mine;
	} finally {
		if (lastOf.get(name) === mine) lastOf.delete(name);
	}
}
