/**
 * Writes docs/errors.md: `npm run docs:write`. With `--check` nothing is written, and the exit code is 1 when the page is
 * not what the sources give.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorGuide } from './errorGuide.mts';

const page = path.resolve(import.meta.dirname, '../../docs/errors.md');
const written = errorGuide();
if (!process.argv.includes('--check')) {
	writeFileSync(page, written);
} else if (readFileSync(page, 'utf8') !== written) {
	console.error('docs/errors.md is not what the sources give. Run `npm run docs:write`.');
	process.exitCode = 1;
}
