/** A language model that says what a test has it say, behind OpenAI's chat API: nothing leaves this machine. */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';

/** A tool as the model is told of it. */
export interface OfferedTool {
	name: string;
	description: string;
	/** JSON Schema of its arguments. */
	parameters: { properties: Record<string, { type?: string; description?: string; properties?: Record<string, object> }> };
}

/** What the model says when it is asked: words, or a tool to be called; or it refuses, as a provider does that cannot be used. */
export type Saying = { say: string } | { call: string; with: object } | { refuse: string };

/** One turn of the conversation as the model got it. */
export interface Turn {
	tools: OfferedTool[];
	messages: Array<{ role: string; content: string | null }>;
}

export interface ScriptedModel {
	/** What goes into n8n's OpenAI credential. */
	baseUrl: string;
	/** What the model was asked, in order. */
	turns: Turn[];
	stop(): Promise<void>;
}

/**
 * Starts a model that answers from a script, one saying for each time it is asked; past its end it says "Done".
 * @param script may look at the tools, whose names n8n makes of the nodes' names; a function answers every time, and may take its time
 */
export async function startModel(script: Array<(turn: Turn) => Saying> | ((turn: Turn) => Promise<Saying> | Saying)): Promise<ScriptedModel> {
	const turns: Turn[] = [];
	const app = Fastify({ forceCloseConnections: true });
	app.post('/v1/chat/completions', async (request, reply) => {
		const { tools = [], messages } = request.body as { tools?: Array<{ function: OfferedTool }>; messages: Turn['messages'] };
		const turn = { tools: tools.map((tool) => tool.function), messages };
		turns.push(turn);
		const next = typeof script === 'function' ? script : script[turns.length - 1];
		const saying = (await next?.(turn)) ?? { say: 'Done' };
		// A status that OpenAI's client does not try again.
		if ('refuse' in saying) return await reply.status(400).send({ error: { message: saying.refuse, type: 'invalid_request_error' } });
		const message =
			'say' in saying
				? { content: saying.say }
				: {
						content: null,
						tool_calls: [
							{ id: `call_${turns.length}`, type: 'function', function: { name: saying.call, arguments: JSON.stringify(saying.with) } },
						],
					};
		return {
			id: `chatcmpl-${turns.length}`,
			object: 'chat.completion',
			created: 0,
			model: 'scripted',
			choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'say' in saying ? 'stop' : 'tool_calls' }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	await app.listen({ host: '127.0.0.1', port: 0 });
	const { port } = app.server.address() as AddressInfo;
	return { baseUrl: `http://127.0.0.1:${port}/v1`, turns, stop: async () => await app.close() };
}
