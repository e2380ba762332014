/** The n8n that all tests of a run share, with the built package installed. */
import { exitOnSignals, removeNow } from '../processes.mts';
import { putPackage } from './builtPackage.mts';
import { ensureN8n } from './install.mts';
import { N8nRest } from './rest.mts';
import { createUserFolder, startN8n, type N8nServer } from './server.mts';
import { share } from './underTest.mts';
import { CURRENT } from './versions.mts';

let server: N8nServer | undefined;

export async function setUp(): Promise<void> {
	exitOnSignals();
	const version = process.env.N8N_TEST_VERSION ?? CURRENT.version;
	console.log(`\nStarting n8n ${version} with the package installed`);
	const installation = await ensureN8n(version, (step) => console.log(`  ${step}`));

	const userFolder = await createUserFolder();
	await putPackage(userFolder);

	// The default in n8n 2.x. n8n 1.x keeps files in memory by default.
	server = await startN8n(installation, { userFolder, env: { N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem' } });
	const { session } = await N8nRest.logIn(server.baseUrl);
	share({ handle: { installation, baseUrl: server.baseUrl, userFolder, env: server.env }, session });
}

export async function tearDown(): Promise<void> {
	if (!server) return;
	await server.stop();
	removeNow(server.userFolder);
}
