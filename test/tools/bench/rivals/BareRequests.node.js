const AT_ONCE = 25;

/** Sends a message for each item, with concurrent requests of n8n's request helper alone. */
exports.BareRequests = class BareRequests {
	description = {
		displayName: 'Bare Requests',
		name: 'bareRequests',
		group: ['output'],
		version: 1,
		description: 'Sends messages by n8n’s request helper alone',
		defaults: { name: 'Bare Requests' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'modicaWhatsAppApi', required: true }],
		properties: [{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: '' }],
	};

	async execute() {
		const items = this.getInputData();
		const baseURL = this.getNodeParameter('baseUrl', 0);
		const credential = { id: '', name: '', type: 'modicaWhatsAppApi', data: await this.getCredentials('modicaWhatsAppApi') };
		const output = new Array(items.length);
		let next = 0;
		const work = async () => {
			for (let index = next++; index < items.length; index = next++) {
				const { to, text } = items[index].json;
				const options = { method: 'POST', baseURL, url: '/messages', body: { to, type: 'text', text: { body: text } }, json: true };
				const answer = await this.helpers.httpRequestWithAuthentication.call(this, 'modicaWhatsAppApi', options, {
					credentialsDecrypted: credential,
				});
				output[index] = { json: answer, pairedItem: { item: index } };
			}
		};
		await Promise.all(Array.from({ length: AT_ONCE }, work));
		return [output];
	}
};
