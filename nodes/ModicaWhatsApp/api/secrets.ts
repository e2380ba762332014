import { authorizationHeader } from './authorization';

const HIDDEN = '***';
/** Shorter secrets occur inside ordinary words, and masking them there would reveal them. */
const MIN_HIDDEN_LENGTH = 4;

/**
 * Masks the secrets of a request in its response: those of the credential, and URLs that n8n signed (links to files,
 * links that answer a question). Some servers and proxies quote the request in their errors, and n8n stores the
 * response with the execution.
 */
export class Secrets {
	/** The encoded pair of an `Authorization` header, both as is and URL-encoded. */
	private readonly encoded: readonly string[];
	private readonly password: readonly string[];

	/** @param links matches the secret part of every signed URL (global flag); the first group is the part before it */
	constructor(
		username: unknown,
		password: unknown,
		private readonly links?: RegExp,
	) {
		const pair = authorizationHeader(username, password).replace(/^Basic |=+$/g, '');
		this.encoded = spellings(pair);
		this.password = spellings(String(password ?? ''));
	}

	/** Returns a text with all secrets masked. */
	hideInText(text: string): string {
		return this.hide(text, [...this.encoded, ...this.password]);
	}

	/**
	 * Returns a body or headers with the encoded pair and the signed URLs masked. The password alone is not masked: it
	 * may be an ordinary word, and masking it inside an ID would change the ID.
	 */
	hideInResponse<T>(response: T): T {
		const text = JSON.stringify(response) ?? '';
		const hidden = this.hide(text, this.encoded);
		return hidden === text ? response : (JSON.parse(hidden) as T);
	}

	private hide(text: string, secrets: readonly string[]): string {
		const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
		return this.links ? hidden.replace(this.links, `$1${HIDDEN}`) : hidden;
	}
}

function spellings(secret: string): string[] {
	return secret.length < MIN_HIDDEN_LENGTH ? [] : [...new Set([secret, encodeURIComponent(secret)])];
}
