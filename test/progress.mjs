/** Tells a person who waits what is being done, and for how long already. No dependencies: it runs before npm has. */

const STILL_AT_IT_EVERY_MS = 20_000;

/**
 * Does one step of a longer task.
 *
 * @template T
 * @param {string} title what is done, in words for a person.
 * @param {(tell: (detail: string) => void) => Promise<T> | T} work is handed a function that tells a detail.
 * @returns {Promise<T>} what the work returned; its error is passed on.
 */
export async function step(title, work) {
	const began = Date.now();
	let detail = '';
	console.log(`▸ ${title}`);
	const tell = (text) => {
		detail = text;
		console.log(`  ${text}`);
	};
	const heartbeat = setInterval(() => {
		console.log(`  … ${detail || title}: ${elapsed(began)} so far`);
	}, STILL_AT_IT_EVERY_MS);
	try {
		const result = await work(tell);
		console.log(`✓ ${title} (${elapsed(began)})`);
		return result;
	} catch (error) {
		console.log(`✗ ${title} (${elapsed(began)})`);
		throw error;
	} finally {
		clearInterval(heartbeat);
	}
}

/**
 * @param {number} since a moment, in milliseconds since 1970.
 * @returns {string} the time from then to now, such as `3.2 s` or `2 min 5 s`.
 */
export function elapsed(since) {
	const seconds = (Date.now() - since) / 1000;
	return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
