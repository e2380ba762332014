import { invalid } from './errors';
import { parseText } from './text';

/**
 * Returns the URL from which Modica fetches a file.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseUrl(field: string, value: unknown): string {
	const remedy = 'Use the full URL of the file, such as https://example.com/invoice.pdf.';
	const text = parseText(field, value, remedy).trim();
	const url = toUrl(text);
	if (!url || !/^https?:$/.test(url.protocol) || /\s/.test(text)) throw invalid(field, text, 'is not a valid URL', remedy);
	return url.href;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Returns the API's base URL, without a trailing slash.
 * @throws {InputError} if it isn't a URL, or would send the password unencrypted over a network
 */
export function parseBaseUrl(value: unknown): string {
	const example = 'Use the address from Modica, such as https://api.modicagroup.com/rest/wab/v1.';
	const url = toUrl(typeof value === 'string' ? value.trim() : '');
	if (!url) throw invalid('Base URL', withoutLogin(value), 'is not a valid URL', example);
	if (url.username || url.password) {
		throw invalid('Base URL', url.host, 'contains a username or password', "Use the fields 'Username' and 'Password'.");
	}
	if (url.search || url.hash) throw invalid('Base URL', value, 'contains more than an address', example);
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && LOOPBACK.test(url.hostname))) {
		throw invalid(
			'Base URL',
			value,
			'would send the password unencrypted',
			'Use https. Plain http is only for this machine (localhost).',
		);
	}
	return url.href.replace(/\/+$/, '');
}

/** Removes the login from a text that isn't a valid URL but may still contain a password. */
function withoutLogin(value: unknown): unknown {
	return typeof value === 'string' && value.includes('@') ? `…${value.slice(value.lastIndexOf('@'))}` : value;
}

function toUrl(text: string): URL | undefined {
	try {
		return new URL(text);
	} catch {
		return undefined;
	}
}
