/** Operations on a message that is there already. */
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

describe('a message that is there', () => {
	it.each([
		['is looked up', get, { id: ID, status: 'read' }],
		['is marked as read', markAsRead, { id: ID, read: true }],
	])('%s by its ID, for each item', async (_what, operation, json) => {
		const { asked, context } = api();
		const items = [ID, OTHER].map((messageId, index) => itemOf(operation, { messageId: ` ${messageId} ` }, index + 3));
		const { jobs } = jobsOf(operation, items, context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 3 }], [{ item: 4 }]]);
		expect(await jobs[0]?.run()).toEqual([{ item: 3, json }]);
		expect(asked).toEqual([ID]);
	});

	it.each([get, markAsRead])('is not asked for by what is no ID: $option.name', (operation) => {
		const { asked, context } = api();
		const { jobs, refused } = jobsOf(operation, [itemOf(operation, { messageId: 'x' }), itemOf(operation, { messageId: ID }, 1)], context);
		expect(jobs.map(({ targets }) => targets)).toEqual([[{ item: 1 }]]);
		expect(refused).toEqual([[0, expect.stringMatching(/^Message ID "x" is not the ID of a message\./)]]);
		expect(asked).toEqual([]);
	});
});
