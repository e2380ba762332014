/**
 * Writes the pages that are made from the sources: `npm run docs:write`. With `--check` nothing is written, and the exit
 * code is 1 when a page is not what the sources give.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorGuide } from './errorGuide.mts';
import { reference } from './reference.mts';

const PAGES = { 'docs/errors.md': errorGuide, 'docs/reference.md': reference };

for (const [page, write] of Object.entries(PAGES)) {
	const file = path.resolve(import.meta.dirname, '../..', page);
	const written = write();
	if (!process.argv.includes('--check')) {
		writeFileSync(file, written);
	} else if (readFileSync(file, 'utf8') !== written) {
		console.error(`${page} is not what the sources give. Run \`npm run docs:write\`.`);
		process.exitCode = 1;
	}
}
