/** The simulated API for the tests in a real n8n. */
import type { IDataObject } from 'n8n-workflow';
import { UNKNOWN_MESSAGE_ID } from '../../../nodes/ModicaWhatsApp/api/access';
import { startSimulator, type Simulator, type SimulatorSettings } from '../../simulator/simulator.mts';
import type { N8nRest, StoredCredential } from './rest.mts';
import { CREDENTIAL } from './underTest.mts';

export interface ApiUnderTest {
	readonly simulator: Simulator;
	/** n8n's credential for it. */
	readonly credential: StoredCredential;
}

/**
 * Starts a simulated API for each test of a file, and checks every request that it received against the contract.
 * @param more fields of the credential in addition to the login
 */
export function apiUnderTest(rest: N8nRest, settings: Partial<SimulatorSettings> = {}, more: IDataObject = {}): ApiUnderTest {
	let simulator: Simulator;
	let credential: StoredCredential;
	beforeEach(async () => {
		simulator = await startSimulator(settings);
		credential = await rest.createCredential(CREDENTIAL, { ...loginOf(simulator), ...more });
	});
	afterEach(async () => {
		await simulator.stop();
		// Check Health requests a message that can't exist.
		const requests = simulator.requests.filter(({ query }) => query.id !== UNKNOWN_MESSAGE_ID);
		const violations = requests.flatMap((request) => request.violations);
		// Some tests use a wrong login on purpose. In all others, the API's 401 makes the test fail.
		expect(violations.filter(({ field }) => field !== 'authorization')).toEqual([]);
	});
	return {
		get simulator() {
			return simulator;
		},
		get credential() {
			return credential;
		},
	};
}

/** The fields of a credential for a simulator. */
export function loginOf({ username, password, baseUrl }: Simulator): IDataObject {
	return { username, password, baseUrl };
}
