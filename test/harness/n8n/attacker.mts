/** An attacker who tries to get the password: a proxy, another host, and an impostor of a host with TLS. */
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import selfsigned from 'selfsigned';

export interface Attacker {
	/** `http://127.0.0.1:PORT`: another host, and a proxy. */
	origin: string;
	/** `https://localhost:PORT`: impersonates the API with a self-signed certificate. */
	impostor: string;
	/** A client that trusts this certificate trusts the impostor. */
	certificate: string;
	/** The requests that the attacker received, such as `GET /messages` or `CONNECT localhost:443`. */
	requests: string[];
	/** The Authorization headers of these requests. */
	captured: string[];
	stop(): Promise<void>;
}

export async function startAttacker(): Promise<Attacker> {
	const requests: string[] = [];
	const captured: string[] = [];
	const note = ({ method, url, headers }: http.IncomingMessage) => {
		requests.push(`${method} ${url}`);
		captured.push(...[headers.authorization, headers['proxy-authorization']].filter((value) => value !== undefined));
	};
	const answer: http.RequestListener = (request, response) => {
		note(request);
		request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
	};
	// The certificate is its own certificate authority.
	const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], {
		extensions: [
			{ name: 'basicConstraints', cA: true, critical: true },
			{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
		],
	});
	const impostor = https.createServer({ key, cert }, answer);
	const plain = http.createServer(answer);
	const sockets = new Set<net.Socket>();
	// The proxy connects every client to the impostor, regardless of the requested host.
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
		captured,
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
