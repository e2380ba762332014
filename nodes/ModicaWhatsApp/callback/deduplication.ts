export interface DeduplicationSettings {
	/** Maximum number of callbacks to remember. The oldest are removed first. */
	readonly maxEntries: number;
	/** Milliseconds to remember a callback. */
	readonly ttlMs: number;
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
	private readonly accepted = new Map<string, number>();
	private readonly inProgress = new Map<string, Promise<boolean>>();

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
			if (this.accepted.has(key)) return false;
			const first = this.inProgress.get(key);
			if (!first) break;
			await first;
		}
		this.inProgress.set(key, this.awaitAcknowledgment(key, acknowledged()));
		return true;
	}

	/** Number of callbacks that are remembered or in progress. */
	get size(): number {
		this.forgetOld();
		return this.accepted.size + this.inProgress.size;
	}

	private async awaitAcknowledgment(key: string, acknowledged: Promise<boolean>): Promise<boolean> {
		const isTaken = await acknowledged;
		this.inProgress.delete(key);
		if (isTaken) this.accepted.set(key, this.settings.now());
		this.forgetOld();
		return isTaken;
	}

	private forgetOld(): void {
		const oldest = this.settings.now() - this.settings.ttlMs;
		for (const [key, since] of this.accepted) {
			if (since > oldest && this.accepted.size <= this.settings.maxEntries) break;
			this.accepted.delete(key);
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
