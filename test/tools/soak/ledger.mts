/** Compares requested messages, results reported by the node, and messages that the API accepted. */
import type { IDataObject } from 'n8n-workflow';

/** What the node reported for a recipient. */
type Report = 'sent' | 'not sent' | 'may have been sent';

export class Ledger {
	private readonly requested = new Set<string>();
	private readonly reports = new Map<string, Report[]>();

	request(to: string): void {
		this.requested.add(to);
	}

	/** Records an output item of the node. */
	report({ to, error, mayHaveBeenSent }: IDataObject): void {
		const report = error === undefined ? 'sent' : mayHaveBeenSent === true ? 'may have been sent' : 'not sent';
		this.reports.set(String(to), [...(this.reports.get(String(to)) ?? []), report]);
	}

	/**
	 * Compares all records.
	 * @param accepted the recipient of each message that the API accepted
	 * @returns counts, and a description of each discrepancy
	 */
	close(accepted: readonly string[]): { counts: Record<string, number>; discrepancies: string[] } {
		const times = new Map<string, number>();
		for (const to of accepted) times.set(to, (times.get(to) ?? 0) + 1);
		const discrepancies: string[] = [];
		const counts: Record<string, number> = {
			'messages requested': this.requested.size,
			'reported as sent': 0,
			'reported as not sent': 0,
			'reported as possibly sent': 0,
			'accepted by the API': accepted.length,
			'accepted twice': [...times.values()].filter((count) => count > 1).length,
		};
		for (const to of this.requested) {
			const [report, ...more] = this.reports.get(to) ?? [];
			const count = times.get(to) ?? 0;
			if (report === undefined || more.length > 0) discrepancies.push(`${to} was reported ${more.length + (report === undefined ? 0 : 1)} times`);
			if (report === 'sent') counts['reported as sent']!++;
			if (report === 'not sent') counts['reported as not sent']!++;
			if (report === 'may have been sent') counts['reported as possibly sent']!++;
			const most = report === 'not sent' ? 0 : 1;
			const least = report === 'sent' ? 1 : 0;
			if (count < least || count > most) discrepancies.push(`${to} was accepted ${count} times, but reported as "${report}"`);
		}
		for (const to of times.keys()) if (!this.requested.has(to)) discrepancies.push(`${to} received a message that was not requested`);
		return { counts, discrepancies };
	}
}
