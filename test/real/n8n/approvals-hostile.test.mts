/** Malicious requests to the link of a question: n8n keeps running, and only the page's own form counts as an answer. */
import http from 'node:http';
import fc from 'fast-check';
import { text } from '../../harness/cases.mts';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { latestLink, readPage, send } from '../../harness/n8n/approvals.mts';
import { n8nUnderTest, runNode } from '../../harness/n8n/underTest.mts';

const CASES = 400;
const SEED = 20_261_125;
/** Included in every request, so that a response that reflects it without escaping is detected. */
const MARK = 'zq"\'<i>&';

const { rest } = n8nUnderTest();
const api = apiUnderTest(rest);

interface Attack {
	method: string;
	type: string;
	body: string | Buffer;
}

const name = fc.constantFrom('answer', 'text', 'answer[]', 'answer[0]', 'answer[toString]', '__proto__[answer]', 'constructor[prototype][answer]', 'data', 'sent', 'question');
/** Values that resemble an answer, but aren't valid. */
const word = fc.oneof(fc.constantFrom('Approve', 'approve ', 'APPROVE', 'approve\0', 'true', '', 'toString', '__proto__'), text.map((any) => any + MARK));
const pairs = fc.array(fc.tuple(name, word), { maxLength: 5 });
const asForm = (fields: Array<[string, string]>) => new URLSearchParams(fields).toString();
const asJson = (fields: Array<[string, string]>) => JSON.stringify(Object.fromEntries(fields));
const BOUNDARY = 'xx';
const asParts = (fields: Array<[string, string]>) =>
	[...fields.map(([key, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${key}"${value.length % 2 ? '; filename="../../x"' : ''}\r\n\r\n${value}\r\n`), `--${BOUNDARY}--`].join('');

const attack: fc.Arbitrary<Attack> = fc.oneof(
	pairs.map((fields) => ({ method: 'POST', type: 'application/x-www-form-urlencoded', body: asForm(fields) })),
	pairs.map((fields) => ({ method: 'POST', type: 'application/json', body: asJson(fields) })),
	pairs.map((fields) => ({ method: 'POST', type: `multipart/form-data; boundary=${BOUNDARY}`, body: asParts(fields) })),
	fc.jsonValue().map((value) => ({ method: 'POST', type: 'application/json', body: JSON.stringify({ answer: { value, MARK }, text: [value, MARK] }) })),
	fc.record({
		method: fc.constantFrom('POST', 'GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'),
		type: fc.constantFrom('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data', 'text/xml', 'application/xml', 'text/plain', 'application/octet-stream', 'nonsense'),
		body: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
	}),
);

interface Reaction {
	status: number;
	type: string;
	body: string;
}

/** Uses a plain HTTP client, so that the request is sent unchanged. */
async function launch(link: string, { method, type, body }: Attack): Promise<Reaction> {
	return await new Promise((resolve, reject) => {
		const request = http.request(link, {
			method,
			timeout: 120_000,
			headers: { 'content-type': type, 'content-length': Buffer.byteLength(body), 'user-agent': 'Mozilla/5.0 (Linux; Android 14) Chrome/124.0 Mobile' },
		});
		request.once('timeout', () => request.destroy(new Error(`no answer to ${method} ${type}`)));
		request.once('error', reject);
		request.once('response', (response) => {
			const chunks: Buffer[] = [];
			response.on('data', (chunk: Buffer) => chunks.push(chunk));
			response.once('error', reject);
			response.once('end', () => {
				const { statusCode = 0, headers } = response;
				resolve({ status: statusCode, type: headers['content-type'] ?? '', body: Buffer.concat(chunks).toString('utf8') });
			});
		});
		request.end(body);
	});
}

describe('the link of a question', () => {
	it('rejects malicious requests as answers, and never reflects their content as markup', async () => {
		const execution = await runNode({
			parameters: { resource: 'message', operation: 'sendAndWait', to: '+64211234567', message: 'May we?', responseType: 'approval', messageType: 'text' },
			credential: api.credential,
		});
		expect(execution.status).toBe('waiting');
		const link = latestLink(api.simulator);
		const statuses: Record<string, number> = {};
		await fc.assert(
			fc.asyncProperty(attack, async (one) => {
				const { status, type, body } = await launch(link, one);
				const name = `${one.method} ${status}`;
				statuses[name] = (statuses[name] ?? 0) + 1;
				// n8n itself responds to an unreadable body, so several statuses are acceptable.
				expect({ status, known: [200, 204, 400, 404, 415, 422].includes(status) }).toEqual({ status, known: true });
				if (type.includes('html')) expect(body).not.toContain(MARK);
				if (one.method === 'POST' && status === 200) expect(body).toContain('value="approve"');
			}),
			{ numRuns: CASES, seed: SEED },
		);
		console.log(`${CASES} malicious requests: ${Object.entries(statuses).map((entry) => entry.join(' × ')).join(', ')}`);
		expect(statuses['POST 200']).toBeGreaterThan(CASES / 4);
		expect((await rest.getExecution(execution.id)).status).toBe('waiting');
		expect((await readPage(link)).buttons).toEqual({ approve: 'Approve', decline: 'Decline' });

		expect((await send(link, { answer: 'decline' })).words).toContain('Thank you');
		await rest.waitForExecutions(execution.workflowId, ([one]) => one?.status === 'success');
		expect((await rest.getExecution(execution.id)).outputs.WhatsApp?.[0]?.[0]?.json.data).toEqual({ approved: false, answeredIn: 'page', respondedAt: expect.any(String) });
	}, 600_000);
});
