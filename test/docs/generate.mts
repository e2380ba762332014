/**
 * Generates pages from the sources, and the charts of the benchmarks: `npm run docs:write`. With `--check`, writes nothing
 * and exits with 1 if a page or chart is outdated.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chartsOf } from '../tools/bench/charts.mts';
import { errorGuide } from './errorGuide.mts';
import { reference } from './reference.mts';

const fileOf = (page: string) => path.resolve(import.meta.dirname, '../..', page);
const pages = { 'docs/errors.md': errorGuide(), 'docs/reference.md': reference(), ...chartsOf(readFileSync(fileOf('docs/benchmarks.md'), 'utf8')) };

for (const [page, written] of Object.entries(pages)) {
	const file = fileOf(page);
	if (!process.argv.includes('--check')) {
		writeFileSync(file, written);
	} else if (readFileSync(file, 'utf8') !== written) {
		console.error(`${page} is outdated. Run \`npm run docs:write\`.`);
		process.exitCode = 1;
	}
}
