/** The n8n in queue mode that all tests of a run share. A killed worker is replaced with a new one. */
import { mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureN8n } from '../n8n/install.mts';
import { N8nRest } from '../n8n/rest.mts';
import type { N8nServer } from '../n8n/server.mts';
import { CURRENT } from '../n8n/versions.mts';
import { exitOnSignals, removeAtExit } from '../processes.mts';
import { LOG_FILE, startCluster, type Cluster } from './cluster.mts';
import { share, type WorkerUnderTest } from './underTest.mts';

/** With these settings, n8n fails the jobs of a killed worker after about 30 s instead of 90 s. */
const SHORT_LOCKS = { QUEUE_WORKER_LOCK_DURATION: '30000', QUEUE_WORKER_STALLED_INTERVAL: '5000' };

let cluster: Cluster | undefined;
let isEnding = false;

export async function setUp(): Promise<void> {
	exitOnSignals();
	const version = process.env.N8N_TEST_VERSION ?? CURRENT.version;
	const began = Date.now();
	const tell = (step: string) => console.log(`  ${((Date.now() - began) / 1000).toFixed(0).padStart(3)} s  ${step}`);
	console.log(`\nStarting n8n ${version} in queue mode with the package installed`);
	const installation = await ensureN8n(version, tell);
	cluster = await startCluster(installation, { workers: 2, webhooks: 2, env: SHORT_LOCKS }, tell);
	tell('All processes are ready');

	const folder = await mkdtemp(path.join(tmpdir(), 'n8n-queue-'));
	removeAtExit(folder);
	const workersFile = path.join(folder, 'workers.json');
	await supervise(cluster, workersFile);
	const { session } = await N8nRest.logIn(cluster.main.baseUrl);
	const { publicUrl, webhooks, postgres } = cluster;
	share({ session, publicUrl, webhookUrls: webhooks.map(({ baseUrl }) => baseUrl), workersFile, postgres });
}

export async function tearDown(): Promise<void> {
	isEnding = true;
	await cluster?.stop();
}

/** Replaces each worker that ends, as a process manager does, and maintains a file with the running workers. */
async function supervise({ workers, startWorker }: Cluster, file: string): Promise<void> {
	const write = async () => {
		const present = workers.map(({ pid, userFolder }): WorkerUnderTest => ({ pid, logFile: path.join(userFolder, LOG_FILE) }));
		await writeFile(`${file}.new`, JSON.stringify(present));
		await rename(`${file}.new`, file);
	};
	const watch = (worker: N8nServer) => {
		void worker.ended.then(async () => {
			if (isEnding) return;
			workers.splice(workers.indexOf(worker), 1);
			await write();
			const next = await startWorker();
			workers.push(next);
			watch(next);
			await write();
		});
	};
	workers.forEach(watch);
	await write();
}
