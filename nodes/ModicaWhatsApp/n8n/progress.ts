import type { IExecuteFunctions } from 'n8n-workflow';
import type { Progress } from '../operations/run';

const TELL_EVERY_MS = 5_000;

type Functions = Pick<IExecuteFunctions, 'getWorkflowDataProxy' | 'sendMessageToUI'>;

/**
 * Tells a person how far a long run has come, where n8n has a place for it: in the browser's console while a
 * workflow runs by hand, and among the data of a cancelled execution, of which n8n keeps no node's output.
 * @param inFlight messages whose requests are in flight
 * @returns `update`, to be told how far the run has come, and `end`, to be called when it has ended
 */
export function reportProgress(functions: Functions, signal: AbortSignal | undefined, inFlight: () => number) {
	let latest: Progress = { done: 0, failed: 0 };
	let toldAt = performance.now();
	const words = () => `${latest.done} done, ${latest.failed} failed, ${inFlight()} under way`;
	const tellCancelled = () => setCustomData(functions, `Cancelled: ${words()}`);
	signal?.addEventListener('abort', tellCancelled, { once: true });
	return {
		update: (progress: Progress) => {
			latest = progress;
			if (performance.now() - toldAt < TELL_EVERY_MS) return;
			toldAt = performance.now();
			functions.sendMessageToUI(`Modica WhatsApp: ${words()}`);
		},
		// The signal is the execution's. It would keep each run of a loop, and have each tell of a later cancellation.
		end: () => signal?.removeEventListener('abort', tellCancelled),
	};
}

/** Highlights a text in the list of executions. By the way of expressions: n8n 1.x has no other. */
function setCustomData(functions: Functions, value: string): void {
	const { $execution } = functions.getWorkflowDataProxy(0);
	($execution as { customData?: { set(key: string, value: string): void } }).customData?.set('modicaWhatsApp', value);
}
