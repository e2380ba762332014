/** Controls the simulator over HTTP from other processes, without authentication, on the loopback interface only. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Simulator } from './simulator.mts';

/** The path of the control plane. */
export const CONTROL_PATH = '/_simulator';

/** Adds the control plane's routes. Invalid requests get a 400 with `{error}`. */
export function addControlPlane(app: FastifyInstance, simulator: () => Simulator): void {
	const route = (method: 'GET' | 'POST' | 'DELETE', path: string, act: (simulator: Simulator, input: Input) => unknown) => {
		app.route({
			method,
			url: `${CONTROL_PATH}${path}`,
			handler: async (request, reply) => {
				try {
					return send(reply, 200, (await act(simulator(), inputOf(request))) ?? { ok: true });
				} catch (error) {
					return send(reply, 400, { error: error instanceof Error ? error.message : String(error) });
				}
			},
		});
	};

	route('GET', '', (sim) => stateOf(sim));
	route('GET', '/requests', (sim, { query }) => sim.requests.slice(Number(query.since ?? 0)));
	route('GET', '/messages', (sim, { query }) => sim.messages.slice(Number(query.since ?? 0)));
	route('GET', '/replies', (sim) => sim.replies);
	route('GET', '/media', (sim) => sim.media);
	route('GET', '/media-fetches', (sim) => sim.mediaFetches);
	route('GET', '/callbacks', (sim, { query }) => sim.callbacks.slice(Number(query.since ?? 0)));
	route('POST', '/configure', (sim, { body }) => {
		sim.configure(body);
		return stateOf(sim);
	});
	route('POST', '/faults', (sim, { body }) => sim.addFault(body as unknown as Parameters<Simulator['addFault']>[0]));
	route('DELETE', '/faults', (sim) => sim.clearFaults());
	route('POST', '/replies', (sim, { body }) => sim.sendReply(body as unknown as Parameters<Simulator['sendReply']>[0]));
	route('POST', '/taps', (sim, { body }) => sim.tap(body as unknown as Parameters<Simulator['tap']>[0]));
	route('POST', '/statuses', (sim, { body }) => sim.sendStatus(body as unknown as Parameters<Simulator['sendStatus']>[0]));
	route('POST', '/reset', (sim) => sim.reset());
}

interface Input {
	query: Record<string, string | undefined>;
	body: Record<string, unknown>;
}

function inputOf({ query, body }: FastifyRequest): Input {
	const parsed: unknown = typeof body === 'string' && body !== '' ? JSON.parse(body) : {};
	if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('The body must be a JSON object');
	return { query: query as Input['query'], body: parsed as Input['body'] };
}

const send = (reply: FastifyReply, status: number, value: unknown) =>
	reply.code(status).header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(value, null, 2));

function stateOf(simulator: Simulator) {
	const { baseUrl, settings, requests, messages, replies, media, callbacks, faults, inFlight, maxInFlight } = simulator;
	const { password: _secret, ...shown } = settings;
	return {
		baseUrl,
		settings: { ...shown, statusCallbackUrl: withoutPassword(shown.statusCallbackUrl), replyCallbackUrl: withoutPassword(shown.replyCallbackUrl) },
		counts: {
			requests: requests.length,
			messages: messages.length,
			replies: replies.length,
			media: media.length,
			callbacks: callbacks.length,
			inFlight,
			maxInFlight,
		},
		faults,
	};
}

function withoutPassword(target: string | undefined): string | undefined {
	if (target === undefined) return undefined;
	const url = new URL(target);
	url.password = '';
	return url.href;
}
