import { toItem } from '../../../nodes/ModicaWhatsApp/callback/item';
import { parseCallback, type Callback } from '../../../nodes/ModicaWhatsApp/callback/parse';

const itemOf = (body: object, problem?: object) => toItem(parseCallback(body) as Callback, problem);

describe('the item of a status', () => {
	it.each([
		[{ id: 'a', status: 'read', reference: 'order-1' }, { event: 'status', id: 'a', reference: 'order-1', status: 'read', final: true, dedupeKey: 'status:a:read' }],
		[{ id: 'a', status: 'received' }, { event: 'status', id: 'a', status: 'received', final: false, dedupeKey: 'status:a:received' }],
		[{ id: 'a', status: 'sent', error: { code: 7 } }, { event: 'status', id: 'a', status: 'sent', final: false, dedupeKey: 'status:a:sent', extra: { error: { code: 7 } } }],
	])('%j', (body, item) => {
		expect(itemOf(body)).toEqual(item);
	});
});

describe('the item of a reply', () => {
	const reply = { id: 'a', source: '64211234567' };
	const common = { event: 'reply', id: 'a', source: '64211234567', dedupeKey: 'reply:a' };

	it.each<[object, object]>([
		[{ type: 'text', text: { body: 'Hi' } }, { type: 'text', text: 'Hi' }],
		[{ type: 'button', button: { text: 'Yes' } }, { type: 'button', text: 'Yes' }],
		[{ type: 'image', image: { id: 'm', caption: 'Look' } }, { type: 'image', text: 'Look' }],
		[{ type: 'image', image: { id: 'm' } }, { type: 'image' }],
		[{ type: 'location', location: {} }, { type: 'location' }],
	])('%j', (content, fields) => {
		expect(itemOf({ ...reply, content })).toEqual({ ...common, ...fields, content });
	});

	it('whose content cannot be read has it as text, with the reason', () => {
		expect(itemOf({ ...reply, content: '{' })).toEqual({ ...common, type: 'unreadable', text: '{', content: {}, contentError: 'The content is not valid JSON' });
	});

	it('has all else that came, and what went wrong', () => {
		const content = { type: 'text', text: { body: 'Hi' } };
		expect(itemOf({ ...reply, destination: '102', more: 1, content }, { downloadError: 'no' })).toEqual({
			...common,
			destination: '102',
			type: 'text',
			text: 'Hi',
			content,
			extra: { more: 1 },
			downloadError: 'no',
		});
	});
});
