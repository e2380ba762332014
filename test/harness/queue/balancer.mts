/** The load balancer in front of an n8n of several processes, as docs/scaling.md tells to set one up. */
import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';

/** What the webhook processes take, in turn. All else is the main process's. */
const TO_WEBHOOKS = ['/webhook', '/webhook-waiting', '/form'];
/** More than any test sends. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

export type Balancer = { stop: () => Promise<void> };

export async function startBalancer(port: number, mainUrl: string, webhookUrls: readonly string[]): Promise<Balancer> {
	const app = Fastify({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true });
	let turn = 0;
	const next = () => webhookUrls[turn++ % webhookUrls.length] ?? mainUrl;
	for (const prefix of TO_WEBHOOKS) {
		await app.register(proxy, { prefix, rewritePrefix: prefix, upstream: '', replyOptions: { getUpstream: next } });
	}
	await app.register(proxy, { upstream: mainUrl });
	await app.listen({ host: '127.0.0.1', port });
	return { stop: async () => await app.close() };
}
