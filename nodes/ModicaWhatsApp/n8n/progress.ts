import type { IExecuteFunctions } from 'n8n-workflow';
import type { Progress } from '../operations/run';

const REPORT_EVERY_MS = 5_000;

type Functions = Pick<IExecuteFunctions, 'getWorkflowDataProxy' | 'sendMessageToUI'>;

/**
 * Reports the progress of a long run where n8n can show it: in the browser's console during a manual execution, and in
 * the data of a canceled execution, for which n8n stores no node output.
 * @param inFlight returns the number of messages whose requests are in flight
 * @returns `update`, to call with the progress, and `end`, to call when the run has ended
 */
export function reportProgress(functions: Functions, signal: AbortSignal | undefined, inFlight: () => number) {
	let latest: Progress = { done: 0, failed: 0 };
	let reportedAt = performance.now();
	const words = () => `${latest.done} done, ${latest.failed} failed, ${inFlight()} in progress`;
	const reportCanceled = () => setCustomData(functions, `Canceled: ${words()}`);
	signal?.addEventListener('abort', reportCanceled, { once: true });
	return {
		update: (progress: Progress) => {
			latest = progress;
			if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
			reportedAt = performance.now();
			functions.sendMessageToUI(`Modica WhatsApp: ${words()}`);
		},
		// The signal belongs to the execution. Without this, a loop would retain all its runs, and each would report a
		// later cancellation.
		end: () => signal?.removeEventListener('abort', reportCanceled),
	};
}

/** Adds highlighted data to the execution in n8n's list. n8n 1.x allows this only through expressions. */
function setCustomData(functions: Functions, value: string): void {
	const { $execution } = functions.getWorkflowDataProxy(0);
	($execution as { customData?: { set(key: string, value: string): void } }).customData?.set('modicaWhatsApp', value);
}
