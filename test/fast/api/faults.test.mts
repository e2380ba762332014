import { recognizeFault } from '../../../nodes/ModicaWhatsApp/api/faults';

/** An error of Node.js's sockets. */
const socketError = (code: string, syscall?: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
/** As n8n gives it: its own error around axios' around that of Node.js. */
const fromN8n = (cause: object & { code?: string }, code = cause.code) =>
	Object.assign(new Error('The service refused the connection'), { httpCode: code, cause: { isAxiosError: true, code, cause } });
/** With the request that axios’ error holds. */
const withRequest = (code: string | undefined, socket: unknown) => ({ httpCode: code, cause: { isAxiosError: true, code, request: { socket } } });
const aggregate = (code: string, errors: Error[]) => Object.assign(new AggregateError(errors), { code });

describe('a fault of the network', () => {
	it.each([
		['a refused connection', fromN8n(socketError('ECONNREFUSED', 'connect')), 'unreachable'],
		['a host without a name', fromN8n(socketError('ENOTFOUND', 'getaddrinfo')), 'unreachable'],
		['a name server that does not answer', fromN8n(socketError('EAI_AGAIN', 'getaddrinfo')), 'unreachable'],
		['a host without a route', fromN8n(socketError('EHOSTUNREACH', 'connect')), 'unreachable'],
		['a route that was lost on the way', fromN8n(socketError('EHOSTUNREACH', 'read')), 'broken'],
		['a connection that was rejected once it was made', fromN8n(socketError('ECONNREFUSED', 'read')), 'broken'],
		['words of a connection that was rejected once it was made', { httpCode: 'ECONNREFUSED', messages: ['read ECONNREFUSED'] }, 'broken'],
		['a demanded certificate, which the server misses after the handshake', fromN8n({ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }), 'broken'],
		['an address that n8n does not allow', fromN8n(Object.assign(new Error('The request was blocked'), { name: 'SsrfBlockedIpError' })), 'blocked'],
		['a network that was lost on the way', fromN8n(socketError('ENETUNREACH', 'write')), 'broken'],
		['a connection that was rejected while the request was written', fromN8n(socketError('ECONNREFUSED', 'write')), 'broken'],
		['several addresses of which nothing is told', fromN8n(aggregate('ETIMEDOUT', [])), 'broken'],
		['several addresses, none of which can be connected to', fromN8n(aggregate('ETIMEDOUT', [socketError('ETIMEDOUT', 'connect'), socketError('ECONNREFUSED', 'connect')])), 'unreachable'],
		['several addresses, one of which was connected to', fromN8n(aggregate('ETIMEDOUT', [socketError('ETIMEDOUT', 'connect'), socketError('ECONNRESET', 'read')])), 'broken'],
		['no answer in time', fromN8n({ code: 'ECONNABORTED' }), 'broken'],
		['a time-out that says not of what', fromN8n({ code: 'ETIMEDOUT' }), 'broken'],
		['a lost connection', fromN8n(socketError('ECONNRESET', 'read')), 'broken'],
		['an answer that is no HTTP', fromN8n({ code: 'HPE_INVALID_CONSTANT' }), 'broken'],
		['a request that was broken off', fromN8n({ code: 'ERR_CANCELED' }), 'broken'],
		['a time-out before the connection was secure', withRequest('ECONNABORTED', { secureConnecting: true }), 'unreachable'],
		['a time-out of a secure connection', withRequest('ECONNABORTED', { secureConnecting: false }), 'broken'],
		['a time-out of a connection without TLS', withRequest('ECONNABORTED', {}), 'broken'],
		['a time-out of a request without a connection yet', withRequest('ECONNABORTED', null), 'unreachable'],
		['a time-out of a request whose connection is gone', withRequest('ECONNABORTED', undefined), 'broken'],
		['a proxy that hangs up, which has no code', withRequest(undefined, null), 'unreachable'],
		['words of a failed connection, which is all that n8n 1.x keeps', { httpCode: 'EHOSTUNREACH', messages: ['connect EHOSTUNREACH 203.0.113.7:443'] }, 'unreachable'],
		['words of a failed connection among others', { httpCode: 'EHOSTUNREACH', messages: ['The service did not answer', 'connect EHOSTUNREACH 203.0.113.7:443'] }, 'unreachable'],
		['words of a connection that was closed before TLS', { httpCode: 'ECONNRESET', messages: ['Client network socket disconnected before secure TLS connection was established'] }, 'unreachable'],
		['words of a lost connection', { httpCode: 'EHOSTUNREACH', messages: ['read EHOSTUNREACH'] }, 'broken'],
		['a certificate that was refused while connecting', withRequest('CERT_HAS_EXPIRED', { secureConnecting: true }), 'untrusted'],
		['a certificate that has expired', fromN8n({ code: 'CERT_HAS_EXPIRED' }), 'untrusted'],
	])('is told by its codes: %s', (_what, error, kind) => {
		expect(recognizeFault(error)?.kind).toBe(kind);
	});

	it.each([
		['a mistake in the code', new TypeError('x is not a function')],
		['a call of Node.js’s with a wrong argument', Object.assign(new TypeError('The "chunk" argument must be…'), { code: 'ERR_INVALID_ARG_TYPE' })],
		['a full disk', Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC', syscall: 'write' })],
		['a file that is gone', Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' })],
		['n8n’s own error around a mistake', Object.assign(new Error('x'), { httpCode: null, cause: new TypeError('x is not a function') })],
		['a code that is no text', { code: ['ECONNREFUSED'], httpCode: 7 }],
		['a text', 'ECONNREFUSED'],
		['nothing', undefined],
		['an error of nothing', null],
	])('is not seen in %s', (_what, error) => {
		expect(recognizeFault(error)).toBeUndefined();
	});

	it.each([
		['that of Node.js', fromN8n(socketError('ECONNREFUSED', 'connect')), { kind: 'unreachable', code: 'ECONNREFUSED' }],
		['the outermost of several', { httpCode: 'ECONNABORTED', cause: { code: 'ECONNRESET' } }, { kind: 'broken', code: 'ECONNABORTED' }],
		['that of a certificate', fromN8n({ code: 'CERT_HAS_EXPIRED' }), { kind: 'untrusted', code: 'CERT_HAS_EXPIRED' }],
		['that of a request that never left', withRequest('ECONNABORTED', null), { kind: 'unreachable', code: 'ECONNABORTED' }],
		['none where there is none', withRequest(undefined, null), { kind: 'unreachable', code: '' }],
		['none where n8n does not allow the address', { name: 'SsrfBlockedIpError', code: 'ECONNREFUSED' }, { kind: 'blocked', code: '' }],
	])('is told with its code: %s', (_what, error, fault) => {
		expect(recognizeFault(error)).toEqual(fault);
	});

	it.each([
		[5, 'broken'],
		[6, undefined],
	])('is looked for only so deep in errors that cause each other: in %i of them', (depth, kind) => {
		let error: object = { code: 'ECONNRESET' };
		for (let level = 1; level < depth; level++) error = { message: 'failed', cause: error };
		expect(recognizeFault(error)?.kind).toBe(kind);
	});

	it('is not found in an error that causes itself', () => {
		const error: { cause?: unknown } = {};
		error.cause = error;
		expect(recognizeFault(error)).toBeUndefined();
	});
});
