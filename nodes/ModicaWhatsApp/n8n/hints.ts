import type { IExecuteFunctions } from 'n8n-workflow';
import type { Summary } from '../operations/summary';

/** Shows the summary of a run above the node's output. */
export function addHint(functions: IExecuteFunctions, summary: Summary | undefined): void {
	if (!summary) return;
	const { message, isWarning } = summary;
	functions.addExecutionHints({ message, type: isWarning ? 'warning' : 'info', location: 'outputPane' });
}
