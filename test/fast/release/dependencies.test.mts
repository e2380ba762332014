import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT } from '../../harness/project.mts';

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(path.join(tmpdir(), 'dependencies-'));
	for (const file of ['test/bootstrap.mjs', 'test/progress.mjs', 'package-lock.json']) cpSync(path.join(PROJECT, file), path.join(folder, file));
	mkdirSync(path.join(folder, 'node_modules'));
	// A stand-in for npm that records its arguments.
	const npm = path.join(folder, 'bin/npm');
	mkdirSync(path.dirname(npm));
	writeFileSync(npm, `#!/bin/sh\necho "$@" >> '${folder}/asked'\n`);
	chmodSync(npm, 0o755);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The npm command that a task runs in a fresh clone. The task itself fails, because nothing was installed. */
async function askedOfNpm(env: NodeJS.ProcessEnv): Promise<string> {
	const { GITHUB_ACTIONS: _, ...others } = process.env;
	const child = spawn(process.execPath, ['test/bootstrap.mjs', 'simulator'], {
		cwd: folder,
		stdio: 'ignore',
		env: { ...others, PATH: `${path.join(folder, 'bin')}${path.delimiter}${process.env.PATH}`, ...env },
	});
	await once(child, 'close');
	const asked = path.join(folder, 'asked');
	return existsSync(asked) ? readFileSync(asked, 'utf8').trim() : '';
}

describe('dependencies', () => {
	it('are installed exactly from the lock file, without scripts, where a release is made', async () => {
		expect(await askedOfNpm({ GITHUB_ACTIONS: 'true' })).toBe('ci --ignore-scripts --no-audit --no-fund');
	});

	it('are installed for the current platform elsewhere', async () => {
		expect(await askedOfNpm({})).toBe('install --ignore-scripts --no-audit --no-fund');
	});
});
