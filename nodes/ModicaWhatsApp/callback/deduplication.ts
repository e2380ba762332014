export interface DeduplicationSettings {
	/** Maximum number of callbacks to remember. The oldest are removed first. */
	readonly most: number;
	/** Milliseconds to remember a callback. */
	readonly forMs: number;
	/** Returns a time in milliseconds. Only differences between two calls are meaningful. */
	readonly now: () => number;
}

/**
 * Remembers accepted callbacks, so that a duplicate doesn't start an execution.
 *
 * A callback counts as accepted only after the sender has received an acknowledgment, so a retry after a failure is
 * accepted. A duplicate that arrives while the first callback is in progress waits for its result.
 */
export class Deduplicator {
	/** When each callback was accepted, the oldest first. */
	private readonly taken = new Map<string, number>();
	private readonly underWay = new Map<string, Promise<boolean>>();

	constructor(private readonly settings: DeduplicationSettings) {}

	/**
	 * Admits one copy of a callback.
	 * @param acknowledged called when this copy is admitted; resolves to whether it was acknowledged to the sender, and
	 * never rejects
	 * @returns false if another copy was accepted
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

	/** Number of callbacks that are remembered or in progress. */
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

/** One deduplicator for each trigger of each workflow. Empty ones are removed. */
export class DeduplicatorByTrigger {
	private readonly memories = new Map<string, Deduplicator>();

	constructor(private readonly settings: DeduplicationSettings) {}

	/** Returns the deduplicator of a trigger. */
	of(workflowId: string, nodeId: string): Deduplicator {
		const name = JSON.stringify([workflowId, nodeId]);
		const known = this.memories.get(name);
		if (known) return known;
		for (const [other, { size }] of this.memories) if (size === 0) this.memories.delete(other);
		const fresh = new Deduplicator(this.settings);
		this.memories.set(name, fresh);
		return fresh;
	}

	/** Number of triggers with a deduplicator. */
	get size(): number {
		return this.memories.size;
	}
}
