import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { filesIn, PROJECT } from '../harness/project.mts';
import { PAGES } from './pages.mts';

const MOST_BYTES = 150_000;
const read = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8');
const pictures = filesIn('docs/images');

// `npm run screenshots` updates all screenshots.
describe('the images of the documentation', () => {
	it('include one for each example, with a link in the list of examples', () => {
		const lines = read('examples/README.md').split('\n');
		const missing = filesIn('examples').filter((file) => {
			const name = path.basename(file, '.json');
			const line = lines.find((candidate) => candidate.includes(`](${name}.json): `));
			return file.endsWith('.json') && !line?.endsWith(` ([picture](../docs/images/examples/${name}.png))`);
		});
		expect(missing).toEqual([]);
	});

	it('are all used by a page', () => {
		const used = PAGES.flatMap((page) => Array.from(read(page).matchAll(/(?:\]\(|src(?:set)?=")([^)"]+\.(?:png|svg))/g), ([, link = '']) => path.posix.join(path.posix.dirname(page), link)));
		expect(pictures.filter((file) => !used.includes(file))).toEqual([]);
	});

	it('are at most 150 kB', () => {
		expect(pictures.length).toBeGreaterThan(0);
		expect(pictures.filter((file) => statSync(path.join(PROJECT, file)).size > MOST_BYTES)).toEqual([]);
	});
});
