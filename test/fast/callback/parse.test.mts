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

describe('a status', () => {
	it('becomes an item', () => {
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
	])('"%s" is final: %s', (status, final) => {
		expect(item({ ...STATUS, status })).toEqual({ ...STATUS_ITEM, status, final, dedupeKey: `status:${STATUS.id}:${status}` });
	});

	it.each(['delayed', 'Received', 'constructor', '__proto__', 'x'.repeat(255)])('that the reference does not list is passed on: %s', (status) => {
		expect(item({ ...STATUS, status })).toEqual({ ...STATUS_ITEM, status, dedupeKey: `status:${STATUS.id}:${status}` });
	});

	it('is read without what did not come', () => {
		expect(parseCallback({ id: 'a', status: 'read' })).toStrictEqual({ kind: 'status', id: 'a', status: 'read', final: true, extra: {} });
		const content = { kind: 'other', type: 'unknown', fields: {} };
		expect(parseCallback({ id: 'a', content: {} })).toStrictEqual({ kind: 'reply', id: 'a', content, extra: {} });
	});

	it('keeps an odd reference apart', () => {
		const { reference: _, ...others } = STATUS_ITEM;
		expect(item({ ...STATUS, reference: { order: 7 } })).toEqual({ ...others, extra: { reference: { order: 7 } } });
	});

	it.each([undefined, null])('comes without a reference when that is %s', (reference) => {
		expect(item({ ...STATUS, reference })).toEqual(Object.fromEntries(Object.entries(STATUS_ITEM).filter(([name]) => name !== 'reference')));
	});

	it('keeps its empty reference, and a number as text', () => {
		expect(item({ ...STATUS, reference: '' })).toEqual({ ...STATUS_ITEM, reference: '' });
		expect(item({ ...STATUS, reference: 42 })).toEqual({ ...STATUS_ITEM, reference: '42' });
	});

	it('passes on what is not known yet, apart from what is', () => {
		const unknown = { event: 'x', timestamp: 1, content: null, error: { code: 7 }, constructor: 'y', toString: 'z' };
		expect(item({ ...STATUS, ...unknown })).toEqual({ ...STATUS_ITEM, extra: unknown });
	});

	it('is understood from the text of a body', () => {
		expect(item(`\ufeff${JSON.stringify(STATUS)}`)).toEqual(STATUS_ITEM);
	});
});

describe('a reply', () => {
	it.each([
		['an object', REPLY.content],
		['a JSON string', JSON.stringify(REPLY.content)],
	])('becomes an item from content as %s', (_, content) => {
		expect(item({ ...REPLY, content })).toEqual(REPLY_ITEM);
	});

	it.each([
		['audio', undefined],
		['button', 'Yes, please'],
		['document', 'The form'],
		['image', 'My cat'],
		['sticker', undefined],
		['video', 'Look'],
	] as const)('of type %s keeps its whole content; its text is %s', (type, text) => {
		const { text: _, chatInput: __, ...others } = REPLY_ITEM;
		expect(item({ ...REPLY, content: CONTENT[type] })).toEqual({ ...others, type, ...(text && { text, chatInput: text }), content: CONTENT[type] });
	});

	it.each(['audio', 'document', 'image', 'sticker', 'video'] as const)('of type %s names the file to download', (type) => {
		const { id, filename } = CONTENT[type][type as never] as { id: string; filename?: string };
		const callback = parsed({ ...REPLY, content: CONTENT[type] });
		const { content } = callback as ReplyCallback;
		expect(content.kind === 'media' && content.media).toStrictEqual({ id, ...(filename && { fileName: filename }) });
	});

	it('understands "Destination" as well', () => {
		const { destination, ...others } = REPLY;
		expect(item({ ...others, Destination: destination })).toEqual(REPLY_ITEM);
	});

	it('may come without a destination', () => {
		const { destination: _, ...others } = REPLY;
		const { destination: __, ...expected } = REPLY_ITEM;
		expect(item(others)).toEqual({ ...expected, sessionId: '64123456789' });
	});

	it.each<[string, object, object]>([
		['is missing', {}, {}],
		['is null', { source: null }, {}],
		['is empty', { source: '' }, {}],
		['is white space', { source: '  ' }, {}],
		['is an object', { source: { user_id: 'NZ.1' } }, { source: { user_id: 'NZ.1' } }],
		['is a list', { source: ['64123456789'] }, { source: ['64123456789'] }],
		['has lost digits', { source: 2 ** 60 }, { source: 2 ** 60 }],
		['is missing beside the id of a user', { user_id: 'NZ.1', username: 'aroha' }, { user_id: 'NZ.1', username: 'aroha' }],
	])('is taken when its source %s', (_, fields, extra) => {
		const { source: __, ...others } = REPLY;
		const { source: ___, sessionId: ____, ...expected } = REPLY_ITEM;
		expect(item({ ...others, ...fields })).toEqual({
			...expected,
			sessionId: expect.stringMatching(/.:102046588645210$/),
			...(Object.keys(extra).length > 0 && { extra }),
		});
	});

	it('is taken with the id of a user as its source', () => {
		expect(item({ ...REPLY, source: 'NZ.13491208655302741918' })).toMatchObject({ source: 'NZ.13491208655302741918' });
	});

	it('is told from a status by its ends when it has a status, too', () => {
		const { source: _, destination: __, ...others } = REPLY;
		expect(item({ ...REPLY, status: 'received' })).toMatchObject({ event: 'reply', extra: { status: 'received' } });
		for (const end of ['source', 'destination', 'Destination']) expect(item({ ...others, [end]: '102', status: 'received' })).toMatchObject({ event: 'reply' });
		expect(item({ ...others, status: 'new' })).toMatchObject({ event: 'reply' });
		expect(item({ ...others, status: 'received' })).toMatchObject({ event: 'status', extra: { content: REPLY.content } });
	});

	it('keeps an odd destination apart', () => {
		const { destination: _, ...expected } = REPLY_ITEM;
		expect(item({ ...REPLY, destination: { id: '102' } })).toEqual({ ...expected, sessionId: '64123456789', extra: { destination: { id: '102' } } });
	});

	it('understands numbers that came without quotes', () => {
		expect(item({ ...REPLY, source: 64123456789, destination: 102046588645210 })).toEqual(REPLY_ITEM);
	});

	it.each([
		['text that is not JSON', 'Kia ora {', 'The content is not valid JSON'],
		['JSON cut short', '{"type":"text","text":{"body":"Ki', 'The content is not valid JSON'],
		['an empty string', '', 'The content is not valid JSON'],
		['a list in JSON', '[{"type":"text"}]', 'The content is not an object'],
		['a number in JSON', '42', 'The content is not an object'],
		['null in JSON', 'null', 'The content is not an object'],
		['JSON nested 100,000 deep', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'The content is nested more than 32 deep'],
	])('keeps and flags %s', (_, content, contentError) => {
		expect(item({ ...REPLY, content })).toEqual({ ...REPLY_ITEM, type: 'unreadable', text: content, chatInput: content, content: {}, contentError });
	});

	it.each([
		['a type that is not known yet', { type: 'location', location: { latitude: -41, longitude: 174 } }, 'location'],
		['a type named like something of every object', { type: 'constructor' }, 'constructor'],
		['a media type without a file', { type: 'image' }, 'image'],
		['a file whose id is none', { type: 'image', image: { id: 7, caption: 'Look' } }, 'image'],
		['a caption that is no text', { type: 'image', image: { id: 'm', caption: 7 } }, 'image'],
		['a text without a body', { type: 'text', text: {} }, 'text'],
		['no type', { text: { body: 'x' } }, 'unknown'],
		['nothing', {}, 'unknown'],
	])('passes on content with %s', (_, content, type) => {
		const { text: __, chatInput: ___, ...others } = REPLY_ITEM;
		expect(item({ ...REPLY, content })).toEqual({ ...others, type, content });
	});

	it('passes on what is not known yet', () => {
		expect(item({ ...REPLY, profile: { name: 'Aroha' }, status: 'new' })).toEqual({
			...REPLY_ITEM,
			extra: { profile: { name: 'Aroha' }, status: 'new' },
		});
	});
});

describe('no callback', () => {
	const { id: _, ...withoutId } = STATUS;
	it.each<[string, unknown, RegExp]>([
		['nothing', undefined, /empty/],
		['an empty text', '', /empty or not JSON/],
		['a text', 'hello', /not JSON/],
		['JSON cut short', '{"id":', /not JSON/],
		['null', null, /not an object/],
		['a list', [STATUS], /not an object/],
		['a number', 7, /not an object/],
		['a truth value', true, /not an object/],
		['a JSON string within JSON', JSON.stringify(JSON.stringify(STATUS)), /not an object/],
		['an empty object', {}, /'id'/],
		['a status without id', withoutId, /'id'/],
		['an empty id', { ...STATUS, id: '' }, /'id'/],
		['an id that is an object', { ...STATUS, id: {} }, /'id'/],
		['an id of 256 characters', { ...STATUS, id: 'x'.repeat(256) }, /'id'/],
		['an id that has lost digits', { ...STATUS, id: 2 ** 53 }, /'id'/],
		['an id alone', { id: 'x' }, /neither/],
		['a status that is a list', { ...STATUS, status: ['read'] }, /^'status' must/],
		['an empty status', { ...STATUS, status: '' }, /^'status' must/],
		['a status that is null', { ...STATUS, status: null }, /^'status' must/],
		['a status of 256 characters', { ...STATUS, status: 'x'.repeat(256) }, /^'status' must/],
		['a content that is a list', { ...REPLY, content: [] }, /^'content' must/],
		['a content that is null', { ...REPLY, content: null }, /^'content' must/],
		['a body nested 33 deep', { ...STATUS, more: nested(32) }, /nested more than 32 deep/],
		['a body nested 100,000 deep', { ...STATUS, more: nested(100_000) }, /nested/],
		['lists nested 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /not an object/],
	])('is %s', (__, body, reason) => {
		expect(parseCallback(body)).toEqual({ kind: 'none', reason: expect.stringMatching(reason) });
	});

	it('is not a body nested 32 deep', () => {
		expect(parseCallback({ ...STATUS, more: nested(31) })).toMatchObject({ kind: 'status' });
	});
});

describe('the key that tells copies', () => {
	const key = (body: unknown) => dedupeKey(parsed(body));

	it('is the same for a copy, whatever else it brings', () => {
		expect(key({ ...STATUS, extra: 1 })).toBe(key(STATUS));
		expect(key({ ...REPLY, content: JSON.stringify(REPLY.content) })).toBe(key(REPLY));
	});

	it('is another for a status that moves on, another message, and another event', () => {
		const keys = [key(STATUS), key({ ...STATUS, status: 'read' }), key({ ...STATUS, id: 'x' }), key({ ...REPLY, id: STATUS.id })];
		expect(new Set(keys).size).toBe(4);
	});
});
