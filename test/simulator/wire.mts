/** Sends responses: complete, or broken as specified by a fault. */
import type { FastifyReply } from 'fastify';
import type { Answer } from './answers.mts';
import type { FaultAction } from './faults.mts';
import type { MediaStore } from './mediaStore.mts';
import type { Timers } from './timers.mts';

const SLOW_BODY_CHUNKS = 10;
const WRONG_LENGTH_BYTES = -5;

/** Sends a complete response. Downloads are streamed. */
export function sendAnswer(reply: FastifyReply, { status, headers, body, media }: Answer, store: MediaStore): FastifyReply {
	if (media && headers['content-type'] === undefined) {
		// Fastify would add the content type application/octet-stream.
		reply.hijack();
		store.read(media.id).pipe(reply.raw.writeHead(status, headers));
		return reply;
	}
	// If the response is sent before the entire request was read, the connection stays open, so that the client can send the
	// rest and then read the response.
	reply.raw.shouldKeepAlive = true;
	reply.code(status).headers(headers);
	return media ? reply.send(store.read(media.id)) : reply.send(body);
}

/** Faults that affect how a response is sent. Other faults change the response itself. */
export type BrokenDelivery = Extract<FaultAction, { kind: 'drop' | 'slowBody' | 'stall' | 'wrongContentLength' }>;

/** Whether a fault affects how a response is sent. */
export const isBrokenDelivery = (fault: FaultAction | undefined): fault is BrokenDelivery =>
	fault !== undefined && ['drop', 'slowBody', 'stall', 'wrongContentLength'].includes(fault.kind);

/** Sends a broken response, or none. @returns whether a status was sent */
export async function sendBroken(reply: FastifyReply, answer: Answer, fault: BrokenDelivery, store: MediaStore, timers: Timers): Promise<boolean> {
	const bytes = await bytesOf(answer, store);
	reply.hijack();
	const { raw } = reply;
	const head = (contentLength: number, headers: Record<string, string> = {}) =>
		raw.writeHead(answer.status, { ...answer.headers, ...headers, 'content-length': contentLength });

	switch (fault.kind) {
		case 'stall':
			return false;
		case 'drop':
			if (fault.when !== 'midBody') {
				raw.destroy();
				return false;
			}
			head(bytes.length);
			raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => raw.destroy());
			return true;
		case 'slowBody': {
			head(bytes.length);
			const size = Math.max(1, Math.ceil(bytes.length / (fault.chunks ?? SLOW_BODY_CHUNKS)));
			for (let start = 0; start < bytes.length; start += size) {
				if (start > 0 && !(await timers.wait(fault.ms))) break;
				raw.write(bytes.subarray(start, start + size));
			}
			raw.end();
			return true;
		}
		case 'wrongContentLength':
			head(Math.max(0, bytes.length + (fault.by ?? WRONG_LENGTH_BYTES)), { connection: 'close' });
			raw.write(bytes, () => raw.socket?.end());
			return true;
	}
}

async function bytesOf({ body, media }: Answer, store: MediaStore): Promise<Buffer> {
	if (!media) return Buffer.from(body ?? '');
	const chunks: Buffer[] = [];
	for await (const chunk of store.read(media.id)) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}
