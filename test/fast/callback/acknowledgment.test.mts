import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAcknowledged } from '../../../nodes/ModicaWhatsApp/callback/acknowledgment';
import { settle } from '../../harness/virtualClock.mts';

const pause = async (ms: number) => await sleep(ms);

/**
 * One exchange over a real connection. `answer` sends the response, and the sender may disconnect before or while it does.
 */
async function exchange(answer: (response: ServerResponse) => void, senderGivesUp: 'never' | 'before' | 'meanwhile'): Promise<boolean> {
	let arrived: (response: ServerResponse) => void = () => {};
	const response = new Promise<ServerResponse>((resolve) => (arrived = resolve));
	const server = createServer((_, outgoing) => arrived(outgoing)).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const sender = request({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', method: 'POST' });
	sender.on('error', () => {});
	sender.on('response', (incoming) => incoming.resume());
	sender.end('{}');
	try {
		const outgoing = await response;
		const giveUp = async () => {
			const closed = new Promise((resolve) => outgoing.once('close', resolve));
			sender.destroy();
			await closed;
			await sleep(20);
		};
		if (senderGivesUp === 'before') await giveUp();
		const outcome = isAcknowledged(outgoing, pause);
		if (senderGivesUp === 'meanwhile') await giveUp();
		answer(outgoing);
		return await outcome;
	} finally {
		server.closeAllConnections();
		server.close();
	}
}

describe('isAcknowledged', () => {
	it.each([
		[200, true],
		[204, true],
		[400, false],
		[500, false],
	])('counts status %s as a success: %s', async (status, expected) => {
		expect(await exchange((response) => response.writeHead(status).end(), 'never')).toBe(expected);
	});

	it.each([
		[200, 'before', true],
		[500, 'before', false],
		[200, 'meanwhile', true],
		[500, 'meanwhile', false],
	] as const)('counts status %s, with the sender disconnecting %s the response, as a success: %s', async (status, senderGivesUp, expected) => {
		expect(await exchange((response) => ((response.statusCode = status), response.end('x')), senderGivesUp)).toBe(expected);
	});

	it('resolves when n8n responds, without polling while the sender is connected', async () => {
		let finish = () => {};
		let sleeps = 0;
		const response = { statusCode: 200, writableEnded: false, closed: false, once: (event: string, listener: () => void) => event === 'finish' && (finish = listener) };
		const outcome = isAcknowledged(response, async () => void (await Promise.resolve(sleeps++)));
		await settle();
		response.writableEnded = true;
		finish();
		expect([await outcome, sleeps]).toEqual([true, 0]);
	});

	it('reports a failure if n8n never responds', async () => {
		const waits: number[] = [];
		const never = { statusCode: 200, writableEnded: false, closed: false, once: (_: string, listener: () => void) => setImmediate(listener) };
		const outcome = await isAcknowledged(never, async (ms) => void (await Promise.resolve(waits.push(ms))));
		expect(outcome).toBe(false);
		expect(waits.reduce((sum, ms) => sum + ms)).toBeGreaterThanOrEqual(3_600_000);
		expect(Math.max(...waits)).toBe(5_000);
	});
});
