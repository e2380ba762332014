/** What the tests of the simulator share: a client that never throws on a status, and a receiver of callbacks. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { Simulator } from '../simulator/simulator.mts';

/** A client with the right user name and password. Every status is an answer; each request has its own connection. */
export const clientOf = (simulator: Simulator): AxiosInstance => {
	const { username, password } = simulator;
	const client = strangerOf(simulator);
	client.defaults.auth = { username, password };
	return client;
};

/** The same without credentials. */
export const strangerOf = ({ baseUrl }: Simulator): AxiosInstance =>
	axios.create({
		baseURL: baseUrl,
		validateStatus: () => true,
		maxRedirects: 0,
		proxy: false,
		httpAgent: new http.Agent({ keepAlive: false }),
	});

/** Status and body of an answer. */
export const seen = ({ status, data }: AxiosResponse<unknown>) => ({ status, data });

export interface Received {
	authorization: string | undefined;
	contentType: string | undefined;
	body: unknown;
}

export interface Receiver {
	/** `http://127.0.0.1:PORT` */
	origin: string;
	received: Received[];
	/** Statuses of the next answers, 200 once they are used up; 0 closes the connection, and `never` leaves it open. */
	answers: Array<number | 'never'>;
	stop(): Promise<void>;
}

/** Starts a server that takes callbacks. */
export async function startReceiver(): Promise<Receiver> {
	const received: Received[] = [];
	const answers: Receiver['answers'] = [];
	const server = http.createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', (chunk: string) => {
			text += chunk;
		});
		request.on('end', () => {
			// Whoever broke off in the middle has sent nothing.
			if (!request.complete || text === '') return;
			received.push({
				authorization: request.headers.authorization,
				contentType: request.headers['content-type'],
				body: JSON.parse(text) as unknown,
			});
			const status = answers.shift() ?? 200;
			if (status === 'never') return;
			if (status === 0) request.socket.destroy();
			// Where a redirect is followed, it is seen as one more request.
			else response.writeHead(status, { location: '/elsewhere' }).end();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		received,
		answers,
		stop: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
