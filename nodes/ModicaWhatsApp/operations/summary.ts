import { ModicaError } from '../api/errors';
import type { Waits } from '../api/slowdown';
import { InputError } from '../parameters/errors';
import { isFailure, type Output, type Result } from './operation';

/** A one-line summary of a run. */
export interface Summary {
	readonly message: string;
	/** Whether the user should check the results. */
	readonly isWarning: boolean;
}

/** Shorter waits are not reported. */
const MIN_REPORTED_WAIT_MS = 5_000;
/** Maximum number of reasons to list. */
const MAX_REASONS = 4;

/**
 * Summarizes a run in one or two sentences.
 * @returns undefined if there's nothing to report
 */
export function summarize(results: readonly Result[], waits: Waits): Summary | undefined {
	const outputs = results.filter((result): result is Output => !isFailure(result));
	const reasons = results.filter(hasFailed).map(reasonOf);
	const uncertain = results.filter(isUncertain).length;
	const dry = outputs.filter((output) => output.isDry).length;
	// An error from the API means that this wasn't a dry run.
	const isDry = dry > 0 && results.every((result) => (isFailure(result) ? !(result.error instanceof ModicaError) : result.isDry));
	const sentences = [
		...(isDry ? [checked(outputs, reasons)] : failed(results.length, reasons)),
		...(dry > 0 && !isDry ? [`${number(dry)} ${dry === 1 ? 'was' : 'were'} only checked.`] : []),
		...(uncertain > 0 ? [`${number(uncertain)} may have been sent.`] : []),
		...slowed(waits),
	];
	if (sentences.length === 0) return undefined;
	return { message: sentences.join(' '), isWarning: reasons.length + uncertain > 0 };
}

function hasFailed(result: Result): boolean {
	return isFailure(result) || result.isRefused === true;
}

function isUncertain(result: Result): boolean {
	if (!isFailure(result)) return result.mayHaveBeenSent === true;
	return result.error instanceof ModicaError && result.error.mayHaveBeenSent;
}

function checked(outputs: readonly Output[], reasons: readonly string[]): string {
	const valid = outputs.filter(({ json }) => json.status === 'valid').length;
	const duplicates = outputs.length - valid;
	const counts = [
		`${number(valid)} ${are(valid)} valid`,
		...(duplicates > 0 ? [duplicates === 1 ? '1 is a duplicate' : `${number(duplicates)} are duplicates`] : []),
		...(reasons.length > 0 ? [`${number(reasons.length)} ${are(reasons.length)} invalid (${tally(reasons)})`] : []),
	];
	return `Nothing was sent: ${counts.join(', ')}.`;
}

function failed(total: number, reasons: readonly string[]): string[] {
	if (reasons.length === 0) return [];
	return [`${number(reasons.length)} of ${number(total)} failed: ${tally(reasons)}.`];
}

function slowed({ ms, limit }: Waits): string[] {
	const causes = [
		{ by: `the limit of ${limit} request${limit === 1 ? '' : 's'} per second`, ms: ms.limit },
		{ by: 'rate limiting (429)', ms: ms.refusal },
		{ by: 'an outage', ms: ms.outage },
	].filter((cause) => cause.ms >= MIN_REPORTED_WAIT_MS);
	return causes.length > 0 ? [`Slowed down by ${causes.map(({ by, ms: waited }) => `${by}: ${Math.round(waited / 1_000)} s`).join(', ')}.`] : [];
}

/** Counts each reason, and lists the most common first. */
function tally(reasons: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
	const sorted = [...counts].sort(([, one], [, other]) => other - one);
	const rest = sorted.slice(MAX_REASONS).reduce((sum, [, count]) => sum + count, 0);
	const named = sorted.slice(0, MAX_REASONS).map(([reason, count]) => `${number(count)} ${reason}`);
	return [...named, ...(rest > 0 ? [`${number(rest)} for other reasons`] : [])].join(', ');
}

function reasonOf(result: Result): string {
	if (!isFailure(result)) return 'rejected';
	const { error } = result;
	if (error instanceof InputError) return error.field ? `with an invalid '${error.field}'` : 'with invalid fields';
	if (!(error instanceof ModicaError)) return 'for another reason';
	const { statusCode, mayHaveBeenSent } = error;
	if (statusCode !== undefined) return mayHaveBeenSent || statusCode < 400 ? `with status ${statusCode}` : `rejected (${statusCode})`;
	return mayHaveBeenSent ? 'without a response' : 'not sent';
}

function number(count: number): string {
	return count.toLocaleString('en-US');
}

function are(count: number): string {
	return count === 1 ? 'is' : 'are';
}
