import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { IncomingBytes } from '../../../nodes/ModicaWhatsApp/api/incoming';

const MEBIBYTE = 1024 * 1024;
const NETWORK_CHUNK = Buffer.alloc(64 * 1024, 'x');

/** The sizes of the chunks into which this many network chunks are combined. */
async function pieces(chunks: number): Promise<number[]> {
	const sizes: number[] = [];
	const incoming = new IncomingBytes(Readable.from(Array.from({ length: chunks }, () => NETWORK_CHUNK)), new AbortController().signal);
	for await (const piece of incoming.chunks()) sizes.push(piece.length);
	expect(incoming.count).toBe(chunks * NETWORK_CHUNK.length);
	return sizes;
}

const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);

it('passes on a file of 16 MB as it arrives, without copying it', async () => {
	const sizes = await pieces(256);

	expect(sum(sizes)).toBe(16 * MEBIBYTE);
	expect(new Set(sizes)).toEqual(new Set([NETWORK_CHUNK.length]));
});

it('combines the rest of a larger file into chunks of 512 KB', async () => {
	const sizes = await pieces(256 + 12);

	expect(sizes.slice(256)).toEqual([512 * 1024, 256 * 1024]);
});

describe('a text', () => {
	const open = (body: Readable) => new IncomingBytes(body, new AbortController().signal);

	it('is read up to a number of bytes, and the rest is discarded', async () => {
		let closed = false;
		const endless = Readable.from(
			(async function* () {
				try {
					for (;;) yield await Promise.resolve(NETWORK_CHUNK);
				} finally {
					closed = true;
				}
			})(),
		);
		const text = await open(endless).text(100_000);
		expect(text).toBe('x'.repeat(100_000));
		expect({ closed, destroyed: endless.destroyed }).toEqual({ closed: true, destroyed: true });
	});

	it("is aborted if no more data arrives, whether or not n8n's helper supports the signal", async () => {
		const aborter = new AbortController();
		const silent = new Readable({ read: () => {} });
		silent.push('{');
		const incoming = new IncomingBytes(silent, aborter.signal);
		const text = incoming.text(100);
		setImmediate(() => aborter.abort());
		await expect(text).rejects.toThrow();
		expect({ destroyed: silent.destroyed, isBroken: incoming.broken !== undefined, listeners: getEventListeners(aborter.signal, 'abort') }).toEqual({ destroyed: true, isBroken: true, listeners: [] });
	});

	it('may be split within a character', async () => {
		const bytes = Buffer.from('Tēnā koe');
		expect(await open(Readable.from([bytes.subarray(0, 2), bytes.subarray(2)])).text(1_000)).toBe('Tēnā koe');
	});
});
