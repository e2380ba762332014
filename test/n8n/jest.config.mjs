import base from '../jest.config.mjs';

/** The tests that take a real n8n: one for all of them, started before the first and ended after the last. */
export default {
	...base,
	rootDir: '../..',
	testMatch: ['<rootDir>/test/n8n/**/*.test.mts'],
	testPathIgnorePatterns: ['/node_modules/'],
	globalSetup: '<rootDir>/test/n8n/setup.mjs',
	globalTeardown: '<rootDir>/test/n8n/teardown.mjs',
	// One n8n on two cores: more at once would only wait for each other.
	maxWorkers: 1,
	// Longer than a test waits for anything, so that it tells what did not come.
	testTimeout: 300_000,
};
