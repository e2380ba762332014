import { toItem } from '../../../nodes/ModicaWhatsApp/callback/item';
import { parseCallback, type Callback } from '../../../nodes/ModicaWhatsApp/callback/parse';

const itemOf = (body: object, problem?: object) => toItem(parseCallback(body) as Callback, problem);

describe('toItem, for a status', () => {
	it.each([
		[{ id: 'a', status: 'read', reference: 'order-1' }, { event: 'status', id: 'a', reference: 'order-1', status: 'read', final: true, dedupeKey: 'status:a:read' }],
		[{ id: 'a', status: 'received' }, { event: 'status', id: 'a', status: 'received', final: false, dedupeKey: 'status:a:received' }],
		[{ id: 'a', status: 'sent', error: { code: 7 } }, { event: 'status', id: 'a', status: 'sent', final: false, dedupeKey: 'status:a:sent', extra: { error: { code: 7 } } }],
	])('converts %j', (body, item) => {
		expect(itemOf(body)).toStrictEqual(item);
	});
});

describe('toItem, for a reply', () => {
	const reply = { id: 'a', source: '64211234567' };
	const common = { event: 'reply', id: 'a', source: '64211234567', sessionId: '64211234567', dedupeKey: 'reply:a' };

	it.each<[object, object]>([
		[{ type: 'text', text: { body: 'Hi' } }, { type: 'text', text: 'Hi', chatInput: 'Hi' }],
		[{ type: 'button', button: { text: 'Yes' } }, { type: 'button', text: 'Yes', chatInput: 'Yes' }],
		[{ type: 'image', image: { id: 'm', caption: 'Look' } }, { type: 'image', text: 'Look', chatInput: 'Look' }],
		[{ type: 'image', image: { id: 'm' } }, { type: 'image' }],
		[{ type: 'location', location: {} }, { type: 'location' }],
	])('converts %j', (content, fields) => {
		expect(itemOf({ ...reply, content })).toStrictEqual({ ...common, ...fields, content });
	});

	it('passes on unreadable content as text, with the reason', () => {
		expect(itemOf({ ...reply, content: '{' })).toStrictEqual({ ...common, type: 'unreadable', text: '{', chatInput: '{', content: {}, contentError: 'The content is not valid JSON' });
	});

	it('passes on all unknown fields, and the download error', () => {
		const content = { type: 'text', text: { body: 'Hi' } };
		expect(itemOf({ ...reply, destination: '102', more: 1, content }, { downloadError: 'no' })).toStrictEqual({
			...common,
			destination: '102',
			type: 'text',
			text: 'Hi',
			content,
			sessionId: '64211234567:102',
			chatInput: 'Hi',
			extra: { more: 1 },
			downloadError: 'no',
		});
	});
});

describe('sessionId of a reply', () => {
	const session = (fields: object) => itemOf({ id: 'a', content: {}, ...fields }).sessionId;

	it.each<[string, object, string]>([
		['the customer and the business number', { source: '64211234567', destination: '102' }, '64211234567:102'],
		['the customer alone if the business number is missing', { source: '64211234567' }, '64211234567'],
		['the ID in place of a hidden number', { source: 'NZ.13491208655302741918', destination: '102' }, 'NZ.13491208655302741918:102'],
		['the ID in another field', { source: '', user_id: 'NZ.1', username: 'aroha', destination: '102' }, 'NZ.1:102'],
		['the username if nothing else is present', { username: 'aroha' }, 'aroha'],
		['the username if the ID is empty', { user_id: '', username: 'aroha' }, 'aroha'],
		['message ID if the sender is unknown', { destination: '102', user_id: {} }, 'a:102'],
	])('is %s', (_, fields, expected) => {
		expect(session(fields)).toBe(expected);
	});
});
