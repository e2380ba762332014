import { readFileSync } from 'node:fs';
import path from 'node:path';
import { manifest, PROJECT } from '../../harness/project.mts';
import { disagreements, type Release } from '../../tools/release/agreement.mts';

const RELEASE: Release = { version: '1.2.3', lockedVersion: '1.2.3', changelog: '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-11-24\n', tag: 'v1.2.3' };

describe('a version', () => {
	it('can be published if its tag, package.json, the lock file, and the changelog agree', () => {
		expect(disagreements(RELEASE)).toEqual([]);
	});

	it.each<[string, Partial<Release>, string]>([
		['another tag', { tag: 'v1.2.4' }, 'The tag is "v1.2.4", but package.json has the version 1.2.3. Use the tag v1.2.3'],
		['a tag without v', { tag: '1.2.3' }, 'The tag is "1.2.3", but package.json has the version 1.2.3. Use the tag v1.2.3'],
		['an old lock file', { lockedVersion: '1.2.2' }, 'package-lock.json has the version 1.2.2, but package.json has 1.2.3. Run npm install'],
		['no entry in the changelog', { changelog: '## [Unreleased]\n' }, 'CHANGELOG.md has no section "## [1.2.3] - YYYY-MM-DD"'],
		['no date in the changelog', { changelog: '## [1.2.3]\n' }, 'CHANGELOG.md: "## [1.2.3]" has no date. Use the format "## [1.2.3] - 2026-11-24"'],
		['an invalid version', { version: 'next', lockedVersion: 'next', tag: undefined }, 'package.json: "next" is not a valid version. Use the format 1.2.3'],
	])('cannot be published with %s', (_, difference, problem) => {
		expect(disagreements({ ...RELEASE, ...difference })).toEqual([problem]);
	});
});

describe('the current version', () => {
	it(process.env.RELEASE_TAG ? 'may be published' : 'agrees with itself', () => {
		const { version: lockedVersion } = JSON.parse(readFileSync(path.join(PROJECT, 'package-lock.json'), 'utf8')) as { version: string };
		const changelog = readFileSync(path.join(PROJECT, 'CHANGELOG.md'), 'utf8');
		expect(disagreements({ version: manifest.version, lockedVersion, changelog, tag: process.env.RELEASE_TAG })).toEqual([]);
		// Unreleased changes are listed under this heading.
		expect(changelog).toMatch(/^## \[(Unreleased|\d+\.\d+\.\d+)\]/m);
	});
});
