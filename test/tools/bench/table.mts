/** A row of a benchmark table: test, subject, result, and target. */
export interface Row {
	work: string;
	contestant: string;
	result: string;
	/** The target. Empty for subjects that are measured only for comparison. */
	target: string;
	/** Whether the target is met. Undefined if there is none. */
	ok?: boolean;
}

/** The rows as a Markdown table. */
export function toMarkdown(rows: readonly Row[]): string {
	const lines = rows.map(({ work, contestant, result, target, ok }) => [work, contestant, result, target, verdict(ok)]);
	const head = ['Test', 'Subject', 'Result', 'Target', 'Status'];
	return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function verdict(ok: boolean | undefined): string {
	return ok === undefined ? '' : ok ? 'met' : '**missed**';
}

/** The median. For an even number of values, the higher of the two in the middle. */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

export function percent(share: number): string {
	return `${(share * 100).toFixed(1)}%`;
}

export function seconds(milliseconds: number): string {
	return `${(milliseconds / 1_000).toFixed(1)} s`;
}

export function megabytes(bytes: number): string {
	return `${Math.round(bytes / 1_000_000)} MB`;
}
