/**
 * Reproducible randomness: each draw depends on the scenario's seed and on what it decides, such as the fault of the third
 * request. If a smaller scenario omits a part, the other draws stay the same.
 */
export class Chance {
	private readonly hashes = new Map<string, number>();

	constructor(private readonly seed: number) {}

	/** A number from 0 up to, but not including, 1. */
	fraction(subject: string, ordinal: number): number {
		return mix(this.hashOf(subject) ^ ordinal) / 2 ** 32;
	}

	happens(percent: number, subject: string, ordinal: number): boolean {
		return percent > 0 && this.fraction(subject, ordinal) * 100 < percent;
	}

	between(least: number, most: number, subject: string, ordinal: number): number {
		return least + (most > least ? this.fraction(subject, ordinal) * (most - least) : 0);
	}

	private hashOf(subject: string): number {
		const known = this.hashes.get(subject);
		if (known !== undefined) return known;
		let hash = mix(this.seed);
		for (let place = 0; place < subject.length; place++) hash = mix(hash ^ subject.charCodeAt(place));
		this.hashes.set(subject, hash);
		return hash;
	}
}

/** The finalizer of MurmurHash3: each bit of the input changes half of the output bits. */
function mix(value: number): number {
	let hash = value + 0x6d2b79f5;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
