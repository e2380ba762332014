/** Uploads, downloads, and messages with files, in a real n8n. */
import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import axios from 'axios';
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { expiredLink } from '../../harness/n8n/links.mts';
import { BROWSER_ID } from '../../harness/n8n/rest.mts';
import { itemsFrom, n8nUnderTest, runNode, type NodeUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const CONTENT = randomBytes(3_000_000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const FILE = { base64: CONTENT.toString('base64'), fileName: 'Grüße.pdf', mimeType: 'application/pdf' };
const SEND: IDataObject = { resource: 'message', operation: 'send', to: '+64211234567' };
const MEDIA: IDataObject = { ...SEND, messageType: 'media', mediaType: 'document', mediaSource: 'binary', binaryPropertyName: 'data' };
const HEADER: IDataObject = {
	...SEND,
	messageType: 'template',
	templateParameters: 'fields',
	templateName: 'invoice',
	templateMedia: { media: { type: 'document', mediaSource: 'binary', binaryPropertyName: 'data' } },
};

const { rest, handle, is1x } = n8nUnderTest();
const api = apiUnderTest(rest, { fetchMediaUrls: true });

const withFile = (parameters: IDataObject, more: Partial<NodeUnderTest> = {}): NodeUnderTest => ({
	parameters,
	credential: api.credential,
	items: [FILE],
	withBinary: true,
	...more,
});

describe("a message with a file from the workflow's binary data", () => {
	it.each([
		['a media message', MEDIA],
		['the header of a template', HEADER],
		['a broadcast', { ...MEDIA, operation: 'broadcast' }],
	])('contains a link to n8n, from which Modica can fetch the file without a login: %s', async (_, parameters) => {
		await itemsFrom(withFile(parameters));
		await until('the file was fetched', PATIENCE_MS, () => api.simulator.mediaFetches[0]?.sha256);
		expect(api.simulator.mediaFetches).toEqual([
			expect.objectContaining({ status: 200, mimeType: 'application/pdf', size: CONTENT.length, sha256: SHA256 }),
		]);
		expect(api.simulator.mediaFetches[0]?.url.startsWith(`${handle.baseUrl}/rest/binary-data/signed?token=`)).toBe(true);
	});

	it('contains a link that n8n rejects after it expires', async () => {
		await itemsFrom(withFile(MEDIA));
		const link = await until('the file is requested', PATIENCE_MS, () => api.simulator.mediaFetches[0]?.url ?? '');
		const answer = await axios.get(await expiredLink(link, handle.userFolder), { validateStatus: () => true, proxy: false });
		expect({ status: answer.status, data: answer.data as unknown }).toEqual({ status: 400, data: 'jwt expired' });
	});

	it.each([202, 422])('contains a link that is not in the stored execution, even if a %i response quotes it', async (status) => {
		api.simulator.addFault({ kind: 'echo', status });
		const execution = await runNode(withFile(MEDIA));
		const { media } = api.simulator.requests[0]?.body as { media: { url: string } };
		const stored = JSON.stringify(await rest.rest('get', `/executions/${execution.id}`));
		expect(stored).toContain('binary-data/signed?token=***');
		expect(stored).not.toContain(media.url.split('token=')[1]);
	});
});

describe('a file transfer', () => {
	it('uploads and downloads identical bytes, even if connections break', async () => {
		api.simulator.addFault({ kind: 'drop', when: 'before', match: { method: 'POST' } });
		const [uploaded] = await itemsFrom(withFile({ resource: 'media', operation: 'upload', binaryPropertyName: '*' }));
		expect(api.simulator.media).toEqual([expect.objectContaining({ fileName: 'Grüße.pdf', sha256: SHA256 })]);
		api.simulator.addFault({ kind: 'drop', when: 'midBody', match: { method: 'GET' } });
		api.simulator.configure({ contentDisposition: true });
		const [downloaded] = await itemsFrom({
			parameters: { resource: 'media', operation: 'download', mediaId: String(uploaded?.json.id), binaryPropertyName: 'data' },
			credential: api.credential,
		});
		expect(downloaded?.json).toMatchObject({ fileName: 'Grüße.pdf', mimeType: 'application/pdf' });
		expect(createHash('sha256').update(await rest.binary(downloaded!)).digest('hex')).toBe(SHA256);
		expect(api.simulator.requests.map(({ status }) => status)).toEqual([null, 200, 200, 200]);
	});
});

// These tests need a real n8n: n8n loads a library at this point, which Jest doesn't allow in the middle of a test.
describe('a file without a content type from Modica', () => {
	/** Signature, size (1 × 1), and the start of the image data. Without the image data, the file could still be an animation. */
	const PNG = Buffer.from('89504e470d0a1a0a' + '0000000d49484452' + '00000001000000010806000000' + '1f15c489' + '0000c35049444154', 'hex');
	const noise = randomBytes(3_000_000);
	const short = (head: Buffer) => Buffer.concat([head, noise.subarray(0, 50_000)]);
	const long = (head: Buffer) => Buffer.concat([head, noise]);

	it.each<[string, Buffer, Record<string, string>, { fileName: string; mimeType: string }]>([
		['a small image', short(PNG), {}, { fileName: 'ID.png', mimeType: 'image/png' }],
		['a large image', long(PNG), {}, { fileName: 'ID.png', mimeType: 'image/png' }],
		['a large image, declared as application/octet-stream', long(PNG), { 'content-type': 'application/octet-stream' }, { fileName: 'ID.png', mimeType: 'image/png' }],
		['a large document with a file name', long(Buffer.alloc(0)), { 'content-disposition': 'inline; filename=a.pdf' }, { fileName: 'a.pdf', mimeType: 'application/pdf' }],
		['a small unknown file', short(Buffer.alloc(1)), {}, { fileName: 'ID', mimeType: 'application/octet-stream' }],
		['a large unknown file', long(Buffer.alloc(1)), {}, { fileName: 'ID', mimeType: 'application/octet-stream' }],
		['a text', Buffer.from('Kia ora'), {}, { fileName: 'ID.txt', mimeType: 'text/plain' }],
	])('is recognized by its name or content: %s', async (_, content, downloadHeaders, expected) => {
		const file = { base64: content.toString('base64'), fileName: 'x.pdf', mimeType: 'application/pdf' };
		const [uploaded] = await itemsFrom(withFile({ resource: 'media', operation: 'upload', binaryPropertyName: 'data' }, { items: [file] }));
		const mediaId = String(uploaded?.json.id);
		api.simulator.configure({ downloadHeaders });
		const [downloaded] = await itemsFrom({
			parameters: { resource: 'media', operation: 'download', mediaId, binaryPropertyName: 'data' },
			credential: api.credential,
		});
		const described = { ...expected, fileName: expected.fileName.replace('ID', mediaId) };
		expect(downloaded?.json).toMatchObject(described);
		expect(downloaded?.binary?.data).toMatchObject(described);
		expect((await rest.binary(downloaded!)).equals(content)).toBe(true);
	});
});

describe('a file from a customer that contains a script', () => {
	const HTML = '<html><script>document.title = document.cookie</script></html>';
	const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(document.cookie)</script></svg>';

	it.each([
		['HTML', HTML, { 'content-type': 'text/html' }],
		['XHTML', HTML, { 'content-type': 'application/xhtml+xml' }],
		['HTML, recognizable only by its name', HTML, { 'content-disposition': 'attachment; filename=invoice.html' }],
		['SVG', SVG, { 'content-type': 'image/svg+xml' }],
		['XML', SVG, { 'content-type': 'text/xml' }],
	])("is not displayed by n8n, only offered as a download without access to n8n's origin: %s", async (_, content, downloadHeaders) => {
		const file = { base64: Buffer.from(content).toString('base64'), fileName: 'x.txt', mimeType: 'text/plain' };
		const [uploaded] = await itemsFrom(withFile({ resource: 'media', operation: 'upload', binaryPropertyName: 'data' }, { items: [file] }));
		api.simulator.configure({ downloadHeaders });
		const [downloaded] = await itemsFrom({
			parameters: { resource: 'media', operation: 'download', mediaId: String(uploaded?.json.id), binaryPropertyName: 'data' },
			credential: api.credential,
		});
		const answerTo = async (action: string) => {
			const { status, data, headers } = await axios.get<Readable>(`${handle.baseUrl}/rest/binary-data`, {
				params: { id: downloaded?.binary?.data?.id, action },
				headers: { cookie: rest.session.cookie, 'browser-id': BROWSER_ID, connection: 'close' },
				// n8n aborts its response for a file that it doesn't display.
				responseType: 'stream',
				validateStatus: () => true,
				proxy: false,
			});
			return { status, data, disposition: headers['content-disposition'] as unknown, policy: headers['content-security-policy'] as unknown };
		};
		expect(await answerTo('view')).toMatchObject({ status: 400 });
		const download = await answerTo('download');
		expect(download).toMatchObject({ status: 200, disposition: expect.stringMatching(/^attachment/) as string });
		expect(await text(download.data)).toBe(content);
		// n8n 1.x sets no policy: the browser saves the file and doesn't display it.
		if (!is1x) expect(download.policy).toMatch(/^sandbox(?!.*allow-same-origin)/);
	});
});
