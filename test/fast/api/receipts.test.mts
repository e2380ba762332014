import { parseBroadcastReceipts, parseReceipt } from '../../../nodes/ModicaWhatsApp/api/receipts';

describe('the receipt of a message', () => {
	it.each<[unknown, unknown]>([
		[{ message_id: 'x', status: 'accepted' }, { id: 'x', status: 'accepted' }],
		[{ id: 'x', status: 'sent', price: 4 }, { id: 'x', status: 'sent', price: 4 }],
		[{ id: 'x', message_id: 'y' }, { id: 'x', status: 'accepted' }],
		[{ status: 'accepted' }, undefined],
		[{ id: '' }, undefined],
		[{ id: 7 }, undefined],
		[{ id: 'x', status: 7 }, undefined],
		[['x'], undefined],
		['x', undefined],
		[undefined, undefined],
	])('%j is %j', (body, receipt) => {
		expect(parseReceipt(body)).toEqual(receipt);
	});
});

describe('the receipts of a broadcast', () => {
	const ONE = '+64211000001';
	const TWO = '+64211000002';

	it.each<[string, unknown, unknown]>([
		['by position', [{ id: 'a', status: 'accepted' }, { status: 'failed', message: 'no' }], [{ id: 'a', status: 'accepted' }, { status: 'failed', message: 'no' }]],
		['by number, in any order and form', [{ destination: '64211000002', id: 'b', status: 'accepted' }, { destination: '+64 21 1000001', id: 'a', status: 'accepted', price: 4 }],
			[{ id: 'a', status: 'accepted', price: 4 }, { id: 'b', status: 'accepted' }]],
		['by number, of which one is missing', [{ destination: TWO, id: 'b' }], [undefined, { id: 'b', status: 'unknown' }]],
		['by number, with a row that names none', [{ destination: ONE, id: 'a', status: 'x' }, { id: 'b' }, 'x'], [{ id: 'a', status: 'x' }, undefined]],
		['by position, with a row that is none', [{ id: 7, status: 7 }, 'x'], [{ status: 'unknown' }, undefined]],
		['not, with too few rows', [{ id: 'a', status: 'accepted' }], undefined],
		['not, with no list', { id: 'a' }, undefined],
		['not, with nothing', undefined, undefined],
	])('are found %s', (_how, body, receipts) => {
		expect(parseBroadcastReceipts(body, [ONE, TWO])).toEqual(receipts);
	});
});
