/**
 * Network situations, as real as they can be on a single machine: sockets, TLS, proxies. Situations that can't be reproduced
 * are replaced by the error that Node.js or n8n creates for them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import selfsigned from 'selfsigned';

export type Told = 'sent' | 'not sent' | 'may have been sent';

/** What a situation needs to run. */
export interface Network {
	/** Messages that Modica's side received completely. */
	received: number;
	/** An HTTPS server with a trusted certificate. */
	secure(onRequest: (request: IncomingMessage, response: ServerResponse) => void): Promise<string>;
	/**
	 * A server that receives raw connections.
	 * @returns its port
	 */
	bare(onConnection: (socket: Socket) => void): Promise<number>;
	/** Makes n8n use the proxy at this address for all requests, like an administrator. */
	proxy(url: string): void;
	/**
	 * A proxy that handles CONNECT requests with this function.
	 * @returns its address
	 */
	proxyThat(onConnect: (socket: Socket) => void): Promise<string>;
	/** A certificate for a host, from a trusted or an untrusted authority. */
	certificate(host: string, options?: { days?: number; trusted?: boolean }): Promise<{ key: string; cert: string }>;
	/** Registers a cleanup function. */
	after(undo: () => void): void;
}

export interface Situation {
	/** Also appears in docs/errors.md. */
	name: string;
	told: Told;
	/** Pattern for the error. Missing if the message is sent. */
	words?: RegExp;
	/** Sets up the situation. Returns the base URL, or the error if there is none. */
	play(network: Network): Promise<string | { error: object }>;
}

const TAKEN = JSON.stringify({ message_id: 'an-id', status: 'accepted' });
const accept = (response: ServerResponse, headers: Record<string, string> = {}) => response.writeHead(202, { 'content-type': 'application/json', ...headers }).end(TAKEN);
const answering = (status: number, headers: Record<string, string> = {}, body = '') => async (network: Network) =>
	await network.secure((_request, response) => response.writeHead(status, headers).end(body));
const hangUp = (socket: Socket) => socket.destroy();
const httpsAt = (port: number) => `https://127.0.0.1:${port}`;
const connectError = (code: string, syscall: string) => Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
/** A host behind a proxy, whose name is never looked up here. */
const BEHIND_PROXY = 'https://api.example.com';

/** Refuses the first connections with `refuse`, and is a working server from then on. */
async function comesBack(network: Network, failures: number, refuse: (socket: Socket) => void): Promise<string> {
	const working = new URL(await network.secure((_request, response) => accept(response)));
	let connections = 0;
	const port = await network.bare((socket) => {
		if (connections++ < failures) return refuse(socket);
		const onward = net.connect(Number(working.port), '127.0.0.1');
		socket.pipe(onward).pipe(socket);
		onward.on('error', () => socket.destroy());
	});
	return httpsAt(port);
}

/** Rejects the first request, which doesn't count as received, and accepts the others. */
async function refusedAtFirst(network: Network, refuse: (response: ServerResponse) => void): Promise<string> {
	let isFirst = true;
	return await network.secure((_request, response) => {
		if (isFirst) {
			network.received--;
			refuse(response);
		} else accept(response);
		isFirst = false;
	});
}

/** A port at which the kernel drops connection requests, because its queue is full. */
async function swallowingPort(network: Network): Promise<number> {
	const script = "const s = require('net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(s.address().port))";
	const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
	network.after(() => child.kill('SIGKILL'));
	const port = Number(String((await once(child.stdout, 'data'))[0]));
	child.kill('SIGSTOP');
	for (let filler = 0; filler < 4; filler++) {
		const socket = net.connect(port, '127.0.0.1');
		socket.on('error', () => {});
		network.after(() => socket.destroy());
	}
	return port;
}

export const SITUATIONS: Situation[] = [
	// Nothing was sent, and this is certain.
	{ name: 'The connection is refused', told: 'not sent', words: /connection refused/, play: async () => await Promise.resolve(httpsAt(9)) },
	{ name: 'The hostname does not exist', told: 'not sent', words: /the host does not exist|the DNS lookup failed/, play: async () => await Promise.resolve('https://nowhere.invalid') },
	{
		name: 'n8n blocks requests to the address (SSRF protection)',
		told: 'not sent',
		words: /n8n blocks requests/,
		play: async () => await Promise.resolve({ error: Object.assign(new Error('The request was blocked because it resolves to a restricted IP address'), { name: 'SsrfBlockedIpError' }) }),
	},
	{ name: 'The DNS server does not respond', told: 'not sent', words: /the DNS lookup failed/, play: async () => await Promise.resolve({ error: connectError('EAI_AGAIN', 'getaddrinfo') }) },
	{ name: 'No route to the host while connecting', told: 'not sent', words: /the host is unreachable/, play: async () => await Promise.resolve({ error: connectError('EHOSTUNREACH', 'connect') }) },
	{
		name: 'One of the host’s addresses does not respond, and another refuses the connection',
		told: 'not sent',
		words: /the connection timed out/,
		play: async () =>
			await Promise.resolve({ error: Object.assign(new AggregateError([connectError('ETIMEDOUT', 'connect'), connectError('ECONNREFUSED', 'connect')]), { code: 'ETIMEDOUT' }) }),
	},
	{ name: 'A firewall drops connection attempts', told: 'not sent', words: /the connection timed out/, play: async (network) => httpsAt(await swallowingPort(network)) },
	{ name: 'The server does not respond to the TLS handshake', told: 'not sent', words: /the connection timed out/, play: async (network) => httpsAt(await network.bare(() => {})) },
	{ name: 'The server closes the connection during the TLS handshake', told: 'not sent', words: /closed during the TLS handshake/, play: async (network) => httpsAt(await network.bare((socket) => socket.end())) },
	{
		name: 'The server resets the connection during the TLS handshake',
		told: 'not sent',
		words: /closed during the TLS handshake/,
		play: async (network) => httpsAt(await network.bare((socket) => socket.once('data', () => socket.resetAndDestroy()))),
	},
	{
		name: 'The server speaks plain HTTP',
		told: 'not sent',
		words: /the TLS handshake failed/,
		play: async (network) => httpsAt(await network.bare((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')))),
	},
	...(
		[
			['has an unknown issuer', 'localhost', { trusted: false }],
			['has expired', 'localhost', { days: -1 }],
			['is for another host', 'other.example.com', {}],
		] as const
	).map(
		([which, host, options]): Situation => ({
			name: `The server’s certificate ${which}`,
			told: 'not sent',
			words: /its certificate is not trusted/,
			play: async (network) => {
				const server = https.createServer(await network.certificate(host, options), (request, response) => {
					void take(network, request).then(() => accept(response));
				});
				return (await listen(network, server)).replace('127.0.0.1', 'localhost');
			},
		}),
	),
	{ name: 'The proxy refuses the connection', told: 'not sent', words: /connection refused/, play: async (network) => behind(network, 'http://127.0.0.1:9') },
	{ name: 'The proxy does not respond', told: 'not sent', words: /the connection timed out/, play: async (network) => behind(network, await network.proxyThat(() => {})) },
	{ name: 'The proxy closes the connection', told: 'not sent', words: /no connection was established/, play: async (network) => behind(network, await network.proxyThat(hangUp)) },
	{
		name: 'The proxy’s own certificate is not trusted',
		told: 'not sent',
		words: /no connection was established|certificate is not trusted/,
		play: async (network) => {
			const server = tls.createServer(await network.certificate('localhost', { trusted: false }), () => {});
			return behind(network, await listen(network, server));
		},
	},
	{
		name: 'The proxy connects, and closes the connection during the TLS handshake',
		told: 'not sent',
		words: /closed during the TLS handshake/,
		play: async (network) => behind(network, await network.proxyThat((socket) => void socket.once('data', () => socket.destroy()).write('HTTP/1.1 200 OK\r\n\r\n'))),
	},
	{
		name: 'The proxy requires authentication (407)',
		told: 'not sent',
		words: /^The proxy between n8n and Modica returned 407/,
		play: async (network) => behind(network, await network.proxyThat((socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n'))),
	},
	...([400, 401, 403, 404, 422] as const).map(
		(status): Situation => ({ name: `Modica returns ${status}`, told: 'not sent', words: new RegExp(`^Modica returned ${status}`), play: answering(status, {}, '{"message":"no","error":"no","statusCode":500}') }),
	),
	{
		name: 'Modica returns 422, and the connection is lost during the response',
		told: 'not sent',
		words: /^Modica returned 422/,
		play: async (network) =>
			await network.secure((_request, response) => {
				response.writeHead(422, { 'content-length': '100' });
				response.write('{"errors"', () => response.socket?.destroy());
			}),
	},
	{ name: 'Modica returns 302, like the login page of a network', told: 'not sent', words: /^Modica returned 302/, play: answering(302, { location: 'https://portal.example.com/' }) },

	// The message may have been sent.
	{ name: 'The request times out after the TLS handshake', told: 'may have been sent', words: /the request timed out/, play: async (network) => await network.secure(() => {}) },
	{ name: 'The connection is closed after the request', told: 'may have been sent', words: /the connection was lost/, play: async (network) => await network.secure((request) => request.socket.destroy()) },
	{
		name: 'The connection is closed after the request, behind a proxy',
		told: 'may have been sent',
		words: /the connection was lost/,
		play: async (network) => {
			const origin = new URL(await network.secure((request) => request.socket.destroy()));
			const proxy = await network.proxyThat((socket) => {
				const onward = net.connect(Number(origin.port), '127.0.0.1');
				socket.write('HTTP/1.1 200 OK\r\n\r\n');
				socket.pipe(onward).pipe(socket);
				onward.on('error', () => socket.destroy());
			});
			network.proxy(proxy);
			return origin.href.replace('127.0.0.1', 'localhost');
		},
	},
	{ name: 'The route is lost after connecting', told: 'may have been sent', words: /the request failed/, play: async () => await Promise.resolve({ error: connectError('EHOSTUNREACH', 'read') }) },
	{ name: 'A firewall rejects the connection after connecting', told: 'may have been sent', words: /the request failed/, play: async () => await Promise.resolve({ error: connectError('ECONNREFUSED', 'read') }) },
	{ name: 'The network is lost after connecting', told: 'may have been sent', words: /the request failed/, play: async () => await Promise.resolve({ error: connectError('ENETUNREACH', 'write') }) },
	{
		name: 'The connection is lost during the response',
		told: 'may have been sent',
		words: /the connection was lost/,
		play: async (network) =>
			await network.secure((_request, response) => {
				response.writeHead(202, { 'content-length': '100' });
				response.write('{"message_id"', () => response.socket?.destroy());
			}),
	},
	{
		name: 'The response is too slow',
		told: 'may have been sent',
		words: /the request timed out/,
		play: async (network) =>
			await network.secure((_request, response) => {
				response.writeHead(202);
				const drip = setInterval(() => response.write(' '), 50);
				network.after(() => clearInterval(drip));
			}),
	},
	{
		name: 'The response is not HTTP',
		told: 'may have been sent',
		words: /the request failed/,
		play: async (network) => {
			const server = tls.createServer(await network.certificate('localhost'), (socket) => {
				socket.on('error', () => {}).once('data', () => {
					network.received++;
					socket.end('SSH-2.0-OpenSSH_9.2\r\n');
				});
			});
			return await listen(network, server);
		},
	},
	{ name: 'The response does not match its content encoding', told: 'may have been sent', words: /the request failed/, play: answering(202, { 'content-encoding': 'gzip' }, 'no gzip') },
	{
		name: 'The response decompresses to many times its size (gzip)',
		told: 'may have been sent',
		words: /without a valid message ID/,
		play: async (network) => await network.secure((_request, response) => response.writeHead(202, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(2 ** 24, ' ')))),
	},
	{
		name: 'The response decompresses to many times its size (Brotli)',
		told: 'may have been sent',
		words: /without a valid message ID/,
		play: async (network) => await network.secure((_request, response) => response.writeHead(202, { 'content-encoding': 'br' }).end(brotliCompressSync(Buffer.alloc(2 ** 24, ' ')))),
	},
	{ name: 'The response is a success without a message ID', told: 'may have been sent', words: /without a valid message ID/, play: answering(200, {}, '<html>Welcome</html>') },
	...([303, 408, 500, 502, 504] as const).map(
		(status): Situation => ({ name: `Modica returns ${status}`, told: 'may have been sent', words: new RegExp(`^Modica returned ${status}`), play: answering(status) }),
	),
	{
		name: 'The proxy returns 503 and identifies itself',
		told: 'may have been sent',
		words: /^The proxy between n8n and Modica returned 503/,
		play: async (network) =>
			behind(network, await network.proxyThat((socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\nContent-Length: 0\r\n\r\n'))),
	},
	{
		name: 'The proxy returns 503 and does not identify itself',
		told: 'may have been sent',
		words: /^Modica returned 503/,
		play: async (network) => behind(network, await network.proxyThat((socket) => socket.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'))),
	},

	// The message is sent, once.
	{ name: 'No fault', told: 'sent', play: async (network) => await network.secure((_request, response) => accept(response)) },
	{ name: 'The host recovers within 15 s', told: 'sent', play: async (network) => await comesBack(network, 3, (socket) => socket.end()) },
	{ name: 'TLS recovers after a reset', told: 'sent', play: async (network) => await comesBack(network, 2, (socket) => socket.once('data', () => socket.resetAndDestroy())) },
	{
		name: 'Modica returns 429 at first, and the connection is lost during the response',
		told: 'sent',
		play: async (network) =>
			await refusedAtFirst(network, (response) => {
				response.writeHead(429, { 'retry-after': '1', 'content-length': '100' });
				response.write('{"message"', () => response.socket?.destroy());
			}),
	},
	{
		name: 'Modica returns 429 at first',
		told: 'sent',
		play: async (network) => await refusedAtFirst(network, (response) => response.writeHead(429, { 'retry-after': '1' }).end()),
	},
];

function behind(network: Network, proxy: string): string {
	network.proxy(proxy);
	return BEHIND_PROXY;
}

/** Counts a request that is complete. */
async function take(network: Network, request: IncomingMessage): Promise<void> {
	await text(request);
	network.received++;
}

async function listen(network: Network, server: net.Server): Promise<string> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.on('error', () => {});
	});
	server.on('tlsClientError', () => {});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	network.after(() => {
		server.close();
		for (const socket of sockets) socket.destroy();
	});
	const scheme = server instanceof https.Server || server instanceof tls.Server ? 'https' : 'http';
	return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Takes a thousandth of the time of an RSA key. */
const KEY = { keyType: 'ec', algorithm: 'sha256' } as const;

/** A certificate authority that this process trusts until it's closed. */
export async function openAuthority() {
	const authority = await selfsigned.generate([{ name: 'commonName', value: 'An authority for tests' }], {
		...KEY,
		extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
	});
	const stranger = await selfsigned.generate([{ name: 'commonName', value: 'An authority nobody knows' }], {
		...KEY,
		extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
	});
	// n8n uses the authorities that Node.js trusts, and Node.js 20 doesn't accept others at runtime.
	const { createSecureContext } = tls;
	tls.createSecureContext = (options) => {
		const context = createSecureContext(options);
		(context.context as { addCACert(certificate: string): void }).addCACert(authority.cert);
		return context;
	};
	return {
		async certificate(host: string, { days = 365, trusted = true } = {}) {
			const { cert, private: key } = trusted ? authority : stranger;
			const day = 24 * 3_600_000;
			const made = await selfsigned.generate([{ name: 'commonName', value: host }], {
				...KEY,
				notBeforeDate: new Date(Date.now() - 10 * day),
				notAfterDate: new Date(Date.now() + days * day),
				ca: { cert, key },
				extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }, ...(host === 'localhost' ? [{ type: 7 as const, ip: '127.0.0.1' }] : [])] }],
			});
			return { key: made.private, cert: made.cert };
		},
		close() {
			tls.createSecureContext = createSecureContext;
		},
	};
}

/** Creates a network for one situation, and the function that cleans up after it. */
export function createNetwork(certificate: Network['certificate']): { network: Network; undo: () => void } {
	const undoing: Array<() => void> = [];
	const network: Network = {
		received: 0,
		async secure(onRequest) {
			const server = https.createServer(await certificate('localhost'), (request, response) => {
				void take(network, request).then(() => onRequest(request, response));
			});
			return await listen(network, server);
		},
		async bare(onConnection) {
			const server = net.createServer((socket) => {
				socket.on('error', () => {});
				onConnection(socket);
			});
			return Number(new URL(await listen(network, server)).port);
		},
		proxy(url) {
			const before = { https_proxy: process.env.https_proxy, no_proxy: process.env.no_proxy };
			Object.assign(process.env, { https_proxy: url, no_proxy: '' });
			network.after(() => {
				for (const [name, value] of Object.entries(before)) {
					if (value === undefined) delete process.env[name];
					else process.env[name] = value;
				}
			});
		},
		async proxyThat(onConnect) {
			const server = http.createServer();
			server.on('connect', (_request, socket: Socket) => {
				socket.on('error', () => {});
				onConnect(socket);
			});
			return await listen(network, server);
		},
		certificate,
		after: (undo) => undoing.push(undo),
	};
	return { network, undo: () => undoing.reverse().forEach((undo) => undo()) };
}
