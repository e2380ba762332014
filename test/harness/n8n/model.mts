/** A scripted language model with OpenAI's chat API, on this machine. */
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';

/** A tool as the model receives it. */
export interface OfferedTool {
	name: string;
	description: string;
	/** JSON Schema of its arguments. */
	parameters: { properties: Record<string, { type?: string; description?: string; properties?: Record<string, object> }> };
}

/** The model's response: a text, a tool call, or an error of the provider. */
export type ModelResponse = { say: string } | { call: string; with: object } | { refuse: string };

/** One turn of the conversation as the model receives it. */
export interface Turn {
	tools: OfferedTool[];
	messages: Array<{ role: string; content: string | null }>;
}

export interface ScriptedModel {
	/** The base URL for n8n's OpenAI credential. */
	baseUrl: string;
	/** All requests to the model, in order. */
	turns: Turn[];
	stop(): Promise<void>;
}

/**
 * Starts a model that responds from a script, one entry for each request, then always with "Done".
 * @param script its entries receive the tools, whose names n8n derives from the names of the nodes. A function handles all requests
 */
export async function startModel(script: Array<(turn: Turn) => ModelResponse> | ((turn: Turn) => Promise<ModelResponse> | ModelResponse)): Promise<ScriptedModel> {
	const turns: Turn[] = [];
	const app = Fastify({ forceCloseConnections: true });
	app.post('/v1/chat/completions', async (request, reply) => {
		const { tools = [], messages } = request.body as { tools?: Array<{ function: OfferedTool }>; messages: Turn['messages'] };
		const turn = { tools: tools.map((tool) => tool.function), messages };
		turns.push(turn);
		const next = typeof script === 'function' ? script : script[turns.length - 1];
		const response = (await next?.(turn)) ?? { say: 'Done' };
		// A status that OpenAI's client doesn't retry.
		if ('refuse' in response) return await reply.status(400).send({ error: { message: response.refuse, type: 'invalid_request_error' } });
		const message =
			'say' in response
				? { content: response.say }
				: {
						content: null,
						tool_calls: [
							{ id: `call_${turns.length}`, type: 'function', function: { name: response.call, arguments: JSON.stringify(response.with) } },
						],
					};
		return {
			id: `chatcmpl-${turns.length}`,
			object: 'chat.completion',
			created: 0,
			model: 'scripted',
			choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'say' in response ? 'stop' : 'tool_calls' }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
	});
	await app.listen({ host: '127.0.0.1', port: 0 });
	const { port } = app.server.address() as AddressInfo;
	return { baseUrl: `http://127.0.0.1:${port}/v1`, turns, stop: async () => await app.close() };
}
