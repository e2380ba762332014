/**
 * Chance that a scenario fixes: each draw comes from the scenario's number and from what it decides about, such as the
 * third request's fault. What a smaller scenario leaves out then leaves the other draws as they were.
 */
export class Chance {
	private readonly hashes = new Map<string, number>();

	constructor(private readonly seed: number) {}

	/** From 0 to below 1. */
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

/** The finalizer of MurmurHash3: each bit of the input changes half of the output's. */
function mix(value: number): number {
	let hash = value + 0x6d2b79f5;
	hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
	hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
	return (hash ^ (hash >>> 16)) >>> 0;
}
