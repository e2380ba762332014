import { authorizationHeader } from './authorization';

const HIDDEN = '***';
/** Anything shorter is part of many a word, and blanking it out there would tell it. */
const SHORTEST_HIDDEN = 4;

/**
 * The secrets of a request, to be blanked out of what comes back: a credential's, and what n8n signed (links to files, and
 * what answers a question). Some servers and proxies quote the request in their errors, and what an answer holds is
 * stored with the execution.
 */
export class Secrets {
	/** The encoded pair of an `Authorization` header, as it stands there and as it stands in a URL. */
	private readonly encoded: readonly string[];
	private readonly password: readonly string[];

	/**
	 * @param links finds the secret part of what n8n signed, all of them at once; its first group is what stands before it
	 */
	constructor(
		username: unknown,
		password: unknown,
		private readonly links?: RegExp,
	) {
		const pair = authorizationHeader(username, password).replace(/^Basic |=+$/g, '');
		this.encoded = spellings(pair);
		this.password = spellings(String(password ?? ''));
	}

	/** A text without them. */
	hideInText(text: string): string {
		return this.hide(text, [...this.encoded, ...this.password]);
	}

	/**
	 * A body or the headers of an answer without the encoded pair and the links. The password alone stays: it may be a
	 * word like any other, and blanked out of an id it would make another id.
	 */
	hideInAnswer<T>(answer: T): T {
		const text = JSON.stringify(answer) ?? '';
		const hidden = this.hide(text, this.encoded);
		return hidden === text ? answer : (JSON.parse(hidden) as T);
	}

	private hide(text: string, secrets: readonly string[]): string {
		const hidden = secrets.reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
		return this.links ? hidden.replace(this.links, `$1${HIDDEN}`) : hidden;
	}
}

function spellings(secret: string): string[] {
	return secret.length < SHORTEST_HIDDEN ? [] : [...new Set([secret, encodeURIComponent(secret)])];
}
