/** The load balancer in front of n8n, as described in docs/scaling.md and docs/callbacks.md. */
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { isReady } from '../n8n/server.mts';

/** Paths that the webhook processes handle in turn, once they are ready. The main process handles all others. */
const TO_WEBHOOKS = ['/webhook', '/webhook-waiting', '/form'];
/** Larger than any request in the tests. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

export type Balancer = { stop: () => Promise<void> };

export async function startBalancer(port: number, mainUrl: string, webhookUrls: readonly string[]): Promise<Balancer> {
	const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true });
	let turn = 0;
	const next = () => webhookUrls[turn++ % webhookUrls.length] ?? mainUrl;
	const chosen = new WeakMap<object, string>();
	for (const prefix of TO_WEBHOOKS) {
		await app.register(proxy, {
			prefix,
			rewritePrefix: prefix,
			upstream: '',
			async preHandler({ raw }, reply) {
				const url = next();
				chosen.set(raw, url);
				// While n8n is starting, it returns 200 for every request.
				if (!(await isReady(url, 'webhook'))) await reply.code(503).send();
			},
			replyOptions: { getUpstream: ({ raw }) => chosen.get(raw) ?? mainUrl },
		});
	}
	await app.register(proxy, { upstream: mainUrl });
	await app.listen({ host: '127.0.0.1', port });
	return { stop: async () => await app.close() };
}
