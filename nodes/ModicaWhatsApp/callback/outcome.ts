import type { Outcome } from './seen';

/** What is needed of an HTTP response (Node.js: http.ServerResponse). */
export interface Answer {
	readonly statusCode: number;
	/** True once the whole answer has been given, whether or not there was anybody left to get it. */
	readonly writableEnded: boolean;
	/** True once the connection is of no more use to it. */
	readonly closed: boolean;
	once(event: 'close' | 'finish', listener: () => void): unknown;
}

const FIRST_LOOK_AFTER_MS = 50;
const LONGEST_BETWEEN_LOOKS_MS = 5_000;
/** n8n makes callbacks wait for as long as it runs all the executions that it may run at once. */
const LONGEST_WAIT_MS = 60 * 60_000;

/**
 * Waits for n8n's answer to a callback: true when it says that the callback was taken, which n8n says only once it has
 * stored the execution.
 *
 * A sender that has given up waiting does not stop n8n, so n8n's answer counts even when nobody gets it: that sender
 * will send again, and then it is a copy.
 *
 * @param sleep waits for so many milliseconds
 */
export async function answered(answer: Answer, sleep: (ms: number) => Promise<void>): Outcome {
	await new Promise<void>((resolve) => {
		answer.once('finish', resolve);
		answer.once('close', resolve);
		// A sender may be gone already.
		if (answer.closed) resolve();
	});
	// Node.js has no event for the end of an answer that nobody gets.
	let pause = FIRST_LOOK_AFTER_MS;
	for (let waited = 0; !answer.writableEnded && waited < LONGEST_WAIT_MS; waited += pause) {
		pause = Math.min(pause * 2, LONGEST_BETWEEN_LOOKS_MS);
		await sleep(pause);
	}
	return answer.writableEnded && answer.statusCode < 400;
}
