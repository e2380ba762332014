/** Handles requests to the API, from arrival to response. */
import type { Socket } from 'node:net';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Contract, loadContract, type Operation, type RequestChecks, type Violation } from '../contract/contract.mts';
import { type Answer, commonHeaders, failure, json } from './answers.mts';
import { type Call, ENDPOINTS, receiveUpload, type Store, type Upload } from './api.mts';
import type { Fault, FaultList } from './faults.mts';
import { type Limiter, retryAfterHeader } from './rateLimit.mts';
import type { RecordedRequest } from './records.mts';
import type { Timers } from './timers.mts';
import { type BrokenDelivery, isBrokenDelivery, sendAnswer, sendBroken } from './wire.mts';

/** The path of the API, as in the reference's base URL. */
export const BASE_PATH = '/rest/wab/v1';

/** State that the server shares with the rest of the simulator. */
export interface ServerState extends Store {
	requests: RecordedRequest[];
	faults: FaultList;
	limiter: Limiter | undefined;
	timers: Timers;
	inFlight: number;
	maxInFlight: number;
	/** The number of `POST /messages` requests so far. */
	messageRequests: number;
}

declare module 'fastify' {
	interface FastifyRequest {
		/** The request's record. Undefined for requests outside the API. */
		record?: RecordedRequest;
	}
}

// Cached, because compiling the contract takes longer than starting the server.
let loaded: Contract | undefined;

/** Adds the API's routes, hooks and body parsers to the server. */
export async function addApi(app: FastifyInstance, state: ServerState): Promise<void> {
	const contract = (loaded ??= loadContract());
	const connections = connectionNumbers();

	app.decorateRequest('record', undefined);
	app.addHook('onRequest', (request, reply, next) => {
		if (request.url.startsWith(BASE_PATH)) arrive(state, request, reply, connections(request.raw.socket));
		next();
	});

	// Bodies are read as text and parsed here, so that invalid ones are recorded, too.
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
	await app.register(multipart, { limits: { fileSize: Infinity }, throwFileSizeLimit: false });

	for (const [path, item] of Object.entries(contract.document.paths)) {
		for (const [method, operation] of Object.entries(item)) {
			const serve = server(state, contract, operation);
			app.route({ method: method.toUpperCase(), url: BASE_PATH + path, handler: serve });
		}
	}
}

/** Responds in the API's format to a request for an unknown route, or one that Fastify itself rejects. */
export function refuse(state: ServerState, request: FastifyRequest, reply: FastifyReply, status: number, violations: Violation[]): Promise<FastifyReply> {
	return finish(state, request, reply, failure(status, state.settings.errorShape, violations));
}

function connectionNumbers(): (socket: Socket) => number {
	const numbers = new WeakMap<Socket, number>();
	let last = -1;
	return (socket) => {
		const number = numbers.get(socket) ?? (last += 1);
		numbers.set(socket, number);
		return number;
	};
}

function arrive(state: ServerState, request: FastifyRequest, reply: FastifyReply, connection: number): void {
	state.inFlight += 1;
	state.maxInFlight = Math.max(state.maxInFlight, state.inFlight);
	reply.raw.once('close', () => {
		state.inFlight -= 1;
	});

	const { method } = request;
	const path = request.url.slice(BASE_PATH.length).split('?', 1)[0] ?? '';
	const { authorization, ...headers } = request.headers;
	const isSend = method === 'POST' && path === '/messages';
	const record: RecordedRequest = {
		index: state.requests.length,
		at: performance.now(),
		method,
		path,
		query: request.query as Record<string, unknown>,
		headers: { ...headers, ...(authorization !== undefined && { authorization: authorization.split(' ', 1)[0] }) },
		authorized: isAuthorized(authorization, state),
		body: undefined,
		...(isSend && { messageIndex: state.messageRequests }),
		status: null,
		answeredAt: null,
		violations: [],
		remotePort: request.raw.socket.remotePort ?? 0,
		connection,
		inFlight: state.inFlight,
	};
	if (isSend) state.messageRequests += 1;
	request.record = record;
	state.requests.push(record);
}

function isAuthorized(header: string | undefined, { settings: { username, password } }: ServerState): boolean {
	const [, encoded] = /^basic +(\S+)$/i.exec(header ?? '') ?? [];
	return encoded !== undefined && Buffer.from(encoded, 'base64').toString() === `${username}:${password}`;
}

/** Creates the handler of an operation. */
function server(state: ServerState, contract: Contract, operation: Operation) {
	const { operationId } = operation;
	const checks = contract.requests[operationId] as RequestChecks;
	const endpoint = ENDPOINTS[operationId];
	const { enum: mimeTypes } = contract.resolve('#/components/schemas/MediaMimeType') as { enum: string[] };
	const needsAuth = () => operationId !== 'GetHealthz' || state.settings.healthNeedsAuth;

	/** Returns the error for the request, or undefined. */
	const refusal = (request: FastifyRequest, record: RecordedRequest, body: ReadBody, errorShape: Call['errorShape']): Answer | undefined => {
		const { settings, limiter } = state;
		if (needsAuth() && !record.authorized) {
			return failure(401, errorShape, [{ field: 'authorization', code: 'unauthorized', description: 'is missing or wrong' }]);
		}
		const waitMs = limiter?.(record.at) ?? 0;
		if (waitMs > 0) {
			const answer = failure(429, errorShape);
			const retryAfter = retryAfterHeader(settings.rateLimit?.retryAfter, waitMs);
			return retryAfter === undefined ? answer : { ...answer, headers: { ...answer.headers, 'retry-after': retryAfter } };
		}
		if (body.unreadable) return failure(body.unreadable.status, errorShape, body.unreadable.violations);
		const violations = [...checks.query(request.query), ...bodyViolations(checks, body)];
		return violations.length > 0 ? failure(settings.violationStatus, errorShape, violations) : undefined;
	};

	/** Processes the request, unless there is an error. */
	const answerTo = async (request: FastifyRequest, record: RecordedRequest, body: ReadBody, fault: Fault | undefined): Promise<Answer> => {
		const { settings } = state;
		const asked = fault?.kind === 'shape' ? fault : undefined;
		const errorShape = asked?.errorShape ?? settings.errorShape;
		const refused = refusal(request, record, body, errorShape);
		if (refused) return refused;
		const call: Call = {
			requestIndex: record.index,
			query: request.query as Record<string, string>,
			body: body.json,
			responseShape: asked?.responseShape ?? settings.responseShape,
			errorShape,
		};
		if (endpoint) return endpoint(state, call);
		const upload = await readUpload(request, state, record);
		return receiveUpload(state, upload, mimeTypes, call, settings.violationStatus);
	};

	return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
		const record = request.record as RecordedRequest;
		const body = readBody(request, operation);
		record.body = body.json ?? body.text;
		const fault = state.faults.take({
			method: record.method,
			path: record.path,
			recipients: recipientsOf(body.json),
			messageIndex: record.messageIndex,
		});
		if (fault) record.fault = fault.kind;

		if (fault?.kind === 'latency' && fault.when === 'before') await state.timers.wait(fault.ms);
		const instead = fault && answerInstead(fault, state, record.body);
		const answer = instead ?? afterwards(await answerTo(request, record, body, fault), fault, state);

		const lateMs = state.settings.latencyMs + (fault?.kind === 'latency' && fault.when !== 'before' ? fault.ms : 0);
		if (lateMs > 0) await state.timers.wait(lateMs);
		return finish(state, request, reply, answer, isBrokenDelivery(fault) ? fault : undefined);
	};
}

/** The response for a fault that prevents the request from being processed. */
function answerInstead(fault: Fault, { settings }: ServerState, body: unknown): Answer | undefined {
	if (fault.kind === 'echo') {
		return json(fault.status, { message_id: 'echo', status: 'accepted', request: body, message: `Refused: ${JSON.stringify(body)}` });
	}
	if (fault.kind === 'redirect') return { status: fault.status ?? 302, headers: { location: fault.location } };
	if (fault.kind === 'status' && fault.when !== 'after') return statusAnswer(fault, settings.errorShape);
	const isNotTaken = (fault.kind === 'drop' && fault.when === 'before') || (fault.kind === 'stall' && fault.when !== 'after');
	return isNotTaken ? { status: 0, headers: {} } : undefined;
}

/** The response as a fault changes it after the request was processed. */
function afterwards(answer: Answer, fault: Fault | undefined, { settings }: ServerState): Answer {
	if (fault?.kind === 'status') return statusAnswer(fault, settings.errorShape);
	if (fault?.kind === 'garbageBody') {
		return { status: fault.status ?? answer.status, headers: { 'content-type': 'text/html' }, body: fault.body ?? '<html><body>Bad gateway</body></html>' };
	}
	return answer;
}

function statusAnswer({ status, body, headers }: Extract<Fault, { kind: 'status' }>, shape: Call['errorShape']): Answer {
	const answer = failure(status, shape);
	const own = body === undefined ? answer.body : typeof body === 'string' ? body : JSON.stringify(body);
	return { ...answer, headers: { ...answer.headers, ...headers }, ...(own !== undefined && { body: own }) };
}

/** Adds the common headers to a response, records it, and sends it. */
async function finish(state: ServerState, request: FastifyRequest, reply: FastifyReply, answer: Answer, broken?: BrokenDelivery): Promise<FastifyReply> {
	const { record } = request;
	const { advertisedLimit, rateLimit } = state.settings;
	const limit = advertisedLimit ?? rateLimit?.requestsPerSecond;
	const whole = { ...answer, headers: { ...commonHeaders(answer.status, limit), ...answer.headers } };
	if (record) {
		record.violations = answer.violations ?? [];
		record.answeredAt = performance.now();
		const isGone = request.raw.socket.destroyed;
		record.status = broken || isGone ? null : whole.status;
	}
	if (!broken) return sendAnswer(reply, whole, state.media);
	const isSent = await sendBroken(reply, whole, broken, state.media, state.timers);
	if (record && isSent) record.status = whole.status;
	return reply;
}

/** A parsed body, or the text and the error if it can't be parsed. */
interface ReadBody {
	json?: unknown;
	text?: string;
	unreadable?: { status: number; violations: Violation[] };
}

function readBody(request: FastifyRequest, { requestBody }: Operation): ReadBody {
	const text = typeof request.body === 'string' ? request.body : '';
	const [wanted] = Object.keys(requestBody?.content ?? {});
	const isWanted = wanted !== undefined && (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() === wanted;
	const unreadable = (status: number, field: string, description: string): ReadBody => ({
		...(text !== '' && { text }),
		unreadable: { status, violations: [{ field, code: 'format', description }] },
	});

	if (wanted === undefined) return text === '' ? {} : unreadable(400, '', 'must have no body');
	if (!isWanted) return unreadable(415, 'content-type', `must be ${wanted}`);
	if (wanted !== 'application/json') return {};
	try {
		return { json: JSON.parse(text) as unknown };
	} catch {
		return unreadable(400, '', 'must be JSON');
	}
}

const bodyViolations = ({ body: check }: RequestChecks, { json }: ReadBody): Violation[] => check?.(json) ?? [];

function recipientsOf(body: unknown): string[] {
	const { to, destination } = (body ?? {}) as { to?: unknown; destination?: unknown };
	return [to, destination].flat().filter((number) => typeof number === 'string');
}

async function readUpload(request: FastifyRequest, { media }: ServerState, record: RecordedRequest): Promise<Upload> {
	const upload: Upload = { parts: [], mediaIds: [] };
	record.body = { parts: upload.parts };
	const contentLength = request.headers['content-length'];
	const { source } = request.query as { source?: string };
	try {
		for await (const part of request.parts()) {
			if (part.type === 'field') {
				upload.parts.push({ name: part.fieldname, value: String(part.value) });
				continue;
			}
			const stored = await media.save(part.file, {
				origin: 'upload',
				fileName: part.filename,
				mimeType: part.mimetype,
				fieldName: part.fieldname,
				...(source !== undefined && { source }),
				requestContentLength: contentLength === undefined ? undefined : Number(contentLength),
				requestIndex: record.index,
			});
			const { fileName, mimeType, size, sha256 } = stored;
			upload.mediaIds.push(stored.id);
			upload.parts.push({ name: part.fieldname, file: { fileName, mimeType, size, sha256 } });
		}
	} catch (error) {
		// The client disconnected, or the body isn't multipart: delete what was stored.
		await Promise.all(upload.mediaIds.map((id) => media.remove(id)));
		throw error;
	}
	return upload;
}
