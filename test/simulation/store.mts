import type { ReferenceStore } from '../../nodes/ModicaWhatsApp/operations/message/references';
import type { Chance } from './chance.mts';
import type { SimulatedClock } from './clock.mts';
import type { StoreConditions } from './scenario.mts';

/**
 * n8n's table of processed items for one node, with the behavior of n8n 2.41 (`deduplication-helper.ts`): it reads the
 * node's row and then writes it, and another process may do the same in between. The first write inserts the row, which the
 * database allows only once.
 */
export class StoreModel implements ReferenceStore {
	entries: string[] = [];
	/** Keys whose state is unknown after a failed operation. */
	readonly leftOpen = new Set<string>();
	/** Keys that reappeared because an operation that had read them before their removal wrote them back. */
	readonly resurrected = new Set<string>();
	/** Keys displaced by newer ones. */
	readonly pushedOut = new Set<string>();
	readonly faults = { beforeWriting: 0, afterWriting: 0, insertedTwice: 0 };
	pending = 0;
	/** The duration of the slowest operation. */
	longestMs = 0;
	private exists = false;
	/** The write that last added each key. */
	private readonly writtenIn = new Map<string, number>();
	private operations = 0;
	private writes = 0;
	private healthy = false;

	constructor(
		private readonly conditions: StoreConditions,
		private readonly clock: SimulatedClock,
		private readonly chance: Chance,
	) {}

	/** Ends all failures. */
	heal(): void {
		this.healthy = true;
	}

	async record(keys: string[]): Promise<string[]> {
		return await this.operate(keys, (entries) => {
			const known = new Set(entries);
			// Like n8n, which counts a repeated key as new each time.
			const fresh = keys.filter((key) => !known.has(key));
			return { next: [...entries, ...fresh], result: fresh };
		}, true);
	}

	async remove(keys: string[]): Promise<void> {
		await this.operate(keys, (entries) => {
			const next = [...entries];
			for (const key of keys) {
				const place = next.indexOf(key);
				if (place !== -1) next.splice(place, 1);
			}
			return { next, result: undefined };
		}, false);
	}

	async clear(): Promise<void> {
		await this.take('the write', this.operations++);
		this.entries = [];
		this.exists = false;
	}

	private async operate<T>(keys: string[], change: (entries: string[]) => { next: string[]; result: T }, inserts: boolean): Promise<T> {
		const operation = this.operations++;
		const { failBeforePercent, failAfterPercent, mostEntries } = this.conditions;
		const began = this.clock.now();
		this.pending++;
		try {
			await this.take('the read', operation);
			const read = this.entries;
			const writesBefore = this.writes;
			const existed = this.exists;
			const { next, result } = change(read);
			await this.take('the write', operation);
			if (!this.healthy && this.chance.happens(failBeforePercent, 'the store fails before the write', operation)) {
				this.faults.beforeWriting++;
				if (!inserts) keys.forEach((key) => this.leftOpen.add(key));
				throw new Error('SQLITE_BUSY: database is locked');
			}
			if (!existed) {
				if (!inserts) return result;
				if (this.exists) {
					this.faults.insertedTwice++;
					throw new Error('SQLITE_CONSTRAINT: UNIQUE constraint failed: processed_data.workflowId, processed_data.context');
				}
			}
			this.exists = true;
			next.splice(0, Math.max(0, next.length - mostEntries)).forEach((key) => this.pushedOut.add(key));
			const present = new Set(this.entries);
			const before = new Set(read);
			this.writes++;
			for (const key of next) {
				// Removed after it was read, whether or not it was claimed again.
				if (before.has(key) && (!present.has(key) || (this.writtenIn.get(key) ?? 0) > writesBefore)) this.resurrected.add(key);
				if (!before.has(key)) this.writtenIn.set(key, this.writes);
			}
			this.entries = next;
			if (!this.healthy && this.chance.happens(failAfterPercent, 'the store fails after the write', operation)) {
				this.faults.afterWriting++;
				keys.forEach((key) => this.leftOpen.add(key));
				throw new Error('Connection terminated unexpectedly');
			}
			return result;
		} finally {
			this.pending--;
			this.longestMs = Math.max(this.longestMs, this.clock.now() - began);
		}
	}

	/** Durations of steps vary by a factor of 5: the engine may rely on the durations that it has measured. */
	private async take(step: string, operation: number): Promise<void> {
		const { slownessMs } = this.conditions;
		await this.clock.sleep(this.chance.between(slownessMs / 5, slownessMs, step, operation));
	}
}
