/** Installs n8n from the npm registry into the user's cache folder, once for each version. */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeAtExit, removeNow, runProgram } from '../processes.mts';
import { recipeFor, type N8nRecipe } from './versions.mts';

const NPM_TIMEOUT_MS = 30 * 60_000;
const LOCK_POLL_MS = 500;
/** Written last: an installation without this file is incomplete. */
const MARKER = 'installed.json';
/** Separates the name of the final folder from the ID of the installing process. */
const UNFINISHED = '.unfinished-';

/** An installed n8n. */
export type N8nInstallation = {
	version: string;
	folder: string;
	/** The Node.js that runs n8n. n8n doesn't start on older versions than it supports. */
	node: string;
	/** n8n's executable script. */
	bin: string;
};

/** The recipe of an installation. If the recipe changes, n8n is reinstalled. */
type Marker = { recipe: N8nRecipe; bundledNode?: string };

/**
 * Returns the n8n of a version. If it's missing, installs it first, which takes 2–4 minutes and 3 GB of disk space.
 * Safe for concurrent processes: one installs, the others wait for it.
 *
 * @param version such as `2.41.1`.
 * @param onProgress called with a description of each step when it starts.
 * @throws Error with npm's own output if a step fails. No incomplete installation remains.
 */
export async function ensureN8n(version: string, onProgress: (step: string) => void = () => {}): Promise<N8nInstallation> {
	const recipe = recipeFor(version);
	const folder = path.join(cacheFolder(), `n8n-${version}`);
	const ready = () => installationIn(folder, recipe);
	const installed = ready();
	if (installed) return installed;

	await mkdir(path.dirname(folder), { recursive: true });
	const release = await lock(`${folder}.lock`, () => onProgress(`Waiting for another process to install n8n ${version}`));
	try {
		const byAnother = ready();
		if (byAnother) return byAnother;
		await removeUnfinished(folder);
		const unfinished = `${folder}${UNFINISHED}${process.pid}`;
		removeAtExit(unfinished);
		try {
			await install(recipe, unfinished, onProgress);
			await rm(folder, { recursive: true, force: true });
			await rename(unfinished, folder);
		} finally {
			removeNow(unfinished);
		}
	} finally {
		await release();
	}
	const fresh = ready();
	if (!fresh) throw new Error(`The installation of n8n ${version} in ${folder} is incomplete`);
	return fresh;
}

/** This package's folder in the user's cache folder. */
export function cacheFolder(): string {
	return path.join(userCache(), 'n8n-nodes-modica-whatsapp');
}

function userCache(): string {
	if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME;
	if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Caches');
	if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local');
	return path.join(homedir(), '.cache');
}

async function install(recipe: N8nRecipe, folder: string, onProgress: (step: string) => void): Promise<void> {
	const bundledNode = runningNodeSuits(recipe) ? undefined : recipe.node?.bundled;
	await mkdir(folder);
	// A separate private package, because n8n's linter forbids overrides in a published package.
	await writeFile(
		path.join(folder, 'package.json'),
		JSON.stringify({
			private: true,
			dependencies: { n8n: recipe.version, ...(bundledNode && { node: bundledNode }) },
			overrides: recipe.overrides,
		}),
	);
	const npm = (args: string[], env: NodeJS.ProcessEnv = {}) =>
		runProgram('npm', args, { cwd: folder, env: { ...process.env, ...env }, timeoutMs: NPM_TIMEOUT_MS });

	onProgress(`Downloading n8n ${recipe.version} (2–3 minutes, 3 GB)`);
	// Without scripts: most of them matter only for the development of n8n, and some fail. Not `npm ci`: a lockfile
	// contains packages for other operating systems, which a mirror may not have.
	await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund']);

	// Explicit, because `npm run` passes on the project's ignore-scripts setting through the environment.
	const rebuild = ['rebuild', '--ignore-scripts=false'];
	if (bundledNode) {
		onProgress(`Installing Node.js ${bundledNode}, because n8n ${recipe.version} doesn't support ${process.versions.node}`);
		await npm([...rebuild, 'node']);
	}
	onProgress('Building the SQLite driver (up to 1 minute)');
	const headers = bundledNode ? { npm_config_nodedir: bundledNodeFolder(folder) } : {};
	await npm([...rebuild, 'sqlite3'], headers);

	const marker: Marker = { recipe, bundledNode };
	await writeFile(path.join(folder, MARKER), JSON.stringify(marker));
}

function installationIn(folder: string, recipe: N8nRecipe): N8nInstallation | undefined {
	const file = path.join(folder, MARKER);
	if (!existsSync(file)) return undefined;
	const marker = JSON.parse(readFileSync(file, 'utf8')) as Marker;
	const isCurrent = JSON.stringify(marker.recipe) === JSON.stringify(recipe);
	if (!isCurrent || !(marker.bundledNode || runningNodeSuits(recipe))) return undefined;
	return {
		version: recipe.version,
		folder,
		node: marker.bundledNode ? bundledNodeBin(folder) : process.execPath,
		bin: path.join(folder, 'node_modules', 'n8n', 'bin', 'n8n'),
	};
}

function runningNodeSuits(recipe: N8nRecipe): boolean {
	return Number(process.versions.node.split('.')[0]) >= (recipe.node?.minMajor ?? 0);
}

function bundledNodeBin(folder: string): string {
	return path.join(folder, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** The npm package `node` contains a nested package for the operating system, which includes the headers. */
function bundledNodeFolder(folder: string): string {
	const name = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
	const platform = process.platform === 'win32' ? 'win' : process.platform;
	return path.join(folder, 'node_modules', 'node', 'node_modules', `${name}-${platform}-${process.arch}`);
}

/** Removes folders of processes that were killed during an installation. */
async function removeUnfinished(folder: string): Promise<void> {
	const prefix = `${path.basename(folder)}${UNFINISHED}`;
	for (const name of await readdir(path.dirname(folder))) {
		const isAbandoned = name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length)));
		if (isAbandoned) removeNow(path.join(path.dirname(folder), name));
	}
}

/**
 * Acquires a lock file that contains the ID of this process. Waits while another running process has it.
 * @returns a function that releases the lock.
 */
async function lock(file: string, onWait: () => void): Promise<() => Promise<void>> {
	// Written first and then linked, so that the lock file always contains a process ID.
	const mine = `${file}-${randomUUID()}`;
	await writeFile(mine, String(process.pid));
	try {
		for (let waiting = false; ; await sleep(LOCK_POLL_MS)) {
			if (await acquires(mine, file)) return () => rm(file, { force: true });
			const holder = Number(await readFile(file, 'utf8').catch(() => process.pid));
			if (!isAlive(holder)) await rm(file, { force: true });
			else if (!waiting) {
				waiting = true;
				onWait();
			}
		}
	} finally {
		await rm(mine, { force: true });
	}
}

async function acquires(mine: string, file: string): Promise<boolean> {
	try {
		await link(mine, file);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
}

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}
