import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import type { StoredMedia } from './records.mts';

/** Larger files are stored in a temporary file instead of memory. */
export const SPOOL_ABOVE_BYTES = 8 * 1024 * 1024;

/** What is known about a file before its content is read. */
export type MediaDetails = Omit<StoredMedia, 'id' | 'size' | 'sha256' | 'file' | 'at'>;

export class MediaStore {
	readonly items: StoredMedia[] = [];
	#byId = new Map<string, { media: StoredMedia; bytes: Buffer | undefined }>();
	#folder: Promise<string> | undefined;

	/** Reads, hashes, and stores a file. If the stream fails, rejects and stores nothing. */
	async save(source: AsyncIterable<Buffer>, details: MediaDetails): Promise<StoredMedia> {
		const id = randomBytes(16).toString('hex');
		const hash = createHash('sha256');
		let size = 0;
		let held: Buffer[] = [];
		let spool: { file: string; handle: FileHandle } | undefined;
		try {
			for await (const chunk of source) {
				hash.update(chunk);
				size += chunk.length;
				held.push(chunk);
				if (size > SPOOL_ABOVE_BYTES) {
					spool ??= await this.#openSpool(id);
					await spool.handle.writev(held);
					held = [];
				}
			}
		} catch (error) {
			if (spool) await rm(spool.file, { force: true });
			throw error;
		} finally {
			await spool?.handle.close();
		}
		const media: StoredMedia = { ...details, id, size, sha256: hash.digest('hex'), ...(spool && { file: spool.file }), at: performance.now() };
		this.#byId.set(id, { media, bytes: spool ? undefined : Buffer.concat(held) });
		this.items.push(media);
		return media;
	}

	get(id: string): StoredMedia | undefined {
		return this.#byId.get(id)?.media;
	}

	/** A new stream with the content of a stored file. Throws if the ID is unknown. */
	read(id: string): Readable {
		const entry = this.#byId.get(id);
		if (!entry) throw new Error(`No media ${id}`);
		return entry.media.file === undefined ? Readable.from([entry.bytes]) : createReadStream(entry.media.file);
	}

	async remove(id: string): Promise<void> {
		const media = this.get(id);
		if (!media) return;
		this.#byId.delete(id);
		this.items.splice(this.items.indexOf(media), 1);
		if (media.file !== undefined) await rm(media.file, { force: true });
	}

	/** Deletes all files. */
	async clear(): Promise<void> {
		this.items.length = 0;
		this.#byId.clear();
		const folder = await this.#folder;
		this.#folder = undefined;
		if (folder !== undefined) await rm(folder, { recursive: true, force: true });
	}

	async #openSpool(id: string): Promise<{ file: string; handle: FileHandle }> {
		this.#folder ??= mkdtemp(path.join(tmpdir(), 'whatsapp-simulator-'));
		const file = path.join(await this.#folder, id);
		return { file, handle: await open(file, 'w') };
	}
}
