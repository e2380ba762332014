import { parseContentType, parseDate, parseFileName, parseLimit, withoutParameters } from '../../../nodes/ModicaWhatsApp/api/headers';

describe('X-RateLimit-Limit', () => {
	it.each<[unknown, number | undefined]>([
		['80', 80],
		[' 80 ', 80],
		[80, 80],
		['12.5', 12.5],
		['12.25', 12.25],
		['80, soon', 80],
		['80, 80', 80],
		['80, 80;w=1', 80],
		['80;w=1', 80],
		['100, 100;w=10', 10],
		['100; w=10', 10],
		['100;burst=5;w=10', 10],
		['100, 50;w=10, 100;w=20', 5],
		['1', 1],
		['0.5', undefined],
		['5;w=10', undefined],
		['0', undefined],
		['80;w=0', undefined],
		['-80', undefined],
		['x80', undefined],
		['80x', undefined],
		['', undefined],
		[undefined, undefined],
		['9'.repeat(400), undefined],
	])('%j means %d requests per second', (header, limit) => {
		expect(parseLimit(header)).toBe(limit);
	});
});

describe('Date', () => {
	it('is the date of the response', () => {
		expect(parseDate('Sun, 22 Nov 2026 00:00:00 GMT')).toBe(Date.parse('2026-11-22T00:00:00Z'));
	});

	it.each([undefined, 'soon'])('is the current time if it is %j', (header) => {
		const now = jest.spyOn(Date, 'now').mockReturnValue(7);
		expect(parseDate(header)).toBe(7);
		now.mockRestore();
	});
});

describe('Content-Type', () => {
	it.each<[unknown, string | undefined]>([
		['image/png', 'image/png'],
		[' Audio/OGG ; codecs=opus', 'audio/ogg'],
		['application/octet-stream', undefined],
		['', undefined],
		[';charset=utf-8', undefined],
		[undefined, undefined],
		[['image/png'], undefined],
	])('%j means %j', (header, type) => {
		expect(parseContentType(header)).toBe(type);
	});

	it('is the value without parameters', () => {
		expect(withoutParameters('')).toBe('');
		expect(withoutParameters('Application/Octet-Stream')).toBe('application/octet-stream');
	});
});

describe('Content-Disposition', () => {
	it.each<[unknown, string | undefined]>([
		['attachment', undefined],
		['attachment; filename=plain.png', 'plain.png'],
		['attachment; filename=a b.png', 'a b.png'],
		['attachment;filename="a \\"b\\"; c.png"', 'a "b"; c.png'],
		['attachment; filename = "x.png"', 'x.png'],
		['attachment; filename=""', ''],
		[`inline; filename="x.png"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.png`, 'naïve €.png'],
		[`inline; FILENAME*=iso-8859-1'en'%A3%20rates.png`, '£ rates.png'],
		[`inline; filename*= utf-8''a.png `, 'a.png'],
		[`inline; filename*=utf-8''%FF.png; filename="fallback.png"`, 'fallback.png'],
		[`inline; filename*=klingon''x.png; filename="fallback.png"`, 'fallback.png'],
		['inline; filename*=x.png; filename="fallback.png"', 'fallback.png'],
		[Buffer.from('inline; filename="日本.png"').toString('latin1'), '日本.png'],
		['inline; filename="\u00e9.png"', 'é.png'],
		['inline; name="filename=x.gif"; filename="y.png"', 'y.png'],
		['filename=x.png', undefined],
		[undefined, undefined],
		[['attachment; filename=x.png'], undefined],
	])('%j contains the file name %j', (header, name) => {
		expect(parseFileName(header)).toBe(name);
	});
});
