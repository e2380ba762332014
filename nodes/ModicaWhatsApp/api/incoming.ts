/** A stream of Node.js's, as far as it is used here. */
type ByteStream = AsyncIterable<Uint8Array> & {
	destroy?(): void;
	constructor: { from(content: AsyncIterable<Uint8Array>, options: { objectMode: boolean }): unknown };
};

/** n8n writes a file piece by piece and waits for each: a large one takes longer in pieces as small as a network's. */
const PIECE_BYTES = 512 * 1024;
/**
 * Up to here pieces are passed on as they come, which is all of most files: gathering copies them, and every 64 MB or
 * so of such buffers make Node.js collect the garbage of all of n8n, at several times the price of writing the file.
 */
const UNGATHERED_BYTES = 16 * 1024 * 1024;

/** The body of an answer as it comes, with its bytes counted. */
export class IncomingBytes {
	/** Bytes read so far. */
	count = 0;
	/** What broke the stream off before its end; undefined as long as nothing has. */
	broken: unknown;

	private readonly stream: ByteStream;

	/**
	 * @param stream the body of a streamed answer
	 * @param signal aborted when the rest is not wanted any more
	 */
	constructor(
		stream: unknown,
		private readonly signal: AbortSignal,
	) {
		this.stream = stream as ByteStream;
	}

	/** The bytes as text, up to so many: an answer of any length at all must not fill n8n's memory. */
	async text(mostBytes: number): Promise<string> {
		const chunks: Uint8Array[] = [];
		for await (const chunk of this.chunks()) {
			chunks.push(chunk);
			if (this.count >= mostBytes) break;
		}
		return Buffer.concat(chunks).toString('utf8', 0, mostBytes);
	}

	/** The bytes, of a large file in large pieces; to be read once. Ending the iteration early closes the connection. */
	async *chunks(): AsyncGenerator<Uint8Array> {
		// Not every helper of n8n's ties the request's signal to the body.
		const destroy = () => this.stream.destroy?.();
		this.signal.addEventListener('abort', destroy);
		let gathered: Uint8Array[] = [];
		let bytes = 0;
		try {
			for await (const chunk of this.stream) {
				this.signal.throwIfAborted();
				this.count += chunk.length;
				if (this.count <= UNGATHERED_BYTES) {
					yield chunk;
					continue;
				}
				bytes += chunk.length;
				gathered.push(chunk);
				if (bytes < PIECE_BYTES) continue;
				yield Buffer.concat(gathered);
				gathered = [];
				bytes = 0;
			}
			if (bytes > 0) yield Buffer.concat(gathered);
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

	/** Bytes as a stream of Node.js's, which n8n wants. Community nodes may not import its class, but have one here. */
	toStream(content: AsyncIterable<Uint8Array>): unknown {
		return this.stream.constructor.from(content, { objectMode: false });
	}
}
