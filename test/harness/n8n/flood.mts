/** A flood of callbacks: valid, duplicate, unauthenticated, and invalid ones. */
import { randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { CONTENT } from '../callbackSamples.mts';
import { AUTHORIZATION, basicAuth, eachOf, post, type Answer } from './callbacks.mts';

export type Kind = 'first' | 'duplicate' | 'unauthenticated' | 'invalid';

export type Shot = { kind: Kind; key: string; body: unknown; authorization: string };

/** Of every 20 callbacks, one is a duplicate, one unauthenticated, and one invalid: 5% each. */
const EVERY = 20;
const STATUSES = ['accepted', 'submitted', 'sent', 'received', 'read'];
const TYPES = Object.keys(CONTENT) as Array<keyof typeof CONTENT>;

/**
 * Statuses and replies, mixed with 5% duplicates, 5% unauthenticated, and 5% invalid callbacks. The order is the same for
 * the same count.
 */
export function flood(count: number): Shot[] {
	const shots: Shot[] = [];
	const firsts: Shot[] = [];
	for (let index = 0; index < count; index++) {
		switch (index % EVERY) {
			case 7:
				shots.push({ ...callback(index), kind: 'unauthenticated', authorization: basicAuth('modica', `guess ${index}`) });
				break;
			case 12:
				shots.push({ kind: 'invalid', key: `invalid:${index}`, body: INVALID_BODIES[(index / EVERY | 0) % INVALID_BODIES.length], authorization: AUTHORIZATION });
				break;
			case 19:
				// A duplicate of the latest callback, or of one sent long before.
				shots.push({ ...firsts[index % 3 === 0 ? firsts.length - 1 : (firsts.length / 2) | 0]!, kind: 'duplicate' });
				break;
			default: {
				const first = callback(index);
				firsts.push(first);
				shots.push(first);
			}
		}
	}
	return shots;
}

const INVALID_BODIES: unknown[] = [[], 7, {}, { id: 'x' }, { status: 'read' }, { id: 'x', status: {} }, { id: 'x', content: [] }, 'null'];

function callback(index: number): Shot {
	const id = randomUUID();
	const isStatus = index % 2 === 0;
	const status = STATUSES[index % STATUSES.length]!;
	const content = CONTENT[TYPES[index % TYPES.length]!];
	return {
		kind: 'first',
		key: isStatus ? `status:${id}:${status}` : `reply:${id}`,
		body: isStatus
			? { id, status, reference: `flood-${index}` }
			: { id, source: '64211234567', destination: '102046588645210', content: index % 3 ? content : JSON.stringify(content) },
		authorization: AUTHORIZATION,
	};
}

export type Outcome = { shot: Shot; ms: number } & ({ answer: Answer } | { error: string });

/**
 * Sends callbacks, at most `atOnce` concurrently. A callback without a response has an error instead.
 * @param urls used in turn
 */
export async function send(urls: string | readonly string[], shots: readonly Shot[], atOnce: number, onAnswer: (answered: number) => void = () => {}): Promise<Outcome[]> {
	let answered = 0;
	const inTurn = [urls].flat();
	return await eachOf(shots, atOnce, async (shot, index): Promise<Outcome> => {
		const began = performance.now();
		try {
			const answer = await post(inTurn[index % inTurn.length]!, shot.body, { authorization: shot.authorization });
			onAnswer(++answered);
			return { shot, ms: performance.now() - began, answer };
		} catch (error) {
			return { shot, ms: performance.now() - began, error: (error as Error).message };
		}
	});
}

/** A summary of the response to a callback: `200`, `200 duplicate`, `401`. */
export function summary(outcome: Outcome): string {
	if ('error' in outcome) return 'no response';
	const { status, body } = outcome.answer;
	if (status !== 200 || body === '') return String(status);
	return `200 ${(JSON.parse(body) as IDataObject).ignored}`;
}

/** The number of callbacks for each kind and response. */
export function tally(outcomes: readonly Outcome[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const outcome of outcomes) {
		const name = `${outcome.shot.kind}: ${summary(outcome)}`;
		counts[name] = (counts[name] ?? 0) + 1;
	}
	return counts;
}

/** The value that `percent` percent of the values don't exceed. */
export function percentile(values: readonly number[], percent: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)] ?? NaN;
}
