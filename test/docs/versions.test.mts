/** Checks that the documentation names the tested versions of n8n. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CURRENT, FLOOR } from '../harness/n8n/versions.mts';
import { filesIn, PROJECT } from '../harness/project.mts';

const read = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8');
/** All documents, except for measurements, which name the version that was measured. */
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', '.ci/run', ...filesIn('docs').filter((file) => /\.(md|yml)$/.test(file) && file !== 'docs/benchmarks.md')];

describe('the versions of n8n in the documentation', () => {
	it('are the tested ones', () => {
		const named = DOCUMENTS.flatMap((file) => Array.from(read(file).matchAll(/\b(?:n8n|in|and|=|on)[ :=]?(\d+\.\d{2,}\.\d+)\b/g), ([, version]) => ({ file, version })));
		const tested = [CURRENT.version, FLOOR.version];
		expect(named.filter(({ version }) => !tested.includes(version!))).toEqual([]);
		expect(tested.filter((version) => !named.some((name) => name.file === 'README.md' && name.version === version))).toEqual([]);
		// .ci/run tests the newest version by default, without naming it.
		expect(named.filter(({ file }) => file === '.ci/run').map(({ version }) => version)).toEqual([FLOOR.version]);
	});
});
