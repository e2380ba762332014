import { NodeApiError, type IHttpRequestOptions, type IN8nHttpFullResponse, type INode } from 'n8n-workflow';
import type { Http } from '../../nodes/ModicaWhatsApp/api/exchange';
import { streamed } from '../harness/streamed.mts';
import type { Chance } from './chance.mts';
import type { SimulatedClock } from './clock.mts';
import type { Ending, RequestRecord, Run } from './history.mts';
import { RateLimiter } from './limiter.mts';
import type { ApiConditions, Outage, RequestFault } from './scenario.mts';

/** How an exchange ends: with a response or with a network error. */
type Reply = { ending: Ending; answer: IN8nHttpFullResponse } | { ending: Ending; fault: unknown };

const CONNECT_MS = 2;
const TRICKLE_MS = 20_000;
/** Error codes of failed name lookups, as opposed to failed connections. */
const LOOKUPS: Partial<Record<Outage['code'], true>> = { ENOTFOUND: true, EAI_AGAIN: true };
/** The shortest hold, even if `Retry-After` asks for less: `LEAST_RETRY_AFTER_MS` in retry.ts. */
const LEAST_HOLD_MS = 100;
/** The hold after a 429 without a valid `Retry-After`: `DEFAULT_RETRY_AFTER_MS` in retry.ts. */
const DEFAULT_HOLD_MS = 1_000;

/** Model of Modica's API behind n8n's request helper, including all faults. Records each request. */
export class ApiModel {
	readonly requests: RequestRecord[] = [];
	inFlight = 0;
	private events = 0;
	private readonly limiter: RateLimiter;
	private healthy = false;

	constructor(
		private readonly conditions: ApiConditions,
		private readonly clock: SimulatedClock,
		private readonly chance: Chance,
	) {
		this.limiter = new RateLimiter(conditions.limits);
	}

	/** Ends all faults. */
	heal(): void {
		this.healthy = true;
	}

	/** Returns the HTTP function for the client of one run. n8n aborts the requests of a canceled execution. */
	connect(run: Run, cancel: AbortSignal): Http {
		return {
			request: async (options) => await this.request(run, options, (options.abortSignal as AbortSignal | undefined) ?? cancel),
		};
	}

	private async request(run: Run, options: IHttpRequestOptions, signal: AbortSignal): Promise<IN8nHttpFullResponse> {
		const record = this.open(run, options);
		if (this.strikes('ownFault', record)) {
			this.close(record, 'neverLeft');
			throw new TypeError("Cannot read properties of undefined (reading 'helpers')");
		}
		this.inFlight++;
		try {
			const reply = await abortableBy(signal, this.exchange(record, options, signal), () => this.abortedReply(record));
			this.close(record, reply.ending);
			if ('fault' in reply) throw reply.fault;
			record.statusCode = reply.answer.statusCode;
			return reply.answer;
		} finally {
			this.inFlight--;
		}
	}

	private open(run: Run, options: IHttpRequestOptions): RequestRecord {
		const record: RequestRecord = {
			ordinal: this.requests.length,
			run,
			...contentOf(options),
			sentAt: this.clock.now(),
			sentOrder: this.events++,
			endedOrder: undefined,
			statusCode: undefined,
			endedAt: undefined,
			outage: undefined,
			abortedAt: undefined,
			acceptedAt: undefined,
			acceptedFor: [],
			ending: undefined,
			holdMs: undefined,
			reportedLimit: undefined,
		};
		this.requests.push(record);
		return record;
	}

	private close(record: RequestRecord, ending: Ending): void {
		record.ending = ending;
		record.endedAt = this.clock.now();
		record.endedOrder = this.events++;
	}

	private async exchange(record: RequestRecord, options: IHttpRequestOptions, signal: AbortSignal): Promise<Reply> {
		record.outage = this.outage();
		if (record.outage) return await this.noConnection(record.outage, options);
		const { latencyMs, latencySpreadMs } = this.conditions;
		const halfway = this.chance.between(latencyMs, latencyMs + latencySpreadMs, 'latency', record.ordinal) / 2;
		await this.clock.sleep(halfway);
		// An aborted request may still have reached the API.
		if (signal.aborted && this.chance.happens(50, 'lost on the way', record.ordinal)) return { ending: 'open', fault: canceled() };
		if (this.strikes('brokenBeforeTaking', record)) return await this.breakOff(record, options);

		const refusal = this.refusal(record);
		if (refusal) {
			await this.clock.sleep(halfway);
			if (refusal.ending === 'limited') record.holdMs = this.understoodHold(refusal.answer);
			return refusal;
		}
		this.take(record);
		if (this.strikes('brokenAfterTaking', record)) return await this.breakOff(record, options);
		await this.clock.sleep(halfway);
		if (this.strikes('serverErrorAfterTaking', record)) return this.serverError(record, [502, 408, 303]);
		if (this.strikes('garbage', record)) return this.garbage(record);
		if (this.strikes('trickle', record)) return this.trickle(record, signal);
		const body = this.success(record);
		return { ending: 'answered', answer: this.answer(record, 200, body) };
	}

	private async noConnection(outage: Outage['code'], { timeout = 60_000 }: IHttpRequestOptions): Promise<Reply> {
		switch (outage) {
			case 'swallowed':
				await this.clock.sleep(timeout);
				return { ending: 'unreachable', fault: transportError('ECONNABORTED', undefined, NOT_SECURE) };
			case 'closed before TLS':
				await this.clock.sleep(CONNECT_MS);
				return { ending: 'unreachable', fault: transportError('ECONNRESET', 'read', NOT_SECURE) };
			default:
				await this.clock.sleep(CONNECT_MS);
				return { ending: 'unreachable', fault: transportError(outage, outage in LOOKUPS ? 'getaddrinfo' : 'connect') };
		}
	}

	/** How axios reports an exchange that the caller aborted. */
	private abortedReply({ outage }: RequestRecord): Reply {
		return outage ? { ending: 'unreachable', fault: transportError('ERR_CANCELED', undefined, NOT_SECURE) } : { ending: 'open', fault: canceled() };
	}

	private take(record: RequestRecord): void {
		const { failedInBroadcast } = this.conditions;
		record.acceptedAt = this.clock.now();
		record.acceptedFor =
			record.kind === 'broadcast' && !this.healthy
				? record.numbers.filter((number) => !isAmong(failedInBroadcast, number))
				: record.numbers;
	}

	private refusal(record: RequestRecord): Extract<Reply, { answer: unknown }> | undefined {
		const { alwaysLimited, notAccepted } = this.conditions;
		const isFor = (numbers: readonly number[]) =>
			!this.healthy && record.kind !== 'file' && record.numbers.some((number) => isAmong(numbers, number));
		if (isFor(alwaysLimited) || !(this.healthy || this.limiter.admits(this.clock.now()))) return this.limited(record);
		if (this.strikes('serverErrorBeforeTaking', record)) return this.serverError(record, [502, 408]);
		if (!isFor(notAccepted)) return undefined;
		const errors = [{ field: 'to', code: 'invalid', description: 'not a WhatsApp number' }];
		return { ending: 'refused', answer: this.answer(record, 422, { errors }) };
	}

	private limited(record: RequestRecord): Extract<Reply, { answer: unknown }> {
		const value = this.retryAfter(record);
		const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value };
		return { ending: 'limited', answer: this.answer(record, 429, { message: 'Too many requests', statusCode: 500 }, headers) };
	}

	private retryAfter({ ordinal }: RequestRecord): string | undefined {
		const seconds = Math.ceil(this.limiter.opensInMs(this.clock.now()) / 1_000);
		switch (this.conditions.retryAfter) {
			case 'seconds':
				return String(seconds);
			case 'fraction':
				return '0.3';
			case 'date':
				return new Date(Math.ceil(this.date() / 1_000 + seconds) * 1_000).toUTCString();
			case 'absent':
				return undefined;
			case 'nonsense':
				return ['soon', '-1', ''][Math.floor(this.chance.fraction('nonsense', ordinal) * 3)];
			case 'zero':
				return '0';
			case 'too long':
				return '400';
		}
	}

	/** How long the response asks the client to wait, counted from its arrival. */
	private understoodHold({ headers }: IN8nHttpFullResponse): number {
		const value = headers['retry-after'];
		if (typeof value !== 'string') return DEFAULT_HOLD_MS;
		const asked = /^\d/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.parse(String(headers.date));
		const isUsable = /^\d/.test(value) || value.endsWith('GMT');
		return isUsable ? Math.max(LEAST_HOLD_MS, asked) : DEFAULT_HOLD_MS;
	}

	/** The current time according to the API's own clock. */
	private date(): number {
		return this.clock.date() + this.conditions.clockAheadMs;
	}

	/** @param statuses the statuses to choose from, because gateways have their own */
	private serverError(record: RequestRecord, statuses: readonly number[]): Extract<Reply, { answer: unknown }> {
		const bodies = [{ errors: [{ field: '', code: 'internal', description: 'Internal error' }] }, { message: 'Internal error' }, '<html>502</html>'];
		const body = bodies[Math.floor(this.chance.fraction('error shape', record.ordinal) * bodies.length)];
		const status = statuses[Math.floor(this.chance.fraction('error status', record.ordinal) * statuses.length)] as number;
		return { ending: 'open', answer: this.answer(record, status, body) };
	}

	private trickle(record: RequestRecord, signal: AbortSignal): Reply {
		const { clock } = this;
		async function* body(): AsyncGenerator<Uint8Array> {
			try {
				for (;;) {
					await new Promise<void>((resolve, reject) => {
						signal.addEventListener('abort', () => reject(canceled()), { once: true });
						void clock.sleep(TRICKLE_MS).then(resolve);
					});
					yield Buffer.from(' ');
				}
			} finally {
				record.abortedAt = clock.now();
			}
		}
		const answer = { ...this.answer(record, 200, ''), body: body() as unknown as IN8nHttpFullResponse['body'] };
		return { ending: 'open', answer };
	}

	private garbage(record: RequestRecord): Reply {
		const bodies: unknown[] = ['<html>Welcome</html>', null, {}, { message_id: 7 }, '', [null]];
		const body = bodies[Math.floor(this.chance.fraction('garbage', record.ordinal) * bodies.length)];
		return { ending: 'open', answer: this.answer(record, 200, body) };
	}

	private success(record: RequestRecord): unknown {
		const id = `id-${record.ordinal}`;
		const isSample =
			this.conditions.answers === 'samples' ||
			(this.conditions.answers === 'mixed' && this.chance.happens(50, 'answer shape', record.ordinal));
		switch (record.kind) {
			case 'message':
				return isSample ? [{ id, status: 'accepted' }] : { message_id: id, status: 'accepted' };
			case 'broadcast':
				return record.numbers.map((destination, position) => ({
					...(isSample && { destination }),
					id: `${id}-${position}`,
					...(record.acceptedFor.includes(destination) ? { status: 'accepted' } : { status: 'failed', message: 'not a WhatsApp number' }),
				}));
			case 'file':
				return isSample ? [{ id }] : { id };
		}
	}

	private answer(record: RequestRecord, statusCode: number, body: unknown, headers: Record<string, string> = {}): IN8nHttpFullResponse {
		const reported = this.healthy ? undefined : this.limiter.reported(this.clock.now());
		if (reported !== undefined && Number(reported) >= 1) record.reportedLimit = Number(reported);
		return streamed({
			statusCode,
			headers: { date: new Date(this.date()).toUTCString(), ...headers, ...(reported !== undefined && { 'x-ratelimit-limit': reported }) },
			body,
		});
	}

	private async breakOff(record: RequestRecord, { timeout = 60_000 }: IHttpRequestOptions): Promise<Reply> {
		const kind = this.chance.fraction('how it breaks', record.ordinal);
		if (kind < 0.25) {
			await this.clock.sleep(record.sentAt + timeout - this.clock.now());
			return { ending: 'open', fault: transportError('ECONNABORTED', undefined) };
		}
		await this.clock.sleep(CONNECT_MS);
		const [code, syscall] = kind < 0.5 ? ['ECONNRESET', 'read'] : kind < 0.75 ? ['EPIPE', 'write'] : ['EHOSTUNREACH', 'read'];
		return { ending: 'open', fault: transportError(code, syscall) };
	}

	private outage(): Outage['code'] | undefined {
		if (this.healthy) return undefined;
		const now = this.clock.now();
		return this.conditions.outages.find(({ fromMs, lastsMs }) => now >= fromMs && now < fromMs + lastsMs)?.code;
	}

	private strikes(fault: RequestFault, { ordinal }: RequestRecord): boolean {
		return !this.healthy && this.chance.happens(this.conditions.percent[fault], fault, ordinal);
	}
}

const NODE = { name: 'Modica WhatsApp', type: 'modicaWhatsApp', typeVersion: 1, parameters: {} } as INode;

/** What an axios error shows about a request whose TLS handshake was incomplete. */
const NOT_SECURE = { socket: { secureConnecting: true } };

const transportErrors = new Map<string, NodeApiError>();

/** An axios error as n8n's request helper passes it on. Cached, because creating one in n8n is slow. */
function transportError(code: string, syscall: string | undefined, request?: typeof NOT_SECURE): NodeApiError {
	const kind = [code, syscall, request && 'not secure'].join();
	const known = transportErrors.get(kind);
	if (known) return known;
	const error = Object.assign(new Error(`${syscall ?? 'request'} ${code} 203.0.113.7:443`), { code, ...(syscall && { syscall }), ...(request && { request }) });
	const made = new NodeApiError(NODE, error as unknown as ConstructorParameters<typeof NodeApiError>[1]);
	transportErrors.set(kind, made);
	return made;
}

function canceled(): NodeApiError {
	return transportError('ERR_CANCELED', undefined);
}

/** Ends an exchange as soon as its signal is aborted, as axios does. */
async function abortableBy(signal: AbortSignal, exchange: Promise<Reply>, aborted: () => Reply): Promise<Reply> {
	return await new Promise<Reply>((resolve, reject) => {
		const breakOff = () => resolve(aborted());
		if (signal.aborted) return breakOff();
		signal.addEventListener('abort', breakOff, { once: true });
		exchange.then(resolve, reject).finally(() => signal.removeEventListener('abort', breakOff));
	});
}

/** The recipients and the text of a request. */
function contentOf({ url, body }: IHttpRequestOptions): Pick<RequestRecord, 'kind' | 'text' | 'numbers'> {
	if (body instanceof FormData) {
		const file = body.get('file');
		return { kind: 'file', text: file instanceof File ? file.name : '', numbers: [] };
	}
	const { to, destination, text } = body as { to?: string; destination?: string[]; text?: { body: string } };
	return url === '/messages'
		? { kind: 'message', text: text?.body ?? '', numbers: [to ?? ''] }
		: { kind: 'broadcast', text: text?.body ?? '', numbers: destination ?? [] };
}

/** The phone number for a row's number. */
export function phoneNumber(number: number): string {
	return `+6421${String(1_000_000 + number)}`;
}

function isAmong(numbers: readonly number[], written: string): boolean {
	return numbers.some((number) => phoneNumber(number) === written);
}
