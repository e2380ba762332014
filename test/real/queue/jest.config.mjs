import base from '../n8n/jest.config.mjs';

/** The tests in queue mode. All of them share one n8n of several processes. */
export default {
	...base,
	testMatch: ['<rootDir>/test/real/queue/**/*.test.mts'],
	globalSetup: '<rootDir>/test/harness/queue/setup.mjs',
	globalTeardown: '<rootDir>/test/harness/queue/teardown.mjs',
};
