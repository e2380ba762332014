/** Sends the same request as a declarative node: n8n sends the requests for all items at the same time. */
exports.Declarative = class Declarative {
	description = {
		displayName: 'Declarative',
		name: 'declarative',
		group: ['output'],
		version: 1,
		description: 'Sends messages as n8n’s routing does',
		defaults: { name: 'Declarative' },
		inputs: ['main'],
		outputs: ['main'],
		credentials: [{ name: 'modicaWhatsAppApi', required: true }],
		requestDefaults: { baseURL: '={{ $parameter.baseUrl }}' },
		properties: [
			{ displayName: 'Base URL', name: 'baseUrl', type: 'string', default: '' },
			{
				displayName: 'To',
				name: 'to',
				type: 'string',
				default: '',
				routing: {
					request: { method: 'POST', url: '/messages', body: { type: 'text' } },
					send: { type: 'body', property: 'to' },
				},
			},
			{
				displayName: 'Text',
				name: 'text',
				type: 'string',
				default: '',
				routing: { send: { type: 'body', property: 'text.body' } },
			},
		],
	};
};
