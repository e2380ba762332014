import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureN8n } from '../../harness/n8n/install.mts';
import { FLOOR } from '../../harness/n8n/versions.mts';

/** A fake npm: logs its arguments, and fails while the file `fails` exists. */
const NPM = `#!/bin/sh
echo "$*" >> "$FAKE_NPM/calls"
sleep 0.2
mkdir -p node_modules/n8n/bin && touch node_modules/n8n/bin/n8n
if [ -e "$FAKE_NPM/fails" ]; then echo 'no such version' >&2; exit 1; fi
`;

let folder: string;
const before = { ...process.env };

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'n8n-install-'));
	writeFileSync(path.join(folder, 'npm'), NPM);
	chmodSync(path.join(folder, 'npm'), 0o755);
	process.env.PATH = `${folder}${path.delimiter}${before.PATH}`;
	process.env.FAKE_NPM = folder;
	process.env.XDG_CACHE_HOME = path.join(folder, 'cache');
});

afterEach(() => {
	process.env.PATH = before.PATH;
	delete process.env.FAKE_NPM;
	if (before.XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
	else process.env.XDG_CACHE_HOME = before.XDG_CACHE_HOME;
	rmSync(folder, { recursive: true });
});

const { version } = FLOOR;
const cache = () => path.join(folder, 'cache', 'n8n-nodes-modica-whatsapp');
const calls = () => readFileSync(path.join(folder, 'calls'), 'utf8').trim().split('\n');
const matching = (pattern: RegExp) => expect.stringMatching(pattern) as string;
const INSTALL_ONCE = ['install --ignore-scripts --no-audit --no-fund', 'rebuild --ignore-scripts=false sqlite3'];

describe('ensureN8n', () => {
	it('installs into the cache folder, once', async () => {
		const installation = {
			version,
			folder: path.join(cache(), `n8n-${version}`),
			node: process.execPath,
			bin: path.join(cache(), `n8n-${version}`, 'node_modules', 'n8n', 'bin', 'n8n'),
		};
		expect(await ensureN8n(version)).toEqual(installation);
		expect(await ensureN8n(version)).toEqual(installation);
		expect(calls()).toEqual(INSTALL_ONCE);
		expect(existsSync(installation.bin)).toBe(true);
		expect(readdirSync(cache())).toEqual([`n8n-${version}`]);
	});

	it('installs once for two concurrent calls', async () => {
		const asked = [1, 2].map(() => {
			const steps: string[] = [];
			return { steps, installation: ensureN8n(version, (step) => steps.push(step)) };
		});
		const [one, other] = await Promise.all(asked.map(async ({ installation }) => await installation));
		expect(one).toEqual(other);
		expect(calls()).toEqual(INSTALL_ONCE);
		// Either of the two may acquire the lock first.
		const waits = [`Waiting for another process to install n8n ${version}`];
		expect(asked.map(({ steps }) => steps)).toEqual(expect.arrayContaining([waits, [/^Downloading/, /^Building/].map(matching)]));
	});

	it('takes over from a process that was killed during the installation', async () => {
		const dead = spawnSync(process.execPath, ['-e', '']).pid;
		mkdirSync(path.join(cache(), `n8n-${version}.unfinished-${dead}`), { recursive: true });
		writeFileSync(path.join(cache(), `n8n-${version}.lock`), String(dead));
		await ensureN8n(version);
		expect(readdirSync(cache())).toEqual([`n8n-${version}`]);
	});

	it("leaves no files if npm fails, and reports npm's error", async () => {
		writeFileSync(path.join(folder, 'fails'), '');
		await expect(ensureN8n(version)).rejects.toThrow(/npm install .*\nno such version/);
		expect(readdirSync(cache())).toEqual([]);
	});

	it('reinstalls if the recipe has changed', async () => {
		await ensureN8n(version);
		const marker = path.join(cache(), `n8n-${version}`, 'installed.json');
		writeFileSync(marker, JSON.stringify({ recipe: { ...FLOOR, overrides: {} } }));
		await ensureN8n(version);
		expect(calls()).toEqual([...INSTALL_ONCE, ...INSTALL_ONCE]);
	});

	it('rejects an invalid version', async () => {
		await expect(ensureN8n('latest')).rejects.toThrow('"latest" is not a valid n8n version. Enter a version such as 2.41.1');
	});
});
