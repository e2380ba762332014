import { readFileSync } from 'node:fs';
import { SITUATIONS } from '../fast/node/networks.mts';

it('docs/errors.md lists the simulated network situations and their results, and other pages their number', () => {
	const rows = readFileSync('docs/errors.md', 'utf8').matchAll(/^\| ([^|]+) \| (sent|not sent|may have been sent) \|$/gm);
	expect([...rows].map(([, name, told]) => ({ name, told }))).toEqual(SITUATIONS.map(({ name, told }) => ({ name, told })));
	for (const page of ['docs/architecture.md', 'docs/campaigns.md', 'CHANGELOG.md']) expect(readFileSync(page, 'utf8')).toContain(`${SITUATIONS.length} situations`);
});
