/** Somebody who wants the password: a proxy, a foreign host and the impostor of a host with TLS, all in one. */
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import selfsigned from 'selfsigned';

export interface Thief {
	/** `http://127.0.0.1:PORT`: a host of the thief's, and a proxy. */
	origin: string;
	/** `https://localhost:PORT`: stands where the API should, with a certificate that nobody else has signed. */
	impostor: string;
	/** Makes whoever trusts it trust the impostor. */
	certificate: string;
	/** What got as far as the thief, such as `GET /messages` or `CONNECT localhost:443`. */
	requests: string[];
	/** The Authorization headers that came with them. */
	stolen: string[];
	stop(): Promise<void>;
}

export async function startThief(): Promise<Thief> {
	const requests: string[] = [];
	const stolen: string[] = [];
	const note = ({ method, url, headers }: http.IncomingMessage) => {
		requests.push(`${method} ${url}`);
		stolen.push(...[headers.authorization, headers['proxy-authorization']].filter((value) => value !== undefined));
	};
	const answer: http.RequestListener = (request, response) => {
		note(request);
		request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
	};
	// Its own authority: whoever trusts it trusts the impostor.
	const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
		extensions: [
			{ name: 'basicConstraints', cA: true, critical: true },
			{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
		],
	});
	const impostor = https.createServer({ key, cert }, answer);
	const plain = http.createServer(answer);
	const sockets = new Set<net.Socket>();
	// Whatever the proxy is asked to connect with, it connects with the impostor.
	plain.on('connect', (request, client: net.Socket) => {
		note(request);
		const upstream = net.connect(portOf(impostor), '127.0.0.1', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'));
		for (const [from, to] of [[client, upstream], [upstream, client]] as const) {
			sockets.add(from);
			from.pipe(to).on('error', () => from.destroy());
		}
	});
	for (const server of [plain, impostor]) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		origin: `http://127.0.0.1:${portOf(plain)}`,
		impostor: `https://localhost:${portOf(impostor)}`,
		certificate: cert,
		requests,
		stolen,
		async stop() {
			for (const socket of sockets) socket.destroy();
			for (const server of [plain, impostor]) {
				const closed = new Promise((resolve) => server.close(resolve));
				server.closeAllConnections();
				await closed;
			}
		},
	};
}

function portOf(server: net.Server): number {
	return (server.address() as AddressInfo).port;
}
