/** The compose files of the guides. The one for queue mode must match the n8n that `test:queue` tests. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { CURRENT } from '../harness/n8n/versions.mts';
import { manifest, PROJECT } from '../harness/project.mts';
import { queueEnvironment, WORKER_CONCURRENCY } from '../harness/queue/environment.mts';

const COMPOSE = 'docs/queue-mode/docker-compose.yml';

interface Compose {
	services: Record<string, { image: string; command?: string; environment?: Record<string, string> }>;
}

describe('the compose file for queue mode', () => {
	const { services } = parse(readFileSync(path.join(PROJECT, COMPOSE), 'utf8'), { merge: true }) as Compose;
	const ofN8n = Object.entries(services).filter(([, { image }]) => image.includes('n8n'));

	it('has the same processes as the tests', () => {
		const commands = ofN8n.map(([, { command = 'start' }]) => command).sort();
		const worker = `worker --concurrency=${WORKER_CONCURRENCY}`;
		expect(commands).toEqual(['start', 'webhook', 'webhook', worker, worker]);
		expect(new Set(ofN8n.map(([, { image }]) => image))).toEqual(new Set([`docker.n8n.io/n8nio/n8n:${CURRENT.version}`]));
	});

	it('has the same environment as the tests, for each process', () => {
		const tested = queueEnvironment({
			redis: { host: 'redis', port: 6379 },
			postgres: { host: 'postgres', port: 5432, user: 'n8n', password: '${POSTGRES_PASSWORD:?}', database: 'n8n' },
			publicUrl: '${WEBHOOK_URL:?}',
			encryptionKey: '${N8N_ENCRYPTION_KEY:?}',
		});
		expect(ofN8n.map(([name, { environment }]) => ({ name, environment }))).toEqual(ofN8n.map(([name]) => ({ name, environment: tested })));
	});
});

describe('the compose file for one process', () => {
	const { services } = parse(readFileSync(path.join(PROJECT, 'docs/docker/docker-compose.yml'), 'utf8')) as Compose;

	it('starts the tested version of n8n, and installs this package', () => {
		const { image, environment = {} } = services.n8n!;
		expect(image).toBe(`docker.n8n.io/n8nio/n8n:${CURRENT.version}`);
		expect(JSON.parse(environment.N8N_COMMUNITY_PACKAGES!)).toEqual([{ name: manifest.name, version: manifest.version }]);
		expect(environment).toMatchObject({ N8N_COMMUNITY_PACKAGES_MANAGED_BY_ENV: 'true', N8N_UNVERIFIED_PACKAGES_ENABLED: 'true' });
	});
});
