/** A number of places, taken in the order in which they are asked for; whoever asks for more than there are waits for all. */
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

/** Gathers what is added while its work is under way, and has it done together. */
export class Batcher<T> {
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
