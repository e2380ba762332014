import base from '../../jest.config.mjs';

/** The tests that run for each mutant: unit tests that take milliseconds. */
export default {
	...base,
	rootDir: '../../..',
	testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
	testMatch: ['<rootDir>/test/fast/{api,callback,operations,parameters}/**/*.test.mts'],
	coverageThreshold: undefined,
};
