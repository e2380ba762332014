/** One line of the benchmarks: what was done, by whom, what came of it, and whether that is good enough. */
export interface Row {
	work: string;
	contestant: string;
	result: string;
	/** What must be reached; empty for those who are only measured beside. */
	must: string;
	/** Undefined where nothing must be reached. */
	ok?: boolean;
}

/** The rows as a table in Markdown. */
export function toMarkdown(rows: readonly Row[]): string {
	const lines = rows.map(({ work, contestant, result, must, ok }) => [work, contestant, result, must, verdict(ok)]);
	const head = ['Test', 'Subject', 'Result', 'Target', 'Status'];
	return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function verdict(ok: boolean | undefined): string {
	return ok === undefined ? '' : ok ? 'met' : '**missed**';
}

/** The value in the middle. */
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
