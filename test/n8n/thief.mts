/** Somebody who wants the password: a proxy, a foreign host and the impostor of a host with TLS, all in one. */
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';

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
	const impostor = https.createServer({ key: KEY, cert: CERTIFICATE }, answer);
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
		certificate: CERTIFICATE,
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

/** Of `localhost`, until 2125. Made for this file and used nowhere else. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghi9KPIVkxAF61QYa
tNerMQ1VqO7BqnjvCdUcNtPCDtyhRANCAAS90w1pkDGlqb2wtJyOWHjvBpa7V8Ov
zX87JR+9ThKucTJ+jbCAo5Fobxo/OQOHlXp299p0TWGbUEUITWADh3fH
-----END PRIVATE KEY-----`;

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjUwMTAxMDAwMDAwWhgPMjEyNTAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABL3TDWmQMaWpvbC0
nI5YeO8GlrtXw6/NfzslH71OEq5xMn6NsICjkWhvGj85A4eVenb32nRNYZtQRQhN
YAOHd8ejSDBGMBQGA1UdEQQNMAuCCWxvY2FsaG9zdDAPBgNVHRMBAf8EBTADAQH/
MB0GA1UdDgQWBBRzhZSjld1A9nIyFYvXvx+VVBrIzDAKBggqhkjOPQQDAgNIADBF
AiEAmrP84xfn6RGuPuPuDClZwQrSlJvGUiblz46t5oiTkjgCIB6htxs2Zj+EdnIY
EiSzaRcMoc9L+S0kWKNCry124Uh3
-----END CERTIFICATE-----`;
