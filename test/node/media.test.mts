import { createHash, randomBytes } from 'node:crypto';
import { item } from './n8n.mts';
import { setStage } from './stage.mts';

const UPLOAD = { resource: 'media', operation: 'upload', binaryPropertyName: 'data' };
const DOWNLOAD = { resource: 'media', operation: 'download', binaryPropertyName: 'data' };
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe.each(['filesystem', 'memory'] as const)('files that n8n keeps in %s mode', (binaryMode) => {
	const stage = setStage(binaryMode);

	it.each([
		['image/png', 'photo.png', 'image/png'],
		['image/jpeg', 'photo.jpg', 'image/jpeg'],
		['image/jpg', 'photo.jpg', 'image/jpeg'],
		['text/plain', 'note.txt', 'text/plain'],
		['text/plain; charset=utf-8', 'note.txt', 'text/plain'],
		['application/pdf', 'invoice.pdf', 'application/pdf'],
		['audio/mp3', 'song.mp3', 'audio/mp3'],
		['audio/mpeg', 'song.mp3', 'audio/mp3'],
		['video/mp4', 'clip.mp4', 'video/mp4'],
	])('%s is uploaded as it is', async (mimeType, fileName, sentType) => {
		const content = randomBytes(300_000);
		const data = await stage.n8n.storeFile(content, fileName, mimeType);
		const output = await stage.run({ ...UPLOAD, additionalFields: { source: '102046588645210' } }, {
			items: [item({}, { data })],
		});
		expect(stage.simulator.media).toEqual([
			expect.objectContaining({
				fieldName: 'file',
				fileName,
				mimeType: sentType,
				size: 300_000,
				sha256: sha256(content),
				source: '102046588645210',
			}),
		]);
		expect(stage.simulator.media[0]?.requestContentLength).toBeGreaterThan(300_000);
		expect(output).toEqual([{ json: { id: stage.simulator.media[0]?.id }, pairedItem: { item: 0 } }]);
	});

	it('an upload’s id is read from the other shape of the answer', async () => {
		stage.simulator.configure({ responseShape: 'alternative' });
		const data = await stage.n8n.storeFile(Buffer.from('hello'), 'note.txt', 'text/plain');
		const output = await stage.run(UPLOAD, { items: [item({}, { data })] });
		expect(output[0]?.json).toEqual({ id: stage.simulator.media[0]?.id });
		expect(stage.simulator.requests[0]?.query).toEqual({});
	});

	it('an upload that met a server error is repeated from its beginning', async () => {
		stage.simulator.addFault({ kind: 'status', status: 503, match: { path: '/media' } });
		const content = randomBytes(200_000);
		const data = await stage.n8n.storeFile(content, 'photo.png', 'image/png');
		await stage.run(UPLOAD, { items: [item({}, { data })] });
		expect(stage.simulator.requests.map(({ status }) => status)).toEqual([503, 200]);
		expect(stage.simulator.media.at(-1)?.sha256).toBe(sha256(content));
	});

	it('a download gives what was uploaded, with its name and type', async () => {
		const content = randomBytes(300_000);
		const data = await stage.n8n.storeFile(content, 'invoice.pdf', 'application/pdf');
		const [uploaded] = await stage.run(UPLOAD, { items: [item({}, { data })] });
		const id = uploaded?.json.id as string;
		stage.simulator.configure({ contentDisposition: true });
		const output = await stage.run({ ...DOWNLOAD, mediaId: id, binaryPropertyName: 'file', additionalFields: { source: '102046588645210' } });
		expect(stage.simulator.requests.at(-1)?.query).toEqual({ media_id: id, source: '102046588645210' });
		const [{ json, binary, pairedItem } = {}] = output;
		expect({ json, pairedItem }).toEqual({
			json: { id, fileName: 'invoice.pdf', mimeType: 'application/pdf', fileSize: '300 kB' },
			pairedItem: { item: 0 },
		});
		expect(binary?.file).toMatchObject({ fileName: 'invoice.pdf', mimeType: 'application/pdf', fileExtension: 'pdf' });
		expect(sha256(await stage.n8n.readFile(binary?.file as never))).toBe(sha256(content));
	});

	it('a download without a name is named after its id and type', async () => {
		const data = await stage.n8n.storeFile(Buffer.from('hello'), 'note.txt', 'text/plain');
		const [uploaded] = await stage.run(UPLOAD, { items: [item({}, { data })] });
		const id = uploaded?.json.id as string;
		const [output] = await stage.run({ ...DOWNLOAD, mediaId: id });
		expect(output?.json).toMatchObject({ fileName: `${id}.txt`, mimeType: 'text/plain' });
	});

	it('an error is shown as an error, never kept as a file', async () => {
		const failure = await stage.fail({ ...DOWNLOAD, mediaId: 'nothere' });
		expect(failure).toMatchObject({
			httpCode: '404',
			message: expect.stringMatching(/^Modica answered 404 \(not found\): Whatsapp Cloud API error: /),
		});
	});

	it('files of many items come out each with its own item', async () => {
		const contents = Array.from({ length: 7 }, (_, index) => Buffer.from(`file ${index}`));
		const files = await Promise.all(
			contents.map(async (content, index) => await stage.n8n.storeFile(content, `${index}.txt`, 'text/plain')),
		);
		const uploaded = await stage.run(UPLOAD, { items: files.map((data) => item({}, { data })) });
		const downloaded = await stage.run({ ...DOWNLOAD, mediaId: '={{ $json.id }}' }, { items: uploaded });
		expect(downloaded.map(({ pairedItem }) => pairedItem)).toEqual(contents.map((_, index) => ({ item: index })));
		for (const [index, { binary }] of downloaded.entries()) {
			expect((await stage.n8n.readFile(binary?.data as never)).toString()).toBe(`file ${index}`);
		}
	});
});
