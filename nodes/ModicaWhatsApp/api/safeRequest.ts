import type { IHttpRequestOptions } from 'n8n-workflow';

/** A request to either of n8n's HTTP helpers. The older helper, which HTTP Request uses, has its own option names. */
type AnyRequest = IHttpRequestOptions &
	Partial<Record<'uri' | 'rejectUnauthorized' | 'followRedirect' | 'followAllRedirects', unknown>> &
	Partial<Record<(typeof CONNECTION_OPTIONS)[number], unknown>>;

/**
 * Each of these changes which host is reached or trusted. n8n sets `agentOptions`. The rest are options of axios and
 * Node.js.
 */
const CONNECTION_OPTIONS = [
	'agentOptions',
	'agent',
	'httpAgent',
	'httpsAgent',
	'lookup',
	'socketPath',
	'ca',
	'cert',
	'key',
	'pfx',
] as const;

/**
 * Returns a copy of a request that can reach only the given origin, so it's safe to add the password: anyone who may
 * use a credential can define the request, and must not be able to read the password that way.
 * @param origin the only allowed origin, such as `https://api.modicagroup.com`
 * @throws {Error} with what to change, if the request could reach another host
 */
export function safeRequest(original: IHttpRequestOptions, origin: string): AnyRequest {
	// Copied before the checks: what's checked is what's sent, and n8n may expose the original to expressions.
	const request: AnyRequest = { ...original, headers: { ...original.headers } };
	const addresses = [request.baseURL, request.url, request.uri].filter(Boolean);
	for (const address of addresses.length > 0 ? addresses : ['']) {
		const target = originOf(address, request.baseURL);
		if (target !== origin) throw new Error(`This credential is for ${origin} only, not for ${target}`);
	}
	if (request.proxy) {
		throw new Error(
			"This credential can’t be used with a proxy set in the node. Remove 'Proxy' from the node’s options. Set a proxy for all of n8n in its environment.",
		);
	}
	if (request.skipSslCertificateValidation || (request.rejectUnauthorized ?? true) !== true) {
		throw new Error(
			"This credential can’t be used without certificate checks. Turn off 'Ignore SSL Issues' in the node’s options.",
		);
	}
	if (CONNECTION_OPTIONS.some((name) => request[name])) {
		throw new Error(
			"This credential can’t be used with certificates or connection options set in the node. Turn off 'SSL Certificates' in the node’s settings.",
		);
	}
	// Several hosts can share an address. This header selects one.
	if (Object.keys(request.headers ?? {}).some((name) => name.trim().toLowerCase() === 'host')) {
		throw new Error(
			"This credential can’t be used with a Host header set in the node. Remove 'Host' from the node’s headers.",
		);
	}
	// The response to TRACE quotes the request.
	if (String(request.method).trim().toUpperCase() === 'TRACE') {
		throw new Error('This credential can’t be used with the method TRACE. Choose another method in the node.');
	}
	return {
		...request,
		// A redirect can lead to any host.
		disableFollowRedirect: true,
		followRedirect: false,
		followAllRedirects: false,
		maxRedirects: 0,
	};
}

function originOf(address: unknown, baseURL: unknown): string {
	// An object can convert to a different string each time. A base URL is also an address, and is checked first.
	if (typeof address !== 'string') return 'an address that is not text';
	try {
		const { protocol, host } = new URL(address, baseURL ? String(baseURL) : undefined);
		return `${protocol}//${host}`;
	} catch {
		return `"${address}"`;
	}
}
