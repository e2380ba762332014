import type { IBinaryData } from 'n8n-workflow';
import type { DownloadedMedia, Upload } from '../../../../nodes/ModicaWhatsApp/api/exchange';
import { download } from '../../../../nodes/ModicaWhatsApp/operations/media/download';
import { sizeHint, toMediaMimeType } from '../../../../nodes/ModicaWhatsApp/operations/media/limits';
import { upload } from '../../../../nodes/ModicaWhatsApp/operations/media/upload';
import { contextOf, itemOf, jobsOf } from '../../../harness/operation.mts';

const MB = 1024 * 1024;
const file = (mimeType = 'image/png', more: Partial<IBinaryData> = {}): IBinaryData => ({ mimeType, data: '', fileSize: '1 kB', ...more });

describe('an upload', () => {
	function contextWith(size = 1) {
		const opened: Array<{ type: string; closed: boolean }> = [];
		const sources: unknown[] = [];
		const context = contextOf(
			{
				uploadMedia: async (open, source) => {
					sources.push(source);
					(await open()).close();
					return { id: `media-${sources.length}`, extra: 1 };
				},
			},
			{
				openFile: async ({ mimeType }) => {
					const entry = { type: mimeType, closed: false };
					opened.push(entry);
					const content = { name: 'photo.png', size } as File;
					return await Promise.resolve({ file: content, bytesRead: () => 0, failure: () => undefined, close: () => void (entry.closed = true) } satisfies Upload);
				},
			},
		);
		return { context, opened, sources };
	}

	it('sends one request per file, with the MIME type that the API uses', async () => {
		const { context, opened, sources } = contextWith();
		const item = itemOf(upload, { additionalFields: { source: '102' } }, 3, { data: file('audio/mpeg; x=1') });
		const { jobs } = jobsOf(upload, [item], context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 3, field: 'data' }]]);
		expect(await jobs[0]?.run()).toEqual([{ item: 3, json: { id: 'media-1', extra: 1, field: 'data', fileName: 'photo.png', mimeType: 'audio/mp3', fileSize: '1 kB' } }]);
		expect(opened).toEqual([{ type: 'audio/mp3', closed: true }]);
		expect(sources).toEqual(['102']);
	});

	it('warns about a file that WhatsApp is likely to reject', async () => {
		const { jobs } = jobsOf(upload, [itemOf(upload, {}, 0, { data: file() })], contextWith(6 * MB).context);
		expect(await jobs[0]?.run()).toMatchObject([{ json: { hint: 'WhatsApp accepts images up to 5 MB. This file has 6.0 MB, so a message with it may not be delivered.' } }]);
	});

	it('rejects an empty file, and closes it', async () => {
		const { context, opened } = contextWith(0);
		const { jobs } = jobsOf(upload, [itemOf(upload, {}, 0, { data: file() })], context);
		await expect(jobs[0]?.run()).rejects.toThrow("Input Binary Field 'data' contains an empty file. Use a file that is not empty.");
		expect(opened).toEqual([{ type: 'image/png', closed: true }]);
	});

	it.each<[unknown, string[]]>([
		['a', ['a']],
		[' a , b,, ', ['a', 'b']],
		['a,a', ['a']],
		['*', ['a', 'b', 'x,y']],
		['x,y', ['x,y']],
	])('of %j uploads the fields %j', (binaryPropertyName, names) => {
		const item = itemOf(upload, { binaryPropertyName }, 0, { a: file(), b: file(), 'x,y': file() });
		const { jobs, refused } = jobsOf(upload, [item], contextWith().context);
		expect(jobs.map(({ targets }) => targets[0]?.field)).toEqual(names);
		expect(refused).toEqual([]);
	});

	it('rejects an item with invalid field names, and uploads the others', () => {
		const broken = { ...itemOf(upload, {}, 0, { data: file() }), parameter: () => { throw new Error('an expression failed'); } };
		const { jobs, refused } = jobsOf(upload, [broken, itemOf(upload, {}, 1, { data: file() })], contextWith().context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 1, field: 'data' }]]);
		expect(refused).toEqual([[0, 'an expression failed']]);
	});

	it('uploads the valid files of an item', () => {
		const item = itemOf(upload, { binaryPropertyName: 'a,b,c' }, 0, { a: file(), c: file('image/gif') });
		const { jobs, refused } = jobsOf(upload, [item], contextWith().context);
		expect(jobs.map(({ targets }) => targets[0]?.field)).toEqual(['a']);
		expect(refused).toEqual([
			[0, "Input Binary Field 'b' is not a binary field of this item. Available fields: a, c."],
			[0, "Input Binary Field 'c' contains a file of type image/gif, which Modica does not accept. Convert it to one of these types: image/png, image/jpeg, text/plain, application/pdf, audio/mp3, video/mp4."],
		]);
	});

	it.each<[Record<string, unknown>, Record<string, IBinaryData>, string]>([
		[{ binaryPropertyName: '*' }, {}, "Input Binary Field '*' is not a binary field of this item. The item has no files"],
		[{ binaryPropertyName: '' }, { a: file() }, "'Input Binary Field' is empty. Available fields: a."],
		[{ additionalFields: { source: 'x' } }, { data: file() }, "Business Number ID 'x' is not"],
		[{}, { data: file('') }, 'contains a file of type unknown'],
	])('rejects %j', (parameters, binary, message) => {
		expect(jobsOf(upload, [itemOf(upload, parameters, 0, binary)], contextWith().context).refused).toEqual([[0, expect.stringContaining(message)]]);
	});
});

describe('a download', () => {
	const asked: unknown[] = [];
	const context = contextOf(
		{
			downloadMedia: async (id, source, receive) => {
				asked.push([id, source]);
				return await receive({} as DownloadedMedia);
			},
		},
		{ storeFile: async (_media, fallbackName) => await Promise.resolve(file('image/png', { fileName: `${fallbackName}.png` })) },
	);

	it('stores the file in a field of the output', async () => {
		const parameters = { mediaId: ' abcd1234 ', binaryPropertyName: ' photo ', additionalFields: { source: 7 } };
		const { jobs } = jobsOf(download, [itemOf(download, parameters, 2)], context);
		const json = { id: 'abcd1234', fileName: 'abcd1234.png', mimeType: 'image/png', fileSize: '1 kB' };
		expect(await jobs[0]?.run()).toEqual([{ item: 2, json, binary: { photo: file('image/png', { fileName: 'abcd1234.png' }) } }]);
		expect(asked).toEqual([['abcd1234', '7']]);
	});

	it.each<[Record<string, unknown>, string]>([
		[{ mediaId: '' }, "'Media ID' is empty. Use the ID from the message or the upload: letters and digits only, such as abcd1234xyz."],
		[{ mediaId: '../x' }, "Media ID '../x' is not a file ID."],
		[{ mediaId: 'x'.repeat(256) }, 'is not a file ID.'],
		[{ mediaId: 2 ** 53 }, 'is not a file ID.'],
		[{ mediaId: ['x'] }, 'is not a file ID.'],
		[{ mediaId: 'x', binaryPropertyName: ' ' }, "'Put Output File in Field' is empty. Enter a name such as data."],
		[{ mediaId: 'x', binaryPropertyName: 7 }, "Put Output File in Field '7' is not a field name."],
	])('rejects %j', (parameters, message) => {
		expect(jobsOf(download, [itemOf(download, parameters)], context).refused).toEqual([[0, expect.stringContaining(message)]]);
	});

	it.each([7, 'x'.repeat(255)])('accepts the ID %j', (mediaId) => {
		expect(jobsOf(download, [itemOf(download, { mediaId })], context).refused).toEqual([]);
	});
});

describe('the MIME type of a file', () => {
	it.each([
		['image/png', 'image/png'],
		[' IMAGE/JPG ;q=1', 'image/jpeg'],
		['audio/mpeg', 'audio/mp3'],
		['image/gif', undefined],
		['constructor', undefined],
		['', undefined],
	])('%s is sent as %s', (value, type) => {
		expect(toMediaMimeType(value)).toBe(type);
	});

	it.each([
		['image/png', 5, 'images up to 5 MB'],
		['audio/mp3', 16, 'audio up to 16 MB'],
		['video/mp4', 16, 'videos up to 16 MB'],
		['application/pdf', 100, 'documents up to 100 MB'],
		['text/plain', 100, 'documents up to 100 MB'],
	] as const)('%s has a WhatsApp limit of %d MB', (type, most, words) => {
		expect(sizeHint(type, most * MB)).toBeUndefined();
		expect(sizeHint(type, most * MB + 1)).toContain(`WhatsApp accepts ${words}. This file has ${most}.0 MB`);
	});
});
