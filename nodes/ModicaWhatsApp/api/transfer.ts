import type { Clock } from './pacing';

export interface TransferSettings {
	clock: Clock;
	/** Milliseconds without a byte after which a transfer counts as stalled. */
	stallMs: number;
	/** Aborted when the execution is cancelled. */
	cancel: AbortSignal | undefined;
	/** Bytes that have moved so far; undefined while none are due, such as while the API thinks about an answer. */
	bytesMoved: () => number | undefined;
}

/** How late a stall may be noticed. Also how long the watch outlives its transfer: n8n's timers cannot be cleared. */
const LONGEST_CHECK_MS = 1_000;

/**
 * Watches over one transfer of a file and breaks it off when nothing of it moves any more. n8n's own time-out is for
 * the time until an answer begins: for a large upload that is minutes, for a download it ends before the file comes.
 */
export class Transfer {
	/** Aborted when the transfer is to be broken off, because it stalled or because the execution was cancelled. */
	readonly signal: AbortSignal;
	private readonly breaker = new AbortController();
	private ended = false;

	constructor(private readonly settings: TransferSettings) {
		const { cancel } = settings;
		this.signal = cancel ? AbortSignal.any([cancel, this.breaker.signal]) : this.breaker.signal;
		void this.watch();
	}

	get stalled(): boolean {
		return this.breaker.signal.aborted;
	}

	/** The transfer came to its end, whatever that was. */
	end(): void {
		this.ended = true;
	}

	private async watch(): Promise<void> {
		const { clock, stallMs, bytesMoved } = this.settings;
		let latest = bytesMoved();
		let movedAt = clock.now();
		while (!this.ended) {
			await clock.sleep(Math.min(LONGEST_CHECK_MS, stallMs / 4));
			const moved = bytesMoved();
			if (moved === undefined || moved !== latest) movedAt = clock.now();
			else if (!this.ended && clock.now() - movedAt >= stallMs) return this.breaker.abort();
			latest = moved;
		}
	}
}

/** A stream of Node.js's, as far as it is used here. */
type ByteStream = AsyncIterable<Uint8Array> & {
	constructor: { from(content: AsyncIterable<Uint8Array>, options: { objectMode: boolean }): unknown };
};

/** n8n writes a file piece by piece and waits for each: a large one takes longer in pieces as small as a network's. */
const PIECE_BYTES = 512 * 1024;
/**
 * Up to here pieces are passed on as they come, which is all of most files: gathering copies them, and every 64 MB or
 * so of such buffers make Node.js collect the garbage of all of n8n, at several times the price of writing the file.
 */
const UNGATHERED_BYTES = 16 * 1024 * 1024;

/** What is being downloaded, with its bytes counted. */
export class IncomingBytes {
	/** So far. */
	count = 0;
	/** What broke the stream off before its end; undefined as long as nothing has. */
	broken: unknown;

	/** @param stream the body of a streamed answer */
	constructor(private readonly stream: unknown) {}

	/** The bytes, of a large file in large pieces; to be read once. Whoever stops early closes the connection. */
	async *chunks(): AsyncGenerator<Uint8Array> {
		let gathered: Uint8Array[] = [];
		let bytes = 0;
		try {
			for await (const chunk of this.stream as ByteStream) {
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
		}
	}

	private brokenBy(error: unknown): unknown {
		this.broken = error ?? true;
		return error;
	}

	/** Bytes as a stream of Node.js's, which n8n wants. Community nodes may not import its class, but have one here. */
	toStream(content: AsyncIterable<Uint8Array>): unknown {
		return (this.stream as ByteStream).constructor.from(content, { objectMode: false });
	}
}
