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
	])('%j is parsed as %j', (body, receipt) => {
		expect(parseReceipt(body)).toEqual(receipt);
	});
});

describe('the receipts of a broadcast', () => {
	const ONE = '+64211000001';
	const TWO = '+64211000002';

	it.each<[string, unknown, unknown]>([
		['by position', [{ id: 'a', status: 'accepted' }, { status: 'failed', message: 'no' }], [{ id: 'a', status: 'accepted' }, { status: 'failed', message: 'no' }]],
		['by number, in any order and format', [{ destination: '64211000002', id: 'b', status: 'accepted' }, { destination: '+64 21 1000001', id: 'a', status: 'accepted', price: 4 }],
			[{ id: 'a', status: 'accepted', price: 4 }, { id: 'b', status: 'accepted' }]],
		['by number, one of which is missing', [{ destination: TWO, id: 'b' }], [undefined, { id: 'b', status: 'unknown' }]],
		['by number, with a row without a number', [{ destination: ONE, id: 'a', status: 'x' }, { id: 'b' }, 'x'], [{ id: 'a', status: 'x' }, undefined]],
		['by position, with an invalid row', [{ id: 7, status: 7 }, 'x'], [{ status: 'unknown' }, undefined]],
		['not at all if there are too few rows', [{ id: 'a', status: 'accepted' }], undefined],
		['not at all without a list', { id: 'a' }, undefined],
		['not at all without a body', undefined, undefined],
	])('are matched %s', (_how, body, receipts) => {
		expect(parseBroadcastReceipts(body, [ONE, TWO])).toEqual(receipts);
	});
});
