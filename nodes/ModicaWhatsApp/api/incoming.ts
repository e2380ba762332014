/** The part of a Node.js stream that is used here. */
type ByteStream = AsyncIterable<Uint8Array> & {
	destroy?(): void;
	constructor: { from(content: AsyncIterable<Uint8Array>, options: { objectMode: boolean }): unknown };
};

/**
 * Chunk size for large files. n8n writes chunks one at a time, so writing a file in chunks as small as the network's
 * takes longer.
 */
const CHUNK_BYTES = 512 * 1024;
/**
 * Up to this size, chunks are passed on as they arrive, which covers most files completely. Combining chunks copies
 * them, and every 64 MB or so of these buffers triggers a garbage collection of the whole n8n process, which takes
 * several times as long as writing the file.
 */
const UNBUFFERED_BYTES = 16 * 1024 * 1024;

/** The body of a response, with a count of the bytes received. */
export class IncomingBytes {
	/** Bytes read so far. */
	count = 0;
	/** The error that ended the stream early. Undefined if none did. */
	broken: unknown;

	private readonly stream: ByteStream;

	/**
	 * @param stream the body of a streamed response
	 * @param signal aborted when the rest is no longer needed
	 */
	constructor(
		stream: unknown,
		private readonly signal: AbortSignal,
	) {
		this.stream = stream as ByteStream;
	}

	/** Returns the body as text, up to `maxBytes`, so that an endless response doesn't fill n8n's memory. */
	async text(maxBytes: number): Promise<string> {
		const chunks: Uint8Array[] = [];
		for await (const chunk of this.chunks()) {
			chunks.push(chunk);
			if (this.count >= maxBytes) break;
		}
		return Buffer.concat(chunks).toString('utf8', 0, maxBytes);
	}

	/**
	 * Yields the body, with large files in large chunks. Can be read once. Ending the iteration early closes the
	 * connection.
	 */
	async *chunks(): AsyncGenerator<Uint8Array> {
		// Not all of n8n's helpers connect the request's signal to the body.
		const destroy = () => this.stream.destroy?.();
		this.signal.addEventListener('abort', destroy);
		let buffered: Uint8Array[] = [];
		let bytes = 0;
		try {
			for await (const chunk of this.stream) {
				this.signal.throwIfAborted();
				this.count += chunk.length;
				if (this.count <= UNBUFFERED_BYTES) {
					yield chunk;
					continue;
				}
				bytes += chunk.length;
				buffered.push(chunk);
				if (bytes < CHUNK_BYTES) continue;
				yield Buffer.concat(buffered);
				buffered = [];
				bytes = 0;
			}
			if (bytes > 0) yield Buffer.concat(buffered);
		} catch (error) {
			throw this.brokenBy(error);
		} finally {
			this.signal.removeEventListener('abort', destroy);
		}
	}

	private brokenBy(error: unknown): unknown {
		this.broken = error ?? true;
		return error;
	}

	/**
	 * Converts bytes to a Node.js stream, which n8n requires. Community nodes can't import the class, so it's taken from
	 * this stream.
	 */
	toStream(content: AsyncIterable<Uint8Array>): unknown {
		return this.stream.constructor.from(content, { objectMode: false });
	}
}
