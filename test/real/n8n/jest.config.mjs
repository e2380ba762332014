import base from '../../jest.config.mjs';

/** The tests that take a real n8n: one for all of them, started before the first and ended after the last. */
export default {
	...base,
	rootDir: '../../..',
	testMatch: ['<rootDir>/test/real/n8n/**/*.test.mts'],
	testEnvironment: '<rootDir>/test/harness/n8n/environment.mjs',
	globalSetup: '<rootDir>/test/harness/n8n/setup.mjs',
	globalTeardown: '<rootDir>/test/harness/n8n/teardown.mjs',
	moduleNameMapper: {},
	// One n8n on two cores: more at once would only wait for each other.
	maxWorkers: 1,
	// With it Jest would run them in another process than the one that is told to end.
	workerIdleMemoryLimit: undefined,
	// Longer than a test waits for anything, so that it tells what did not come.
	testTimeout: 300_000,
};
