import { findOperation, properties } from '../../../nodes/ModicaWhatsApp/operations/index';
import { download } from '../../../nodes/ModicaWhatsApp/operations/media/download';
import { send } from '../../../nodes/ModicaWhatsApp/operations/message/send';
import { checkHealth } from '../../../nodes/ModicaWhatsApp/operations/service/checkHealth';

describe('the operations', () => {
	it('are found by their resource and name', () => {
		expect(findOperation('message', 'send')).toBe(send);
		expect(findOperation('media', 'download')).toBe(download);
		expect(findOperation('service', 'checkHealth')).toBe(checkHealth);
	});

	it.each([
		['media', 'send'],
		['message', 'delete'],
		['message', 'toString'],
		['toString', 'send'],
		['', ''],
	])('are not found by an unknown pair: %s, %s', (resource, operation) => {
		expect(findOperation(resource, operation)).toBeUndefined();
	});

	it('each have their own fields, shown only for them', () => {
		const shown = properties.filter(({ name }) => name === 'mediaId' || name === 'messageId').map(({ name, displayOptions }) => [name, displayOptions?.show]);
		expect(shown).toEqual([
			['messageId', { resource: ['message'], operation: ['get'] }],
			['messageId', { resource: ['message'], operation: ['markAsRead'] }],
			['mediaId', { resource: ['media'], operation: ['download'] }],
		]);
	});
});
