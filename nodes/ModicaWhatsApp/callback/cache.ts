export interface CacheSettings {
	/** Milliseconds for which a value is valid, counted from when its reading started. */
	readonly ttlMs: number;
	/** Returns a time in milliseconds. Only differences between two calls are meaningful. */
	readonly now: () => number;
}

/**
 * A short-lived in-memory cache for values that are expensive to read. Concurrent calls share one reading. A failed
 * reading isn't cached.
 */
export class Cache<Value> {
	private readonly readings = new Map<string, { readonly since: number; readonly value: Promise<Value> }>();

	constructor(private readonly settings: CacheSettings) {}

	/** Returns the cached value of a key, or calls `read`. Rejects if `read` does. */
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

	/** Number of values that are cached or being read. */
	get size(): number {
		this.forgetOld();
		return this.readings.size;
	}

	private forgetOld(): void {
		const oldest = this.settings.now() - this.settings.ttlMs;
		for (const [key, { since }] of this.readings) if (since <= oldest) this.readings.delete(key);
	}
}
