/** Timers that can all be ended early, so that none keeps running. */
export class Timers {
	#waiting = new Map<NodeJS.Timeout, (elapsed: boolean) => void>();

	/** Resolves with true after this time, or with false when `clear` is called. */
	wait(ms: number): Promise<boolean> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => {
				this.#waiting.delete(timer);
				resolve(true);
			}, ms);
			this.#waiting.set(timer, resolve);
		});
	}

	clear(): void {
		const waiting = [...this.#waiting];
		this.#waiting.clear();
		for (const [timer, resolve] of waiting) {
			clearTimeout(timer);
			resolve(false);
		}
	}
}
