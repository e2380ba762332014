import { digits, isRecord } from '../parameters/values';
import type { BroadcastReceipt, SendReceipt } from './types';

/** Returns a receipt in one format. The reference calls the ID `message_id`, and other pages of Modica call it `id`. */
export function parseReceipt(value: unknown): SendReceipt | undefined {
	if (!isRecord(value)) return undefined;
	const { message_id, id = message_id, status = 'accepted', ...others } = value;
	if (typeof id !== 'string' || id === '' || typeof status !== 'string') return undefined;
	return { ...others, id, status };
}

/**
 * Returns the receipts of a broadcast in the order of its recipients. Matches them by `destination` if the response
 * contains it (Modica's samples), or by position (the reference's example). Returns undefined if neither is possible.
 */
export function parseBroadcastReceipts(
	body: unknown,
	recipients: readonly string[],
): Array<BroadcastReceipt | undefined> | undefined {
	if (!Array.isArray(body)) return undefined;
	const receipts = body.map(parseBroadcastReceipt);
	const byNumber = new Map<string, BroadcastReceipt | undefined>();
	body.forEach((row: unknown, position) => {
		if (isRecord(row) && typeof row.destination === 'string') {
			byNumber.set(digits(row.destination), receipts[position]);
		}
	});
	if (byNumber.size > 0) return recipients.map((recipient) => byNumber.get(digits(recipient)));
	return receipts.length === recipients.length ? receipts : undefined;
}

function parseBroadcastReceipt(row: unknown): BroadcastReceipt | undefined {
	if (!isRecord(row)) return undefined;
	const { id, status, ...others } = row;
	delete others.destination;
	return {
		...others,
		status: typeof status === 'string' ? status : 'unknown',
		...(typeof id === 'string' && { id }),
	};
}
