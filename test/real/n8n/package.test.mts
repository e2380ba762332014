import { CREDENTIAL, n8nUnderTest, NODE } from '../../harness/n8n/underTest.mts';

const { rest } = n8nUnderTest();

describe('the package in n8n', () => {
	it('provides the action node under its published name, with its credential', async () => {
		const found = (await rest.nodeTypes()).find(({ name }) => name === NODE);
		expect(found).toMatchObject({
			name: NODE,
			displayName: 'Modica WhatsApp',
			group: ['output'],
			credentials: [{ name: CREDENTIAL, required: true }],
			inputs: ['main'],
			outputs: ['main'],
		});
	});

	it('provides the action node as a tool for AI agents', async () => {
		const names = (await rest.nodeTypes()).map(({ name }) => name);
		expect(names).toContain(`${NODE}Tool`);
	});

	it('lists all operations of each resource, the most common first', async () => {
		const found = (await rest.nodeTypes()).find(({ name }) => name === NODE);
		const operations = (found?.properties ?? []).filter(({ name }) => name === 'operation');
		const table = operations.map(({ displayOptions, options }) => [
			displayOptions?.show?.resource,
			// n8n adds "Custom API Call" to each resource.
			(options ?? []).flatMap((option) => ('value' in option && option.value !== '__CUSTOM_API_CALL__' ? option.value : [])),
		]);
		expect(table).toEqual([
			[['message'], ['send', 'broadcast', 'sendAndWait', 'get', 'markAsRead']],
			[['media'], ['upload', 'download']],
			[['service'], ['checkHealth']],
		]);
	});

	it('provides the credential', async () => {
		const found = (await rest.credentialTypes()).find(({ name }) => name === CREDENTIAL);
		expect(found?.properties.map(({ name, required = false, default: byDefault }) => ({ name, required, byDefault }))).toEqual(
			expect.arrayContaining([
				{ name: 'username', required: true, byDefault: '' },
				{ name: 'password', required: true, byDefault: '' },
				{ name: 'baseUrl', required: true, byDefault: 'https://api.modicagroup.com/rest/wab/v1' },
			]),
		);
	});
});
