/** A trigger with our Basic auth check and nothing else. */
class MinimalCallback {
	constructor() {
		this.description = {
			displayName: 'Minimal Callback',
			name: 'minimalCallback',
			group: ['trigger'],
			version: 1,
			description: 'What ours is measured against',
			defaults: { name: 'Minimal Callback' },
			inputs: [],
			outputs: ['main'],
			credentials: [{ name: 'modicaWhatsAppApi', required: true }],
			webhooks: [{ name: 'default', httpMethod: 'POST', path: 'minimal', responseMode: 'onReceived', responseData: 'noData' }],
			properties: [],
		};
	}

	async webhook() {
		const { callbackUsername, callbackPassword } = await this.getCredentials('modicaWhatsAppApi');
		const expected = `Basic ${Buffer.from(`${callbackUsername}:${callbackPassword}`).toString('base64')}`;
		if (this.getRequestObject().headers.authorization !== expected) {
			this.getResponseObject().writeHead(401).end();
			return { noWebhookResponse: true };
		}
		return { workflowData: [[{ json: this.getBodyData() }]] };
	}
}

module.exports = { MinimalCallback };
