import { toItem } from '../../../nodes/ModicaWhatsApp/callback/item';
import { type Callback, dedupeKey, parseCallback, type ReplyCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { CONTENT, nested, REPLY, STATUS } from '../../harness/callbackSamples.mts';

function parsed(body: unknown): Callback {
	const callback = parseCallback(body);
	if (callback.kind === 'none') throw new Error(callback.reason);
	return callback;
}
const item = (body: unknown) => toItem(parsed(body));

const STATUS_ITEM = {
	event: 'status',
	id: STATUS.id,
	reference: 'ref-abc123',
	status: 'received',
	final: false,
	dedupeKey: `status:${STATUS.id}:received`,
};
const REPLY_ITEM = {
	event: 'reply',
	id: REPLY.id,
	source: '64123456789',
	destination: '102046588645210',
	type: 'text',
	text: 'Kia ora',
	content: REPLY.content,
	sessionId: '64123456789:102046588645210',
	chatInput: 'Kia ora',
	dedupeKey: `reply:${REPLY.id}`,
};

describe('parseCallback, for a status', () => {
	it('returns an item', () => {
		expect(item(STATUS)).toEqual(STATUS_ITEM);
	});

	it.each([
		['accepted', false],
		['submitted', false],
		['sent', false],
		['received', false],
		['frozen', false],
		['read', true],
		['rejected', true],
		['failed', true],
		['dead', true],
		['expired', true],
	])('marks "%s" as final: %s', (status, final) => {
		expect(item({ ...STATUS, status })).toEqual({ ...STATUS_ITEM, status, final, dedupeKey: `status:${STATUS.id}:${status}` });
	});

	it.each(['delayed', 'Received', 'constructor', '__proto__', 'x'.repeat(255)])('passes on the unknown status %s', (status) => {
		expect(item({ ...STATUS, status })).toEqual({ ...STATUS_ITEM, status, dedupeKey: `status:${STATUS.id}:${status}` });
	});

	it('omits missing fields', () => {
		expect(parseCallback({ id: 'a', status: 'read' })).toStrictEqual({ kind: 'status', id: 'a', status: 'read', final: true, extra: {} });
		const content = { kind: 'other', type: 'unknown', fields: {} };
		expect(parseCallback({ id: 'a', content: {} })).toStrictEqual({ kind: 'reply', id: 'a', content, extra: {} });
	});

	it('keeps an invalid reference in extra', () => {
		const { reference: _, ...others } = STATUS_ITEM;
		expect(item({ ...STATUS, reference: { order: 7 } })).toEqual({ ...others, extra: { reference: { order: 7 } } });
	});

	it.each([undefined, null])('omits the reference if it is %s', (reference) => {
		expect(item({ ...STATUS, reference })).toEqual(Object.fromEntries(Object.entries(STATUS_ITEM).filter(([name]) => name !== 'reference')));
	});

	it('keeps an empty reference, and converts a number to text', () => {
		expect(item({ ...STATUS, reference: '' })).toEqual({ ...STATUS_ITEM, reference: '' });
		expect(item({ ...STATUS, reference: 42 })).toEqual({ ...STATUS_ITEM, reference: '42' });
	});

	it('passes on unknown fields separately', () => {
		const unknown = { event: 'x', timestamp: 1, content: null, error: { code: 7 }, constructor: 'y', toString: 'z' };
		expect(item({ ...STATUS, ...unknown })).toEqual({ ...STATUS_ITEM, extra: unknown });
	});

	it('parses a body that is text', () => {
		expect(item(`\ufeff${JSON.stringify(STATUS)}`)).toEqual(STATUS_ITEM);
	});
});

describe('parseCallback, for a reply', () => {
	it.each([
		['an object', REPLY.content],
		['a JSON string', JSON.stringify(REPLY.content)],
	])('returns an item for content that is %s', (_, content) => {
		expect(item({ ...REPLY, content })).toEqual(REPLY_ITEM);
	});

	it.each([
		['audio', undefined],
		['button', 'Yes, please'],
		['document', 'The form'],
		['image', 'My cat'],
		['sticker', undefined],
		['video', 'Look'],
	] as const)('keeps the whole content of type %s, with the text %s', (type, text) => {
		const { text: _, chatInput: __, ...others } = REPLY_ITEM;
		expect(item({ ...REPLY, content: CONTENT[type] })).toEqual({ ...others, type, ...(text && { text, chatInput: text }), content: CONTENT[type] });
	});

	it.each(['audio', 'document', 'image', 'sticker', 'video'] as const)('returns the file ID of a reply of type %s', (type) => {
		const { id, filename } = CONTENT[type][type as never] as { id: string; filename?: string };
		const callback = parsed({ ...REPLY, content: CONTENT[type] });
		const { content } = callback as ReplyCallback;
		expect(content.kind === 'media' && content.media).toStrictEqual({ id, ...(filename && { fileName: filename }) });
	});

	it('accepts "Destination" as well', () => {
		const { destination, ...others } = REPLY;
		expect(item({ ...others, Destination: destination })).toEqual(REPLY_ITEM);
	});

	it('accepts a missing destination', () => {
		const { destination: _, ...others } = REPLY;
		const { destination: __, ...expected } = REPLY_ITEM;
		expect(item(others)).toEqual({ ...expected, sessionId: '64123456789' });
	});

	it.each<[string, object, object]>([
		['is missing', {}, {}],
		['is null', { source: null }, {}],
		['is empty', { source: '' }, {}],
		['is whitespace', { source: '  ' }, {}],
		['is an object', { source: { user_id: 'NZ.1' } }, { source: { user_id: 'NZ.1' } }],
		['is a list', { source: ['64123456789'] }, { source: ['64123456789'] }],
		['was shortened', { source: 2 ** 60 }, { source: 2 ** 60 }],
		['is missing next to a user ID', { user_id: 'NZ.1', username: 'aroha' }, { user_id: 'NZ.1', username: 'aroha' }],
	])('accepts a reply whose source %s', (_, fields, extra) => {
		const { source: __, ...others } = REPLY;
		const { source: ___, sessionId: ____, ...expected } = REPLY_ITEM;
		expect(item({ ...others, ...fields })).toEqual({
			...expected,
			sessionId: expect.stringMatching(/.:102046588645210$/),
			...(Object.keys(extra).length > 0 && { extra }),
		});
	});

	it('accepts a user ID as the source', () => {
		expect(item({ ...REPLY, source: 'NZ.13491208655302741918' })).toMatchObject({ source: 'NZ.13491208655302741918' });
	});

	it('distinguishes a reply with a status from a status by its source and destination', () => {
		const { source: _, destination: __, ...others } = REPLY;
		expect(item({ ...REPLY, status: 'received' })).toMatchObject({ event: 'reply', extra: { status: 'received' } });
		for (const end of ['source', 'destination', 'Destination']) expect(item({ ...others, [end]: '102', status: 'received' })).toMatchObject({ event: 'reply' });
		expect(item({ ...others, status: 'new' })).toMatchObject({ event: 'reply' });
		expect(item({ ...others, status: 'received' })).toMatchObject({ event: 'status', extra: { content: REPLY.content } });
	});

	it('keeps an invalid destination in extra', () => {
		const { destination: _, ...expected } = REPLY_ITEM;
		expect(item({ ...REPLY, destination: { id: '102' } })).toEqual({ ...expected, sessionId: '64123456789', extra: { destination: { id: '102' } } });
	});

	it('accepts numbers without quotes', () => {
		expect(item({ ...REPLY, source: 64123456789, destination: 102046588645210 })).toEqual(REPLY_ITEM);
	});

	it.each([
		['text that is not JSON', 'Kia ora {', 'The content is not valid JSON'],
		['truncated JSON', '{"type":"text","text":{"body":"Ki', 'The content is not valid JSON'],
		['an empty string', '', 'The content is not valid JSON'],
		['a JSON list', '[{"type":"text"}]', 'The content is not an object'],
		['a JSON number', '42', 'The content is not an object'],
		['a JSON null', 'null', 'The content is not an object'],
		['JSON nested 100,000 levels deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'The content is nested more than 32 levels deep'],
	])('passes on %s as text, with the reason', (_, content, contentError) => {
		expect(item({ ...REPLY, content })).toEqual({ ...REPLY_ITEM, type: 'unreadable', text: content, chatInput: content, content: {}, contentError });
	});

	it.each([
		['an unknown type', { type: 'location', location: { latitude: -41, longitude: 174 } }, 'location'],
		['a type that is the name of an object property', { type: 'constructor' }, 'constructor'],
		['a media type without a file', { type: 'image' }, 'image'],
		['a file with an invalid ID', { type: 'image', image: { id: 7, caption: 'Look' } }, 'image'],
		['a caption that is not text', { type: 'image', image: { id: 'm', caption: 7 } }, 'image'],
		['a text without a body', { type: 'text', text: {} }, 'text'],
		['no type', { text: { body: 'x' } }, 'unknown'],
		['no fields', {}, 'unknown'],
	])('passes on content with %s', (_, content, type) => {
		const { text: __, chatInput: ___, ...others } = REPLY_ITEM;
		expect(item({ ...REPLY, content })).toEqual({ ...others, type, content });
	});

	it('passes on unknown fields', () => {
		expect(item({ ...REPLY, profile: { name: 'Aroha' }, status: 'new' })).toEqual({
			...REPLY_ITEM,
			extra: { profile: { name: 'Aroha' }, status: 'new' },
		});
	});
});

describe('parseCallback', () => {
	const { id: _, ...withoutId } = STATUS;
	it.each<[string, unknown, RegExp]>([
		['no body', undefined, /empty/],
		['an empty text', '', /empty or not JSON/],
		['a text', 'hello', /not JSON/],
		['truncated JSON', '{"id":', /not JSON/],
		['null', null, /not an object/],
		['a list', [STATUS], /not an object/],
		['a number', 7, /not an object/],
		['a boolean', true, /not an object/],
		['a JSON string within JSON', JSON.stringify(JSON.stringify(STATUS)), /not an object/],
		['an empty object', {}, /'id'/],
		['a status without an ID', withoutId, /'id'/],
		['an empty ID', { ...STATUS, id: '' }, /'id'/],
		['an ID that is an object', { ...STATUS, id: {} }, /'id'/],
		['an ID of 256 characters', { ...STATUS, id: 'x'.repeat(256) }, /'id'/],
		['an ID that has lost digits', { ...STATUS, id: 2 ** 53 }, /'id'/],
		['an ID alone', { id: 'x' }, /^'status' or 'content' is required$/],
		['a status that is a list', { ...STATUS, status: ['read'] }, /^'status' must/],
		['an empty status', { ...STATUS, status: '' }, /^'status' must/],
		['a status that is null', { ...STATUS, status: null }, /^'status' must/],
		['a status of 256 characters', { ...STATUS, status: 'x'.repeat(256) }, /^'status' must/],
		['content that is a list', { ...REPLY, content: [] }, /^'content' must/],
		['content that is null', { ...REPLY, content: null }, /^'content' must/],
		['a body nested 33 levels deep', { ...STATUS, more: nested(32) }, /nested more than 32 levels deep/],
		['a body nested 100,000 levels deep', { ...STATUS, more: nested(100_000) }, /nested/],
		['lists nested 100,000 levels deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /not an object/],
	])('rejects %s', (__, body, reason) => {
		expect(parseCallback(body)).toEqual({ kind: 'none', reason: expect.stringMatching(reason) });
	});

	it('accepts a body nested 32 levels deep', () => {
		expect(parseCallback({ ...STATUS, more: nested(31) })).toMatchObject({ kind: 'status' });
	});
});

describe('dedupeKey', () => {
	const key = (body: unknown) => dedupeKey(parsed(body));

	it('is the same for a copy, even with other fields', () => {
		expect(key({ ...STATUS, extra: 1 })).toBe(key(STATUS));
		expect(key({ ...REPLY, content: JSON.stringify(REPLY.content) })).toBe(key(REPLY));
	});

	it('differs for another status, another message, and another event', () => {
		const keys = [key(STATUS), key({ ...STATUS, status: 'read' }), key({ ...STATUS, id: 'x' }), key({ ...REPLY, id: STATUS.id })];
		expect(new Set(keys).size).toBe(4);
	});
});
