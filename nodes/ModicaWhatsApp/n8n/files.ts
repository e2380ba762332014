import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import type { DownloadedMedia, Upload } from '../api/exchange';

type BinaryHelpers = Pick<
	IExecuteFunctions['helpers'],
	'getBinaryMetadata' | 'getBinaryStream' | 'prepareBinaryData'
>;

/** Number of bytes to read at a time. */
const CHUNK_BYTES = 256 * 1024;

/** Opens a binary field in n8n's storage. In n8n's memory mode, the item itself contains the data. */
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
		// A reading that was aborted, because another one started or the file was closed, isn't a failure.
		if (reading === readings) failure = error;
		return error;
	}
	const file = Object.defineProperties(new File([], fileNameOf(binary), { type }), {
		size: { value: size },
		stream: { value: () => ReadableStream.from(read()) },
	});
	// If the server responds before the upload is complete, the stream and the file would otherwise stay open.
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

/** Streams a downloaded file to n8n's binary data storage. */
export async function storeFile(
	helpers: BinaryHelpers,
	{ fileName = '', mimeType, content }: DownloadedMedia,
	fallbackName: string,
): Promise<IBinaryData> {
	const name = sanitizeFileName(fileName) ?? sanitizeFileName(fallbackName) ?? 'file';
	const toStream = (bytes: AsyncIterable<Uint8Array>) => content.toStream(bytes) as Readable;
	if (mimeType) {
		return await helpers.prepareBinaryData(toStream(content.chunks()), withExtension(name, mimeType), mimeType);
	}

	const { head, isWhole, all } = await readHead(content.chunks());
	// n8n detects a type by the name or from a buffer, but not from a stream. It also stores the buffer, so for a larger
	// file, a copy of its beginning is stored and later deleted with the execution.
	const detected = await helpers.prepareBinaryData(isWhole ? head : head.subarray(0, SAMPLE_BYTES), name);
	const type = typeOf(detected, head);
	const fullName = withExtension(name, type, type === detected.mimeType ? detected.fileExtension : undefined);
	if (isWhole) return { ...detected, mimeType: type, fileName: fullName };
	return await helpers.prepareBinaryData(toStream(all()), fullName, type);
}

/** Maximum size of a file of unknown type to hold in memory completely, so that n8n doesn't store a second copy. */
const HELD_BYTES = 1024 * 1024;
/** Number of bytes that is enough to detect any known type. */
const SAMPLE_BYTES = 4_100;

/** Corrects n8n's detection, which returns text for all unknown types. */
function typeOf({ mimeType }: IBinaryData, head: Buffer): string {
	return mimeType === 'text/plain' && head.includes(0) ? 'application/octet-stream' : mimeType;
}

/** Reads the beginning of a file. `all` then yields the whole file, including the beginning. */
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

/** The limit of common file systems. */
const MAX_FILE_NAME_LENGTH = 255;

/**
 * Returns a file name without its path, and without characters that break or disguise it: control characters, lone
 * surrogates, and bidirectional formatting characters. Returns undefined if nothing remains.
 */
export function sanitizeFileName(name: string): string | undefined {
	const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
	const clean = last.slice(-MAX_FILE_NAME_LENGTH).replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '').trim();
	return /^\.*$/.test(clean) ? undefined : clean;
}
