/** Prints the progress of long tasks. Has no dependencies, because it runs before they are installed. */

const HEARTBEAT_MS = 20_000;

/**
 * Runs a step of a longer task, and prints its start, duration, and result.
 *
 * @template T
 * @param {string} title a description for users.
 * @param {(tell: (detail: string) => void) => Promise<T> | T} work receives a function that prints a detail.
 * @returns {Promise<T>} the result of the work. Rejects with its error.
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
	}, HEARTBEAT_MS);
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
 * @param {number} since a time in milliseconds since 1970.
 * @returns {string} the time that has passed, such as `3.2 s` or `2 min 5 s`.
 */
export function elapsed(since) {
	const seconds = (Date.now() - since) / 1000;
	return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
