/**
 * What the user is told about a message in each network situation: never sent twice automatically, never reported as not
 * sent if it may have been sent.
 */
import { NodeApiError, type INode } from 'n8n-workflow';
import type { Http } from '../../../nodes/ModicaWhatsApp/api/exchange';
import { clientOf } from '../../harness/client.mts';
import { startN8n, type N8n } from '../../harness/core/node.mts';
import { fastClock } from '../../harness/fastClock.mts';
import { createNetwork, openAuthority, SITUATIONS } from './networks.mts';

/** The engine's minutes take seconds. The network has its real speed. */
const FAST = fastClock(60);
const NODE = { name: 'Modica WhatsApp', type: 'modicaWhatsApp', typeVersion: 1, parameters: {} } as INode;

let n8n: N8n;
let authority: Awaited<ReturnType<typeof openAuthority>>;

beforeAll(async () => {
	n8n = await startN8n();
	authority = await openAuthority();
});

afterAll(() => {
	authority.close();
	n8n.stop();
});

/** A Node.js error as the cause of an axios error, as n8n passes it on. */
const fromN8n = (cause: object) => new NodeApiError(NODE, Object.assign(new Error('x'), { isAxiosError: true, ...cause, cause }) as never);

describe.each(SITUATIONS)('$name', ({ told, words, play }) => {
	it(`is reported as: ${told}`, async () => {
		const { network, undo } = createNetwork(authority.certificate);
		try {
			const played = await play(network);
			const baseUrl = typeof played === 'string' ? played : 'https://api.example.com';
			const http: Http =
				typeof played === 'string'
					? n8n.http({ username: 'wab_demo', password: 'a password', baseUrl })
					: { request: async () => await Promise.reject(fromN8n(played.error)) };
			const api = clientOf(http, { baseUrl, clock: FAST });
			const outcome = await api.sendMessage({ to: '+64211234567', type: 'text', text: { body: 'Kia ora' } }).then(
				({ id }) => ({ told: 'sent', message: id }),
				({ mayHaveBeenSent, message }: { mayHaveBeenSent: boolean; message: string }) => ({ told: mayHaveBeenSent ? 'may have been sent' : 'not sent', message }),
			);
			expect(outcome).toEqual({ told, message: expect.stringMatching(words ?? /^an-id$/) });
			// A rejection is complete, and its message wasn't accepted.
			const taken = /^Modica returned [34]/.test(outcome.message) ? 0 : network.received;
			if (told === 'not sent') expect(taken).toBe(0);
			else expect(network.received).toBeLessThanOrEqual(1);
			if (told === 'sent') expect(network.received).toBe(1);
		} finally {
			undo();
		}
	});
});
