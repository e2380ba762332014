import type { IN8nHttpFullResponse } from 'n8n-workflow';

/** An answer as n8n's request helper gives it: its body, given as a value or a text, comes in pieces. */
export function streamed<T extends { body?: unknown }>(answer: T): T & { body: IN8nHttpFullResponse['body'] } {
	return { ...answer, body: pieces(answer.body) };
}

async function* pieces(body: unknown): AsyncGenerator<Uint8Array> {
	const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
	if (text !== '') yield await Promise.resolve(Buffer.from(text));
}
