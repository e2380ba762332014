/** Any values in the node's fields result in exactly one request to the API. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { INodeParameters } from 'n8n-workflow';
import { expectCases, text, tryCases } from '../../harness/cases.mts';
import { item, startN8n, type N8n } from '../../harness/core/node.mts';
import { expect } from '../../harness/quickExpect.mts';

const CASES = 300;
expectCases(4 * CASES);

interface Seen {
	method: string | undefined;
	target: string | undefined;
	headers: string[];
	body: string;
}

let n8n: N8n;
let server: Server;
let credential: { username: string; password: string; baseUrl: string };
const seen: Seen[] = [];

beforeAll(async () => {
	n8n = await startN8n('memory');
	server = createServer((request, response) => {
		void readAll(request).then((body) => {
			const names = request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
			seen.push({ method: request.method, target: request.url, headers: names, body });
			response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify({ id: 'x', status: 'accepted' }));
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	credential = { username: 'wab_demo', password: 'wab-demo-password', baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/rest/wab/v1` };
});

afterAll(async () => {
	server.closeAllConnections();
	await new Promise((resolve) => server.close(resolve));
	n8n.stop();
});

async function readAll(request: IncomingMessage): Promise<string> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks).toString('utf8');
}

const HEADERS = ['accept', 'accept-encoding', 'authorization', 'connection', 'content-length', 'content-type', 'host', 'transfer-encoding', 'user-agent'];

/**
 * Runs the node with a file and these parameters.
 * @returns the requests that reached the server, or none if the item was rejected
 */
async function send(parameters: INodeParameters, fileName = 'a.txt'): Promise<Seen[]> {
	seen.length = 0;
	const file = { data: Buffer.from('x').toString('base64'), mimeType: 'text/plain', fileName };
	const [output] = await n8n.run({ parameters, credential, continueOnFail: true, items: [item({}, { data: file })] });
	expect(seen.length).toBe(output?.json.error === undefined ? 1 : seen.length);
	for (const { headers } of seen) {
		expect(headers.filter((name) => !HEADERS.includes(name))).toEqual([]);
		expect(new Set(headers).size).toBe(headers.length);
	}
	return seen;
}

/** Values of expressions. A value that starts with an equals sign would itself be an expression. */
const value = text.map((given) => given.replace(/^=+/, ''));

describe('any field value', () => {
	it('of Send stays within the JSON body', async () => {
		let sent = 0;
		await tryCases(CASES, fc.record({ text: value, reference: value, source: value }), async ({ text: body, reference, source }) => {
			const isOk = /^[1-9]\d*$/.test(source.trim());
			const additionalFields = { reference, ...(isOk && { source }) };
			for (const { method, target, body: raw } of await send({ resource: 'message', operation: 'send', to: '+64211234567', messageType: 'text', text: body, additionalFields })) {
				sent++;
				expect([method, target]).toEqual(['POST', '/rest/wab/v1/messages']);
				const message = JSON.parse(raw) as { text: { body: string }; reference?: string };
				expect(message.text.body).toBe(body);
				expect(message.reference).toBe(reference.trim() === '' ? undefined : reference);
			}
		});
		expect(sent).toBeGreaterThan(CASES / 2);
	});

	it('of Get or Download stays within a single query parameter', async () => {
		const id = fc.oneof(value, fc.uuid(), fc.tuple(fc.uuid(), value).map((parts) => parts.join('')), fc.tuple(fc.constant('abc'), value).map((parts) => parts.join('')));
		await tryCases(CASES, fc.tuple(id, value), async ([given, source]) => {
			for (const { target } of await send({ resource: 'message', operation: 'get', messageId: given })) {
				expect(target).toBe(`/rest/wab/v1/messages?id=${given.trim()}`);
			}
			for (const { target } of await send({ resource: 'media', operation: 'download', mediaId: given, binaryPropertyName: 'data', additionalFields: { source } })) {
				const { pathname, searchParams } = new URL(target ?? '', 'http://x');
				expect([pathname, ...searchParams.entries()]).toEqual(['/rest/wab/v1/media', ['media_id', given.trim()], ...(source.trim() ? [['source', source.trim()]] : [])]);
			}
		});
	});

	it('of Upload, including the file name, stays within a single form part', async () => {
		let sent = 0;
		await tryCases(CASES, fc.tuple(value, value), async ([fileName, field]) => {
			const binaryPropertyName = field.length % 2 ? 'data' : field;
			for (const { method, target, headers, body } of await send({ resource: 'media', operation: 'upload', binaryPropertyName, additionalFields: {} }, fileName)) {
				sent++;
				expect([method, target]).toEqual(['POST', '/rest/wab/v1/media']);
				expect(headers).toContain('content-type');
				const [head = '', ...rest] = body.split('\r\n\r\n');
				expect(head.split('\r\n')).toEqual([
					expect.stringMatching(/^--/),
					expect.stringMatching(/^Content-Disposition: form-data; name="file"; filename="[^"\r\n]*"$/),
					'Content-Type: text/plain',
				]);
				expect(rest).toEqual([expect.stringMatching(/^x\r\n--[^\r\n]+--(\r\n)?$/)]);
			}
		});
		expect(sent).toBeGreaterThan(CASES / 4);
	});

	it("of Broadcast's list is a list of numbers, or nothing is sent", async () => {
		const entry = fc.oneof(value, fc.constantFrom('+64211234567', '64217654321', '\r\nX-Evil: 1'));
		await tryCases(CASES, fc.array(entry, { maxLength: 4 }), async (entries) => {
			const recipients = entries.join(',').replace(/^=+/, '');
			for (const { target, body } of await send({ resource: 'message', operation: 'broadcast', recipientSource: 'list', recipients, messageType: 'text', text: 'Kia ora' })) {
				expect(target).toBe('/rest/wab/v1/messages/broadcast');
				for (const number of (JSON.parse(body) as { destination: string[] }).destination) expect(number).toMatch(/^\+[1-9]\d{6,14}$/);
			}
		});
	});
});
