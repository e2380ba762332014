import { filteredBy, parseFilter } from '../../../nodes/ModicaWhatsApp/callback/filter';
import { parseCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { CONTENT, REPLY, STATUS } from '../../harness/callbackSamples.mts';

const BOTH = ['status', 'reply'];

function filtered(body: unknown, options: unknown = {}, events: unknown = BOTH): string | undefined {
	const callback = parseCallback(body);
	if (callback.kind === 'none') throw new Error(callback.reason);
	return filteredBy(callback, parseFilter(events, options));
}

describe('Filter', () => {
	it('passes all callbacks by default', () => {
		const options = { statuses: [], contentTypes: [], businessNumbers: '' };
		expect([STATUS, REPLY].map((body) => filtered(body, options))).toEqual([undefined, undefined]);
	});

	it.each([
		['status', undefined, 'events'],
		['reply', 'events', undefined],
	])('passes only the event %s', (event, status, reply) => {
		expect([filtered(STATUS, {}, [event]), filtered(REPLY, {}, [event])]).toEqual([status, reply]);
	});

	it('passes the selected statuses, and all replies', () => {
		const options = { statuses: ['read', 'failed'] };
		expect(filtered({ ...STATUS, status: 'read' }, options)).toBeUndefined();
		expect(filtered({ ...STATUS, status: 'sent' }, options)).toBe('statuses');
		expect(filtered(REPLY, options)).toBeUndefined();
	});

	it('passes the selected content types, and all statuses', () => {
		const options = { contentTypes: ['image', 'text'] };
		expect(filtered({ ...REPLY, content: CONTENT.image }, options)).toBeUndefined();
		expect(filtered({ ...REPLY, content: CONTENT.audio }, options)).toBe('contentTypes');
		expect(filtered(STATUS, options)).toBeUndefined();
	});

	it.each([
		['a type without an option', { type: 'location' }],
		['a missing type', {}],
		['unreadable content', 'broken {'],
	])('treats %s as "other"', (_, content) => {
		expect(filtered({ ...REPLY, content }, { contentTypes: ['other'] })).toBeUndefined();
		expect(filtered({ ...REPLY, content }, { contentTypes: ['text'] })).toBe('contentTypes');
	});

	it('does not treat a known type as "other"', () => {
		expect(filtered(REPLY, { contentTypes: ['other'] })).toBe('contentTypes');
	});

	it.each([
		['alone', '102046588645210'],
		['in a list', '999, 102046588645210'],
		['with a plus and spaces', '+1020 4658 8645 210'],
		['as a list from an expression', ['102046588645210']],
		['as a number from an expression', 102046588645210],
	])('passes replies to a business number specified %s', (_, businessNumbers) => {
		expect(filtered(REPLY, { businessNumbers })).toBeUndefined();
		expect(filtered({ ...REPLY, destination: '102046588645211' }, { businessNumbers })).toBe('businessNumbers');
		expect(filtered({ ...REPLY, destination: undefined }, { businessNumbers })).toBe('businessNumbers');
		expect(filtered(STATUS, { businessNumbers })).toBeUndefined();
	});

	it.each([
		['in the format that Send accepts', '+64 12 345-6789'],
		['in the format of a callback', '64123456789'],
		['with leading zeros', '0064123456789'],
		['in a list', '+64211234567; +64123456789'],
		['as a number from an expression', 64123456789],
		['as a list from an expression', ['+64123456789']],
	])('passes replies from a sender specified %s', (_, senders) => {
		expect(filtered(REPLY, { senders })).toBeUndefined();
		expect(filtered({ ...REPLY, source: '+64123456789' }, { senders })).toBeUndefined();
		expect(filtered({ ...REPLY, source: '64123456780' }, { senders })).toBe('senders');
		expect(filtered(STATUS, { senders })).toBeUndefined();
	});

	it.each([undefined, '', 'NZ.64123456789'])('blocks a reply from unknown sender "%s" when senders are selected', (source) => {
		expect(filtered({ ...REPLY, source }, { senders: '+64123456789' })).toBe('senders');
		expect(filtered({ ...REPLY, source })).toBeUndefined();
	});

	it('treats an unknown status as "other", and also passes it by its own name', () => {
		const unknown = { ...STATUS, status: 'delayed' };
		expect(['other', 'delayed', 'read'].map((status) => filtered(unknown, { statuses: [status] }))).toEqual([undefined, undefined, 'statuses']);
		expect(filtered(STATUS, { statuses: ['other'] })).toBe('statuses');
	});

	it.each<[string, unknown, unknown, RegExp]>([
		['a business number without a digit', BOTH, { businessNumbers: '+' }, /^Business Numbers '\+' is not a business number\. Use the 'destination'/],
		['content types that are not a list of texts', BOTH, { contentTypes: [{}] }, /^Content Types /],
		['business numbers that are not a list of texts', BOTH, { businessNumbers: [{}] }, /^Business Numbers /],
		['senders that are not a list of texts', BOTH, { senders: [{}] }, /^Senders /],
		['events that are not a list of texts', [{}], {}, /^Trigger On /],
		['a sender that is not a number', BOTH, { senders: 'Aroha' }, /^Senders 'Aroha' is not a phone number/],
		['a local number as sender', BOTH, { senders: '+64211234567, 021 123 4567' }, /^Senders '021 123 4567' is a local number/],
		['no event', [], {}, /^'Trigger On' is empty\. Select at least one/],
		['a business number with letters', BOTH, { businessNumbers: 'my number' }, /^Business Numbers 'my number' is not/],
		['statuses that are a list of objects', BOTH, { statuses: [{}] }, /^Statuses '\{\}' is not text/],
	])('rejects %s', (_, events, options, message) => {
		expect(() => parseFilter(events, options)).toThrow(expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }));
	});
});
