import fc from 'fast-check';
import { dedupeKey, parseCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { isAuthorized } from '../../../nodes/ModicaWhatsApp/callback/verify';
import { unicode } from '../../harness/cases.mts';
import { AUTHORIZATION, freshSetup, LOGIN, startEndpoint, type Endpoint } from '../../harness/core/trigger.mts';

/** Cases for each property over HTTP. Properties of single functions are tested with more cases. */
const RUNS = 1_000;
/** Stops a hanging test. A run needs 30 s of processor time, which takes longer on a busy machine. */
const TIMEOUT_MS = 600_000;

let endpoint: Endpoint;

beforeAll(async () => {
	endpoint = await startEndpoint();
});
afterAll(async () => {
	await endpoint.stop();
});

const STATUSES = ['accepted', 'submitted', 'sent', 'received', 'read', 'frozen', 'rejected', 'failed', 'dead', 'expired'];

/** Objects with the field names of a callback and arbitrary values. */
const almostCallback = fc.record(
	{
		id: fc.oneof(fc.uuid(), fc.anything()),
		status: fc.oneof(fc.constantFrom(...STATUSES), fc.string(), fc.anything()),
		reference: fc.oneof(fc.string(), fc.anything()),
		source: fc.oneof(fc.string(), fc.anything()),
		user_id: fc.anything(),
		destination: fc.oneof(fc.string(), fc.anything()),
		Destination: fc.anything(),
		content: fc.oneof(fc.json(), fc.string(), fc.record({ type: fc.anything(), text: fc.anything(), image: fc.anything() }), fc.anything()),
		__proto__: fc.anything(),
	},
	{ requiredKeys: [] },
);

const text = unicode({ minLength: 1, maxLength: 100 });
const jsonObject = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
const extra = fc.dictionary(
	fc.string().filter((name) => !['id', 'status', 'reference', 'source', 'destination', 'Destination', 'content', '__proto__'].includes(name)),
	fc.jsonValue({ maxDepth: 3 }),
);
/** Values in place of a text, such as those that WhatsApp and providers use for hidden numbers. */
const odd = fc.oneof(fc.constantFrom(undefined, null, '', ' ', 'NZ.13491208655302741918'), text, fc.jsonValue({ maxDepth: 2 }));
const status = fc
	.record({ id: text, status: fc.oneof(fc.constantFrom(...STATUSES), text), reference: odd })
	.chain((body) => extra.map((others) => ({ ...others, ...body })));
const reply = fc
	.record(
		{ id: text, source: odd, destination: odd, content: fc.oneof(jsonObject, jsonObject.map((value) => JSON.stringify(value)), fc.string()) },
		{ requiredKeys: ['id', 'content'] },
	)
	.chain((body) => extra.map((others) => ({ ...others, ...body })));

/** The reference's definition of a callback, implemented independently of the code under test. */
function isCallback(body: unknown): boolean {
	if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
	const { id, status: state, content } = body as Record<string, unknown>;
	const hasContent = typeof content === 'string' || (typeof content === 'object' && content !== null && !Array.isArray(content));
	return isName(id) && (hasContent || isName(state));
}
const isName = (value: unknown) => isText(value) && String(value).length <= 255;
const isText = (value: unknown) => (typeof value === 'string' && value !== '') || Number.isSafeInteger(value);

/** n8n parses the first three itself, and leaves the others to nodes with a version above 1. */
const OTHER_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8', 'application/octet-stream', 'application/vnd.modica+json', 'x', ''];

const printable = fc.string({ unit: fc.constantFrom(...Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))) });
const otherAuthorization = fc.oneof(
	printable,
	printable.map((rest) => `Basic ${rest}`),
	unicode().map((pair) => `Basic ${Buffer.from(pair).toString('base64')}`),
	unicode().map((password) => `Basic ${Buffer.from(`${LOGIN.callbackUsername}:${password}`).toString('base64')}`),
	fc.constantFrom(AUTHORIZATION.slice(0, -2), `${AUTHORIZATION}A`, AUTHORIZATION.toLowerCase(), AUTHORIZATION.replace('Basic', 'Digest')),
).filter((header) => header.trim() !== AUTHORIZATION);

describe('any request body', () => {
	it('is parsed as a callback or rejected with a reason', () => {
		fc.assert(
			fc.property(fc.oneof(fc.anything(), almostCallback, fc.string(), fc.json()), (body) => {
				const callback = parseCallback(body);
				if (callback.kind === 'none') expect(callback.reason).not.toBe('');
				else expect(dedupeKey(callback)).toContain(callback.id);
			}),
			{ numRuns: 17 * RUNS },
		);
	});

	it('never causes a 500, and starts an execution only if it is a callback', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.oneof(fc.json(), almostCallback.map((value) => JSON.stringify(value)), fc.string(), status.map((value) => JSON.stringify(value))),
				fc.oneof(fc.constantFrom('application/json', ...OTHER_TYPES), printable),
				fc.constantFrom(1, 2),
				async (body, contentType, typeVersion) => {
					endpoint.setup = { ...freshSetup(endpoint), typeVersion };
					endpoint.executions.length = 0;
					const answer = await endpoint.call(body, { authorization: AUTHORIZATION, 'content-type': contentType });
					// n8n returns 422 if a body declared as JSON isn't JSON.
					expect([200, 400, 422]).toContain(answer.status);
					expect(endpoint.executions).toHaveLength(answer.status === 200 ? 1 : 0);
					if (answer.status === 200) expect(isCallback(JSON.parse(body.replace(/^\uFEFF/, '')))).toBe(true);
				},
			),
			{ numRuns: RUNS },
		);
	}, TIMEOUT_MS);

	it('is not lost if it is a callback, regardless of its content type', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.oneof(status, reply),
				fc.constantFrom('application/json', ...OTHER_TYPES),
				fc.constantFrom(1, 2),
				async (body, contentType, typeVersion) => {
					endpoint.setup = { ...freshSetup(endpoint), typeVersion };
					endpoint.executions.length = 0;
					const answer = await endpoint.call(JSON.stringify(body), { authorization: AUTHORIZATION, 'content-type': contentType });
					expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: '' });
					const [statuses, replies] = endpoint.executions[0] ?? [];
					const isReply = 'content' in body;
					const [item] = (isReply ? replies : statuses) ?? [];
					expect([statuses?.length, replies?.length]).toEqual(isReply ? [0, 1] : [1, 0]);
					expect(item?.json).toMatchObject({ event: isReply ? 'reply' : 'status', id: body.id });
					// Every value that isn't empty is somewhere in the item.
					const sent = JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
					const { extra: rest = {}, ...known } = item!.json as Record<string, unknown> & { extra?: object };
					for (const [name, value] of Object.entries(sent).filter(([field]) => field !== 'content')) {
						const isEmptyText = value === null || (typeof value === 'string' && value.trim() === '');
						const understood = typeof value === 'string' && name === 'source' ? value.trim() : Number.isSafeInteger(value) ? String(value) : value;
						const isKnown = ['id', 'status', 'reference', 'source', 'destination'].includes(name) && name in known;
						if (isKnown) expect(known[name]).toEqual(understood);
						else if (!isEmptyText) expect(rest).toHaveProperty([name], value);
					}
					if (isReply) expect(known.sessionId).not.toBe('');
				},
			),
			{ numRuns: RUNS },
		);
	}, TIMEOUT_MS);

	it('is rejected with any other login', async () => {
		const login = { username: LOGIN.callbackUsername, password: LOGIN.callbackPassword };
		expect(isAuthorized(AUTHORIZATION, login)).toBe(true);
		fc.assert(
			fc.property(otherAuthorization, (header) => {
				expect(isAuthorized(header, login)).toBe(false);
			}),
			{ numRuns: 6 * RUNS },
		);
		endpoint.setup = freshSetup(endpoint);
		endpoint.executions.length = 0;
		await fc.assert(
			fc.asyncProperty(otherAuthorization, fc.oneof(status, almostCallback), async (header, body) => {
				const answer = await endpoint.call(JSON.stringify(body), { authorization: header });
				expect(answer.status).toBe(401);
				expect(endpoint.executions).toEqual([]);
			}),
			{ numRuns: RUNS / 4 },
		);
	}, TIMEOUT_MS);
});
