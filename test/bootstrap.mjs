/**
 * Runs the npm tasks with more than one command: see TASKS, and CONTRIBUTING.md for their descriptions.
 *
 * Works in a fresh clone: it installs missing or outdated dependencies, then runs the task. So it's plain JavaScript
 * without dependencies.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { elapsed, step } from './progress.mjs';

const PROJECT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const MODULES = path.join(PROJECT, 'node_modules');
/** Contains the hash of the lockfile from which the dependencies were installed. */
const INSTALLED = path.join(MODULES, '.installed-from');
/** What the type check found last: it looks again only at what has changed. */
const TYPES_CHECKED = path.join(MODULES, '.cache/typescript/test.tsbuildinfo');

const TASKS = {
	bench: (args) => runTypeScript('test/tools/bench/main.mts', args),
	mutation: (args) => inherit(bin('@stryker-mutator/core', 'stryker'), ['run', 'test/tools/mutation/stryker.config.mjs', ...args]),
	'release:check': checkRelease,
	screenshots: takeScreenshots,
	start: (args) => runTypeScript('test/tools/demo/main.mts', args),
	soak: async (args) => {
		await step('Building the package', build);
		await runTypeScript('test/tools/soak/main.mts', args);
	},
	simulate: (args) => runTypeScript('test/simulation/main.mts', args),
	simulator: (args) => runTypeScript('test/simulator/main.mts', args),
	test: runChecks,
	'test:browser': (args) => runN8nTests('test/real/browser', args),
	'test:prepare': prepareTests,
	'test:n8n': (args) => runN8nTests('test/real/n8n', args),
	'test:queue': (args) => runN8nTests('test/real/queue', args),
};

/** A program that failed and has printed the reason itself. */
class ProgramFailed extends Error {
	constructor(code) {
		super(`exited with ${code}`);
		this.code = code;
	}
}

async function main([name = '', ...args]) {
	const task = TASKS[name];
	if (!task) throw new Error(`Unknown task "${name}". Valid tasks: ${Object.keys(TASKS).join(', ')}`);
	if (installedFrom() !== lockFileHash()) await step('Installing dependencies', installDependencies);
	await task(args);
}

async function installDependencies() {
	// A release uses exactly the versions in the lockfile. Elsewhere, `npm install` is used, because the lockfile contains
	// packages for other operating systems, which a mirror may not have.
	const command = process.env.GITHUB_ACTIONS ? 'ci' : 'install';
	await capture('npm', [command, '--ignore-scripts', '--no-audit', '--no-fund']);
	// Hashed again, because npm may have updated the lockfile.
	writeFileSync(INSTALLED, lockFileHash());
}

function installedFrom() {
	return existsSync(INSTALLED) ? readFileSync(INSTALLED, 'utf8') : undefined;
}

function lockFileHash() {
	return createHash('sha256').update(readFileSync(path.join(PROJECT, 'package-lock.json'))).digest('hex');
}

/** Runs all checks that don't need a real n8n. */
async function runChecks(args) {
	const began = Date.now();
	// Two at a time, for a machine with two cores.
	await allSettled([
		(async () => {
			await step("n8n's official linter", officialLint);
			await step('Linter for the tests', () => capture(bin('oxlint'), ['-c', 'test/oxlint.jsonc', 'test']));
		})(),
		(async () => {
			// The build type-checks the package.
			await buildUnlessBuilt('Build');
			await step('Type check', () => capture(bin('typescript-7', 'tsc'), ['-p', 'test', '--incremental', '--tsBuildInfoFile', TYPES_CHECKED]));
		})(),
	]);
	// More memory for short-lived objects: with the default of 16 MB, Node.js spends a tenth of the time on garbage collection.
	await step('Tests', () => inherit(bin('jest'), ['-c', 'test/jest.config.mjs', ...args], { NODE_OPTIONS: '--max-semi-space-size=64' }));
	console.log(`\nAll checks passed: linters, types, build, and tests (${elapsed(began)})`);
}

/**
 * Runs the checks that n8n and the registry apply to a package. `--tag=v1.2.3` is the version to publish. Saves the tarball,
 * its checksum, and its bill of materials in `artifacts/release`.
 */
async function checkRelease(args) {
	const tag = args.map((arg) => /^--tag=(.+)$/.exec(arg)?.[1]).find(Boolean);
	const folder = path.join(PROJECT, 'artifacts/release');
	rmSync(folder, { recursive: true, force: true });
	await step("n8n's official linter", officialLint);
	await step('Build', build);
	await inherit(bin('jest'), ['-c', 'test/jest.config.mjs', 'test/fast/package', 'test/fast/release'], { RELEASE_FOLDER: folder, ...(tag && { RELEASE_TAG: tag }) });
	console.log(`\nReady to publish. Files are in ${path.relative(PROJECT, folder)}`);
}

async function officialLint() {
	const output = await capture(bin('@n8n/node-cli', 'n8n-node'), ['lint']);
	if (/\b[1-9]\d* (error|warning)s?\b/.test(output)) throw new Error(output);
}

/** Builds the package and installs it in a folder. With `INSTALLED_PACKAGE`, concurrent tasks share this folder. */
async function prepareTests(args) {
	await step('Building the package', build);
	await step('Installing the package for all tests', () => runTypeScript('test/tools/prepare.mts', args));
}

async function buildUnlessBuilt(title) {
	if (!process.env.INSTALLED_PACKAGE) await step(title, build);
}

/** Runs the tests in a folder that need a real n8n. */
async function runN8nTests(folder, args) {
	await buildUnlessBuilt('Building the package');
	const version = args.map((arg) => /^--n8n=(.+)$/.exec(arg)?.[1]).find(Boolean);
	const others = args.filter((arg) => !arg.startsWith('--n8n='));
	await inherit(bin('jest'), ['-c', `${folder}/jest.config.mjs`, ...others], version && { N8N_TEST_VERSION: version });
}

async function takeScreenshots(args) {
	await step('Building the package', build);
	await runTypeScript('test/tools/screenshots.mts', args);
}

function build() {
	return capture(bin('gulp'), ['--silent']);
}

function runTypeScript(file, args) {
	return inherit('--import', ['tsx', file, ...args]);
}

/** The script of a command in an installed package. */
function bin(packageName, command = packageName) {
	const require = createRequire(import.meta.url);
	const manifest = path.join(MODULES, packageName, 'package.json');
	const { bin: scripts } = require(manifest);
	return path.join(path.dirname(manifest), typeof scripts === 'string' ? scripts : scripts[command]);
}

/** Waits for all promises, so that no output is cut off, then throws the first error. */
async function allSettled(running) {
	const results = await Promise.allSettled(running);
	const failed = results.find(({ status }) => status === 'rejected');
	if (failed) throw failed.reason;
}

/** Runs a program with its output on the terminal. */
function inherit(script, args, env = {}) {
	return run(process.execPath, [script, ...args], { stdio: 'inherit', env }).then(({ code }) => {
		if (code !== 0) throw new ProgramFailed(code);
	});
}

/** Runs a program, and shows its output only if it fails. */
async function capture(script, args) {
	const [command, all] = script === 'npm' ? ['npm', args] : [process.execPath, [script, ...args]];
	const { code, output } = await run(command, all, { stdio: ['ignore', 'pipe', 'pipe'], env: {} });
	if (code !== 0) throw new Error(output);
	return output;
}

function run(command, args, { stdio, env }) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			cwd: PROJECT,
			stdio,
			env: { ...process.env, ...env },
			// On Windows npm is a batch file, which only a shell can start.
			shell: process.platform === 'win32' && command === 'npm',
		});
		let output = '';
		for (const stream of [child.stdout, child.stderr]) {
			stream?.setEncoding('utf8').on('data', (text) => {
				output += text;
			});
		}
		// Signals are passed on to the program. This process exits after the program.
		const passOn = (signal) => child.kill(signal);
		for (const signal of SIGNALS) process.on(signal, passOn);
		// npm doesn't pass on signals: if it's killed, this process continues. So the parent process is watched.
		const parent = process.ppid;
		const watch = setInterval(() => process.ppid !== parent && passOn('SIGTERM'), PARENT_WATCH_MS);
		child.once('error', reject);
		child.once('close', (code, signal) => {
			clearInterval(watch);
			for (const name of SIGNALS) process.off(name, passOn);
			resolve({ code: signal ? 128 + (SIGNAL_NUMBERS[signal] ?? 0) : code, output });
		});
	});
}

const PARENT_WATCH_MS = 500;
const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'];

try {
	await main(process.argv.slice(2));
} catch (error) {
	if (!(error instanceof ProgramFailed)) console.error(`\n${error.message}`);
	process.exitCode = error instanceof ProgramFailed ? error.code : 1;
}
