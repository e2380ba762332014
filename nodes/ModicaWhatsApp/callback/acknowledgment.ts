/** What is needed of an HTTP response (Node.js: http.ServerResponse). */
export interface Response {
	readonly statusCode: number;
	/** True once the whole answer has been given, whether or not there was anybody left to get it. */
	readonly writableEnded: boolean;
	/** True once the connection is of no more use to it. */
	readonly closed: boolean;
	once(event: 'close' | 'finish', listener: () => void): unknown;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** n8n makes callbacks wait for as long as it runs all the executions that it may run at once. */
const LONGEST_WAIT_MS = 60 * 60_000;

/**
 * Waits for n8n's answer to a callback: true when it acknowledges it, which n8n does only once it has stored the
 * execution.
 *
 * A sender that has given up waiting does not stop n8n, so n8n's answer counts even when nobody gets it: that sender
 * will send again, and then it is a copy.
 *
 * @param sleep waits for so many milliseconds
 */
export async function isAcknowledged(response: Response, sleep: (ms: number) => Promise<void>): Promise<boolean> {
	await new Promise<void>((resolve) => {
		response.once('finish', resolve);
		response.once('close', resolve);
		// A sender may be gone already.
		if (response.closed) resolve();
	});
	// Node.js has no event for the end of an answer that nobody gets.
	let waited = 0;
	for (let pause = FIRST_PAUSE_MS; !response.writableEnded && waited < LONGEST_WAIT_MS; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
		await sleep(pause);
		waited += pause;
	}
	return response.writableEnded && response.statusCode < 400;
}
