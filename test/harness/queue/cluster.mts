/** n8n in queue mode: a main process, workers, and webhook processes, separated as if on different machines. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { putPackage } from '../n8n/builtPackage.mts';
import type { N8nInstallation } from '../n8n/install.mts';
import { createUserFolder, startN8n, type Command, type N8nServer } from '../n8n/server.mts';
import { freePort } from '../ports.mts';
import { removeNow } from '../processes.mts';
import { startBalancer } from './balancer.mts';
import { queueEnvironment, WORKER_CONCURRENCY } from './environment.mts';
import { ensureServices, startPostgres, startRedis, type Postgres } from './services.mts';

export type Cluster = {
	/** The URL of the load balancer. */
	publicUrl: string;
	main: N8nServer;
	/** The running workers. A killed worker is removed, and its replacement is added. */
	workers: N8nServer[];
	webhooks: N8nServer[];
	postgres: Postgres;
	startWorker: () => Promise<N8nServer>;
	/** Stops all processes and services. */
	stop: () => Promise<void>;
};

/** The log file in each process's user folder. */
export const LOG_FILE = 'n8n.log';

/**
 * Starts n8n in queue mode. The processes share Redis and PostgreSQL, but no folder.
 * @param options `env` contains additional settings for every process
 * @param onProgress called with a description of each step when it starts
 */
export async function startCluster(
	installation: N8nInstallation,
	{ workers: workerCount, webhooks: webhookCount, env: moreEnv = {} }: { workers: number; webhooks: number; env?: Record<string, string> },
	onProgress: (step: string) => void = () => {},
): Promise<Cluster> {
	await ensureServices(onProgress);
	const servers: N8nServer[] = [];
	const toEnd: Array<() => Promise<void>> = [];
	const stop = async () => {
		await Promise.all(servers.splice(0).map(async ({ stop: end, userFolder }) => {
			await end();
			removeNow(userFolder);
		}));
		for (const end of toEnd.splice(0).reverse()) await end();
	};
	try {
		onProgress('Starting Redis and PostgreSQL');
		const redis = await startRedis();
		toEnd.push(redis.stop);
		const postgres = await startPostgres();
		toEnd.push(postgres.stop);

		const [publicPort = 0, mainPort, ...webhookPorts] = await distinctPorts(2 + webhookCount);
		const url = (port: number | undefined) => `http://127.0.0.1:${port}`;
		const publicUrl = url(publicPort);
		const env = queueEnvironment({ redis, postgres, publicUrl, encryptionKey: randomUUID() });
		const balancer = await startBalancer(publicPort, url(mainPort), webhookPorts.map(url));
		toEnd.push(balancer.stop);
		const start = async (command: Command, port?: number): Promise<N8nServer> => {
			const userFolder = await createUserFolder();
			await putPackage(userFolder);
			const server = await startN8n(installation, {
				command,
				userFolder,
				...(port !== undefined && { port }),
				...(command === 'worker' && { args: [`--concurrency=${WORKER_CONCURRENCY}`] }),
				env: { ...env, ...moreEnv, N8N_LOG_OUTPUT: 'console,file', N8N_LOG_FILE_LOCATION: path.join(userFolder, LOG_FILE) },
			});
			servers.push(server);
			return server;
		};

		onProgress("Starting n8n's main process");
		// Started before the other processes, because it creates the database tables.
		const main = await start('start', mainPort);
		onProgress(`Starting ${workerCount} workers and ${webhookCount} webhook processes`);
		const [workers, webhooks] = await Promise.all([
			Promise.all(Array.from({ length: workerCount }, async () => await start('worker'))),
			Promise.all(webhookPorts.map(async (port) => await start('webhook', port))),
		]);
		return { publicUrl, main, workers, webhooks, postgres, startWorker: async () => await start('worker'), stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

async function distinctPorts(count: number): Promise<number[]> {
	const ports = new Set<number>();
	while (ports.size < count) ports.add(await freePort());
	return [...ports];
}
