/** Waits that end early, all together, so that nothing is left behind. */
export class Timers {
	#waiting = new Map<NodeJS.Timeout, (elapsed: boolean) => void>();

	/** Gives true after so many milliseconds, or false as soon as `clear` is called. */
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
