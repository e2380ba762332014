/** An n8n of one's own, with the package as built in `dist/` installed: for whoever needs other settings than the tests' common one. */
import { removeNow } from '../processes.mts';
import { putPackage } from './builtPackage.mts';
import { ensureN8n } from './install.mts';
import { N8nRest } from './rest.mts';
import { createUserFolder, startN8n, type N8nServer } from './server.mts';
import { CURRENT } from './versions.mts';

export interface N8nWithPackage {
	/** The one that runs, or has run last. */
	readonly server: N8nServer;
	readonly rest: N8nRest;
	/** Starts it again, at the same address, after it was stopped or killed. */
	startAgain(): Promise<void>;
	/** Ends n8n and removes all of it. */
	stop(): Promise<void>;
}

/**
 * Puts the package into a new n8n and starts that.
 * @param env n8n's settings, from the folder that it is to live in where they name one
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
			async startAgain() {
				// Whatever was left of it.
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
