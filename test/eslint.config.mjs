// For the tests and their tools; n8n's own lint looks after the package's sources.
// Run from the project's top: npx eslint -c test/eslint.config.mjs test
import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
	{ ignores: ['**/node_modules/', '**/generated.d.mts'] },
	{
		files: ['test/**/*.mts'],
		extends: [js.configs.recommended, tseslint.configs.recommendedTypeChecked],
		languageOptions: { parserOptions: { project: 'tsconfig.json', tsconfigRootDir: import.meta.dirname } },
		linterOptions: { reportUnusedDisableDirectives: 'error' },
		rules: {
			// Jest's matchers, `expect.any` and the like, are `any` by declaration.
			'@typescript-eslint/no-unsafe-argument': 'off',
			'@typescript-eslint/no-unsafe-assignment': 'off',
			// A method of n8n is called with another `this` in every test of a node.
			'@typescript-eslint/unbound-method': 'off',
			// What an item or a parameter holds may be anything; a test or a table that shows it as text is the worse for it.
			'@typescript-eslint/no-base-to-string': 'off',
			'@typescript-eslint/restrict-template-expressions': 'off',
			// Leaving a field out of the rest of an object is a use of it; so is a column of a table of cases that names them.
			'@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
			// A fake keeps to an interface, whether or not it has anything to wait for.
			'@typescript-eslint/require-await': 'off',
		},
	},
);
