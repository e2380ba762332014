import type { Limit } from './scenario.mts';

/** Applies the API limit that is currently in force. Rejected requests don't count. */
export class RateLimiter {
	private inForce: Limit | undefined;
	private window = -1;
	private count = 0;
	private tokens = 0;
	private filledAt = 0;

	constructor(private readonly limits: readonly Limit[]) {}

	admits(now: number): boolean {
		const limit = this.update(now);
		if (!limit) return true;
		if (limit.kind === 'window') return this.count < limit.perSecond && ++this.count > 0;
		if (this.tokens < 1) return false;
		this.tokens--;
		return true;
	}

	/** Time until a request is admitted. One second if none is ever admitted. */
	opensInMs(now: number): number {
		const limit = this.update(now);
		if (limit?.kind === 'bucket' && this.tokens < 1) return ((1 - this.tokens) * 1_000) / limit.perSecond;
		return 1_000 - (now % 1_000);
	}

	/** `X-RateLimit-Limit` of a response. */
	reported(now: number): string | undefined {
		const limit = this.update(now);
		if (!limit) return undefined;
		switch (limit.reported) {
			case 'truth':
				return String(limit.perSecond);
			case 'half':
				return String(limit.perSecond / 2);
			case 'double':
				return String(limit.perSecond * 2);
			case 'nonsense':
				return 'unlimited';
			case 'nothing':
				return undefined;
		}
	}

	private update(now: number): Limit | undefined {
		const limit = this.limits.findLast(({ fromMs }) => fromMs <= now);
		if (!limit) return undefined;
		if (limit !== this.inForce) {
			this.inForce = limit;
			this.tokens = limit.perSecond;
			this.filledAt = now;
			this.count = 0;
		}
		const window = Math.floor(now / 1_000);
		if (window !== this.window) [this.window, this.count] = [window, 0];
		this.tokens = Math.min(limit.perSecond, this.tokens + ((now - this.filledAt) * limit.perSecond) / 1_000);
		this.filledAt = now;
		return limit;
	}
}
