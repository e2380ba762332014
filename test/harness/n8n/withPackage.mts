/** A separate n8n with the built package installed, for tests that need other settings than the shared n8n has. */
import { removeNow } from '../processes.mts';
import { putPackage } from './builtPackage.mts';
import { ensureN8n } from './install.mts';
import { N8nRest } from './rest.mts';
import { createUserFolder, startN8n, type N8nServer } from './server.mts';
import { CURRENT } from './versions.mts';

export interface N8nWithPackage {
	/** The running n8n, or the one that ran last. */
	readonly server: N8nServer;
	readonly rest: N8nRest;
	/** Restarts n8n at the same address, after it was stopped or killed. */
	restart(): Promise<void>;
	/** Stops n8n and removes its files. */
	stop(): Promise<void>;
}

/**
 * Starts a new n8n with the package installed.
 * @param env n8n's settings, or a function that derives them from n8n's user folder
 */
export async function startWithPackage(
	env: Record<string, string> | ((userFolder: string) => Record<string, string>) = {},
	version = process.env.N8N_TEST_VERSION ?? CURRENT.version,
): Promise<N8nWithPackage> {
	const installation = await ensureN8n(version, console.log);
	const userFolder = await createUserFolder();
	await putPackage(userFolder);
	const options = { userFolder, env: typeof env === 'function' ? env(userFolder) : env };
	let server = await startN8n(installation, options);
	const stop = async () => {
		await server.stop();
		removeNow(userFolder);
	};
	try {
		let rest = await N8nRest.logIn(server.baseUrl);
		return {
			get server() {
				return server;
			},
			get rest() {
				return rest;
			},
			async restart() {
				// Ends child processes that are still running after a kill.
				await server.stop();
				server = await startN8n(installation, { ...options, port: Number(new URL(server.baseUrl).port) });
				rest = await N8nRest.logIn(server.baseUrl);
			},
			stop,
		};
	} catch (error) {
		await stop();
		throw error;
	}
}
