import { createHash, randomBytes } from 'node:crypto';
import { item } from '../../harness/core/node.mts';
import { setStage } from '../../harness/core/stage.mts';

const UPLOAD = { resource: 'media', operation: 'upload', binaryPropertyName: 'data' };
const DOWNLOAD = { resource: 'media', operation: 'download', binaryPropertyName: 'data' };
const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

describe.each(['filesystem', 'memory'] as const)('files in %s mode', (binaryMode) => {
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
	])('%s is uploaded unchanged', async (mimeType, fileName, sentType) => {
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
		expect(output).toEqual([
			{
				json: { id: stage.simulator.media[0]?.id, field: 'data', fileName, mimeType: sentType, fileSize: '300 kB' },
				pairedItem: { item: 0 },
			},
		]);
	});

	it('the ID of an upload is read from the other shape of the response', async () => {
		stage.simulator.configure({ responseShape: 'alternative' });
		const data = await stage.n8n.storeFile(Buffer.from('hello'), 'note.txt', 'text/plain');
		const output = await stage.run(UPLOAD, { items: [item({}, { data })] });
		expect(output[0]?.json).toMatchObject({ id: stage.simulator.media[0]?.id });
		expect(stage.simulator.requests[0]?.query).toEqual({});
	});

	it('an upload that gets a server error is retried from the beginning', async () => {
		stage.simulator.addFault({ kind: 'status', status: 503, match: { path: '/media' } });
		const content = randomBytes(200_000);
		const data = await stage.n8n.storeFile(content, 'photo.png', 'image/png');
		await stage.run(UPLOAD, { items: [item({}, { data })] });
		expect(stage.simulator.requests.map(({ status }) => status)).toEqual([503, 200]);
		expect(stage.simulator.media.at(-1)?.sha256).toBe(sha256(content));
	});

	it('a download returns the uploaded file, with its name and type', async () => {
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

	it('a download without a name is named after its ID and type', async () => {
		const data = await stage.n8n.storeFile(Buffer.from('hello'), 'note.txt', 'text/plain');
		const [uploaded] = await stage.run(UPLOAD, { items: [item({}, { data })] });
		const id = uploaded?.json.id as string;
		const [output] = await stage.run({ ...DOWNLOAD, mediaId: id });
		expect(output?.json).toMatchObject({ fileName: `${id}.txt`, mimeType: 'text/plain' });
	});

	it('an error is reported as an error, never stored as a file', async () => {
		const failure = await stage.fail({ ...DOWNLOAD, mediaId: 'nothere' });
		expect(failure).toMatchObject({
			httpCode: '404',
			message: expect.stringMatching(/^Modica returned 404 \(not found\): Whatsapp Cloud API error: /),
		});
	});

	it('files of many items are returned with their own items', async () => {
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

	it.each([
		['Grüße "für" Anna 😀.png', 'Grüße "für" Anna 😀.png'],
		['two\r\nlines.png', 'two\r\nlines.png'],
		[undefined, 'file.png'],
	])('a file named %j arrives as %j, with its exact length', async (fileName, arrivesAs) => {
		const content = randomBytes(1_000);
		const data = { ...(await stage.n8n.storeFile(content, 'x.png', 'image/png')), fileName };
		if (fileName === undefined) delete data.fileName;
		const [output] = await stage.run(UPLOAD, { items: [item({}, { data })] });
		const [media] = stage.simulator.media;
		// Quotes and line breaks are encoded as in browsers.
		const decoded = media?.fileName?.replace(/%(22|0D|0A)/g, (encoded) => decodeURIComponent(encoded));
		expect({ decoded, sha256: media?.sha256 }).toEqual({ decoded: arrivesAs, sha256: sha256(content) });
		expect(output?.json.fileName).toBe(arrivesAs);
		const boundary = /boundary=(.*)/.exec(String(stage.simulator.requests[0]?.headers['content-type']))?.[1] ?? '';
		const around = [
			`--${boundary}`,
			`Content-Disposition: form-data; name="file"; filename="${media?.fileName}"`,
			'Content-Type: image/png',
			'',
			'',
			`--${boundary}--`,
			'',
		].join('\r\n');
		expect(media?.requestContentLength).toBe(Buffer.byteLength(around) + content.length);
	});

	describe('several files of one item', () => {
		const NAMES = ['cover', 'back', 'a,b'];
		async function itemWithFiles() {
			const files = await Promise.all(
				NAMES.map(async (name) => [name, await stage.n8n.storeFile(Buffer.from(name), `${name}.png`, 'image/png')] as const),
			);
			return item({}, Object.fromEntries(files));
		}

		it.each([
			['*', NAMES],
			['cover', ['cover']],
			['back, cover', ['back', 'cover']],
			['cover,cover,', ['cover']],
			['a,b', ['a,b']],
		])('are uploaded with %j, each with its own output item', async (binaryPropertyName, expected) => {
			const output = await stage.run({ ...UPLOAD, binaryPropertyName }, { items: [await itemWithFiles()] });
			const names = new Map(stage.simulator.media.map(({ id, fileName }) => [id, fileName]));
			expect(output.map(({ json, pairedItem }) => [json.field, names.get(String(json.id)), pairedItem])).toEqual(
				expected.map((name) => [name, `${name}.png`, { item: 0 }]),
			);
		});

		it('are uploaded even if one of them cannot be', async () => {
			const items = [await itemWithFiles(), item({}, { cover: await stage.n8n.storeFile(Buffer.from('x'), 'x.gif', 'image/gif') })];
			const output = await stage.run({ ...UPLOAD, binaryPropertyName: 'cover, nothing' }, { items, continueOnFail: true });
			expect(output.map(({ json, pairedItem }) => [json.error ?? json.field, pairedItem])).toEqual([
				['cover', { item: 0 }],
				["Input Binary Field 'nothing' is not a binary field of this item. Available fields: cover, back, a,b.", { item: 0 }],
				[expect.stringMatching(/^Input Binary Field 'cover' contains a file of type image\/gif/), { item: 1 }],
				["Input Binary Field 'nothing' is not a binary field of this item. Available fields: cover.", { item: 1 }],
			]);
		});
	});

	it('an expression that fails for one item fails only that item, and leaves nothing running', async () => {
		const data = await stage.n8n.storeFile(Buffer.from('x'), 'x.png', 'image/png');
		const items = Array.from({ length: 6 }, (_, index) => item({ index }, { data }));
		const binaryPropertyName = '={{ $json.index === 3 ? undefined_function() : "data" }}';
		const output = await stage.run({ ...UPLOAD, binaryPropertyName }, { items, continueOnFail: true });
		expect(output.map(({ json, pairedItem }) => [json.error ? 'failed' : json.field, pairedItem])).toEqual(
			items.map((_, index) => [index === 3 ? 'failed' : 'data', { item: index }]),
		);
		expect({ uploaded: stage.simulator.media.length, inFlight: stage.simulator.inFlight }).toEqual({ uploaded: 5, inFlight: 0 });
	});

	it.each([
		['image/png', 5, 'images up to 5 MB'],
		['audio/mpeg', 16, 'audio up to 16 MB'],
		['video/mp4', 16, 'videos up to 16 MB'],
	])("%s above WhatsApp's size limit is uploaded with a warning", async (mimeType, limit, words) => {
		const most = limit * 1024 * 1024;
		const files = await Promise.all([most, most + 60_000].map(async (size) => await stage.n8n.storeFile(Buffer.alloc(size), 'x', mimeType)));
		const output = await stage.run(UPLOAD, { items: files.map((data) => item({}, { data })) });
		expect(output.map(({ json }) => json.hint)).toEqual([
			undefined,
			`WhatsApp accepts ${words}. This file has ${limit}.1 MB, so a message with it may not be delivered.`,
		]);
	});

	it.each<[Record<string, string>, { fileName: string; mimeType: string }]>([
		[{ 'content-type': 'image/png' }, { fileName: 'ID.png', mimeType: 'image/png' }],
		[{ 'content-type': 'Audio/OGG; codecs=opus' }, { fileName: 'ID.ogg', mimeType: 'audio/ogg' }],
		[{ 'content-type': 'text/plain;charset=utf-8', 'content-disposition': 'attachment' }, { fileName: 'ID.txt', mimeType: 'text/plain' }],
		[{ 'content-type': 'image/png', 'content-disposition': 'attachment; filename=plain.png' }, { fileName: 'plain.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': 'attachment; filename="a \\"b\\"; c.png"' }, { fileName: 'a "b"; c.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': `inline; filename="x.png"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.png` }, { fileName: 'naïve €.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': `inline; FILENAME*=iso-8859-1'en'%A3%20rates.png` }, { fileName: '£ rates.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': `inline; filename*=utf-8''%FF.png; filename="fallback.png"` }, { fileName: 'fallback.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': `inline; filename*=klingon''x.png; filename="fallback.png"` }, { fileName: 'fallback.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': Buffer.from('inline; filename="日本.png"').toString('latin1') }, { fileName: '日本.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': 'inline; filename="../../etc/passwd"' }, { fileName: 'passwd.png', mimeType: 'image/png' }],
		[{ 'content-type': 'image/png', 'content-disposition': 'inline; name="filename=x.gif"; filename="y.png"' }, { fileName: 'y.png', mimeType: 'image/png' }],
		[{ 'content-disposition': 'inline; filename="invoice.pdf"' }, { fileName: 'invoice.pdf', mimeType: 'application/pdf' }],
		[{ 'content-type': 'application/octet-stream', 'content-disposition': 'inline; filename="invoice.pdf"' }, { fileName: 'invoice.pdf', mimeType: 'application/pdf' }],
	])('a download described by %j gets its name and type', async (downloadHeaders, expected) => {
		const content = randomBytes(100_000);
		const id = await uploadedId(content);
		stage.simulator.configure({ downloadHeaders });
		const before = stage.n8n.storedFiles().length;
		const [output] = await stage.run({ ...DOWNLOAD, mediaId: id });
		const named = { ...expected, fileName: expected.fileName.replace('ID', id) };
		expect(output?.json).toMatchObject(named);
		expect(output?.binary?.data).toMatchObject(named);
		expect(sha256(await stage.n8n.readFile(output?.binary?.data as never))).toBe(sha256(content));
		expect(stage.n8n.storedFiles().length - before).toBe(binaryMode === 'memory' ? 0 : 2);
	});

	it('an empty file is downloaded as an empty file', async () => {
		const id = await uploadedId(Buffer.from('x'));
		stage.simulator.addFault({ kind: 'status', status: 200, body: '', headers: { 'content-type': 'image/png' } });
		const [output] = await stage.run({ ...DOWNLOAD, mediaId: id });
		expect(output?.json).toEqual({ id, fileName: `${id}.png`, mimeType: 'image/png', fileSize: '0 B' });
		expect(await stage.n8n.readFile(output?.binary?.data as never)).toEqual(Buffer.alloc(0));
	});

	async function uploadedId(content: Buffer): Promise<string> {
		const data = await stage.n8n.storeFile(content, 'x.png', 'image/png');
		const [output] = await stage.run(UPLOAD, { items: [item({}, { data })] });
		return output?.json.id as string;
	}
});
