/** Who was to get a message, what the node said became of it, and what the API took. */
import type { IDataObject } from 'n8n-workflow';

/** What the node reported of one recipient. */
type Report = 'sent' | 'not sent' | 'may have been sent';

export class Ledger {
	private readonly asked = new Set<string>();
	private readonly reports = new Map<string, Report[]>();

	ask(to: string): void {
		this.asked.add(to);
	}

	/** Enters one item that the node put out. */
	report({ to, error, mayHaveBeenSent }: IDataObject): void {
		const report = error === undefined ? 'sent' : mayHaveBeenSent === true ? 'may have been sent' : 'not sent';
		this.reports.set(String(to), [...(this.reports.get(String(to)) ?? []), report]);
	}

	/**
	 * Closes the books.
	 * @param taken the recipient of each message that the API took
	 * @returns how many of each, and what does not come out even, in words
	 */
	close(taken: readonly string[]): { counts: Record<string, number>; uneven: string[] } {
		const times = new Map<string, number>();
		for (const to of taken) times.set(to, (times.get(to) ?? 0) + 1);
		const uneven: string[] = [];
		const counts: Record<string, number> = {
			'messages requested': this.asked.size,
			'reported as sent': 0,
			'reported as not sent': 0,
			'reported as possibly sent': 0,
			'accepted by the API': taken.length,
			'accepted twice': [...times.values()].filter((count) => count > 1).length,
		};
		for (const to of this.asked) {
			const [report, ...more] = this.reports.get(to) ?? [];
			const count = times.get(to) ?? 0;
			if (report === undefined || more.length > 0) uneven.push(`${to} was reported ${report === undefined ? 'never' : `${more.length + 1} times`}`);
			if (report === 'sent') counts['reported as sent']!++;
			if (report === 'not sent') counts['reported as not sent']!++;
			if (report === 'may have been sent') counts['reported as possibly sent']!++;
			const most = report === 'not sent' ? 0 : 1;
			const least = report === 'sent' ? 1 : 0;
			if (count < least || count > most) uneven.push(`${to} was taken ${count} times, but reported as "${report}"`);
		}
		for (const to of times.keys()) if (!this.asked.has(to)) uneven.push(`${to} got a message that nobody asked for`);
		return { counts, uneven };
	}
}
