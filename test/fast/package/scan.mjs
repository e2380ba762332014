/**
 * Lints a package like the scanner that n8n runs to verify community packages (`@n8n/scan-community-package` 0.32.0,
 * `buildScanConfig` and `analyzePackage`), but without its downloads: the official rules, no inline exceptions, the packed
 * files, and the sources. The scanner itself depends on a second TypeScript and a network client, so its settings are
 * repeated here.
 *
 * Usage: node scan.mjs '[["DIRECTORY", "PATTERN", …], …]', which prints ESLint's results for each directory as JSON.
 */
import { createRequire } from 'node:module';
import process from 'node:process';
import { n8nCommunityNodesPlugin } from '@n8n/eslint-plugin-community-nodes';
import { ESLint } from 'eslint';
import { defineConfig } from 'eslint/config';

// The rules for sources need the syntax tree of this parser. The official tool runs them with its own copy of it.
const require = createRequire(import.meta.url);
const officialTool = createRequire(require.resolve('@n8n/node-cli/eslint'));
const { parser } = officialTool('typescript-eslint');
const n8nNodesPlugin = officialTool('eslint-plugin-n8n-nodes-base');

const config = defineConfig(
	n8nCommunityNodesPlugin.configs.recommended,
	{ rules: { 'no-console': 'error' } },
	{ plugins: { 'n8n-nodes-base': n8nNodesPlugin } },
	{ files: ['package.json'], rules: { ...n8nNodesPlugin.configs.community.rules } },
	{
		files: ['**/credentials/**/*.ts'],
		rules: {
			...n8nNodesPlugin.configs.credentials.rules,
			'n8n-nodes-base/cred-class-field-documentation-url-miscased': 'off',
			'n8n-nodes-base/cred-class-field-type-options-password-missing': 'off',
		},
	},
	{
		files: ['**/nodes/**/*.ts'],
		rules: {
			...n8nNodesPlugin.configs.nodes.rules,
			'n8n-nodes-base/node-class-description-inputs-wrong-regular-node': 'off',
			'n8n-nodes-base/node-class-description-outputs-wrong': 'off',
			'n8n-nodes-base/node-param-type-options-max-value-present': 'off',
		},
	},
	{ files: ['**/*.json'], languageOptions: { parser } },
	{ files: ['**/*.ts'], languageOptions: { parser } },
);

async function scan([directory, ...patterns]) {
	const eslint = new ESLint({ cwd: directory, allowInlineConfig: false, overrideConfigFile: true, overrideConfig: config });
	const results = await eslint.lintFiles(patterns);
	return results.map(({ filePath, messages }) => ({ filePath, messages }));
}

const scanned = [];
for (const task of JSON.parse(process.argv[2])) scanned.push(await scan(task));
console.log(JSON.stringify(scanned));
