import { ModicaError } from '../../api/errors';

/** What a node remembers from one execution to the next: n8n's store of processed items. */
export interface ReferenceStore {
	/** Records keys, and resolves with those of them that were not there before. */
	record(keys: string[]): Promise<string[]>;
	remove(keys: string[]): Promise<void>;
}

/**
 * Sees to it that nothing with the same reference is sent twice, whichever execution it is in.
 *
 * A key is claimed before the send and released when the send certainly did not happen. The store reads all its
 * keys and then writes them all, so that two at once would lose claims: within one n8n process they go one after
 * the other; claims made while one is under way go together in the next.
 */
export class References {
	private readonly claimedHere = new Set<string>();
	private readonly claims: Batch<boolean>;
	private readonly releases: Batch<undefined>;

	/**
	 * @param store of the node whose references these are
	 * @param name the same for all executions of that node in this process, and no other's
	 */
	constructor(store: ReferenceStore, name: string) {
		this.claims = new Batch(async (keys) => {
			const fresh = new Set(await inTurn(name, async () => await store.record(keys)));
			return keys.map((key) => fresh.has(key));
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
	 */
	async once<T>(keys: readonly string[], send: (fresh: readonly boolean[]) => Promise<T>): Promise<T> {
		const fresh = await Promise.all(keys.map(async (key) => await this.claim(key)));
		const sending = send(fresh);
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
