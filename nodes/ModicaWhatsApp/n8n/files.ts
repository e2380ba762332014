import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import type { DownloadedMedia, Upload } from '../api/exchange';

type BinaryHelpers = Pick<
	IExecuteFunctions['helpers'],
	'getBinaryMetadata' | 'getBinaryStream' | 'prepareBinaryData'
>;

/** How much of a file is read at a time. */
const CHUNK_BYTES = 256 * 1024;

/** Opens a binary field where n8n keeps it; in n8n's memory mode its content is in the item already. */
export async function openFile(helpers: BinaryHelpers, binary: IBinaryData): Promise<Upload> {
	const { id, mimeType: type } = binary;
	const held = id ? undefined : Buffer.from(binary.data, 'base64');
	const size = id ? (await helpers.getBinaryMetadata(id)).fileSize : held?.length;

	let bytesRead = 0;
	let reading: Readable | undefined;
	let readings = 0;
	let failure: unknown;
	async function* read() {
		const mine = ++readings;
		reading?.destroy();
		bytesRead = 0;
		try {
			if (id) reading = await helpers.getBinaryStream(id, CHUNK_BYTES);
			if (mine !== readings) reading?.destroy();
			for await (const chunk of (reading ?? slices(held)) as AsyncIterable<Buffer>) {
				bytesRead += chunk.length;
				yield chunk;
			}
		} catch (error) {
			throw failedBy(error, mine);
		}
	}
	function failedBy(error: unknown, reading: number): unknown {
		// One that was broken off, because another began or the file was closed, has not failed.
		if (reading === readings) failure = error;
		return error;
	}
	const file = Object.defineProperties(new File([], fileNameOf(binary), { type }), {
		size: { value: size },
		stream: { value: () => ReadableStream.from(read()) },
	});
	// An upload that is answered before it was read to its end leaves its stream, and so the file, open.
	const close = () => {
		readings++;
		reading?.destroy();
	};
	return { file, bytesRead: () => bytesRead, failure: () => failure, close };
}

type Readable = Awaited<ReturnType<BinaryHelpers['getBinaryStream']>>;

async function* slices(content: Buffer = Buffer.alloc(0)) {
	for (let start = 0; start < content.length; start += CHUNK_BYTES) yield content.subarray(start, start + CHUNK_BYTES);
}

function fileNameOf({ fileName, fileExtension, mimeType }: IBinaryData): string {
	return fileName || withExtension('file', mimeType, fileExtension);
}

/** Streams a downloaded file to where n8n keeps binary data. */
export async function storeFile(
	helpers: BinaryHelpers,
	{ fileName = '', mimeType, content }: DownloadedMedia,
	fallbackName: string,
): Promise<IBinaryData> {
	const name = bareName(fileName) ?? bareName(fallbackName) ?? 'file';
	const toStream = (bytes: AsyncIterable<Uint8Array>) => content.toStream(bytes) as Readable;
	if (mimeType) {
		return await helpers.prepareBinaryData(toStream(content.chunks()), withExtension(name, mimeType), mimeType);
	}

	const { head, isWhole, all } = await readHead(content.chunks());
	// n8n tells a type by the name or by the bytes of a buffer, never by a stream. It stores the buffer as well: a
	// larger file leaves a copy of its beginning there, which goes with the execution.
	const detected = await helpers.prepareBinaryData(isWhole ? head : head.subarray(0, SAMPLE_BYTES), name);
	const type = typeOf(detected, head);
	const fullName = withExtension(name, type, type === detected.mimeType ? detected.fileExtension : undefined);
	if (isWhole) return { ...detected, mimeType: type, fileName: fullName };
	return await helpers.prepareBinaryData(toStream(all()), fullName, type);
}

/** Files up to this size are held whole when their type is not told, so that n8n stores nothing beside them. */
const HELD_BYTES = 1024 * 1024;
/** As much as any known type is told by. */
const SAMPLE_BYTES = 4_100;

/** n8n calls everything that it does not know a text. */
function typeOf({ mimeType }: IBinaryData, head: Buffer): string {
	return mimeType === 'text/plain' && head.includes(0) ? 'application/octet-stream' : mimeType;
}

/** Reads the beginning of a file; `all` then gives the whole of it, the beginning included. */
async function readHead(chunks: AsyncGenerator<Uint8Array>) {
	const read: Uint8Array[] = [];
	let bytes = 0;
	let isWhole = false;
	while (bytes <= HELD_BYTES && !isWhole) {
		const next = await chunks.next();
		if (next.done) {
			isWhole = true;
		} else {
			read.push(next.value);
			bytes += next.value.length;
		}
	}
	const head = Buffer.concat(read);
	async function* all(): AsyncGenerator<Uint8Array> {
		yield head;
		yield* chunks;
	}
	return { head, isWhole, all };
}

const EXTENSIONS: Record<string, string> = {
	'application/pdf': 'pdf',
	'audio/aac': 'aac',
	'audio/amr': 'amr',
	'audio/mp3': 'mp3',
	'audio/mpeg': 'mp3',
	'audio/ogg': 'ogg',
	'image/jpeg': 'jpg',
	'image/png': 'png',
	'image/webp': 'webp',
	'text/plain': 'txt',
	'video/3gpp': '3gp',
	'video/mp4': 'mp4',
};

function knownExtension(mimeType: string): string | undefined {
	return Object.hasOwn(EXTENSIONS, mimeType) ? EXTENSIONS[mimeType] : undefined;
}

function withExtension(name: string, mimeType: string, extension = knownExtension(mimeType)): string {
	return extension && !/\.[a-z0-9]{1,8}$/i.test(name) ? `${name}.${extension}` : name;
}

/** As file systems have it. */
const LONGEST_FILE_NAME = 255;

/**
 * The name itself, without a path, and without what would break it or show it other than it is: control characters,
 * halves of characters, changes of the direction of writing. Undefined when nothing is left.
 */
export function bareName(name: string): string | undefined {
	const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
	const clean = last.slice(-LONGEST_FILE_NAME).replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '').trim();
	return /^\.*$/.test(clean) ? undefined : clean;
}
