/** The part of an HTTP response that is used here (Node.js: http.ServerResponse). */
export interface Response {
	readonly statusCode: number;
	/** Whether the whole response was written, even if the connection was already closed. */
	readonly writableEnded: boolean;
	/** Whether the connection was closed. */
	readonly closed: boolean;
	once(event: 'close' | 'finish', listener: () => void): unknown;
}

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 5_000;
/** n8n delays callbacks while it runs the maximum number of concurrent executions. */
const MAX_WAIT_MS = 60 * 60_000;

/**
 * Waits for n8n's response to a callback. Returns whether n8n acknowledges the callback, which it does only once it has
 * stored the execution.
 *
 * n8n continues even if the sender stops waiting, so its response counts even if the sender doesn't receive it. That
 * sender sends the callback again, and the second one is a duplicate.
 *
 * @param sleep waits for a number of milliseconds
 */
export async function isAcknowledged(response: Response, sleep: (ms: number) => Promise<void>): Promise<boolean> {
	await new Promise<void>((resolve) => {
		response.once('finish', resolve);
		response.once('close', resolve);
		// The connection may already be closed.
		if (response.closed) resolve();
	});
	// Node.js emits no event when a response to a closed connection ends.
	let waited = 0;
	for (let pause = FIRST_PAUSE_MS; !response.writableEnded && waited < MAX_WAIT_MS; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
		await sleep(pause);
		waited += pause;
	}
	return response.writableEnded && response.statusCode < 400;
}
