/** One n8n of several processes: a main one, workers and webhook processes, as on machines of their own. */
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
	/** The load balancer in front of all. */
	publicUrl: string;
	main: N8nServer;
	/** Live: who was killed is not among them, who took the place is. */
	workers: N8nServer[];
	webhooks: N8nServer[];
	postgres: Postgres;
	startWorker: () => Promise<N8nServer>;
	/** Ends all of it, and all services. */
	stop: () => Promise<void>;
};

/** The file in its user folder into which each process logs, too. */
export const LOG_FILE = 'n8n.log';

/**
 * Starts a whole n8n in queue mode. The processes share Redis and PostgreSQL and no folder.
 * @param options `env` is for settings of every process beyond those of the guide
 * @param onProgress is told each step as it begins
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

		onProgress('Starting the main process of n8n');
		// First and alone: it makes the tables.
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
