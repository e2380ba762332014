/** The payload of a button that answers a question: what it holds, and what is none. */
import fc from 'fast-check';
import { parseCallback, type Callback, type ReplyCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { packTap, tapIn, unpackTap, withoutAnswers, type Tap } from '../../../nodes/ModicaWhatsApp/callback/tap';

const TAP: Tap = {
	answer: 1,
	executionId: '1234',
	nodeId: '01234567-89ab-4cde-8f01-23456789abcd',
	secret: 'AbCdEfGhIjKlMnOpQrStUv',
	signature: '0123456789abcdef'.repeat(4),
};
const PAYLOAD = 'MW1.1.1234.ASNFZ4mrTN6PASNFZ4mrzQ.AbCdEfGhIjKlMnOpQrStUv.ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8';

describe('a payload', () => {
	it('holds a tap in the least room', () => {
		expect(packTap(TAP)).toBe(PAYLOAD);
		expect(unpackTap(PAYLOAD)).toEqual(TAP);
	});

	it('has room for ten thousand million executions, and a node id of 32 bytes', () => {
		expect(packTap({ ...TAP, executionId: '9'.repeat(10) })).toHaveLength(106);
		expect(packTap({ ...TAP, executionId: '9'.repeat(11) })).toBeUndefined();
		expect(packTap({ ...TAP, executionId: '9'.repeat(10), nodeId: 'x'.repeat(32) })).toHaveLength(128);
		expect(packTap({ ...TAP, executionId: '9'.repeat(10), nodeId: 'x'.repeat(33) })).toBeUndefined();
	});

	it.each(['node-1', 'ask', 'e', 'an id with spaces/and ünïcode', '../../rest', 'MW1.~'])('holds the node id %j', (nodeId) => {
		const payload = packTap({ ...TAP, nodeId });
		expect(payload).toMatch(/^MW1\.1\.1234\.~[\w-]+\./);
		expect(unpackTap(payload!)).toEqual({ ...TAP, nodeId });
	});

	it.each<[string, Partial<Tap>]>([
		['no node id', { nodeId: '' }],
		['a node id that is the same folder', { nodeId: '.' }],
		['a node id that climbs', { nodeId: '..' }],
		['a node id that is too long', { nodeId: 'x'.repeat(60) }],
		['an eleventh answer', { answer: 10 }],
		['no whole answer', { answer: 0.5 }],
		['no execution id', { executionId: '' }],
		['an execution id with a slash', { executionId: '1/2' }],
		['an execution id that is no number', { executionId: 'e1' }],
		['a secret of another length', { secret: 'short' }],
		['a signature of another length', { signature: '00' }],
	])('cannot hold %s', (_what, part) => {
		expect(packTap({ ...TAP, ...part })).toBeUndefined();
	});

	it.each<[string, string]>([
		['nothing', ''],
		['a payload of the user’s own', 'CONFIRM-1234'],
		['our prefix alone', 'MW1'],
		['another version', PAYLOAD.replace('MW1', 'MW2')],
		['lower case', PAYLOAD.replace('MW1', 'mw1')],
		['something before it', ` ${PAYLOAD}`],
		['something behind it', `${PAYLOAD}\n`],
		['one character less', PAYLOAD.slice(0, -1)],
		['one character more', `${PAYLOAD}A`],
		['a part less', PAYLOAD.replace('.1234.', '.')],
		['a part more', PAYLOAD.replace('.1234.', '.1234.1234.')],
		['two of them', PAYLOAD + PAYLOAD],
		['an answer of two digits', PAYLOAD.replace('MW1.1.', 'MW1.11.')],
		['spare bits in the signature', `${PAYLOAD.slice(0, -1)}9`],
		['spare bits in the node id', PAYLOAD.replace('zQ.', 'zR.')],
		['a UUID as text', packedAs(`~${Buffer.from(TAP.nodeId).toString('base64url')}`)],
		['a node id that climbs', packedAs(`~${Buffer.from('..').toString('base64url')}`)],
		['a node id that stays', packedAs(`~${Buffer.from('.').toString('base64url')}`)],
		['a node id that is no text', packedAs('~_w')],
	])('is not unpacked from %s', (_what, payload) => {
		expect(unpackTap(payload)).toBeUndefined();
	});

	it('is the only one for its tap', () => {
		const part = fc.string({ unit: fc.constantFrom(...'MW1.~-_AbQ9=/'), maxLength: 3 });
		const bent = fc.tuple(fc.nat(PAYLOAD.length), fc.nat(3), part).map(([at, less, more]) => PAYLOAD.slice(0, at) + more + PAYLOAD.slice(at + less));
		fc.assert(
			fc.property(bent, (payload) => {
				const tap = unpackTap(payload);
				if (tap) expect(packTap(tap)).toBe(payload);
				expect(payload === PAYLOAD || JSON.stringify(tap) !== JSON.stringify(TAP)).toBe(true);
			}),
			{ numRuns: 2_000, seed: 15 },
		);
	});
});

function packedAs(node: string): string {
	return PAYLOAD.replace('ASNFZ4mrTN6PASNFZ4mrzQ', node);
}

function reply(content: unknown): ReplyCallback {
	return parseCallback({ id: 'r-1', source: '64211234567', destination: '1020', content }) as ReplyCallback;
}

describe('a reply', () => {
	it('to a question holds a tap', () => {
		expect(tapIn(reply({ type: 'button', button: { payload: PAYLOAD, text: 'Yes' } }))).toEqual(TAP);
		expect(tapIn(reply(JSON.stringify({ type: 'button', button: { payload: PAYLOAD } })))).toEqual(TAP);
	});

	it.each<[string, Callback]>([
		['a status', parseCallback({ id: 's-1', status: 'sent', button: { payload: PAYLOAD } }) as Callback],
		['a text', reply({ type: 'text', text: { body: PAYLOAD } })],
		['another button', reply({ type: 'button', button: { payload: 'YES', text: 'Yes' } })],
		['a button without a payload', reply({ type: 'button', button: { text: 'Yes' } })],
		['a button that is none', reply({ type: 'button', button: PAYLOAD })],
		['content that cannot be read', reply(`{${PAYLOAD}`)],
	])('that is %s holds none', (_what, callback) => {
		expect(tapIn(callback)).toBeUndefined();
	});

	it('shows only the prefix of what answers a question, wherever that is', () => {
		const item = (payload: string) => ({
			content: { type: 'button', button: { payload, text: payload }, context: { id: 'm-1' } },
			text: `{"payload":"${payload}"`,
			extra: { [payload]: [1, null, ` ${payload} and ${payload}`] },
		});
		expect(withoutAnswers(item(PAYLOAD))).toEqual(item('MW1'));
		expect(withoutAnswers(item(PAYLOAD.slice(0, -1)))).toEqual(item('MW1'));
		expect(withoutAnswers(item(packTap({ ...TAP, nodeId: 'ask', executionId: '1' })!))).toEqual(item('MW1'));
	});

	it('keeps everything else', () => {
		for (const item of [{ payload: 'MW1' }, { payload: 'MW12.0' }, { text: 'MW1.5 is an engine.' }, {}]) expect(withoutAnswers(item)).toBe(item);
	});
});
