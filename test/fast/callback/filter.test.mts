import { filteredBy, parseFilter } from '../../../nodes/ModicaWhatsApp/callback/filter';
import { parseCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { CONTENT, REPLY, STATUS } from '../../harness/callbackSamples.mts';

const BOTH = ['status', 'reply'];

function filtered(body: unknown, options: unknown = {}, events: unknown = BOTH): string | undefined {
	const callback = parseCallback(body);
	if (callback.kind === 'none') throw new Error(callback.reason);
	return filteredBy(callback, parseFilter(events, options));
}

describe('a filter', () => {
	it('lets everything pass when nothing is chosen', () => {
		const options = { statuses: [], contentTypes: [], businessNumbers: '' };
		expect([STATUS, REPLY].map((body) => filtered(body, options))).toEqual([undefined, undefined]);
	});

	it.each([
		['status', undefined, 'events'],
		['reply', 'events', undefined],
	])('lets events of the kind %s pass', (event, status, reply) => {
		expect([filtered(STATUS, {}, [event]), filtered(REPLY, {}, [event])]).toEqual([status, reply]);
	});

	it('lets the chosen statuses pass, and all replies', () => {
		const options = { statuses: ['read', 'failed'] };
		expect(filtered({ ...STATUS, status: 'read' }, options)).toBeUndefined();
		expect(filtered({ ...STATUS, status: 'sent' }, options)).toBe('statuses');
		expect(filtered(REPLY, options)).toBeUndefined();
	});

	it('lets the chosen content types pass, and all statuses', () => {
		const options = { contentTypes: ['image', 'text'] };
		expect(filtered({ ...REPLY, content: CONTENT.image }, options)).toBeUndefined();
		expect(filtered({ ...REPLY, content: CONTENT.audio }, options)).toBe('contentTypes');
		expect(filtered(STATUS, options)).toBeUndefined();
	});

	it.each([
		['a type that has no name here', { type: 'location' }],
		['no type', {}],
		['content that cannot be read', 'broken {'],
	])('takes %s for "other"', (_, content) => {
		expect(filtered({ ...REPLY, content }, { contentTypes: ['other'] })).toBeUndefined();
		expect(filtered({ ...REPLY, content }, { contentTypes: ['text'] })).toBe('contentTypes');
	});

	it('does not take a known type for "other"', () => {
		expect(filtered(REPLY, { contentTypes: ['other'] })).toBe('contentTypes');
	});

	it.each([
		['alone', '102046588645210'],
		['among others', '999, 102046588645210'],
		['with a plus and spaces', '+1020 4658 8645 210'],
		['from an expression, in a list', ['102046588645210']],
		['from an expression, as a number', 102046588645210],
	])('lets replies to a business number pass that is given %s', (_, businessNumbers) => {
		expect(filtered(REPLY, { businessNumbers })).toBeUndefined();
		expect(filtered({ ...REPLY, destination: '102046588645211' }, { businessNumbers })).toBe('businessNumbers');
		expect(filtered({ ...REPLY, destination: undefined }, { businessNumbers })).toBe('businessNumbers');
		expect(filtered(STATUS, { businessNumbers })).toBeUndefined();
	});

	it.each([
		['as a send takes it', '+64 12 345-6789'],
		['as it comes', '64123456789'],
		['with zeros in front', '0064123456789'],
		['among others', '+64211234567; +64123456789'],
		['from an expression, as a number', 64123456789],
		['from an expression, in a list', ['+64123456789']],
	])('lets replies from a sender pass that is given %s', (_, senders) => {
		expect(filtered(REPLY, { senders })).toBeUndefined();
		expect(filtered({ ...REPLY, source: '+64123456789' }, { senders })).toBeUndefined();
		expect(filtered({ ...REPLY, source: '64123456780' }, { senders })).toBe('senders');
		expect(filtered(STATUS, { senders })).toBeUndefined();
	});

	it.each([undefined, '', 'NZ.64123456789'])('keeps out a reply from nobody known when senders are chosen: %s', (source) => {
		expect(filtered({ ...REPLY, source }, { senders: '+64123456789' })).toBe('senders');
		expect(filtered({ ...REPLY, source })).toBeUndefined();
	});

	it('takes a status that is not known for "other", and lets it pass by its own name', () => {
		const unknown = { ...STATUS, status: 'delayed' };
		expect(['other', 'delayed', 'read'].map((status) => filtered(unknown, { statuses: [status] }))).toEqual([undefined, undefined, 'statuses']);
		expect(filtered(STATUS, { statuses: ['other'] })).toBe('statuses');
	});

	it.each<[string, unknown, unknown, RegExp]>([
		['a business number without a digit', BOTH, { businessNumbers: '+' }, /^Business Numbers '\+' is not a business number\. Use what stands/],
		['a list that is none, by its name', BOTH, { contentTypes: [{}] }, /^Content Types /],
		['a business number that is none, by its name', BOTH, { businessNumbers: [{}] }, /^Business Numbers /],
		['a sender that is none, by its name', BOTH, { senders: [{}] }, /^Senders /],
		['events that are none, by their name', [{}], {}, /^Trigger On /],
		['a sender that is no number', BOTH, { senders: 'Aroha' }, /^Senders 'Aroha' is not a phone number/],
		['a local number as sender', BOTH, { senders: '+64211234567, 021 123 4567' }, /^Senders '021 123 4567' is a local number/],
		['no event', [], {}, /^'Trigger On' is empty\. Choose at least one/],
		['a business number with letters', BOTH, { businessNumbers: 'my number' }, /^Business Numbers 'my number' is not/],
		['a list of objects', BOTH, { statuses: [{}] }, /^Statuses '\{\}' is not a text/],
	])('refuses %s', (_, events, options, message) => {
		expect(() => parseFilter(events, options)).toThrow(expect.objectContaining({ name: 'InputError', message: expect.stringMatching(message) }));
	});
});
