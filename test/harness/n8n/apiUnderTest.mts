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
 * Gives each test of a file an API of its own, and holds every request that it got to the contract.
 * @param more what the credential has besides the log-in
 */
export function apiUnderTest(rest: N8nRest, settings: Partial<SimulatorSettings> = {}, more: IDataObject = {}): ApiUnderTest {
	let simulator: Simulator;
	let credential: StoredCredential;
	beforeEach(async () => {
		simulator = await startSimulator(settings);
		credential = await rest.createCredential(CREDENTIAL, { ...logInOf(simulator), ...more });
	});
	afterEach(async () => {
		await simulator.stop();
		// What Check Health asks about cannot exist, and the API has to say so.
		const requests = simulator.requests.filter(({ query }) => query.id !== UNKNOWN_MESSAGE_ID);
		const violations = requests.flatMap((request) => request.violations);
		// A wrong log-in is what some tests are about; the API's answer to it shows in the others.
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

/** What goes into a credential for a simulator. */
export function logInOf({ username, password, baseUrl }: Simulator): IDataObject {
	return { username, password, baseUrl };
}
