import base from '../../jest.config.mjs';

/** The tests in a real n8n. All of them share one n8n, which starts before the first test and stops after the last. */
export default {
	...base,
	rootDir: '../../..',
	testMatch: ['<rootDir>/test/real/n8n/**/*.test.mts'],
	testEnvironment: '<rootDir>/test/harness/n8n/environment.mjs',
	globalSetup: '<rootDir>/test/harness/n8n/setup.mjs',
	globalTeardown: '<rootDir>/test/harness/n8n/teardown.mjs',
	moduleNameMapper: {},
	// All tests share one n8n, so more workers would wait for each other.
	maxWorkers: 1,
	// With this limit, Jest would run the tests in a child process, which doesn't receive the signal to stop.
	workerIdleMemoryLimit: undefined,
	// Longer than any wait in a test, so that the test itself reports which event didn't occur.
	testTimeout: 300_000,
};
