import type { INodeParameters } from 'n8n-workflow';
import type { Contestant } from './stage.mts';

const TO = '={{ $json.to }}';
const TEXT = '={{ $json.text }}';

/** The package's node. Each item has its own number and text. */
export function ours(options: INodeParameters = {}, more: Partial<Contestant> = {}): Contestant {
	return {
		name: 'this package',
		type: 'n8n-nodes-modica-whatsapp.modicaWhatsApp',
		parameters: () => ({ resource: 'message', operation: 'send', to: TO, messageType: 'text', text: TEXT, options }),
		...more,
	};
}

/** n8n's HTTP Request node, with the same credential and the same body. */
export function httpRequest(options: INodeParameters = {}, more: Partial<Contestant> = {}): Contestant {
	return {
		name: 'HTTP Request',
		type: 'n8n-nodes-base.httpRequest',
		version: 4.2,
		parameters: (baseUrl) => ({
			method: 'POST',
			url: `${baseUrl}/messages`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: 'modicaWhatsAppApi',
			sendBody: true,
			specifyBody: 'json',
			jsonBody: '={{ { to: $json.to, type: "text", text: { body: $json.text } } }}',
			options,
		}),
		...more,
	};
}

/** HTTP Request, configured manually for a rate limit: a batch of requests, then a pause of one second. */
export function httpRequestBatched(limit: number): Contestant {
	return httpRequest({ batching: { batch: { batchSize: limit, batchInterval: 1_000 } } }, { name: 'HTTP Request, batched' });
}

/** HTTP Request with n8n's own *Retry On Fail*. */
export const httpRequestRetrying = httpRequest(
	{},
	{ name: 'HTTP Request, Retry On Fail', settings: { retryOnFail: true, maxTries: 5, waitBetweenTries: 1_000 } },
);

export const sequentialLoop: Contestant = {
	name: 'sequential loop',
	type: 'n8n-nodes-bench-rivals.sequentialLoop',
	parameters: (baseUrl) => ({ baseUrl, to: TO, text: TEXT }),
};

export const declarative: Contestant = {
	name: 'declarative node',
	type: 'n8n-nodes-bench-rivals.declarative',
	parameters: (baseUrl) => ({ baseUrl, to: TO, text: TEXT }),
};

/** n8n's request helper alone, with as many concurrent requests as the package's node. */
export const bareRequests: Contestant = {
	name: "n8n's request helper alone, 25 concurrent requests",
	type: 'n8n-nodes-bench-rivals.bareRequests',
	parameters: (baseUrl) => ({ baseUrl }),
};

/** Sends nothing: measures n8n's own cost for the items. */
export const passOn: Contestant = {
	name: 'node that passes items through',
	type: 'n8n-nodes-bench-rivals.passOn',
	parameters: () => ({}),
};
