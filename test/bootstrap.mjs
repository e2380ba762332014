/**
 * The way in for all npm tasks of more than one command: see TASKS, and CONTRIBUTING.md for what they do.
 *
 * Works in a fresh clone: it installs the dependencies where they are missing or out of date, then does its task.
 * Hence plain JavaScript, and nothing but what Node.js brings.
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
/** Says which lock file the dependencies were installed from. */
const INSTALLED = path.join(MODULES, '.installed-from');

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

/** A program that has said itself what went wrong. */
class ProgramFailed extends Error {
	constructor(code) {
		super(`ended with ${code}`);
		this.code = code;
	}
}

async function main([name = '', ...args]) {
	const task = TASKS[name];
	if (!task) throw new Error(`"${name}" is none of ${Object.keys(TASKS).join(', ')}`);
	if (installedFrom() !== lockFileHash()) await step('Installing the dependencies', installDependencies);
	await task(args);
}

async function installDependencies() {
	// What is released is made of exactly what the lock file names. Not so elsewhere: a lock file made on one system names
	// packages of others, which a mirror may lack.
	const command = process.env.GITHUB_ACTIONS ? 'ci' : 'install';
	await capture('npm', [command, '--ignore-scripts', '--no-audit', '--no-fund']);
	// npm may have brought the lock file up to date: what counts is the one there is now.
	writeFileSync(INSTALLED, lockFileHash());
}

function installedFrom() {
	return existsSync(INSTALLED) ? readFileSync(INSTALLED, 'utf8') : undefined;
}

function lockFileHash() {
	return createHash('sha256').update(readFileSync(path.join(PROJECT, 'package-lock.json'))).digest('hex');
}

/** All that must hold for a change, but for what takes a real n8n. */
async function runChecks(args) {
	const began = Date.now();
	// Two at a time, for two cores.
	await inOrderOfCompletion([
		(async () => {
			await step('Official lint', officialLint);
			await step('Lint of the tests', () => capture(bin('oxlint'), ['-c', 'test/oxlint.jsonc', 'test']));
		})(),
		(async () => {
			// The build checks the types of what it compiles.
			await buildUnlessBuilt('Build');
			await step('Type check of the tests', () => capture(bin('typescript-7', 'tsc'), ['-p', 'test']));
		})(),
	]);
	// Room for what lives for a moment only: with the 16 MB of Node.js's, a tenth of the time goes into collecting it.
	await step('Tests', () => inherit(bin('jest'), ['-c', 'test/jest.config.mjs', ...args], { NODE_OPTIONS: '--max-semi-space-size=64' }));
	console.log(`\nLint, types, build and tests are all right (${elapsed(began)})`);
}

/**
 * All that n8n and the registry look at before they take a package. `--tag=v1.2.3` is the version that is to be published.
 * What is to be published is then in `artifacts/release`: the tarball, its checksum, its bill of materials.
 */
async function checkRelease(args) {
	const tag = args.map((arg) => /^--tag=(.+)$/.exec(arg)?.[1]).find(Boolean);
	const folder = path.join(PROJECT, 'artifacts/release');
	rmSync(folder, { recursive: true, force: true });
	await step('Official lint', officialLint);
	await step('Build', build);
	await inherit(bin('jest'), ['-c', 'test/jest.config.mjs', 'test/fast/package', 'test/fast/release'], { RELEASE_FOLDER: folder, ...(tag && { RELEASE_TAG: tag }) });
	console.log(`\nFit to be published: ${path.relative(PROJECT, folder)}`);
}

async function officialLint() {
	const output = await capture(bin('@n8n/node-cli', 'n8n-node'), ['lint']);
	if (/\b[1-9]\d* (error|warning)s?\b/.test(output)) throw new Error(output);
}

/** Builds the package and installs it into a folder, which `INSTALLED_PACKAGE` then names for several tasks side by side. */
async function prepareTests(args) {
	await step('Building the package', build);
	await step('Installing it once for all tests', () => runTypeScript('test/tools/prepare.mts', args));
}

async function buildUnlessBuilt(title) {
	if (!process.env.INSTALLED_PACKAGE) await step(title, build);
}

/** The tests of a folder that take a real n8n. */
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

/** The script behind a command of an installed package. */
function bin(packageName, command = packageName) {
	const require = createRequire(import.meta.url);
	const manifest = path.join(MODULES, packageName, 'package.json');
	const { bin: scripts } = require(manifest);
	return path.join(path.dirname(manifest), typeof scripts === 'string' ? scripts : scripts[command]);
}

/** Runs to the end what was begun, so that nothing is cut off in the middle of a line; then fails with the first error. */
async function inOrderOfCompletion(running) {
	const results = await Promise.allSettled(running);
	const failed = results.find(({ status }) => status === 'rejected');
	if (failed) throw failed.reason;
}

/** Runs a program that talks to the person itself. */
function inherit(script, args, env = {}) {
	return run(process.execPath, [script, ...args], { stdio: 'inherit', env }).then(({ code }) => {
		if (code !== 0) throw new ProgramFailed(code);
	});
}

/** Runs a program whose words matter only when it fails. */
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
		// Whoever is told to end passes it on, and ends after its program has.
		const passOn = (signal) => child.kill(signal);
		for (const signal of SIGNALS) process.on(signal, passOn);
		// npm does not: told to end, it leaves us behind.
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
