/** Starts a real n8n like a user's, with the published package installed and nothing mocked. */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axios from 'axios';
import type { IRun } from 'n8n-workflow';
import { freePort } from '../ports.mts';
import { endProgram, removeAtExit, removeNow, runProgram, startProgram } from '../processes.mts';
import { until } from '../until.mts';
import type { N8nInstallation } from './install.mts';

const NPM_TIMEOUT_MS = 5 * 60_000;
const CLI_TIMEOUT_MS = 3 * 60_000;
// Takes 5–15 s on an idle machine.
const READY_TIMEOUT_MS = 5 * 60_000;
const STOP_GRACE_MS = 20_000;
const PROBE_TIMEOUT_MS = 5_000;
const LOOPBACK = '127.0.0.1';

/** Everything that is needed to access a running n8n, from this process or, as JSON, from another. */
export type N8nHandle = {
	installation: N8nInstallation;
	baseUrl: string;
	userFolder: string;
	/** The complete environment of its process. */
	env: NodeJS.ProcessEnv;
};

export type N8nServer = N8nHandle & {
	/** The ID of its process, and of its process group. */
	pid: number;
	/** The end of its log. */
	log: () => string;
	/** Resolves when its process has ended for any reason. */
	ended: Promise<unknown>;
	/** Ends n8n and its child processes. Removes the user folder, unless it was specified in the options. */
	stop: () => Promise<void>;
};

/** The processes of n8n in queue mode. `start` is the main process, or n8n without queue mode. */
export type Command = 'start' | 'webhook' | 'worker';

export type StartOptions = {
	/** Default: `start`. */
	command?: Command;
	/** Arguments of the command, such as `--concurrency=10` for a worker. */
	args?: string[];
	/** The folder for n8n's database, keys, and packages. Default: a temporary folder, removed by `stop`. */
	userFolder?: string;
	/** Default: any free port. */
	port?: number;
	/** Additional environment variables. They override the default ones. */
	env?: Record<string, string>;
	/** Called with everything that n8n prints. */
	onOutput?: (text: string) => void;
};

/**
 * Packs the built package as `npm publish` does.
 * @param projectFolder the folder of the package, with an up-to-date `dist/`.
 * @returns the path of the tarball, in `folder`.
 */
export async function packPackage(projectFolder: string, folder: string): Promise<string> {
	const output = await runProgram('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
		cwd: projectFolder,
		timeoutMs: NPM_TIMEOUT_MS,
	});
	const [{ filename }] = JSON.parse(output) as [{ filename: string }];
	return path.join(folder, filename);
}

/** Installs a package's tarball in n8n's folder for community packages. */
export async function installPackage(tarball: string, userFolder: string): Promise<void> {
	const folder = path.join(userFolder, '.n8n', 'nodes');
	await mkdir(folder, { recursive: true });
	// Without peer dependencies: n8n has its own n8n-workflow.
	const options = ['--ignore-scripts', '--omit=peer', '--legacy-peer-deps', '--no-audit', '--no-fund'];
	await runProgram('npm', ['install', '--prefix', folder, ...options, tarball], { cwd: folder, timeoutMs: NPM_TIMEOUT_MS });
}

/** A new, empty user folder, removed at the latest when this process ends. */
export async function createUserFolder(): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'n8n-user-'));
	removeAtExit(folder);
	return folder;
}

/**
 * Starts n8n and waits until it's ready, including webhooks.
 * @throws Error with the end of n8n's log if n8n ends or isn't ready in time.
 */
export async function startN8n(installation: N8nInstallation, options: StartOptions = {}): Promise<N8nServer> {
	const { command = 'start' } = options;
	const userFolder = options.userFolder ?? (await createUserFolder());
	const port = options.port ?? (await freePort());
	const baseUrl = `http://${LOOPBACK}:${port}`;
	const env = { ...environment(installation, userFolder), ...(await ports(port, baseUrl)), ...options.env };
	const program = startProgram(installation.node, [installation.bin, command, ...(options.args ?? [])], {
		cwd: userFolder,
		env,
		...(options.onOutput && { onStdout: options.onOutput }),
	});
	const stop = async () => {
		await endProgram(program, STOP_GRACE_MS);
		if (options.userFolder === undefined) removeNow(userFolder);
	};

	let ended = false;
	void program.ended.then(() => {
		ended = true;
	});
	try {
		await until('n8n is ready', READY_TIMEOUT_MS, async () => {
			if (ended) throw new Error('n8n ended before it was ready');
			return await isReady(baseUrl, command);
		});
	} catch (error) {
		await stop();
		throw new Error(`${(error as Error).message}\n${program.output()}`);
	}
	return { installation, baseUrl, userFolder, env, pid: program.child.pid ?? 0, log: program.output, ended: program.ended, stop };
}

/** Runs an n8n command, such as `['list:workflow']`, in a separate process with the same user folder. @returns its output */
export async function runN8nCommand({ installation, userFolder, env }: N8nHandle, args: string[]): Promise<string> {
	return await runProgram(installation.node, [installation.bin, ...args], {
		cwd: userFolder,
		// The command starts its own task runner.
		env: { ...env, N8N_RUNNERS_BROKER_PORT: String(await freePort()) },
		timeoutMs: CLI_TIMEOUT_MS,
	});
}

/**
 * Executes a workflow with n8n's command line, in a separate process.
 * @returns the finished run that n8n prints.
 */
export async function executeCli(handle: N8nHandle, workflowId: string): Promise<IRun> {
	const printed = await runN8nCommand(handle, ['execute', '--id', workflowId, '--rawOutput']);
	// n8n prints the run between log lines. It's indented, so only its first and last brace are alone on a line.
	const run = /^\{$[\s\S]*?^\}$/m.exec(printed)?.[0];
	if (!run) throw new Error(`n8n execute printed no run:\n${printed}`);
	return JSON.parse(run) as IRun;
}

/** The inherited environment variables. Others, such as the NODE_ENV of a test runner, would affect n8n. */
const INHERITED = ['HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'SystemRoot', 'ComSpec'];

function environment(installation: N8nInstallation, userFolder: string): NodeJS.ProcessEnv {
	const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
	return {
		...(Object.fromEntries(inherited) as NodeJS.ProcessEnv),
		// n8n starts `node` from PATH for its task runner, which must be the same version.
		PATH: `${path.dirname(installation.node)}${path.delimiter}${process.env.PATH}`,
		NODE_ENV: 'production',
		N8N_USER_FOLDER: userFolder,
		// Prevents requests to other machines.
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		// The editor is opened over HTTP, on this machine only.
		N8N_SECURE_COOKIE: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		// The default in n8n 2.x. With the single connection of n8n 1.x, concurrent transactions fail.
		...(installation.version.startsWith('1.') && { DB_SQLITE_POOL_SIZE: '4' }),
	};
}

async function ports(port: number, baseUrl: string): Promise<NodeJS.ProcessEnv> {
	return {
		N8N_HOST: LOOPBACK,
		N8N_LISTEN_ADDRESS: LOOPBACK,
		N8N_PORT: String(port),
		N8N_EDITOR_BASE_URL: baseUrl,
		WEBHOOK_URL: baseUrl,
		// A worker serves its readiness check only with this setting.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		// With the default port, a second n8n on this machine can't start its task runner.
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
	};
}

/** Whether a process of n8n is ready. */
export async function isReady(baseUrl: string, command: Command): Promise<boolean> {
	try {
		// `/healthz` responds before webhooks work. n8n 1.x reports readiness before its REST interface is available.
		for (const address of command === 'start' ? ['/healthz/readiness', '/rest/settings'] : ['/healthz/readiness']) {
			await axios.get(baseUrl + address, { timeout: PROBE_TIMEOUT_MS, proxy: false });
		}
		return true;
	} catch {
		return false;
	}
}
