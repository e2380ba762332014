/** Replies that answer a question, from the trigger to n8n's waiting endpoint. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { packTap, type Tap } from '../../../nodes/ModicaWhatsApp/callback/tap';
import { clock } from '../../../nodes/ModicaWhatsApp/n8n/clock';
import { REPLY } from '../../harness/callbackSamples.mts';
import { AUTHORIZATION, freshSetup, startEndpoint, type Endpoint, type Setup } from '../../harness/core/trigger.mts';
import { fastClock } from '../../harness/fastClock.mts';
import { freePort } from '../../harness/ports.mts';

const TIMES_FASTER = 50;
const NODE_ID = '01234567-89ab-4cde-8f01-23456789abcd';
const TAKEN: Answer = { status: 200, headers: { 'X-Modica-WhatsApp-Answer': 'taken' }, body: '<p>Thank you</p>' };
const CLOSED: Answer = { status: 200, body: '<p>No action required</p>' };
const RUNNING: Answer = { status: 409, body: '{"code":409,"message":"The execution \\"7\\" is running already."}' };

interface Answer {
	status: number;
	headers?: Record<string, string>;
	body?: string;
}

let endpoint: Endpoint;
/** n8n's public address. */
let publicly: Server;
let origin: string;
/** Requests to the waiting endpoint, at either address. */
let received: Array<{ method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; by: 'public' | 'socket' }>;
/** The responses of the waiting endpoint. The last one repeats. */
let answers: Answer[];
let questions = 0;

const listener =
	(by: 'public' | 'socket'): RequestListener =>
	({ method, url, headers }, response) => {
		received.push({ method, url, headers, by });
		const { status, headers: own, body } = answers[Math.min(received.length, answers.length) - 1]!;
		response.writeHead(status, own).end(body);
	};

beforeAll(async () => {
	endpoint = await startEndpoint();
	endpoint.waiting = listener('socket');
	publicly = createServer(listener('public')).listen(0, '127.0.0.1');
	await once(publicly, 'listening');
	origin = `http://127.0.0.1:${(publicly.address() as AddressInfo).port}`;
});
beforeEach(() => {
	received = [];
	answers = [TAKEN];
	endpoint.executions.length = 0;
	endpoint.setup = { ...freshSetup(endpoint), webhookUrl: origin };
	jest.spyOn(clock, 'sleep').mockImplementation(fastClock(TIMES_FASTER).sleep);
});
afterEach(() => jest.restoreAllMocks());
afterAll(async () => {
	publicly.closeAllConnections();
	publicly.close();
	await endpoint.stop();
});

const set = (setup: Partial<Setup>) => Object.assign(endpoint.setup, setup);

/** A tap on a new question. */
function freshTap(part: Partial<Tap> = {}): Tap {
	const secret = `question-${questions++}`.padEnd(22, '_');
	return { answer: 1, executionId: '7', nodeId: NODE_ID, secret, signature: '0123456789abcdef'.repeat(4), ...part };
}

async function tapped(payload: string, { id = `reply-${questions++}`, headers = { authorization: AUTHORIZATION } }: { id?: string; headers?: Record<string, string> } = {}) {
	return await endpoint.call(JSON.stringify({ ...REPLY, id, content: { type: 'button', button: { payload, text: 'Yes' } } }), headers);
}

/** The items of the reply output, across all executions. */
const items = () => endpoint.executions.flatMap((outputs) => outputs.flat().map(({ json }) => json));

describe('a tap', () => {
	it('continues the execution that asked, and starts no other', async () => {
		const tap = freshTap();
		expect(await tapped(packTap(tap)!)).toMatchObject({ status: 200, body: '{"answered":true}' });
		expect(received).toEqual([
			{
				method: 'POST',
				url: `/webhook-waiting/7/${NODE_ID}?question=${tap.secret}&answer=1&signature=${tap.signature}`,
				headers: expect.not.objectContaining({ authorization: expect.anything() }) as unknown,
				by: 'socket',
			},
		]);
		expect(endpoint.executions).toEqual([]);
	});

	it.each<[string, Setup['parameters']]>([
		['statuses only', { events: ['status'], options: {} }],
		['texts only', { events: ['reply'], options: { contentTypes: ['text'] } }],
		['replies from other senders only', { events: ['reply'], options: { senders: '+64217654321' } }],
	])('also continues it if the trigger filters for %s', async (_what, parameters) => {
		set({ parameters });
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ status: 200, body: '{"answered":true}' });
		expect(received).toHaveLength(1);
	});

	it('without a valid login is rejected', async () => {
		for (const headers of [{}, { authorization: 'Basic d3Jvbmc6d3Jvbmc=' }] as Array<Record<string, string>>) expect(await tapped(packTap(freshTap())!, { headers })).toMatchObject({ status: 401 });
		expect(received).toEqual([]);
	});

	it('is posted once if it arrives twice', async () => {
		const payload = packTap(freshTap())!;
		const copies = await Promise.all(Array.from({ length: 5 }, async () => await tapped(payload, { id: 'the-same' })));
		expect(copies.map(({ body }) => body).sort()).toEqual(['{"answered":true}', ...Array<string>(4).fill('{"ignored":"duplicate"}')]);
		expect(await tapped(payload, { id: 'the-same' })).toMatchObject({ body: '{"ignored":"duplicate"}' });
		expect(received).toHaveLength(1);
	});

	it('is posted once even if deduplication is off', async () => {
		set({ parameters: { events: ['reply'], options: { ignoreDuplicates: false } } });
		const payload = packTap(freshTap())!;
		await tapped(payload, { id: 'the-same-again' });
		expect(await tapped(payload, { id: 'the-same-again' })).toMatchObject({ body: '{"ignored":"duplicate"}' });
		expect([received.length, endpoint.executions]).toEqual([1, []]);
	});

	it.each([
		["a page without the node's header", CLOSED],
		['410', { status: 410 }],
		['a finished execution', { status: 409, body: '{"message":"The execution \\"7\\" has finished with error."}' }],
	])('on a closed question is passed on with questionClosed: %s', async (_what, answer) => {
		answers = [answer];
		expect(await tapped(packTap(freshTap())!, { id: 'late' })).toMatchObject({ status: 200, body: '' });
		expect(items()).toEqual([expect.objectContaining({ id: 'late', type: 'button', text: 'Yes', content: { type: 'button', button: { payload: 'MW1', text: 'Yes' } }, questionClosed: true })]);
		endpoint.setup.parameters = { events: ['status'], options: {} };
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ status: 200, body: '{"ignored":"events"}' });
	});

	it.each([401, 404])('that n8n does not know (%i) is passed on as a reply', async (status) => {
		answers = [{ status }];
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ status: 200, body: '' });
		const [item] = items();
		expect(item).toMatchObject({ type: 'button', content: { button: { payload: 'MW1' } } });
		expect(item).not.toHaveProperty('questionClosed');
	});

	it('that arrives before n8n has stored the execution is retried', async () => {
		answers = [RUNNING, { status: 500 }, TAKEN];
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ body: '{"answered":true}' });
		expect(received).toHaveLength(3);
	});

	it('that cannot be posted returns a 503 and succeeds when Modica retries it', async () => {
		answers = [RUNNING];
		const payload = packTap(freshTap())!;
		expect(await tapped(payload, { id: 'again' })).toMatchObject({ status: 503, headers: { 'retry-after': '5' }, body: '{"message":"n8n cannot accept this answer yet"}' });
		expect([received.length, endpoint.executions]).toEqual([6, []]);
		answers = [TAKEN];
		expect(await tapped(payload, { id: 'again' })).toMatchObject({ status: 200, body: '{"answered":true}' });
	});

	it('that reaches two triggers answers once, and counts as late at neither', async () => {
		const payload = packTap(freshTap())!;
		await tapped(payload, { id: 'for-two' });
		endpoint.setup = { ...freshSetup(endpoint), webhookUrl: origin };
		expect(await tapped(payload, { id: 'for-two' })).toMatchObject({ body: '{"answered":true}' });
		expect([received.length, endpoint.executions]).toEqual([1, []]);
	});

	it('does not follow redirects', async () => {
		answers = [{ status: 307, headers: { Location: `${origin}/webhook-waiting/elsewhere` } }];
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ status: 503 });
		expect(new Set(received.map(({ url }) => url?.startsWith(`/webhook-waiting/7/${NODE_ID}?`)))).toEqual(new Set([true]));
	});
});

describe('n8n', () => {
	it('is called at the socket on which the callback arrived, regardless of its public address', async () => {
		for (const webhookUrl of [origin, `http://127.0.0.1:${await freePort()}`, 'https://n8n.example.com', 'http://192.0.2.1']) {
			set({ webhookUrl });
			expect(await tapped(packTap(freshTap())!)).toMatchObject({ body: '{"answered":true}' });
		}
		expect(received.map(({ by }) => by)).toEqual(['socket', 'socket', 'socket', 'socket']);
	});

	it.each([
		['nothing listens on the socket', async () => ({ localAddress: '127.0.0.1', localPort: await freePort() })],
		['the address of the socket does not fit in a URL', async () => await Promise.resolve({ localAddress: 'fe80::fc:ff:fe00:1%eth0', localPort: 5678 })],
		['requests to its port are blocked', async () => await Promise.resolve({ localAddress: '127.0.0.1', localPort: 6000 })],
	])('is called at its public address if %s', async (_what, socket) => {
		set({ socket: await socket() });
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ body: '{"answered":true}' });
		expect(received).toMatchObject([{ by: 'public', method: 'POST' }]);
	});

	it('is called at its public address if the socket serves no waiting executions', async () => {
		endpoint.waiting = (_incoming, response) => response.writeHead(404).end('Cannot POST /webhook-waiting/7');
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ body: '{"answered":true}' });
		endpoint.waiting = listener('socket');
		expect(received).toMatchObject([{ by: 'public' }]);
	});

	it('that does not know the execution is called once', async () => {
		answers = [{ status: 404, body: '{"code":404,"message":"The execution \\"7\\" does not exist."}' }];
		await tapped(packTap(freshTap())!);
		expect(received).toMatchObject([{ by: 'socket' }]);
	});

	it('with an unknown address leaves no doubt that the answer was not sent', async () => {
		const payload = packTap(freshTap())!;
		set({ webhookUrl: 'nowhere' });
		expect(await tapped(payload, { id: 'no-address' })).toMatchObject({ status: 503 });
		expect([received, endpoint.executions]).toEqual([[], []]);
		set({ webhookUrl: origin });
		answers = [CLOSED];
		await tapped(payload, { id: 'no-address' });
		expect(items()).toEqual([expect.objectContaining({ id: 'no-address', questionClosed: true })]);
	});

	it('is called again at the socket after a broken connection, because the answer may have arrived', async () => {
		let calls = 0;
		endpoint.waiting = ({ socket }) => (calls++, socket.destroy());
		expect(await tapped(packTap(freshTap())!)).toMatchObject({ status: 503 });
		endpoint.waiting = listener('socket');
		expect([calls, received]).toEqual([6, []]);
	});
});

describe('any payload', () => {
	const whole = packTap(freshTap())!;
	const part = fc.string({ unit: fc.constantFrom(...'MW1.~-_Ab9=/\\:@?#%&\n 2e'), maxLength: 12 });
	const nodeId = fc.oneof(fc.constantFrom('..', '.', '../..', '../../rest/login', '//evil.example', '%2e%2e', 'a?b#c', '@evil.example'), fc.string({ maxLength: 20 }));
	const payloads = fc.oneof(
		fc.tuple(fc.nat(whole.length), fc.nat(9), part).map(([at, less, more]) => whole.slice(0, at) + more + whole.slice(at + less)),
		fc.tuple(part, part).map(([before, behind]) => before + whole + behind),
		nodeId.map((id) => whole.replace('ASNFZ4mrTN6PASNFZ4mrzQ', `~${Buffer.from(id).toString('base64url')}`)),
		fc.string({ maxLength: 200, unit: 'binary' }),
	);

	it('is posted only to the waiting endpoint, and n8n rejects links that it did not sign', async () => {
		answers = [{ status: 401 }];
		await fc.assert(
			fc.asyncProperty(payloads, async (payload) => {
				const { status, body } = await tapped(payload);
				expect({ status, body }).toEqual({ status: 200, body: '' });
			}),
			{ numRuns: 500, seed: 20_261_127 },
		);
		expect(new Set(received.map(({ by }) => by))).toEqual(new Set(['socket']));
		for (const { url, method } of received) {
			expect(method).toBe('POST');
			expect(url).toMatch(/^\/webhook-waiting\/[\w-]+\/[^/?#]+\?question=[\w-]{22}&answer=\d&signature=[0-9a-f]{64}$/);
			expect(decodeURIComponent(url!.split(/[/?]/)[3]!)).not.toMatch(/^\.{0,2}$/);
		}
		expect(received.length).toBeGreaterThan(25);
	});
});
