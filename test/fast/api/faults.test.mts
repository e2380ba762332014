import { recognizeFault } from '../../../nodes/ModicaWhatsApp/api/faults';

/** A socket error of Node.js. */
const socketError = (code: string, syscall?: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
/** As n8n throws it: n8n's error, with axios's as its cause, with that of Node.js as its cause. */
const fromN8n = (cause: object & { code?: string }, code = cause.code) =>
	Object.assign(new Error('The service refused the connection'), { httpCode: code, cause: { isAxiosError: true, code, cause } });
/** With the request that the axios error contains. */
const withRequest = (code: string | undefined, socket: unknown) => ({ httpCode: code, cause: { isAxiosError: true, code, request: { socket } } });
const aggregate = (code: string, errors: Error[]) => Object.assign(new AggregateError(errors), { code });

describe('a network fault', () => {
	it.each([
		['a refused connection', fromN8n(socketError('ECONNREFUSED', 'connect')), 'unreachable'],
		['an unknown host', fromN8n(socketError('ENOTFOUND', 'getaddrinfo')), 'unreachable'],
		['an unresponsive DNS server', fromN8n(socketError('EAI_AGAIN', 'getaddrinfo')), 'unreachable'],
		['a host without a route', fromN8n(socketError('EHOSTUNREACH', 'connect')), 'unreachable'],
		['a route that was lost during a request', fromN8n(socketError('EHOSTUNREACH', 'read')), 'broken'],
		['a connection that was rejected after it was made', fromN8n(socketError('ECONNREFUSED', 'read')), 'broken'],
		['the text of a connection that was rejected after it was made', { httpCode: 'ECONNREFUSED', messages: ['read ECONNREFUSED'] }, 'broken'],
		['a missing client certificate, which the server reports after the handshake', fromN8n({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }), 'broken'],
		['an address that n8n blocks', fromN8n(Object.assign(new Error('The request was blocked'), { name: 'SsrfBlockedIpError' })), 'blocked'],
		['a network that was lost during a request', fromN8n(socketError('ENETUNREACH', 'write')), 'broken'],
		['a connection that was rejected while the request was being written', fromN8n(socketError('ECONNREFUSED', 'write')), 'broken'],
		['several addresses without details', fromN8n(aggregate('ETIMEDOUT', [])), 'broken'],
		['several addresses, all of which are unreachable', fromN8n(aggregate('ETIMEDOUT', [socketError('ETIMEDOUT', 'connect'), socketError('ECONNREFUSED', 'connect')])), 'unreachable'],
		['several addresses, one of which was connected', fromN8n(aggregate('ETIMEDOUT', [socketError('ETIMEDOUT', 'connect'), socketError('ECONNRESET', 'read')])), 'broken'],
		['a timeout', fromN8n({ code: 'ECONNABORTED' }), 'broken'],
		['a timeout without details', fromN8n({ code: 'ETIMEDOUT' }), 'broken'],
		['a broken connection', fromN8n(socketError('ECONNRESET', 'read')), 'broken'],
		['a response that is not HTTP', fromN8n({ code: 'HPE_INVALID_CONSTANT' }), 'broken'],
		['an aborted request', fromN8n({ code: 'ERR_CANCELED' }), 'broken'],
		['a timeout before the TLS handshake is complete', withRequest('ECONNABORTED', { secureConnecting: true }), 'unreachable'],
		['a timeout of a TLS connection', withRequest('ECONNABORTED', { secureConnecting: false }), 'broken'],
		['a timeout of a connection without TLS', withRequest('ECONNABORTED', {}), 'broken'],
		['a timeout of a request without a connection yet', withRequest('ECONNABORTED', null), 'unreachable'],
		['a timeout of a request whose connection is gone', withRequest('ECONNABORTED', undefined), 'broken'],
		['a proxy that closes the connection, without a code', withRequest(undefined, null), 'unreachable'],
		['the text of a failed connection, which is all that n8n 1.x keeps', { httpCode: 'EHOSTUNREACH', messages: ['connect EHOSTUNREACH 203.0.113.7:443'] }, 'unreachable'],
		['the text of a failed connection within a longer text', { httpCode: 'EHOSTUNREACH', messages: ['The service did not answer', 'connect EHOSTUNREACH 203.0.113.7:443'] }, 'unreachable'],
		['the text of a connection that was closed before TLS', { httpCode: 'ECONNRESET', messages: ['Client network socket disconnected before secure TLS connection was established'] }, 'unreachable'],
		['the text of a broken connection', { httpCode: 'EHOSTUNREACH', messages: ['read EHOSTUNREACH'] }, 'broken'],
		['a certificate that was rejected while connecting', withRequest('CERT_HAS_EXPIRED', { secureConnecting: true }), 'untrusted'],
		['an expired certificate', fromN8n({ code: 'CERT_HAS_EXPIRED' }), 'untrusted'],
	])('is recognized by its codes: %s', (_what, error, kind) => {
		expect(recognizeFault(error)?.kind).toBe(kind);
	});

	it.each([
		['a bug', new TypeError('x is not a function')],
		['a Node.js call with an invalid argument', Object.assign(new TypeError('The "chunk" argument must be…'), { code: 'ERR_INVALID_ARG_TYPE' })],
		['a full disk', Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC', syscall: 'write' })],
		['a missing file', Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' })],
		["n8n's error with a bug as its cause", Object.assign(new Error('x'), { httpCode: null, cause: new TypeError('x is not a function') })],
		['a code that is not text', { code: ['ECONNREFUSED'], httpCode: 7 }],
		['a text', 'ECONNREFUSED'],
		['nothing', undefined],
		['an error without a cause', null],
	])('is not recognized in %s', (_what, error) => {
		expect(recognizeFault(error)).toBeUndefined();
	});

	it.each([
		['that of Node.js', fromN8n(socketError('ECONNREFUSED', 'connect')), { kind: 'unreachable', code: 'ECONNREFUSED' }],
		['the outermost of several', { httpCode: 'ECONNABORTED', cause: { code: 'ECONNRESET' } }, { kind: 'broken', code: 'ECONNABORTED' }],
		['that of a certificate', fromN8n({ code: 'CERT_HAS_EXPIRED' }), { kind: 'untrusted', code: 'CERT_HAS_EXPIRED' }],
		['that of a request that was not sent', withRequest('ECONNABORTED', null), { kind: 'unreachable', code: 'ECONNABORTED' }],
		['none if there is none', withRequest(undefined, null), { kind: 'unreachable', code: '' }],
		['none if n8n blocks the address', { name: 'SsrfBlockedIpError', code: 'ECONNREFUSED' }, { kind: 'blocked', code: '' }],
	])('has the right code: %s', (_what, error, fault) => {
		expect(recognizeFault(error)).toEqual(fault);
	});

	it.each([
		[5, 'broken'],
		[6, undefined],
	])('is searched for in at most five nested causes: %i', (depth, kind) => {
		let error: object = { code: 'ECONNRESET' };
		for (let level = 1; level < depth; level++) error = { message: 'failed', cause: error };
		expect(recognizeFault(error)?.kind).toBe(kind);
	});

	it('is not found in an error that is its own cause', () => {
		const error: { cause?: unknown } = {};
		error.cause = error;
		expect(recognizeFault(error)).toBeUndefined();
	});
});
