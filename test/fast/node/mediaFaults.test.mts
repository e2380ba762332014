/** Files over an unreliable network: complete or not at all, and never blocked by a dead connection. */
import { createHash, randomBytes } from 'node:crypto';
import { openFile, storeFile } from '../../../nodes/ModicaWhatsApp/n8n/files';
import { clientOf } from '../../harness/client.mts';
import { item } from '../../harness/core/node.mts';
import { setStage } from '../../harness/core/stage.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const UPLOAD = { resource: 'media', operation: 'upload', binaryPropertyName: 'data' };
const DOWNLOAD = { resource: 'media', operation: 'download', binaryPropertyName: 'data' };
/** Larger than the buffers of a connection on the same machine. */
const LARGE = 12 * 1024 * 1024;
/** Longer than a busy machine may stop this process from making progress. */
const STALL_MS = 1_500;
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
const statuses = () => stage.simulator.requests.map(({ status }) => status);

const stage = setStage();

async function fileOf(size: number) {
	const content = randomBytes(size);
	return { content, data: await stage.n8n.storeFile(content, 'photo.png', 'image/png') };
}

/** A file that Modica has. */
async function mediaOf(size: number) {
	const { content, data } = await fileOf(size);
	const [output] = await stage.run(UPLOAD, { items: [item({}, { data })] });
	return { content, id: output?.json.id as string };
}

/** The node's client, with a shorter timeout. */
function hastyClient(timeoutMs = STALL_MS) {
	const { username, password, baseUrl } = stage.simulator;
	return clientOf(stage.n8n.http({ username, password, baseUrl }), { baseUrl, timeoutMs });
}

describe('an upload', () => {
	it('is retried from the beginning if its connection breaks', async () => {
		stage.simulator.addFault({ kind: 'drop', when: 'before', match: { path: '/media' } });
		const { content, data } = await fileOf(LARGE);
		await stage.run(UPLOAD, { items: [item({}, { data })] });
		expect(statuses()).toEqual([null, 200]);
		expect(stage.simulator.media.map((media) => media.sha256)).toEqual([sha256(content)]);
	});

	it('is aborted and retried from the beginning if it makes no progress', async () => {
		stage.simulator.addFault({ kind: 'stall', match: { path: '/media' } });
		const { content, data } = await fileOf(LARGE);
		const opened = await openFile(stage.n8n.helpers(), data);
		await hastyClient().uploadMedia(async () => await Promise.resolve(opened), undefined);
		opened.close();
		expect(statuses()).toEqual([null, 200]);
		expect(stage.simulator.media.map((media) => media.sha256)).toEqual([sha256(content)]);
	});

	it('fails with an error if it repeatedly makes no progress', async () => {
		stage.simulator.addFault({ kind: 'stall', match: { path: '/media' }, times: 'always' });
		const { data } = await fileOf(LARGE);
		const opened = await openFile(stage.n8n.helpers(), data);
		await expect(hastyClient(STALL_MS / 4).uploadMedia(async () => await Promise.resolve(opened), undefined)).rejects.toMatchObject({
			message: `No response from ${new URL(stage.simulator.baseUrl).host}: the transfer stalled`,
		});
		opened.close();
		expect(stage.simulator.requests).toHaveLength(4);
	});

	it.each([
		[413, 'Modica returned 413 (too large): Whatsapp Cloud API error: payload too large error message', /5 MB for images/],
		[415, 'Modica returned 415 (unsupported file type): Whatsapp Cloud API error: unsupported media type error message', /PNG or JPEG/],
	])('that is rejected with %i is not retried, and fails on its own', async (status, message, remedy) => {
		stage.simulator.addFault({ kind: 'status', status, skip: 1, match: { path: '/media' } });
		const files = await Promise.all([fileOf(1_000), fileOf(1_000), fileOf(1_000)]);
		const output = await stage.run(
			{ ...UPLOAD, binaryPropertyName: '*' },
			{ items: files.map(({ data }) => item({}, { data })), continueOnFail: true },
		);
		expect(stage.simulator.requests).toHaveLength(3);
		expect(stage.simulator.media).toHaveLength(2);
		const failed = output.filter(({ json }) => json.error);
		expect(failed.map(({ json }) => json)).toEqual([
			{ error: message, description: expect.stringMatching(remedy), statusCode: status, mayHaveBeenSent: false, field: 'data' },
		]);
		expect(output.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }, { item: 2 }]);
	});

	it('that is rejected before it was read still reports the reason', async () => {
		stage.simulator.addFault({ kind: 'status', status: 413, match: { path: '/media' } });
		const { data } = await fileOf(LARGE);
		expect(await stage.fail(UPLOAD, { items: [item({}, { data })] })).toMatchObject({ httpCode: '413' });
	});

	it('that gets a 429 waits with all others, and is sent once', async () => {
		stage.simulator.addFault({ kind: 'status', status: 429, headers: { 'retry-after': '1' }, skip: 2, match: { path: '/media' } });
		const files = await Promise.all(Array.from({ length: 6 }, async () => await fileOf(50_000)));
		const output = await stage.run(UPLOAD, { items: files.map(({ data }) => item({}, { data })) });
		expect(statuses().filter((status) => status === 429)).toHaveLength(1);
		const sent = new Map(stage.simulator.media.map((media) => [media.id, media.sha256]));
		expect(output.map(({ json }) => sent.get(String(json.id)))).toEqual(files.map(({ content }) => sha256(content)));
		expect(stage.simulator.media).toHaveLength(6);
	});

	it("of a file that n8n has lost fails with n8n's error, and is not retried", async () => {
		const { data } = await fileOf(1_000);
		const lost = { ...stage.n8n.helpers(), getBinaryStream: async () => await Promise.reject(new Error('File not found')) };
		const opened = await openFile(lost, data);
		await expect(hastyClient().uploadMedia(async () => await Promise.resolve(opened), undefined)).rejects.toThrow('File not found');
		opened.close();
		expect(stage.simulator.media).toEqual([]);
	});

	it('of an empty file is rejected before it is sent', async () => {
		const { data } = await fileOf(0);
		expect((await stage.fail(UPLOAD, { items: [item({}, { data })] })).message).toBe(
			"Input Binary Field 'data' contains an empty file. Use a file that is not empty.",
		);
		expect(stage.simulator.requests).toEqual([]);
	});

	it('is aborted when the execution is canceled', async () => {
		stage.simulator.addFault({ kind: 'stall', match: { path: '/media' } });
		const { data } = await fileOf(LARGE);
		const cancel = new AbortController();
		const running = stage.fail(UPLOAD, { items: [item({}, { data }), item({}, { data })], signal: cancel.signal });
		await until('the transfer is in progress', PATIENCE_MS, () => stage.simulator.requests.length >= 1);
		cancel.abort();
		expect((await running).message).toBe('The execution was canceled');
		expect(stage.simulator.media).toEqual([]);
	});
});

describe('a download', () => {
	it('is retried if its connection breaks, and stores one complete file', async () => {
		const { content, id } = await mediaOf(LARGE);
		const before = stage.n8n.storedFiles();
		stage.simulator.addFault({ kind: 'drop', when: 'midBody' });
		const [output] = await stage.run({ ...DOWNLOAD, mediaId: id });
		expect(sha256(await stage.n8n.readFile(output?.binary?.data as never))).toBe(sha256(content));
		// The file and its metadata in n8n.
		expect(stage.n8n.storedFiles()).toHaveLength(before.length + 2);
	});

	it('that is never complete fails with an error, and leaves no partial file', async () => {
		const { id } = await mediaOf(LARGE);
		const before = stage.n8n.storedFiles();
		stage.simulator.addFault({ kind: 'drop', when: 'midBody', times: 'always' });
		const failure = await stage.fail({ ...DOWNLOAD, mediaId: id });
		expect(failure).toMatchObject({
			message: `Download from ${new URL(stage.simulator.baseUrl).host} incomplete: the connection was lost`,
			description: expect.stringMatching(/^The partial file was discarded\. Try again later\./),
		});
		expect(stage.simulator.requests.filter(({ method }) => method === 'GET')).toHaveLength(4);
		expect(stage.n8n.storedFiles()).toEqual(before);
	});

	it('is retried if it is shorter than its Content-Length', async () => {
		const { content, id } = await mediaOf(300_000);
		stage.simulator.addFault({ kind: 'wrongContentLength', by: 100 });
		const [output] = await stage.run({ ...DOWNLOAD, mediaId: id });
		expect(sha256(await stage.n8n.readFile(output?.binary?.data as never))).toBe(sha256(content));
		expect(stage.simulator.requests.filter(({ method }) => method === 'GET')).toHaveLength(2);
	});

	it('is aborted and retried if it makes no progress', async () => {
		const { content, id } = await mediaOf(LARGE);
		const before = stage.n8n.storedFiles();
		stage.simulator.addFault({ kind: 'slowBody', ms: 3_600_000, chunks: 2 });
		const binary = await hastyClient().downloadMedia(id, undefined, async (media) => await storeFile(stage.n8n.helpers(), media, id));
		expect(sha256(await stage.n8n.readFile(binary))).toBe(sha256(content));
		expect(stage.n8n.storedFiles()).toHaveLength(before.length + 2);
	});

	it('is not aborted if it is slow but makes progress', async () => {
		const { content, id } = await mediaOf(300_000);
		stage.simulator.addFault({ kind: 'slowBody', ms: STALL_MS / 4, chunks: 6 });
		const binary = await hastyClient().downloadMedia(id, undefined, async (media) => await storeFile(stage.n8n.helpers(), media, id));
		expect(sha256(await stage.n8n.readFile(binary))).toBe(sha256(content));
		expect(stage.simulator.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
	});

	it('of an unknown file fails and leaves nothing behind', async () => {
		const before = stage.n8n.storedFiles();
		const output = await stage.run({ ...DOWNLOAD, mediaId: 'nothere' }, { continueOnFail: true });
		expect(output).toEqual([{ json: expect.objectContaining({ statusCode: 404 }), pairedItem: { item: 0 } }]);
		expect(stage.n8n.storedFiles()).toEqual(before);
	});

	it("that n8n cannot store fails with n8n's error, and is not retried", async () => {
		const { id } = await mediaOf(300_000);
		const full = { ...stage.n8n.helpers(), prepareBinaryData: async () => await Promise.reject(new Error('No space left')) };
		await expect(
			hastyClient().downloadMedia(id, undefined, async (media) => await storeFile(full as never, media, id)),
		).rejects.toThrow('No space left');
		expect(stage.simulator.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
	});

	it('is aborted when the execution is canceled, and leaves no partial file', async () => {
		const { id } = await mediaOf(LARGE);
		const before = stage.n8n.storedFiles();
		stage.simulator.addFault({ kind: 'slowBody', ms: 3_600_000, chunks: 2 });
		const cancel = new AbortController();
		const running = stage.fail({ ...DOWNLOAD, mediaId: id }, { signal: cancel.signal });
		await until('half of it has come', PATIENCE_MS, () => stage.n8n.storedFiles().length > before.length);
		cancel.abort();
		expect((await running).message).toBe('The execution was canceled');
		await until('nothing of it is left', PATIENCE_MS, () => stage.n8n.storedFiles().length === before.length);
	});
});
