/** `npm run mutation`: see CONTRIBUTING.md. */
export default {
	testRunner: 'jest',
	plugins: ['@stryker-mutator/jest-runner'],
	jest: { projectType: 'custom', configFile: 'test/tools/mutation/jest.config.mjs', enableFindRelatedTests: true },
	coverageAnalysis: 'perTest',
	mutate: ['nodes/ModicaWhatsApp/{api,callback,operations,parameters}/**/*.ts'],
	// Code that is evaluated once when a file is loaded, mostly descriptions for the editor, requires all tests for each
	// mutant. `test/fast/package/descriptions.test.mts` tests this code.
	ignoreStatic: true,
	// For a machine with two cores.
	concurrency: 2,
	timeoutMS: 20_000,
	reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
	htmlReporter: { fileName: 'artifacts/mutation/index.html' },
	jsonReporter: { fileName: 'artifacts/mutation/mutation.json' },
	clearTextReporter: { allowColor: false, reportTests: false, reportMutants: true },
	tempDirName: 'artifacts/stryker',
	ignorePatterns: ['artifacts', 'dist', 'docs', 'examples', '.ci', '.github'],
	thresholds: { high: 95, low: 90, break: 85 },
};
