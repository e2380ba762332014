/** Operations on an existing message. */
import { get } from '../../../../nodes/ModicaWhatsApp/operations/message/get';
import { markAsRead } from '../../../../nodes/ModicaWhatsApp/operations/message/markAsRead';
import { contextOf, itemOf, jobsOf } from '../../../harness/operation.mts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const OTHER = '11111111-2222-3333-4444-555555555555';

function api() {
	const asked: string[] = [];
	const ask = async (id: string) => await Promise.resolve(void asked.push(id));
	const context = contextOf({ getMessage: async (id) => (await ask(id), { id, status: 'read' }), markAsRead: ask });
	return { asked, context };
}

describe('an existing message', () => {
	it.each([
		['is requested', get, { id: ID, status: 'read' }],
		['is marked as read', markAsRead, { id: ID, read: true }],
	])('%s by its ID, for each item', async (_what, operation, json) => {
		const { asked, context } = api();
		const items = [ID, OTHER].map((messageId, index) => itemOf(operation, { messageId: ` ${messageId} ` }, index + 3));
		const { jobs } = jobsOf(operation, items, context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 3 }], [{ item: 4 }]]);
		expect(await jobs[0]?.run()).toEqual([{ item: 3, json }]);
		expect(asked).toEqual([ID]);
	});

	it.each([get, markAsRead])('is not requested with an invalid ID: $option.name', (operation) => {
		const { asked, context } = api();
		const { jobs, refused } = jobsOf(operation, [itemOf(operation, { messageId: 'x' }), itemOf(operation, { messageId: ID }, 1)], context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 1 }]]);
		expect(refused).toEqual([[0, expect.stringMatching(/^Message ID 'x' is not a message ID\./)]]);
		expect(asked).toEqual([]);
	});
});

/** As the reference shows it. */
const SENT = {
	id: ID,
	reference: 'order-1234',
	application_id: 'wab_customer_a',
	status: 'read',
	business_number_id: '102046588645210',
	customer_number_id: '64211234567',
	timestamp: 1_764_000_000,
	direction: 'MT',
	type: 'text',
	attributes: { body: 'Kia ora' },
};
const { business_number_id: business, customer_number_id: customer } = SENT;
const SIMPLE = {
	id: ID,
	reference: 'order-1234',
	status: 'read',
	direction: 'MT',
	type: 'text',
	source: business,
	destination: customer,
	text: 'Kia ora',
	timestamp: 1_764_000_000,
};

describe('Get with Simplify', () => {
	const resultOf = async (message: Record<string, unknown>, parameters: Record<string, unknown>) => {
		const context = contextOf({ getMessage: async () => await Promise.resolve(message) });
		const { jobs } = jobsOf(get, [itemOf(get, { messageId: ID, ...parameters })], context);
		const [result] = (await jobs[0]?.run()) ?? [];
		return result;
	};

	it.each([
		['a sent text', SENT, SIMPLE],
		[
			'a received file',
			{ ...SENT, reference: undefined, direction: 'MO', type: 'media', attributes: { media: { id: 'abcd1234xyz', type: 'image' } } },
			{ id: ID, status: 'read', direction: 'MO', type: 'media', source: customer, destination: business, mediaId: 'abcd1234xyz', timestamp: 1_764_000_000 },
		],
		[
			'a template with a header, a footer and buttons',
			{ ...SENT, type: 'template', attributes: { header: 'Order', body: 'Kia ora', footer: 'Bye', buttons: [{ text: 'Yes' }] } },
			{ ...SIMPLE, type: 'template' },
		],
		[
			'the other form of the response, which has a source and a destination',
			{ id: ID, source: '102046588645210', destination: '64211234567', direction: 'outbound' },
			{ id: ID, direction: 'outbound', source: '102046588645210', destination: '64211234567' },
		],
		['a response with other types', { id: ID, attributes: 'x', status: null }, { id: ID, status: null }],
	])('returns the main fields of %s', async (_what, message, json) => {
		expect(await resultOf(message, { simplify: true })).toStrictEqual({ item: 0, json });
	});

	it.each([
		['on', { simplify: true }, SIMPLE],
		['on by an expression that returns a string', { simplify: 'true' }, SIMPLE],
		['on by a spreadsheet', { simplify: 'TRUE' }, SIMPLE],
		['off', { simplify: false }, SENT],
		['off by an expression that returns a string', { simplify: 'false' }, SENT],
		['missing, as in workflows saved before the field existed', {}, SENT],
	])('returns the main fields or the raw data when it is %s', async (_state, parameters, json) => {
		expect(await resultOf(SENT, parameters)).toStrictEqual({ item: 0, json });
	});

	it.each([
		['yes', "Simplify 'yes' is neither true nor false. Use true for the main fields, or false for all fields."],
		[undefined, "'Simplify' is empty. Use true for the main fields, or false for all fields."],
	])('rejects the value %j and requests nothing', (simplify, message) => {
		const { jobs, refused } = jobsOf(get, [itemOf(get, { messageId: ID, simplify })], contextOf({}));
		expect({ jobs, refused }).toEqual({ jobs: [], refused: [[0, message]] });
	});
});
