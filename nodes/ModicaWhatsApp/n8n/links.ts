import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import type { Context } from '../operations/operation';
import { invalid } from '../parameters/errors';

const LINK_LIVES_S = 24 * 60 * 60;

/** What to do if n8n's links can't be opened from the internet. */
export const PUBLIC_URL_REMEDY =
	'Set n8n’s environment variable WEBHOOK_URL to its public address, such as https://n8n.example.com/, and restart n8n';

/**
 * Matches the secret part of a link that n8n signed, to a file or a question, in any encoding, or of a payload that
 * answers a question. The first group is the part before it.
 */
export const LINK_SECRET = /(binary-data(?:\\?\/|%2F)signed(?:\?|%3F)token(?:=|%3D)|[?&]signature=|%26signature%3D|MW1\.\d\.)[\w.~-]+/gi;

/**
 * Returns a function that creates links at which n8n serves binary data without authentication until they expire
 * (`/rest/binary-data/signed`).
 * @param apiBaseUrl the API's base URL: an API on this machine can also open links to this machine
 */
export function openLinks(
	{ createBinarySignedUrl }: Pick<IExecuteFunctions['helpers'], 'createBinarySignedUrl'>,
	apiBaseUrl: unknown,
): Context['linkTo'] {
	const links = new Map<string, string>();
	const mayBePrivate = isPrivateUrl(apiBaseUrl);
	return (binary, { parameter, name }, scheduled) => {
		if (!binary.id) {
			throw invalid(
				parameter,
				name,
				'is in n8n’s memory, so Modica cannot download it',
				'Set n8n’s environment variable N8N_DEFAULT_BINARY_DATA_MODE to filesystem (database or s3 if n8n runs in several processes) and restart n8n, or use the URL of the file.',
			);
		}
		// The same link for the same file, so that equal messages are sent as one broadcast.
		const key = `${binary.id} ${scheduled ?? ''}`;
		const link = links.get(key) ?? createLink(binary, scheduled);
		links.set(key, link);
		const { origin, hostname } = new URL(link);
		if (isPrivate(hostname) && !mayBePrivate) {
			throw invalid(
				parameter,
				name,
				`cannot be downloaded by Modica: n8n’s address, ${origin}, is not public`,
				`${PUBLIC_URL_REMEDY}, or use the URL of the file.`,
			);
		}
		return link;
	};

	function createLink(binary: IBinaryData, scheduled: string | undefined): string {
		const dueInS = scheduled === undefined ? 0 : Math.ceil((Date.parse(scheduled) - Date.now()) / 1_000);
		return createBinarySignedUrl(binary, `${Math.max(0, dueInS) + LINK_LIVES_S}s`);
	}
}

/**
 * Loopback and unspecified addresses (RFC 1122), private networks (RFC 1918, 4193, 6598), and link-local addresses (RFC
 * 3927, 4291).
 */
const PRIVATE_ADDRESSES = [
	/^(0|10|127)\./,
	/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
	/^169\.254\./,
	/^172\.(1[6-9]|2\d|3[01])\./,
	/^192\.168\./,
	/^\[(::1?\]|::ffff:|f[cd]|fe[89ab])/,
];
/** Names that are valid only on one machine or network (RFC 6761, 6762, 8375), and names without a dot. */
const PRIVATE_NAMES = /^[^.:[\]]+$|\.(localhost|local|internal|lan|home\.arpa)$/;

/** Whether an API is on this machine or network, so that it can open private addresses. */
export function isPrivateUrl(url: unknown): boolean {
	return isPrivate(new URL(String(url)).hostname);
}

/** @param hostname in the format of URLs: in lower case, IPv4 addresses in four parts, and IPv6 addresses in brackets */
export function isPrivate(hostname: string): boolean {
	return PRIVATE_NAMES.test(hostname) || PRIVATE_ADDRESSES.some((address) => address.test(hostname));
}
