/** Shared code of the simulator's tests: a client that never throws on a status, and a receiver of callbacks. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import axios, { type AxiosInstance, type AxiosResponse } from 'axios';
import type { Simulator } from '../simulator/simulator.mts';

/** A client with the correct username and password. It resolves for every status, and opens a connection for each request. */
export const clientOf = (simulator: Simulator): AxiosInstance => {
	const { username, password } = simulator;
	const client = strangerOf(simulator);
	client.defaults.auth = { username, password };
	return client;
};

/** The same client without credentials. */
export const strangerOf = ({ baseUrl }: Simulator): AxiosInstance =>
	axios.create({
		baseURL: baseUrl,
		validateStatus: () => true,
		maxRedirects: 0,
		proxy: false,
		httpAgent: new http.Agent({ keepAlive: false }),
	});

/** Status and body of a response. */
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
	/** Statuses of the next responses, then always 200. 0 closes the connection, and `never` leaves it open. */
	answers: Array<number | 'never'>;
	stop(): Promise<void>;
}

/** Starts a server that receives callbacks. */
export async function startReceiver(): Promise<Receiver> {
	const received: Received[] = [];
	const answers: Receiver['answers'] = [];
	const server = http.createServer((request, response) => {
		let text = '';
		request.setEncoding('utf8').on('data', (chunk: string) => {
			text += chunk;
		});
		request.on('end', () => {
			// Ignores aborted requests.
			if (!request.complete || text === '') return;
			received.push({
				authorization: request.headers.authorization,
				contentType: request.headers['content-type'],
				body: JSON.parse(text) as unknown,
			});
			const status = answers.shift() ?? 200;
			if (status === 'never') return;
			if (status === 0) request.socket.destroy();
			// If the simulator followed a redirect, it would be received as another request.
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
