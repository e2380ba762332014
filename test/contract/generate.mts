/**
 * Writes what follows from openapi.yaml: its types (generated.d.mts), and the previews of what each operation gives,
 * which n8n's editor shows before the first run (`__schema__` beside the nodes).
 *
 * `tsx test/contract/generate.mts` writes them; with `--check` nothing is written, and the exit code is 1 when a
 * committed file is not what would be written, or should not be there.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import openapiTypeScript, { astToString } from 'openapi-typescript';
import { PREVIEW_FOLDER, previews } from './previews.mts';

const types = path.join(import.meta.dirname, 'generated.d.mts');

const header = '// Written by generate.mts from openapi.yaml. Change that file, then run `npx tsx test/contract/generate.mts`.\n';
// The generator prints four spaces; the rest of the code has tabs.
const withTabs = (code: string) => code.replace(/^( {4})+/gm, (indent) => '\t'.repeat(indent.length / 4));

const source = new URL('openapi.yaml', import.meta.url);
const wanted = new Map([
	[types, header + withTabs(astToString(await openapiTypeScript(source)))],
	...previews().map(({ file, schema }) => [file, `${JSON.stringify(schema, null, 2)}\n`] as const),
]);
const committed = new Map<string, string>();
for (const entry of await readdir(PREVIEW_FOLDER, { recursive: true, withFileTypes: true }).catch(() => [])) {
	if (entry.isFile()) committed.set(path.join(entry.parentPath, entry.name), '');
}
for (const file of [types, ...committed.keys()]) committed.set(file, await readFile(file, 'utf8').catch(() => ''));

const wrong = [...new Set([...wanted.keys(), ...committed.keys()])].filter((file) => wanted.get(file) !== committed.get(file));
const check = process.argv.includes('--check');
for (const file of wrong) {
	const text = wanted.get(file);
	if (check) {
		console.error(`${path.relative('.', file)} is not what openapi.yaml gives. Run \`npx tsx test/contract/generate.mts\`.`);
		process.exitCode = 1;
	} else if (text === undefined) {
		await rm(file);
	} else {
		await mkdir(path.dirname(file), { recursive: true });
		await writeFile(file, text);
	}
}
