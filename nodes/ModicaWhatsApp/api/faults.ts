/** How far a request got before its connection failed. */
export type FaultKind =
	/** No connection was established, or the TLS handshake was incomplete, so nothing was sent. */
	| 'unreachable'
	/** The server's certificate was refused before anything was sent. */
	| 'untrusted'
	/** n8n doesn't allow requests to the host, so nothing was sent. */
	| 'blocked'
	/** Timeout, lost connection, or unreadable response: the request may have been fulfilled. */
	| 'broken';

export interface Fault {
	readonly kind: FaultKind;
	/** The code that Node.js, OpenSSL, or axios reports, such as `ECONNREFUSED`. */
	readonly code: string;
}

/** Codes of attempts that this package aborts, in addition to the codes of Node.js. */
export const STALLED = 'STALLED';
export const TOO_LATE = 'TOO_LATE';

/** Codes that mean connecting failed even if the error doesn't name the system call. */
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
/** System calls that establish a connection. Errors of all other calls come from an established connection. */
const CONNECT_SYSCALLS = new Set(['connect', 'getaddrinfo']);

/**
 * Codes of an untrusted server certificate, which is rejected before anything is sent. EPROTO and TLS alerts from the
 * server are excluded: they also occur on an established connection.
 */
const UNTRUSTED = /^(?!.*_ALERT_).*(CERT|SELF_SIGNED|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER|ERR_TLS)/;

/** Other network error codes: sockets, TLS, Node.js's HTTP parser, and axios. */
const NETWORK =
	/^(E(AI_\w+|ADDRNOTAVAIL|CONN\w+|HOST\w+|NET\w+|PIPE|PROTO|TIMEDOUT)|ERR_(BAD_RESPONSE|CANCELED|NETWORK|SSL_\w+|STREAM_PREMATURE_CLOSE)|HPE_\w+|UND_ERR_\w+)$/;

/** n8n's protection against requests to internal addresses (SSRF). */
const BLOCKED = /^SsrfBlocked/;

/** Messages of Node.js for an attempt that failed before anything could be sent. */
const BEFORE_SENDING = /^((connect|getaddrinfo) E[A-Z_]+\b|Client network socket disconnected before secure TLS connection was established$)/;

/** Messages of Node.js for errors on an established connection. */
const AFTER_CONNECTING = /^(read|write) E[A-Z_]+\b/;

/** Maximum depth of causes to check: n8n's error wraps that of axios, which wraps that of Node.js. */
const MAX_CAUSE_DEPTH = 5;

/**
 * Returns the network fault behind a rejected request, or undefined for any other error, such as a bug in this package.
 *
 * EHOSTUNREACH, ENETUNREACH, ETIMEDOUT, and ECONNREFUSED prove that nothing was sent only while connecting. Linux also
 * reports them on an established connection whose route is lost or rejected, when the request may have arrived.
 */
export function recognizeFault(error: unknown): Fault | undefined {
	const chain = causesOf(error);
	if (chain.some(({ name }) => BLOCKED.test(String(name)))) return { kind: 'blocked', code: '' };
	const code = chain.flatMap(codesOf).find((candidate) => isNetworkCode(candidate));
	if (code !== undefined && UNTRUSTED.test(code)) return { kind: 'untrusted', code };
	// A proxy's refusal to connect has no code.
	if (chain.some(neverLeft)) return { kind: 'unreachable', code: code ?? '' };
	if (code === undefined) return undefined;
	if (chain.some(wasConnected)) return { kind: 'broken', code };
	const neverConnected = NEVER_CONNECTED.has(code) || isConnecting(chain.at(-1));
	return { kind: neverConnected ? 'unreachable' : 'broken', code };
}

/**
 * Whether the request of an axios error was certainly not sent: its TLS handshake was incomplete, or it had no
 * connection yet, for example while a proxy establishes one. Node.js writes a request to a TLS connection only after
 * the handshake, and the socket still shows this state when the attempt ends, even after a timeout. Plain HTTP
 * (loopback only) has no such state. n8n 1.x keeps only the messages of the causes.
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
	/** The code of the wrapped error, if this is n8n's NodeApiError. */
	readonly httpCode?: unknown;
	readonly syscall?: unknown;
	/** The messages of the wrapped errors, if this is n8n's NodeApiError. */
	readonly messages?: unknown;
	readonly cause?: unknown;
	/** Node.js's request, if this is an axios error. */
	readonly request?: unknown;
	/** One error for each address of the host, if this is an AggregateError. */
	readonly errors?: unknown;
}

function isErrorLike(value: unknown): value is ErrorLike {
	return isObject(value);
}

function isObject(value: unknown): value is object {
	return typeof value === 'object' && value !== null;
}

/** Returns the error and its causes, the innermost last. */
function causesOf(error: unknown): ErrorLike[] {
	const chain: ErrorLike[] = [];
	for (let next = error; isErrorLike(next) && chain.length < MAX_CAUSE_DEPTH; next = next.cause) chain.push(next);
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
