import base from '../n8n/jest.config.mjs';

/** The tests that take an n8n of several processes: one for all of them. */
export default {
	...base,
	testMatch: ['<rootDir>/test/real/queue/**/*.test.mts'],
	globalSetup: '<rootDir>/test/harness/queue/setup.mjs',
	globalTeardown: '<rootDir>/test/harness/queue/teardown.mjs',
};
