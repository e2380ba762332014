/** The settings for queue mode, as used by `test:queue` and recommended in docs/scaling.md. */

export type Addresses = {
	redis: { host: string; port: number };
	postgres: { host: string; port: number; user: string; password: string; database: string };
	/** The URL of the load balancer. */
	publicUrl: string;
	encryptionKey: string;
};

/** Maximum number of concurrent executions of a worker. */
export const WORKER_CONCURRENCY = 10;

/** The environment variables of every process: main, workers, and webhook processes. */
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
		// Files are stored in the database, because processes on different machines share no folder.
		N8N_DEFAULT_BINARY_DATA_MODE: 'database',
		// Manual executions run on the workers, too.
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
		// Only the webhook processes handle callbacks, so that the editor stays responsive.
		N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
		// Handles several times as many callbacks: n8n prepares an expression engine only when it needs one.
		N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
	};
}
