/** Sends one message at a time, as most built-in messaging nodes do. */
exports.SequentialLoop = class SequentialLoop {
	description = {
		displayName: 'Sequential Loop',
		name: 'sequentialLoop',
		group: ['output'],
		version: 1,
		description: 'Sends one message after the other',
		defaults: { name: 'Sequential Loop' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'modicaWhatsAppApi', required: true }],
		properties: [
			{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: '' },
			{ displayName: 'To', name: 'to', type: 'string', default: '' },
			{ displayName: 'Text', name: 'text', type: 'string', default: '' },
		],
	};

	async execute() {
		const items = this.getInputData();
		const output = [];
		for (let index = 0; index < items.length; index++) {
			const answer = await this.helpers.httpRequestWithAuthentication.call(this, 'modicaWhatsAppApi', {
				method: 'POST',
				url: `${this.getNodeParameter('baseUrl', index)}/messages`,
				body: {
					to: this.getNodeParameter('to', index),
					type: 'text',
					text: { body: this.getNodeParameter('text', index) },
				},
				json: true,
			});
			output.push({ json: answer, pairedItem: { item: index } });
		}
		return [output];
	}
};
