/** The reference's callbacks end to end: the simulated API sends each one, and the trigger receives it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadContract } from '../../contract/contract.mts';
import { answerExamplesOf, callbacksOf } from '../../contract/items.mts';
import { CONTENT, REPLY, STATUS } from '../../harness/callbackSamples.mts';
import { freshSetup, startEndpoint, type Endpoint } from '../../harness/core/trigger.mts';
import type { MessageStatus } from '../../simulator/settings.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

/** A single response from a server in front of the trigger. */
let instead: { status: number; body: unknown } | undefined;
let endpoint: Endpoint;
let front: Server;
let api: Simulator;

beforeAll(async () => {
	endpoint = await startEndpoint();
	front = createServer((request, response) => {
		void (async () => {
			const body = await readAll(request);
			const { authorization, 'content-type': type } = request.headers;
			const { status, body: answer } = instead
				? { status: instead.status, body: JSON.stringify(instead.body) }
				: await endpoint.call(body, { authorization, 'content-type': type });
			instead = undefined;
			response.writeHead(status).end(answer);
		})();
	});
	front.listen(0, '127.0.0.1');
	await once(front, 'listening');
	const url = `http://modica:p%40ss%3Aw%C3%B6rd@127.0.0.1:${(front.address() as AddressInfo).port}/`;
	api = await startSimulator({ statusCallbackUrl: url, replyCallbackUrl: url, callbackRetryMs: 1 });
});
beforeEach(async () => {
	await api.reset();
	endpoint.executions.length = 0;
	endpoint.setup = freshSetup(endpoint, api.baseUrl);
});
afterAll(async () => {
	await Promise.all([api.stop(), endpoint.stop(), new Promise((resolve) => front.close(resolve))]);
});

async function readAll(request: IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of request) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
}

const sendStatus = async (given: object) => await api.sendStatus({ ...STATUS, ...given } as { id: string; status: MessageStatus });
/** Sends a reply with exactly this body. */
const sendReply = async (body: object) =>
	await api.sendReply({ source: '', content: {}, extra: { id: undefined, source: undefined, destination: undefined, content: undefined, ...body } });

/** Status codes of the responses to the only callback. */
const answered = () => api.callbacks.map(({ tries }) => tries.map(({ status }) => status));

const FINAL = ['read', 'rejected', 'failed', 'dead', 'expired'];
const statusItem = (status: string) => ({
	json: { event: 'status', ...STATUS, status, final: FINAL.includes(status), dedupeKey: `status:${STATUS.id}:${status}` },
});
const SESSION = `${REPLY.source}:${REPLY.destination}`;
const replyItem = (content: { type: string }, text?: string) => ({
	json: {
		event: 'reply',
		...REPLY,
		type: content.type,
		...(text !== undefined && { text, chatInput: text }),
		content,
		sessionId: SESSION,
		dedupeKey: `reply:${REPLY.id}`,
	},
});

const contract = loadContract();
const callbacks = callbacksOf(contract).map(({ section, operation }) => ({ section, examples: operation.requestBody?.content['application/json']?.examples ?? {} }));
const errors = answerExamplesOf(contract, callbacksOf(contract)).map((example) => ({ ...example, title: `${example.section} ${example.range} ${example.name}` }));
const TEXT_OF: Record<string, string | undefined> = {
	button: 'Yes, please',
	document: 'The form',
	image: 'My cat',
	text: 'Kia ora',
	video: 'Look',
};
const MIME_TYPES = ['image/png', 'image/jpeg', 'text/plain', 'application/pdf', 'audio/mp3', 'video/mp4'];

describe('a callback in the reference starts the workflow:', () => {
	const MADE_OF: Record<string, object> = {
		'statusCallback reference': statusItem('received').json,
		'replyCallback reference': {
			event: 'reply',
			id: REPLY.id,
			source: '64123456789',
			destination: '102046588645210',
			type: 'audio',
			content: { audio: { id: 'abc123456', mime_type: 'audio/mp3' }, type: 'audio' },
			sessionId: SESSION,
			dedupeKey: `reply:${REPLY.id}`,
		},
		'replyCallback encoded': {
			event: 'reply',
			id: REPLY.id,
			source: '64123456789',
			destination: '102046588645210',
			type: 'text',
			text: 'Kia ora',
			content: { type: 'text', text: { body: 'Kia ora' } },
			sessionId: SESSION,
			chatInput: 'Kia ora',
			dedupeKey: `reply:${REPLY.id}`,
		},
		'replyCallback capitalDestination': {
			event: 'reply',
			id: REPLY.id,
			source: '64123456789',
			destination: '102046588645210',
			type: 'button',
			text: 'Yes',
			content: { button: { payload: 'yes', text: 'Yes' }, type: 'button' },
			sessionId: SESSION,
			chatInput: 'Yes',
			dedupeKey: `reply:${REPLY.id}`,
		},
	};

	it.each(
		callbacks.flatMap(({ section, examples }) => Object.entries(examples).map(([name, { value }]) => ({ title: `${section} ${name}`, section, value }))),
	)('$title', async ({ title, section, value }) => {
		await (section === 'statusCallback' ? sendStatus(value as object) : sendReply(value as object));
		const items = [{ json: MADE_OF[title] }];
		expect(endpoint.executions).toEqual([section === 'statusCallback' ? [items, []] : [[], items]]);
		expect(api.callbacks.map(({ body }) => body)).toEqual([value]);
		expect(answered()).toEqual([[200]]);
	});

	it.each(['accepted', 'submitted', 'sent', 'received', 'read', 'frozen', 'rejected', 'failed', 'dead', 'expired'])('status %s', async (status) => {
		await sendStatus({ status });
		expect(endpoint.executions).toEqual([[[statusItem(status)], []]]);
		expect(answered()).toEqual([[200]]);
	});

	it.each(Object.entries(CONTENT))('reply of type %s', async (type, content) => {
		await sendReply({ ...REPLY, content });
		expect(endpoint.executions).toEqual([[[], [replyItem(content, TEXT_OF[type])]]]);
		expect(answered()).toEqual([[200]]);
	});

	it.each(
		(['audio', 'document', 'image', 'sticker', 'video'] as const).flatMap((type) => MIME_TYPES.map((mimeType) => [type, mimeType] as const)),
	)('reply of type %s with a file of type %s', async (type, mimeType) => {
		const content = { type, [type]: { ...CONTENT[type][type as never] as object, mime_type: mimeType } };
		await sendReply({ ...REPLY, content: JSON.stringify(content) });
		expect(endpoint.executions).toEqual([[[], [replyItem(content, TEXT_OF[type])]]]);
		expect(answered()).toEqual([[200]]);
	});
});

describe('a callback that gets an error listed in the reference is retried and starts the workflow once:', () => {
	it.each(errors)('$title', async ({ section, status, value }) => {
		instead = { status, body: value };
		await (section === 'statusCallback' ? sendStatus({}) : sendReply(REPLY));
		expect(answered()).toEqual([[status, 200]]);
		expect(endpoint.executions).toEqual([section === 'statusCallback' ? [[statusItem('received')], []] : [[], [replyItem(CONTENT.text, 'Kia ora')]]]);
	});
});
