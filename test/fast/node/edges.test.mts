/** Large campaigns with a struggling API: no message is lost or sent twice. */
import { clientOf } from '../../harness/client.mts';
import { itemsOf, setStage, TEXT } from '../../harness/core/stage.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator } from '../../simulator/simulator.mts';

const stage = setStage();

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `+6421100${1_000 + index}`);
const SEND = { ...TEXT, to: '={{ $json.to }}' };
const recipients = (messages = stage.simulator.messages) => messages.map(({ to }) => to).sort();

describe('a campaign', () => {
	it('continues after the wait if its first request gets a 429', async () => {
		stage.simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '1' }, match: { messageIndex: 0 } });
		const items = numbers(20);
		await stage.run(SEND, { items: itemsOf('to', items) });
		expect(recipients()).toEqual(items);
		// The requests behind the 429 waited until the hold was over.
		const [first, ...others] = stage.simulator.requests.filter(({ status }) => status === 202);
		expect(others.every(({ at }) => at >= (first?.at ?? Infinity))).toBe(true);
		expect(stage.simulator.requests.filter(({ status }) => status === 429)).toHaveLength(1);
	});

	it('loses nothing if the rate limit changes during the run', async () => {
		stage.simulator.configure({ rateLimit: { requestsPerSecond: 100, algorithm: 'tokenBucket' } });
		const items = numbers(150);
		const running = stage.run(SEND, { items: itemsOf('to', items) });
		await until('some are sent', PATIENCE_MS, () => stage.simulator.messages.length >= 60);
		stage.simulator.configure({ rateLimit: { requestsPerSecond: 40, algorithm: 'tokenBucket' } });
		await running;
		expect(recipients()).toEqual(items);
	});

	it('waits for responses that arrive in slow chunks', async () => {
		stage.simulator.addFault({ kind: 'slowBody', ms: 20, chunks: 5, times: 10 });
		const items = numbers(30);
		const output = await stage.run(SEND, { items: itemsOf('to', items) });
		expect(output.map(({ json }) => json.status)).toEqual(items.map(() => 'accepted'));
		expect(recipients()).toEqual(items);
	});

	it('reads responses of both shapes', async () => {
		stage.simulator.addFault({ kind: 'shape', responseShape: 'alternative', skip: 3, times: 5 });
		const items = numbers(15);
		const output = await stage.run(SEND, { items: itemsOf('to', items) });
		expect(output.map(({ json }) => json.id).sort()).toEqual(stage.simulator.messages.map(({ id }) => id).sort());
	});

	it('to the same number sends 50 messages in order', async () => {
		const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
		await stage.run({ ...TEXT, text: '={{ $json.text }}' }, { items: itemsOf('text', texts) });
		expect(stage.simulator.messages.map(({ payload }) => (payload.text as { body: string }).body)).toEqual(texts);
		expect(stage.simulator.maxInFlight).toBe(1);
	});

	it('survives an API outage: each message is sent once or reported as possibly sent', async () => {
		const { username, password } = stage.simulator;
		const first = await startSimulator({ username, password, latencyMs: 20, statusSteps: [] });
		const items = numbers(200);
		const running = stage.run(SEND, {
			items: itemsOf('to', items),
			credential: { username, password, baseUrl: first.baseUrl },
			continueOnFail: true,
		});
		await until('some are sent', PATIENCE_MS, () => first.messages.length >= 40);
		const taken = first.messages.map(({ to }) => to);
		await first.stop();
		const second = await startSimulator({ username, password, port: Number(new URL(first.origin).port), statusSteps: [] });
		try {
			const output = await running;
			const delivered = [...first.messages, ...second.messages].map(({ to }) => to);
			expect(taken.length).toBeGreaterThanOrEqual(40);
			// No message is sent twice, …
			expect(new Set(delivered).size).toBe(delivered.length);
			// … and the undelivered ones are among the few whose connection broke, which say so.
			const doubtful = output.filter(({ json }) => json.error).map(({ json }) => [json.to, json.mayHaveBeenSent]);
			expect(doubtful.length).toBeLessThanOrEqual(25);
			expect(doubtful.every(([, mayHaveBeenSent]) => mayHaveBeenSent === true)).toBe(true);
			const missing = items.filter((to) => !delivered.includes(to));
			expect(missing.filter((to) => !doubtful.some(([number]) => number === to))).toEqual([]);
		} finally {
			await second.stop();
		}
	});
});

describe('a missing response', () => {
	it.each([
		['before it was accepted', 'before', 0],
		['after it was accepted', 'after', 1],
	] as const)('to a message, %s, ends in a timeout and is not retried', async (_when, when, taken) => {
		stage.simulator.addFault({ kind: 'stall', when });
		const { username, password, baseUrl } = stage.simulator;
		const client = clientOf(stage.n8n.http({ username, password, baseUrl }), { baseUrl, timeoutMs: 200 });
		await expect(client.sendMessage({ to: '+64211234567', type: 'text', text: { body: 'Hello' } })).rejects.toMatchObject({
			message: expect.stringMatching(/^No response from 127\.0\.0\.1:\d+: the request timed out$/) as string,
			mayHaveBeenSent: true,
		});
		expect(stage.simulator.requests).toHaveLength(1);
		expect(stage.simulator.messages).toHaveLength(taken);
	});

	it('to a read is retried', async () => {
		stage.simulator.addFault({ kind: 'stall' });
		const { username, password, baseUrl } = stage.simulator;
		// Longer than a busy machine needs for the second response.
		const client = clientOf(stage.n8n.http({ username, password, baseUrl }), { baseUrl, timeoutMs: 2_000 });
		await client.checkAccess();
		expect(stage.simulator.requests.map(({ status }) => status)).toEqual([null, 200, 404]);
	});
});
