import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { CONTRACT_FILE, loadContract, type JsonObject, type Operation } from '../../contract/contract.mts';

const contract = loadContract(true);
const { document } = contract;

interface Example {
	name: string;
	value: unknown;
	schema: JsonObject;
}

const resolved = (node: unknown): JsonObject => {
	const { $ref } = node as { $ref?: string };
	return ($ref === undefined ? node : contract.resolve($ref)) as JsonObject;
};

/** The examples of one body, each with its schema. */
const examplesOf = (where: string, body: JsonObject): Example[] =>
	Object.values((body.content ?? {}) as Record<string, { schema?: JsonObject; examples?: Record<string, { value: unknown }> }>).flatMap(
		({ schema, examples }) =>
			Object.entries(examples ?? {}).map(([name, { value }]) => ({ name: `${where} ${name}`, value, schema: schema as JsonObject })),
	);

const operations: Operation[] = [document.paths, document.webhooks].flatMap((group) => Object.values(group).flatMap((item) => Object.values(item)));

const bodyExamples = operations.flatMap(({ operationId, requestBody, responses }) => [
	...examplesOf(`${operationId} request`, { ...requestBody }),
	...Object.entries(responses).flatMap(([status, response]) => examplesOf(`${operationId} ${status}`, resolved(response))),
]);

/** The examples within schemas, at any depth. */
const schemaExamples = (name: string, node: unknown): Example[] => {
	if (typeof node !== 'object' || node === null) return [];
	const { examples, ...rest } = node as JsonObject & { examples?: unknown[] };
	return [
		...(examples ?? []).map((value) => ({ name, value, schema: rest })),
		...Object.entries(rest).flatMap(([key, child]) => schemaExamples(`${name}.${key}`, child)),
	];
};

const run = (...args: string[]) => {
	const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
	return { status, output: stdout + stderr };
};

it('is valid OpenAPI 3.1', () => {
	// The validator is an ES module, which Jest can't load.
	const validator = path.join(path.dirname(require.resolve('@seriousme/openapi-schema-validator/package.json')), 'bin/validate-api-cli.js');

	expect(run(validator, CONTRACT_FILE)).toEqual({ status: 0, output: expect.stringContaining('"valid": true') });
	expect(document.openapi).toBe('3.1.0');
});

it('describes the seven endpoints and the two callbacks', () => {
	const routes = (group: Record<string, Record<string, unknown>>) =>
		Object.entries(group).flatMap(([route, item]) => Object.keys(item).map((method) => `${method.toUpperCase()} ${route}`));

	expect(routes(document.paths)).toEqual([
		'POST /messages',
		'PATCH /messages',
		'GET /messages',
		'POST /messages/broadcast',
		'POST /media',
		'GET /media',
		'GET /healthz',
	]);
	expect(routes(document.webhooks)).toEqual(['POST statusCallback', 'POST replyCallback']);
});

it('matches the generated types', () => {
	expect(run(path.join(import.meta.dirname, '../../harness/program.mjs'), path.join(import.meta.dirname, '../../contract/generate.mts'), '--check')).toEqual({ status: 0, output: '' });
});

it.each(bodyExamples)('has a valid example: $name', ({ value, schema }) => {
	expect(contract.check(schema)(value)).toEqual([]);
});

it.each(schemaExamples('', document.components.schemas))('has a valid example: $name', ({ value, schema }) => {
	expect(contract.check(schema)(value)).toEqual([]);
});

it('contains examples', () => {
	expect(bodyExamples.length).toBeGreaterThan(80);
});

const to = '+64123456789';
const text = { to, type: 'text', text: { body: 'Hello' } };
const media = { to, type: 'media', media: { type: 'image', url: 'https://example.com/a.png' } };
const template = { to, type: 'template', template: { name: 'order_update', language: 'en_US' } };
const withTemplate = (more: JsonObject) => ({ ...template, template: { ...template.template, ...more } });

describe('a message to send', () => {
	const check = contract.requests.PostMessages?.body;

	it.each([
		['4,096 emoji, or 8,192 UTF-16 units', { ...text, text: { body: '\u{1F600}'.repeat(4096) } }],
		['a time with an offset', { ...text, scheduled: '2030-01-01T09:00:00+13:00' }],
		['the shortest number', { ...text, to: '+6412345' }],
		['the longest number', { ...text, to: '+641234567890123' }],
		['an HTTP media link', { ...media, media: { type: 'video', url: 'http://example.com/v.mp4' } }],
		['a template with empty lists', withTemplate({ header_params: [], body_params: [], buttons: [] })],
		['a button payload of 128 characters', withTemplate({ buttons: [{ index: 0, type: 'quick_reply', payload: 'x'.repeat(128) }] })],
		['another button with a longer payload', withTemplate({ buttons: [{ index: 0, type: 'url', payload: 'x'.repeat(129) }] })],
	])('accepts %s', (_, body) => {
		expect(check?.(body)).toEqual([]);
	});

	it.each<[string, unknown, string[]]>([
		['nothing', undefined, [' type']],
		['null', null, [' type']],
		['a number', 5, [' type']],
		['an array', [text], [' type']],
		['an unknown key', { ...text, preview: true }, ['preview unevaluatedProperties']],
		['an unknown key in the text', { ...text, text: { body: 'Hello', preview_url: true } }, ['text.preview_url additionalProperties']],
		['an unknown type', { ...text, type: 'sticker' }, ['type discriminator']],
		['no type', { to, text: { body: 'Hello' } }, ['type discriminator']],
		['no recipient field', { type: 'text', text: { body: 'Hello' } }, ['to required', 'destination required']],
		['both recipient fields', { ...text, destination: to }, [' oneOf']],
		['a null', { ...text, reference: null }, ['reference type']],
		['an empty text', { ...text, text: { body: '' } }, ['text.body minLength']],
		['4,097 emoji', { ...text, text: { body: '\u{1F600}'.repeat(4097) } }, ['text.body maxLength']],
		['an empty reference', { ...text, reference: '' }, ['reference minLength']],
		['a source with a plus', { ...text, source: '+6421' }, ['source pattern']],
		['a source of 31 digits', { ...text, source: '1'.repeat(31) }, ['source maxLength']],
		['a time without an offset', { ...text, scheduled: '2030-01-01T09:00:00' }, ['scheduled format']],
		['a number without a plus', { ...text, to: '64123456789' }, ['to pattern']],
		['a local number', { ...text, to: '+0211234567' }, ['to pattern']],
		['a number that is too short', { ...text, to: '+641234' }, ['to pattern']],
		['a number that is too long', { ...text, to: '+6412345678901234' }, ['to pattern']],
		['a list of numbers', { ...text, to: [to] }, ['to type']],
		['two types of content', { ...text, media: media.media }, ['media unevaluatedProperties']],
		['no content', { to, type: 'media' }, ['media required']],
		['a sticker as media', { ...media, media: { ...media.media, type: 'sticker' } }, ['media.type enum']],
		['an invalid URL as link', { ...media, media: { type: 'image', url: 'a.png' } }, ['media.url pattern', 'media.url format']],
		['an FTP link', { ...media, media: { type: 'image', url: 'ftp://example.com/a.png' } }, ['media.url pattern']],
		['a template name in uppercase', withTemplate({ name: 'Order Update' }), ['template.name pattern']],
		['no template language', { ...template, template: { name: 'a' } }, ['template.language required']],
		['an empty template parameter', withTemplate({ body_params: [''] }), ['template.body_params.0 minLength']],
		['a number as template parameter', withTemplate({ body_params: [5] }), ['template.body_params.0 type']],
		['an empty media object in a template', withTemplate({ media: {} }), ['template.media minProperties']],
		['a negative button index', withTemplate({ buttons: [{ index: -1 }] }), ['template.buttons.0.index minimum']],
		['a button index as a string', withTemplate({ buttons: [{ index: '0' }] }), ['template.buttons.0.index type']],
		['a quick reply payload of 129 characters', withTemplate({ buttons: [{ type: 'quick_reply', payload: 'x'.repeat(129) }] }), ['template.buttons.0.payload maxLength']],
	])('rejects %s', (_, body, violations) => {
		expect(check?.(body).map(({ field, code }) => `${field} ${code}`).sort()).toEqual([...violations].sort());
	});
});

describe('a broadcast', () => {
	const check = contract.requests.messages_broadcast_post?.body;
	const broadcast = { destination: [to, '+64223456789'], type: 'text', text: { body: 'Hello' } };

	it('accepts a list of numbers', () => {
		expect(check?.(broadcast)).toEqual([]);
	});

	it.each<[string, unknown, string[]]>([
		['a single number instead of a list', { ...broadcast, destination: to }, ['destination type']],
		['an empty list', { ...broadcast, destination: [] }, ['destination minItems']],
		['an invalid number in the list', { ...broadcast, destination: [to, '021'] }, ['destination.1 pattern']],
		['a list in the field to', { ...broadcast, to: [to] }, ['to unevaluatedProperties']],
	])('rejects %s', (_, body, violations) => {
		expect(check?.(body).map(({ field, code }) => `${field} ${code}`)).toEqual(violations);
	});
});

it.each<[string, string, unknown, string[]]>([
	['GetMessages', 'a message ID', { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6' }, []],
	['GetMessages', 'no ID', {}, ['id required']],
	['GetMessages', 'an invalid UUID', { id: '12' }, ['id format']],
	['GetMessages', 'an unknown parameter', { id: '3fa85f64-5717-4562-b3fc-2c963f66afa6', expand: '1' }, ['expand additionalProperties']],
	['GetMedia', 'a media ID', { media_id: 'abcd1234xyz' }, []],
	['GetMedia', 'a media ID and a source', { media_id: 'abcd1234xyz', source: '102046588645210' }, []],
	['GetMedia', 'a media ID with a slash', { media_id: '../abc' }, ['media_id pattern']],
	['GetMedia', 'an empty source', { media_id: 'a', source: '' }, ['source pattern']],
	['GetMedia', 'two media IDs', { media_id: ['a', 'b'] }, ['media_id type']],
	['PostMedia', 'nothing', {}, []],
	['GetHealthz', 'a parameter', { verbose: '1' }, ['verbose additionalProperties']],
])('%s validates a query with %s', (operationId, _, query, violations) => {
	expect(contract.requests[operationId]?.query(query).map(({ field, code }) => `${field} ${code}`)).toEqual(violations);
});
