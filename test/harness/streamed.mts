import type { IN8nHttpFullResponse } from 'n8n-workflow';

/** A response as n8n's request helper returns it, with a streamed body. */
export function streamed<T extends { body?: unknown }>(answer: T): T & { body: IN8nHttpFullResponse['body'] } {
	return { ...answer, body: pieces(answer.body) };
}

async function* pieces(body: unknown): AsyncGenerator<Uint8Array> {
	const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
	if (text !== '') yield await Promise.resolve(Buffer.from(text));
}
