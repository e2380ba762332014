import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, copyFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { manifest, PROJECT } from '../../harness/project.mts';
import { run } from '../../harness/run.mts';
import { billOfMaterials, buildTarball, type Tarball } from '../../tools/release/build.mts';

/** The folder in which `npm run release:check` expects the release. Other test runs write no files. */
const { RELEASE_FOLDER } = process.env;
const MOST_BYTES = 135_000;

let temporary: string;
let tarballs: Tarball[];
let unpacked: string;

beforeAll(async () => {
	temporary = mkdtempSync(path.join(tmpdir(), 'release-'));
	// Simulates two machines with different file permissions. A tarball with timestamps would also differ, because the
	// second is packed later.
	const before = process.umask();
	tarballs = [];
	for (const umask of [0o022, 0o077]) {
		process.umask(umask);
		try {
			tarballs.push(await buildTarball(path.join(temporary, umask === 0o022 ? 'one' : 'another folder')));
		} finally {
			process.umask(before);
		}
	}
	unpacked = path.join(temporary, 'unpacked');
	mkdirSync(unpacked);
	await run('tar', ['-xzf', tarballs[0]!.file], unpacked);
}, 180_000);

afterAll(() => rmSync(temporary, { recursive: true, force: true }));

const files = () =>
	readdirSync(unpacked, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath, entry.name));

/** Patterns that must not occur in a published package. */
const SECRETS: Record<string, RegExp> = {
	'a private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
	'a token of npm or GitHub': /\b(npm_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/,
	'a key of a cloud': /\bAKIA[0-9A-Z]{16}\b/,
	'an encoded log-in': /\bBasic (?=[a-z]*[A-Z0-9+/])[A-Za-z0-9+/]{12,}={0,2}/,
	'a log-in in an address': /:\/\/(?!user:password@)[^\s/@"'`<>{}$]+:[^\s/@"'`<>{}$]+@/,
};

describe('the tarball', () => {
	it('is identical for two copies of the sources', () => {
		expect(tarballs.map(({ sha256 }) => sha256)).toEqual([tarballs[0]?.sha256, tarballs[0]?.sha256]);
		console.log(`${path.basename(tarballs[0]!.file)}: ${tarballs[0]?.size} bytes, SHA-256 ${tarballs[0]?.sha256}`);
	});

	it('is named after its version, and small', () => {
		expect(path.basename(tarballs[0]!.file)).toBe(`${manifest.name}-${manifest.version}.tgz`);
		expect(tarballs[0]?.size).toBeLessThan(MOST_BYTES);
	});

	it('contains no secrets and no local paths', () => {
		const found = files().flatMap((file) => {
			const content = readFileSync(file, 'utf8');
			const secrets = Object.entries(SECRETS).filter(([, pattern]) => pattern.test(content));
			const paths = [PROJECT, temporary, homedir()].filter((folder) => folder.length > 1 && content.includes(folder));
			return [...secrets.map(([name]) => name), ...paths].map((what) => `${path.basename(file)}: ${what}`);
		});
		expect(found).toEqual([]);
	});

	it('is rejected if it contains one', () => {
		const planted = ['-----BEGIN RSA PRIVATE KEY-----', `npm_${'a'.repeat(36)}`, 'AKIAABCDEFGHIJKLMNOP', 'Basic d2FiX2RlbW86d2Fi', 'https://wab:demo@example.com'];
		expect(planted.map((text) => Object.values(SECRETS).findIndex((pattern) => pattern.test(text)))).toEqual([0, 1, 2, 3, 4]);
		expect(Object.values(SECRETS).filter((pattern) => pattern.test('https://user:password@example.com'))).toEqual([]);
	});
});

describe('package.json', () => {
	it('can be published only by a workflow, with provenance', () => {
		expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true });
		// The registry compares it with the repository in which the workflow ran.
		expect(manifest.repository).toMatchObject({ type: 'git', url: expect.stringMatching(/^git\+https:\/\/github\.com\/[\w-]+\/n8n-nodes-modica-whatsapp\.git$/) });
	});
});

describe('the bill of materials', () => {
	it('lists the package and its bundled libraries', async () => {
		const text = await billOfMaterials();
		const bill = JSON.parse(text) as { bomFormat: string; metadata: { component: Record<string, unknown> }; components: unknown[] };
		const { name, version, purl, licenses } = bill.metadata.component;
		expect({ bomFormat: bill.bomFormat, name, version, purl, licenses, components: bill.components }).toEqual({
			bomFormat: 'CycloneDX',
			name: manifest.name,
			version: manifest.version,
			purl: `pkg:npm/${manifest.name}@${manifest.version}`,
			licenses: [{ license: { id: manifest.license } }],
			components: [
				{ type: 'library', name: 'content-disposition', version: expect.stringMatching(/^3\./), purl: expect.stringMatching(/^pkg:npm\/content-disposition@3\./), licenses: [{ license: { id: 'MIT' } }] },
				{ type: 'library', name: 'marked', version: expect.stringMatching(/^18\./), purl: expect.stringMatching(/^pkg:npm\/marked@18\./), licenses: [{ license: { id: 'MIT' } }] },
				{ type: 'library', name: 'libphonenumber-js', version: expect.stringMatching(/^1\./), purl: expect.stringMatching(/^pkg:npm\/libphonenumber-js@1\./), licenses: [{ license: { id: 'MIT' } }] },
			],
		});
		if (!RELEASE_FOLDER) return;
		// The files of the release, after all checks passed.
		const { file, sha256 } = tarballs[0]!;
		mkdirSync(RELEASE_FOLDER, { recursive: true });
		copyFileSync(file, path.join(RELEASE_FOLDER, path.basename(file)));
		writeFileSync(path.join(RELEASE_FOLDER, `${path.basename(file)}.sha256`), `${sha256}  ${path.basename(file)}\n`);
		writeFileSync(path.join(RELEASE_FOLDER, `${manifest.name}-${manifest.version}.cdx.json`), text);
	});
});
