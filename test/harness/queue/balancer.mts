/** The load balancer in front of an n8n, as docs/scaling.md and docs/callbacks.md tell to set one up. */
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { isReady } from '../n8n/server.mts';

/** What the webhook processes take, in turn, once they are ready. All else is the main process's. */
const TO_WEBHOOKS = ['/webhook', '/webhook-waiting', '/form'];
/** More than any test sends. */
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
				// An n8n that starts answers 200 to whatever it gets.
				if (!(await isReady(url, 'webhook'))) await reply.code(503).send();
			},
			replyOptions: { getUpstream: ({ raw }) => chosen.get(raw) ?? mainUrl },
		});
	}
	await app.register(proxy, { upstream: mainUrl });
	await app.listen({ host: '127.0.0.1', port });
	return { stop: async () => await app.close() };
}
