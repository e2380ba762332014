/** A first-in, first-out semaphore with several permits. A request for more permits than exist waits until all are free. */
export class Semaphore {
	private taken = 0;
	private readonly waiting: Array<{ count: number; enter: () => void }> = [];

	constructor(private readonly most: number) {}

	async acquire(count: number): Promise<void> {
		await new Promise<void>((enter) => {
			this.waiting.push({ count, enter });
			this.admit();
		});
	}

	release(count: number): void {
		this.taken -= count;
		this.admit();
	}

	private admit(): void {
		for (let next = this.waiting[0]; next && (this.taken === 0 || this.taken + next.count <= this.most); next = this.waiting[0]) {
			this.waiting.shift();
			this.taken += next.count;
			next.enter();
		}
	}
}

/** Collects keys while a batch is running, and processes them as the next batch. */
export class Batcher<T> {
	private waiting: Array<{ key: string; resolve: (result: T) => void; reject: (error: unknown) => void }> = [];
	private working = false;

	/** @param work returns one result for each key, in the same order */
	constructor(private readonly work: (keys: string[]) => Promise<T[]>) {}

	async add(key: string): Promise<T> {
		return await new Promise<T>((resolve, reject) => {
			this.waiting.push({ key, resolve, reject });
			if (!this.working) void this.run();
		});
	}

	private async run(): Promise<void> {
		this.working = true;
		// Include all keys that are added in the same tick.
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

/** Runs functions with the same name one at a time, across the whole process. */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
	const before = lastOf.get(name) ?? Promise.resolve();
	const mine = before.then(work, work);
	lastOf.set(name, mine);
	try {
		return await mine;
	} finally {
		if (lastOf.get(name) === mine) lastOf.delete(name);
	}
}
