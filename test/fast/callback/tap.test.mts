/** The payload of a button that answers a question, and payloads that don't. */
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

describe('packTap and unpackTap', () => {
	it('encode a tap in the shortest form', () => {
		expect(packTap(TAP)).toBe(PAYLOAD);
		expect(unpackTap(PAYLOAD)).toEqual(TAP);
	});

	it('have room for ten billion executions and a node ID of 32 bytes', () => {
		expect(packTap({ ...TAP, executionId: '9'.repeat(10) })).toHaveLength(106);
		expect(packTap({ ...TAP, executionId: '9'.repeat(11) })).toBeUndefined();
		expect(packTap({ ...TAP, executionId: '9'.repeat(10), nodeId: 'x'.repeat(32) })).toHaveLength(128);
		expect(packTap({ ...TAP, executionId: '9'.repeat(10), nodeId: 'x'.repeat(33) })).toBeUndefined();
	});

	it.each(['node-1', 'ask', 'e', 'an id with spaces/and ünïcode', '../../rest', 'MW1.~'])('encode the node ID %j', (nodeId) => {
		const payload = packTap({ ...TAP, nodeId });
		expect(payload).toMatch(/^MW1\.1\.1234\.~[\w-]+\./);
		expect(unpackTap(payload!)).toEqual({ ...TAP, nodeId });
	});

	it.each<[string, Partial<Tap>]>([
		['an empty node ID', { nodeId: '' }],
		['a node ID that means the same folder', { nodeId: '.' }],
		['a node ID that means the parent folder', { nodeId: '..' }],
		['a node ID that is too long', { nodeId: 'x'.repeat(60) }],
		['an eleventh answer', { answer: 10 }],
		['an answer that is not an integer', { answer: 0.5 }],
		['an empty execution ID', { executionId: '' }],
		['an execution ID with a slash', { executionId: '1/2' }],
		['an execution ID that is not a number', { executionId: 'e1' }],
		['a secret with another length', { secret: 'short' }],
		['a signature with another length', { signature: '00' }],
	])('do not encode %s', (_what, part) => {
		expect(packTap({ ...TAP, ...part })).toBeUndefined();
	});

	it.each<[string, string]>([
		['an empty payload', ''],
		["the user's own payload", 'CONFIRM-1234'],
		['the prefix alone', 'MW1'],
		['another version', PAYLOAD.replace('MW1', 'MW2')],
		['lowercase letters', PAYLOAD.replace('MW1', 'mw1')],
		['text before the payload', ` ${PAYLOAD}`],
		['text after the payload', `${PAYLOAD}\n`],
		['a missing character', PAYLOAD.slice(0, -1)],
		['an extra character', `${PAYLOAD}A`],
		['a missing part', PAYLOAD.replace('.1234.', '.')],
		['an extra part', PAYLOAD.replace('.1234.', '.1234.1234.')],
		['two payloads', PAYLOAD + PAYLOAD],
		['an answer with two digits', PAYLOAD.replace('MW1.1.', 'MW1.11.')],
		['spare bits in the signature', `${PAYLOAD.slice(0, -1)}9`],
		['spare bits in the node ID', PAYLOAD.replace('zQ.', 'zR.')],
		['a UUID as text', packedAs(`~${Buffer.from(TAP.nodeId).toString('base64url')}`)],
		['a node ID that means the parent folder', packedAs(`~${Buffer.from('..').toString('base64url')}`)],
		['a node ID that means the same folder', packedAs(`~${Buffer.from('.').toString('base64url')}`)],
		['a node ID that is not text', packedAs('~_w')],
	])('do not decode %s', (_what, payload) => {
		expect(unpackTap(payload)).toBeUndefined();
	});

	it('use exactly one payload per tap', () => {
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

describe('tapIn and withoutAnswers', () => {
	it('return the tap of a reply to a question', () => {
		expect(tapIn(reply({ type: 'button', button: { payload: PAYLOAD, text: 'Yes' } }))).toEqual(TAP);
		expect(tapIn(reply(JSON.stringify({ type: 'button', button: { payload: PAYLOAD } })))).toEqual(TAP);
	});

	it.each<[string, Callback]>([
		['a status', parseCallback({ id: 's-1', status: 'sent', button: { payload: PAYLOAD } }) as Callback],
		['a text', reply({ type: 'text', text: { body: PAYLOAD } })],
		['another button', reply({ type: 'button', button: { payload: 'YES', text: 'Yes' } })],
		['a button without a payload', reply({ type: 'button', button: { text: 'Yes' } })],
		['an invalid button', reply({ type: 'button', button: PAYLOAD })],
		['unreadable content', reply(`{${PAYLOAD}`)],
	])('return no tap for %s', (_what, callback) => {
		expect(tapIn(callback)).toBeUndefined();
	});

	it('mask all but the prefix of an answer payload, wherever it appears', () => {
		const item = (payload: string) => ({
			content: { type: 'button', button: { payload, text: payload }, context: { id: 'm-1' } },
			text: `{"payload":"${payload}"`,
			extra: { [payload]: [1, null, ` ${payload} and ${payload}`] },
		});
		expect(withoutAnswers(item(PAYLOAD))).toEqual(item('MW1'));
		expect(withoutAnswers(item(PAYLOAD.slice(0, -1)))).toEqual(item('MW1'));
		expect(withoutAnswers(item(packTap({ ...TAP, nodeId: 'ask', executionId: '1' })!))).toEqual(item('MW1'));
	});

	it('keep everything else', () => {
		for (const item of [{ payload: 'MW1' }, { payload: 'MW12.0' }, { text: 'MW1.5 is an engine.' }, {}]) expect(withoutAnswers(item)).toBe(item);
	});
});
