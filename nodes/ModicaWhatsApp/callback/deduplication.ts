export interface DeduplicationSettings {
	/** Callbacks remembered; the oldest go first. */
	readonly most: number;
	/** Milliseconds for which a callback is remembered. */
	readonly forMs: number;
	/** Milliseconds; only differences matter. */
	readonly now: () => number;
}

/**
 * Remembers which callbacks have been taken, so that a copy of one starts nothing.
 *
 * A callback counts as taken only once the sender was told so: what comes again after a failure is taken then. A copy
 * that comes while the first is still under way waits for how that ends.
 */
export class Deduplicator {
	/** When each was taken, the oldest first. */
	private readonly taken = new Map<string, number>();
	private readonly underWay = new Map<string, Promise<boolean>>();

	constructor(private readonly settings: DeduplicationSettings) {}

	/**
	 * Lets one copy of a callback through.
	 * @param acknowledged called when this copy is let through; resolves, and never rejects, with whether the sender was
	 * told that it was taken
	 * @returns false when another copy has been taken
	 */
	async admit(key: string, acknowledged: () => Promise<boolean>): Promise<boolean> {
		for (;;) {
			this.forgetOld();
			if (this.taken.has(key)) return false;
			const first = this.underWay.get(key);
			if (!first) break;
			await first;
		}
		this.underWay.set(key, this.settle(key, acknowledged()));
		return true;
	}

	/** Callbacks remembered or under way. */
	get size(): number {
		this.forgetOld();
		return this.taken.size + this.underWay.size;
	}

	private async settle(key: string, acknowledged: Promise<boolean>): Promise<boolean> {
		const isTaken = await acknowledged;
		this.underWay.delete(key);
		if (isTaken) this.taken.set(key, this.settings.now());
		this.forgetOld();
		return isTaken;
	}

	private forgetOld(): void {
		const oldest = this.settings.now() - this.settings.forMs;
		for (const [key, since] of this.taken) {
			if (since > oldest && this.taken.size <= this.settings.most) break;
			this.taken.delete(key);
		}
	}
}

/** One memory for each trigger of each workflow; those that have nothing left to remember go. */
export class DeduplicatorByTrigger {
	private readonly memories = new Map<string, Deduplicator>();

	constructor(private readonly settings: DeduplicationSettings) {}

	/** The memory of one trigger. */
	of(workflowId: string, nodeId: string): Deduplicator {
		const name = JSON.stringify([workflowId, nodeId]);
		const known = this.memories.get(name);
		if (known) return known;
		for (const [other, { size }] of this.memories) if (size === 0) this.memories.delete(other);
		const fresh = new Deduplicator(this.settings);
		this.memories.set(name, fresh);
		return fresh;
	}

	/** Triggers with a memory. */
	get size(): number {
		return this.memories.size;
	}
}
