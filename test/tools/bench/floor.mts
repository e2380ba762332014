/**
 * The lower bound for all durations: a bare client with persistent connections, in a separate process outside n8n.
 * `floor.mts BASE_URL AUTHORIZATION COUNT CONNECTIONS` sends messages and prints the duration in milliseconds.
 */
import { Agent, request } from 'node:http';

const [baseUrl = '', authorization = '', count = '0', connections = '1'] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true, maxSockets: Number(connections) });

function send(index: number): Promise<void> {
	const body = JSON.stringify({ to: `+6421${1_000_000 + index}`, type: 'text', text: { body: `Hello ${index}` } });
	return new Promise((resolve, reject) => {
		const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization };
		request(`${baseUrl}/messages`, { method: 'POST', agent, headers }, (answer) => {
			answer.resume().once('end', resolve);
		})
			.once('error', reject)
			.end(body);
	});
}

const began = performance.now();
let next = 0;
await Promise.all(
	Array.from({ length: Number(connections) }, async () => {
		while (next < Number(count)) await send(next++);
	}),
);
console.log(performance.now() - began);
agent.destroy();
