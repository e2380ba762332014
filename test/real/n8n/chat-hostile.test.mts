/** Forged taps: manipulated payloads, sent to the trigger with its login. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN, callbackUrl, eachOf, post } from '../../harness/n8n/callbacks.mts';
import { answerTo, askingWorkflow, payloadOf, receiveTaps } from '../../harness/n8n/chat.mts';
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';

/** HOSTILE_TAPS=10000 tests more, and takes minutes. */
const CASES = Number(process.env.HOSTILE_TAPS ?? 300);
const SEED = 20_261_127;
const AT_ONCE = 10;

const { rest, handle } = n8nUnderTest();
const api = apiUnderTest(rest, { statusSteps: [] }, CALLBACK_LOGIN);

/** Payloads that resemble the valid ones, but never equal one. */
function payloads(right: readonly string[], elsewhere: string): fc.Arbitrary<string> {
	const [whole = ''] = right;
	const [prefix, answer, executionId, node, secret, signature] = whole.split('.');
	const packed = (parts: { executionId?: string; nodeId?: string; secret?: string; signature?: string; answer?: string }) =>
		[prefix, parts.answer ?? answer, parts.executionId ?? executionId, parts.nodeId === undefined ? node : `~${Buffer.from(parts.nodeId).toString('base64url')}`, parts.secret ?? secret, parts.signature ?? signature].join('.');
	const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array).toString('base64url'));
	const part = fc.string({ unit: fc.constantFrom(...'MW1.~-_Ab9=/\\:@?#%&\n 2e'), maxLength: 12 });
	const traversal = fc.constantFrom('..', '.', '../..', `../../../rest/workflows`, `//${elsewhere}`, `@${elsewhere}`, `%2e%2e`, `x?signature=1`, `x#`, `http://${elsewhere}/`, '\\\\..', '');
	return fc
		.oneof(
			// Changed or cut off.
			fc.tuple(fc.nat(whole.length), fc.nat(9), part).map(([at, less, more]) => whole.slice(0, at) + more + whole.slice(at + less)),
			fc.nat(whole.length - 1).map((length) => whole.slice(0, length)),
			// Repeated.
			fc.constantFrom(whole + whole, `${whole}.${whole}`, `${whole}\n`, ` ${whole}`),
			// Well-formed, with a forged signature.
			fc.record({ executionId: fc.nat(10_000).map(String), secret: bytes(16), signature: bytes(32) }).map(packed),
			fc.record({ signature: bytes(32) }).map(packed),
			fc.record({ secret: bytes(16) }).map(packed),
			fc.record({ answer: fc.nat(9).map(String) }).map(packed),
			// Path traversal and other hosts.
			fc.record({ nodeId: fc.oneof(traversal, fc.string({ maxLength: 20, unit: 'binary' })) }).map(packed),
			fc.record({ executionId: fc.oneof(traversal, part) }).map(packed),
			fc.string({ maxLength: 200, unit: 'binary' }),
		)
		.filter((payload) => !right.includes(payload));
}

/** Counts connections to an address that doesn't belong to n8n. */
let connections = 0;
const elsewhere = createServer((socket) => {
	connections++;
	socket.destroy();
});
beforeAll(async () => {
	elsewhere.listen(0, '127.0.0.1');
	await once(elsewhere, 'listening');
});
afterAll(() => elsewhere.close());

describe('a forged payload', () => {
	it('answers no question, causes no error, and makes n8n connect to no other host', async () => {
		const replies = await receiveTaps(rest, api.simulator, api.credential, { events: ['status'] });
		const url = callbackUrl(handle.baseUrl, replies);
		const execution = await rest.runWorkflow(await rest.importWorkflow(askingWorkflow(api.credential)));
		expect(execution.status).toBe('waiting');
		const right = [0, 1].map((index) => payloadOf(api.simulator, index));

		const sample = fc.sample(payloads(right, `127.0.0.1:${(elsewhere.address() as AddressInfo).port}`), { numRuns: CASES, seed: SEED });
		const answers = await eachOf(sample, AT_ONCE, async (payload) => {
			const { status, body } = await post(url, { id: randomUUID(), source: '64211234567', destination: '1', content: { type: 'button', button: { payload, text: 'Yes' } } });
			return { payload, answer: `${status} ${body}` };
		});
		expect(answers.filter(({ answer }) => answer !== '200 {"ignored":"events"}')).toEqual([]);
		expect(connections).toBe(0);
		expect((await rest.getExecution(execution.id)).status).toBe('waiting');

		expect(answerTo(await api.simulator.tap({ id: api.simulator.messages[0]!.id, buttonIndex: 1 }))).toBe(200);
		await rest.waitForExecutions(execution.workflowId, ([one]) => one?.status === 'success');
		expect((await rest.getExecution(execution.id)).outputs.WhatsApp?.[0]?.[0]?.json.data).toMatchObject({ approved: false, answeredIn: 'chat' });
		await rest.deactivate(replies);
	}, 3_600_000);
});
