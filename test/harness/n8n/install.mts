/** Installs n8n from the npm registry, once per version, into the user's cache folder. */
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
/** Written last: a folder without it is not a whole installation. */
const MARKER = 'installed.json';
/** Between the name of the folder to be and the number of the process that works on it. */
const UNFINISHED = '.unfinished-';

/** An n8n that is ready to start. */
export type N8nInstallation = {
	version: string;
	folder: string;
	/** The Node.js to start it with: n8n refuses to start on one that is too old for it. */
	node: string;
	/** The script that this Node.js runs. */
	bin: string;
};

/** What an installation was made from; when the recipe changes, it is made again. */
type Marker = { recipe: N8nRecipe; bundledNode?: string };

/**
 * Gives the n8n of a version, installing it first where it is missing: 2–4 minutes and 3 GB of disk.
 * Safe in several processes at once: one installs, the others wait for it.
 *
 * @param version such as `2.41.1`.
 * @param onProgress is told each step as it begins, in words for a person.
 * @throws Error with npm's own output when a step fails; nothing half-installed is left to be used.
 */
export async function ensureN8n(version: string, onProgress: (step: string) => void = () => {}): Promise<N8nInstallation> {
	const recipe = recipeFor(version);
	const folder = path.join(cacheFolder(), `n8n-${version}`);
	const ready = () => installationIn(folder, recipe);
	const installed = ready();
	if (installed) return installed;

	await mkdir(path.dirname(folder), { recursive: true });
	const release = await lock(`${folder}.lock`, () => onProgress(`Waiting for another process that installs n8n ${version}`));
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
	if (!fresh) throw new Error(`n8n ${version} was installed into ${folder} but is not whole there`);
	return fresh;
}

/** Where a user's programs keep what they can fetch again, for this package. */
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
	// A private package, so that its overrides do not become ours: n8n's lint refuses them in a published one.
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

	onProgress(`Downloading n8n ${recipe.version}: 2–3 minutes, 3 GB`);
	// Without scripts: most only matter to those who develop n8n, and some fail. Not `npm ci`: a lock file made
	// on one system names packages of others, which a mirror may lack.
	await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund']);

	// Stated, because under `npm run` the project's own ignore-scripts setting arrives through the environment.
	const rebuild = ['rebuild', '--ignore-scripts=false'];
	if (bundledNode) {
		onProgress(`Adding Node.js ${bundledNode}: this n8n does not run on ${process.versions.node}`);
		await npm([...rebuild, 'node']);
	}
	onProgress('Building the SQLite driver: up to 1 minute');
	const headers = bundledNode ? { npm_config_nodedir: bundledNodeFolder(folder) } : {};
	await npm([...rebuild, 'sqlite3'], headers);

	const marker: Marker = { recipe, bundledNode };
	await writeFile(path.join(folder, MARKER), JSON.stringify(marker));
}

function installationIn(folder: string, recipe: N8nRecipe): N8nInstallation | undefined {
	const file = path.join(folder, MARKER);
	if (!existsSync(file)) return undefined;
	const marker = JSON.parse(readFileSync(file, 'utf8')) as Marker;
	const isAsAsked = JSON.stringify(marker.recipe) === JSON.stringify(recipe);
	if (!isAsAsked || !(marker.bundledNode || runningNodeSuits(recipe))) return undefined;
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

/** The npm package `node` puts the system's own package, with the headers, below itself. */
function bundledNodeFolder(folder: string): string {
	const name = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
	const platform = process.platform === 'win32' ? 'win' : process.platform;
	return path.join(folder, 'node_modules', 'node', 'node_modules', `${name}-${platform}-${process.arch}`);
}

/** Whoever was stopped in the middle of an installation left its folder behind. */
async function removeUnfinished(folder: string): Promise<void> {
	const prefix = `${path.basename(folder)}${UNFINISHED}`;
	for (const name of await readdir(path.dirname(folder))) {
		const isAbandoned = name.startsWith(prefix) && !isAlive(Number(name.slice(prefix.length)));
		if (isAbandoned) removeNow(path.join(path.dirname(folder), name));
	}
}

/**
 * Holds a file that names this process, waiting while another living process holds it.
 * @returns what releases it.
 */
async function lock(file: string, onWait: () => void): Promise<() => Promise<void>> {
	// Written first and then linked, so that the file is never seen without its number.
	const mine = `${file}-${randomUUID()}`;
	await writeFile(mine, String(process.pid));
	try {
		for (let waiting = false; ; await sleep(LOCK_POLL_MS)) {
			if (await takesPlace(mine, file)) return () => rm(file, { force: true });
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

async function takesPlace(mine: string, file: string): Promise<boolean> {
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
