import { createServer } from 'node:net';

/** A port of the loopback interface that nobody listens on: the one wished for, if it is free. */
export async function freePort(wished = 0): Promise<number> {
	return await new Promise((resolve, reject) => {
		const probe = createServer();
		probe.once('error', (error: NodeJS.ErrnoException) => {
			if (wished && error.code === 'EADDRINUSE') resolve(freePort());
			else reject(error);
		});
		probe.listen(wished, '127.0.0.1', () => {
			const address = probe.address();
			const port = typeof address === 'object' && address ? address.port : 0;
			probe.close(() => resolve(port));
		});
	});
}
