/**
 * Writes generated.d.mts, the types of openapi.yaml.
 *
 * `tsx test/contract/generate.mts` writes it; with `--check` nothing is written, and the
 * exit code is 1 when the committed file is not what would be written.
 */
import { readFile, writeFile } from 'node:fs/promises';
import openapiTypeScript, { astToString } from 'openapi-typescript';

const source = new URL('openapi.yaml', import.meta.url);
const target = new URL('generated.d.mts', import.meta.url);

const header = '// Written by generate.mts from openapi.yaml. Change that file, then run `npx tsx test/contract/generate.mts`.\n';
// The generator prints four spaces; the rest of the code has tabs.
const withTabs = (code: string) => code.replace(/^( {4})+/gm, (indent) => '\t'.repeat(indent.length / 4));

const generated = header + withTabs(astToString(await openapiTypeScript(source)));

if (process.argv.includes('--check')) {
	const committed = await readFile(target, 'utf8').catch(() => '');
	if (committed !== generated) {
		console.error('generated.d.mts is not what openapi.yaml gives. Run `npx tsx test/contract/generate.mts`.');
		process.exitCode = 1;
	}
} else {
	await writeFile(target, generated);
}
