/** What a failed connection means for its request. */
export type FaultKind =
	/** No connection was made, or it was not secure yet, so nothing was sent. */
	| 'unreachable'
	/** The server's certificate was refused before anything was sent. */
	| 'untrusted'
	/** n8n itself does not allow requests to the host, so nothing was sent. */
	| 'blocked'
	/** Time-outs, lost connections, unreadable answers: the request may have been fulfilled. */
	| 'broken';

export interface Fault {
	readonly kind: FaultKind;
	/** As Node.js, OpenSSL or axios calls it, such as `ECONNREFUSED`. */
	readonly code: string;
}

/** Codes of attempts that were broken off here, beside those of Node.js. */
export const STALLED = 'STALLED';
export const TOO_LATE = 'TOO_LATE';

/** Codes of a failed attempt to connect, where the error does not name the system call. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** System calls of an attempt to connect. An error of any other came from an established connection. */
const CONNECT_SYSCALLS = new Set(['connect', 'getaddrinfo']);

/**
 * Codes of a server certificate that cannot be trusted; found before anything is sent. Not EPROTO, nor the alerts of the
 * other side: a connection that was let in can come to them as well.
 */
const UNTRUSTED = /^(?!.*_ALERT_).*(CERT|SELF_SIGNED|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER|ERR_TLS)/;

/** Other codes of the network: of sockets, of TLS, of Node.js's HTTP parser, and of axios. */
const NETWORK =
	/^(E(AI_\w+|ADDRNOTAVAIL|CONN\w+|HOST\w+|NET\w+|PIPE|PROTO|TIMEDOUT)|ERR_(BAD_RESPONSE|CANCELED|NETWORK|SSL_\w+|STREAM_PREMATURE_CLOSE)|HPE_\w+|UND_ERR_\w+)$/;

/** n8n's protection against requests to internal addresses (SSRF). */
const BLOCKED = /^SsrfBlocked/;

/** How Node.js words an attempt that failed before anything could be sent. */
const BEFORE_SENDING = /^((connect|getaddrinfo) E[A-Z_]+\b|Client network socket disconnected before secure TLS connection was established$)/;

/** How it words the fault of an established connection. */
const AFTER_CONNECTING = /^(read|write) E[A-Z_]+\b/;

/** Errors hold their causes several deep: n8n's holds axios', which holds that of Node.js. */
const DEEPEST_CAUSE = 5;

/**
 * The network's fault in what a request rejected with; undefined for anything else, such as a mistake in our own code.
 *
 * EHOSTUNREACH, ENETUNREACH, ETIMEDOUT and ECONNREFUSED are certain only while connecting: Linux also reports them on an
 * established connection whose route is lost or rejected, when the request may have arrived.
 */
export function recognizeFault(error: unknown): Fault | undefined {
	const chain = causesOf(error);
	if (chain.some(({ name }) => BLOCKED.test(String(name)))) return { kind: 'blocked', code: '' };
	const code = chain.flatMap(codesOf).find((candidate) => isNetworkCode(candidate));
	if (code !== undefined && UNTRUSTED.test(code)) return { kind: 'untrusted', code };
	// A proxy's refusal has no code.
	if (chain.some(neverLeft)) return { kind: 'unreachable', code: code ?? '' };
	if (code === undefined) return undefined;
	if (chain.some(wasConnected)) return { kind: 'broken', code };
	const neverConnected = NEVER_CONNECTED.has(code) || isConnecting(chain.at(-1));
	return { kind: neverConnected ? 'unreachable' : 'broken', code };
}

/**
 * True when the request of an error of axios's certainly never left: its connection was not secure yet, or it had
 * none yet, as while a proxy makes one. Node.js writes a request to a TLS connection only after the handshake, and
 * whatever ends the attempt before, be it a time-out, leaves this to be seen. Plain HTTP (loopback only) gives no such
 * sign. n8n 1.x keeps only the words of the causes.
 */
function neverLeft({ request, messages }: ErrorLike): boolean {
	if (hasWords(messages, BEFORE_SENDING)) return true;
	if (!isObject(request) || !('socket' in request)) return false;
	const { socket } = request;
	return socket === null || (isObject(socket) && 'secureConnecting' in socket && socket.secureConnecting === true);
}

function wasConnected({ syscall, messages }: ErrorLike): boolean {
	return syscall === 'read' || syscall === 'write' || hasWords(messages, AFTER_CONNECTING);
}

function hasWords(messages: unknown, pattern: RegExp): boolean {
	return Array.isArray(messages) && messages.some((words) => pattern.test(String(words)));
}

interface ErrorLike {
	readonly name?: unknown;
	readonly code?: unknown;
	/** Where n8n's NodeApiError keeps the code of what it wraps. */
	readonly httpCode?: unknown;
	readonly syscall?: unknown;
	/** Where n8n's NodeApiError keeps the words of what it wraps. */
	readonly messages?: unknown;
	readonly cause?: unknown;
	/** Of an error of axios's: Node.js's request. */
	readonly request?: unknown;
	/** Of an AggregateError: one for each address of a host. */
	readonly errors?: unknown;
}

function isErrorLike(value: unknown): value is ErrorLike {
	return isObject(value);
}

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}

/** The error and its causes, the innermost last. */
function causesOf(error: unknown): ErrorLike[] {
	const chain: ErrorLike[] = [];
	for (let next = error; isErrorLike(next) && chain.length < DEEPEST_CAUSE; next = next.cause) chain.push(next);
	return chain;
}

function codesOf({ httpCode, code }: ErrorLike): string[] {
	return [httpCode, code].filter((candidate) => typeof candidate === 'string');
}

function isNetworkCode(code: string): boolean {
	return NETWORK.test(code) || UNTRUSTED.test(code) || NEVER_CONNECTED.has(code);
}

function isConnecting(error: ErrorLike | undefined): boolean {
	if (!error) return false;
	if (Array.isArray(error.errors)) {
		return error.errors.length > 0 && error.errors.every((each) => isErrorLike(each) && isConnecting(each));
	}
	return CONNECT_SYSCALLS.has(String(error.syscall));
}
