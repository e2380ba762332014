/** The simulator as a user starts it to send one test event. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';

const received: Array<{ authorization: string | undefined; body: unknown }> = [];
let answer = 200;
let server: Server;
let host: string;

beforeAll(async () => {
	server = createServer((request, response) => {
		let text = '';
		request.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
		request.on('end', () => {
			received.push({ authorization: request.headers.authorization, body: JSON.parse(text) });
			response.writeHead(answer).end();
		});
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
	received.length = 0;
	answer = 200;
});
afterAll(async () => {
	await new Promise((resolve) => server.close(resolve));
});

const execute = promisify(execFile);
const simulator = async (...args: string[]) =>
	await execute(process.execPath, [path.join(import.meta.dirname, '../../harness/program.mjs'), path.join(import.meta.dirname, '../../simulator/main.mts'), ...args]).then(
		({ stdout }) => ({ ended: 'well', printed: stdout }),
		({ stdout, stderr }: { stdout: string; stderr: string }) => ({ ended: 'badly', printed: stdout + stderr }),
	);

describe('npm run simulator', () => {
	it("sends a reply and a status with the URL's login, and ends", async () => {
		const url = `http://modica:p%40ss@${host}/webhook-test/x`;
		expect(await simulator('--reply', 'Kia ora', '--reply-url', url, '--status', 'read', '--status-url', url)).toEqual({
			ended: 'well',
			printed: `${host}/webhook-test/x returned 200\n${host}/webhook-test/x returned 200\n`,
		});
		const authorization = `Basic ${Buffer.from('modica:p@ss').toString('base64')}`;
		expect(received).toEqual([
			{ authorization, body: expect.objectContaining({ source: '64123456789', content: { type: 'text', text: { body: 'Kia ora' } } }) },
			{ authorization, body: expect.objectContaining({ status: 'read' }) },
		]);
	});

	it('explains how to fix a rejected login', async () => {
		answer = 401;
		const { ended, printed } = await simulator('--reply', 'x', '--reply-url', `http://${host}/`);
		expect({ ended, printed }).toEqual({ ended: 'badly', printed: expect.stringMatching(/returned 401\. Add the Callback Username/) });
	});

	it('names the missing URL', async () => {
		expect(await simulator('--reply', 'x')).toEqual({ ended: 'badly', printed: expect.stringMatching(/--reply requires --reply-url/) });
		expect(received).toEqual([]);
	});
});
