export interface KeptSettings {
	/** Milliseconds for which a value counts, from the moment its reading began. */
	readonly forMs: number;
	/** Milliseconds; only differences matter. */
	readonly now: () => number;
}

/**
 * Keeps for a moment, in memory alone, what is costly to read. Whoever asks while it is being read waits for the same
 * reading. A reading that fails is not kept: the next to ask reads again.
 */
export class Kept<Value> {
	private readonly readings = new Map<string, { readonly since: number; readonly value: Promise<Value> }>();

	constructor(private readonly settings: KeptSettings) {}

	/** The value kept under a key, or else the one that `read` gives; rejects as `read` does. */
	async get(key: string, read: () => Promise<Value>): Promise<Value> {
		this.forgetOld();
		const known = this.readings.get(key);
		if (known) return await known.value;
		const reading = { since: this.settings.now(), value: read() };
		this.readings.set(key, reading);
		const forget = () => {
			if (this.readings.get(key) === reading) this.readings.delete(key);
		};
		reading.value.catch(forget);
		return await reading.value;
	}

	/** Values kept or being read. */
	get size(): number {
		this.forgetOld();
		return this.readings.size;
	}

	private forgetOld(): void {
		const oldest = this.settings.now() - this.settings.forMs;
		for (const [key, { since }] of this.readings) if (since <= oldest) this.readings.delete(key);
	}
}
