/** The settings that make one n8n of several processes: what `test:queue` runs with, and what docs/scaling.md tells to set. */

export type Addresses = {
	redis: { host: string; port: number };
	postgres: { host: string; port: number; user: string; password: string; database: string };
	/** Where all of it is reached from outside: the load balancer. */
	publicUrl: string;
	encryptionKey: string;
};

/** How many executions a worker has under way at once. */
export const WORKER_CONCURRENCY = 10;

/** The same for every process: main, workers and webhook processes. */
export function queueEnvironment({ redis, postgres, publicUrl, encryptionKey }: Addresses): Record<string, string> {
	return {
		EXECUTIONS_MODE: 'queue',
		QUEUE_BULL_REDIS_HOST: redis.host,
		QUEUE_BULL_REDIS_PORT: String(redis.port),
		DB_TYPE: 'postgresdb',
		DB_POSTGRESDB_HOST: postgres.host,
		DB_POSTGRESDB_PORT: String(postgres.port),
		DB_POSTGRESDB_DATABASE: postgres.database,
		DB_POSTGRESDB_USER: postgres.user,
		DB_POSTGRESDB_PASSWORD: postgres.password,
		N8N_ENCRYPTION_KEY: encryptionKey,
		WEBHOOK_URL: publicUrl,
		N8N_EDITOR_BASE_URL: publicUrl,
		// Files in the database: processes on several machines share no folder.
		N8N_DEFAULT_BINARY_DATA_MODE: 'database',
		// What a person runs by hand belongs on the workers, too.
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		// Callbacks go to the webhook processes alone, so that the editor stays quick.
		N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
		// Several times the callbacks: an engine for expressions is only made when one is to be evaluated.
		N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
	};
}
