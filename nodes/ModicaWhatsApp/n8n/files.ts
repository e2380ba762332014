import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import type { DownloadedMedia } from '../api/client';
import type { OpenedFile } from '../operations/operation';

type BinaryHelpers = Pick<
	IExecuteFunctions['helpers'],
	'getBinaryMetadata' | 'getBinaryStream' | 'prepareBinaryData'
>;

/** Opens a binary field where n8n keeps it; in n8n's memory mode its content is in the item already. */
export async function openFile(helpers: BinaryHelpers, binary: IBinaryData): Promise<OpenedFile> {
	// Without a name, the part of a form is no file.
	const name = binary.fileName || `file.${binary.fileExtension ?? 'bin'}`;
	const { id, mimeType: type } = binary;
	if (!id) {
		return { file: new File([Buffer.from(binary.data, 'base64')], name, { type }), close: () => {} };
	}

	const { fileSize } = await helpers.getBinaryMetadata(id);
	let reading: Readable | undefined;
	async function* read(from: string) {
		reading?.destroy();
		reading = await helpers.getBinaryStream(from);
		yield* reading;
	}
	const file = Object.defineProperties(new File([], name, { type }), {
		size: { value: fileSize },
		stream: { value: () => ReadableStream.from(read(id)) },
	});
	// An upload that is answered before it was read to its end leaves its stream, and so the file, open.
	return { file, close: () => reading?.destroy() };
}

type Readable = Awaited<ReturnType<BinaryHelpers['getBinaryStream']>>;

/** Streams a downloaded file to where n8n keeps binary data. */
export async function storeFile(
	helpers: BinaryHelpers,
	{ stream, headers }: DownloadedMedia,
	fallbackName: string,
): Promise<IBinaryData> {
	const mimeType = parseContentType(headers['content-type']);
	const name = parseFileName(headers['content-disposition']) ?? bareName(fallbackName) ?? 'file';
	return await helpers.prepareBinaryData(
		stream as Parameters<BinaryHelpers['prepareBinaryData']>[0],
		withExtension(name, mimeType),
		mimeType,
	);
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

function withExtension(name: string, mimeType: string | undefined): string {
	const extension = mimeType && Object.hasOwn(EXTENSIONS, mimeType) && EXTENSIONS[mimeType];
	return extension && !/\.[a-z0-9]{1,8}$/i.test(name) ? `${name}.${extension}` : name;
}

/** The type without its parameters, such as `audio/ogg` of `audio/ogg; codecs=opus`. */
export function parseContentType(header: unknown): string | undefined {
	const type = typeof header === 'string' ? header.split(';')[0]?.trim().toLowerCase() : undefined;
	return type && type !== 'application/octet-stream' ? type : undefined;
}

/** The file name of a `Content-Disposition` (RFC 6266): its encoded form first, never with a path. */
export function parseFileName(header: unknown): string | undefined {
	if (typeof header !== 'string') return undefined;
	const encoded = /filename\*\s*=\s*utf-8'[^']*'([^;]+)/i.exec(header)?.[1];
	const quoted = /filename\s*=\s*"((?:\\.|[^"\\])*)"/i.exec(header)?.[1]?.replace(/\\(.)/g, '$1');
	const plain = /filename\s*=\s*([^;"]+)/i.exec(header)?.[1];
	const name = (encoded && decode(encoded)) ?? quoted ?? plain;
	return name === undefined ? undefined : bareName(name);
}

/** As file systems have it. */
const LONGEST_FILE_NAME = 255;

/**
 * The name itself, without a path, and without what would break it or show it other than it is: control characters,
 * halves of characters, changes of the direction of writing. Undefined when nothing is left.
 */
function bareName(name: string): string | undefined {
	const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
	const clean = last.slice(-LONGEST_FILE_NAME).replace(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '').trim();
	return /^\.*$/.test(clean) ? undefined : clean;
}

function decode(text: string): string | undefined {
	try {
		return decodeURIComponent(text.trim());
	} catch {
		return undefined;
	}
}
