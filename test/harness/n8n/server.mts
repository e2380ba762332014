/** Holds an n8n as a user's own would be: the published package installed into it, nothing mocked. */
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
// 5–15 s on a quiet machine.
const READY_TIMEOUT_MS = 5 * 60_000;
const STOP_GRACE_MS = 20_000;
const PROBE_TIMEOUT_MS = 5_000;
const LOOPBACK = '127.0.0.1';

/** All it takes to talk to an n8n that runs, from this process or, as JSON, from another. */
export type N8nHandle = {
	installation: N8nInstallation;
	baseUrl: string;
	userFolder: string;
	/** The whole environment it was started with. */
	env: NodeJS.ProcessEnv;
};

export type N8nServer = N8nHandle & {
	/** The number of its process, which is also that of its group. */
	pid: number;
	/** The end of what it has logged. */
	log: () => string;
	/** Resolves once its process has ended, whoever ended it. */
	ended: Promise<unknown>;
	/** Ends it and all it started. Its user folder goes too, unless it was given. */
	stop: () => Promise<void>;
};

/** The parts an n8n in queue mode is made of; `start` is the whole of it, or its main part. */
export type Command = 'start' | 'webhook' | 'worker';

export type StartOptions = {
	/** Default: `start`. */
	command?: Command;
	/** Of the command, such as `--concurrency=10` of a worker. */
	args?: string[];
	/** Where n8n keeps its database, keys and packages. Default: a temporary folder, removed by `stop`. */
	userFolder?: string;
	/** Default: any free port. */
	port?: number;
	/** Settings beyond the usual ones, or instead of them. */
	env?: Record<string, string>;
	/** Told what n8n prints, as it prints it. */
	onOutput?: (text: string) => void;
};

/**
 * Packs the built package as `npm publish` would.
 * @param projectFolder the package's own folder; `dist/` must have been built.
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

/** Installs a package's tarball where n8n itself puts the community packages that a user installs. */
export async function installPackage(tarball: string, userFolder: string): Promise<void> {
	const folder = path.join(userFolder, '.n8n', 'nodes');
	await mkdir(folder, { recursive: true });
	// Without peers: n8n brings its own n8n-workflow.
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
 * Starts n8n and waits until it answers, webhooks included.
 * @throws Error with the end of n8n's log when it ends or is not ready in time.
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

/** Runs an n8n command, such as `['list:workflow']`, beside the n8n of the same user folder. @returns what it printed. */
export async function runN8nCommand({ installation, userFolder, env }: N8nHandle, args: string[]): Promise<string> {
	return await runProgram(installation.node, [installation.bin, ...args], {
		cwd: userFolder,
		// The command has a task runner of its own.
		env: { ...env, N8N_RUNNERS_BROKER_PORT: String(await freePort()) },
		timeoutMs: CLI_TIMEOUT_MS,
	});
}

/**
 * Executes a workflow by n8n's command line, in a process of its own.
 * @returns the finished run as n8n prints it.
 */
export async function executeCli(handle: N8nHandle, workflowId: string): Promise<IRun> {
	const printed = await runN8nCommand(handle, ['execute', '--id', workflowId, '--rawOutput']);
	// The run is printed among n8n's log, indented, so that only its first and last brace stand alone on a line.
	const run = /^\{$[\s\S]*?^\}$/m.exec(printed)?.[0];
	if (!run) throw new Error(`n8n execute printed no run:\n${printed}`);
	return JSON.parse(run) as IRun;
}

/** Nothing of ours but what any program needs: a test runner's NODE_ENV, say, would change what n8n does. */
const INHERITED = ['HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA', 'SystemRoot', 'ComSpec'];

function environment(installation: N8nInstallation, userFolder: string): NodeJS.ProcessEnv {
	const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
	return {
		...(Object.fromEntries(inherited) as NodeJS.ProcessEnv),
		// n8n starts `node` by name for its task runner: it must find the same one.
		PATH: `${path.dirname(installation.node)}${path.delimiter}${process.env.PATH}`,
		NODE_ENV: 'production',
		N8N_USER_FOLDER: userFolder,
		// Nothing leaves this machine.
		N8N_DIAGNOSTICS_ENABLED: 'false',
		N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
		N8N_TEMPLATES_ENABLED: 'false',
		N8N_PERSONALIZATION_ENABLED: 'false',
		N8N_HIRING_BANNER_ENABLED: 'false',
		// The editor is opened by http, from this machine alone.
		N8N_SECURE_COOKIE: 'false',
		N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
		// As 2.x does by itself: by the one connection of 1.x, transactions of the same moment break each other.
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
		// A worker tells here, and only when asked to, that it is ready.
		QUEUE_HEALTH_CHECK_ACTIVE: 'true',
		QUEUE_HEALTH_CHECK_PORT: String(port),
		// Left at its default, a second n8n on this machine could not start its code runner.
		N8N_RUNNERS_BROKER_PORT: String(await freePort()),
	};
}

/** Whether a part of n8n takes what it is there for. */
export async function isReady(baseUrl: string, command: Command): Promise<boolean> {
	try {
		// `/healthz` answers earlier, when webhooks do not work yet; 1.x says it is ready before its REST interface is.
		for (const address of command === 'start' ? ['/healthz/readiness', '/rest/settings'] : ['/healthz/readiness']) {
			await axios.get(baseUrl + address, { timeout: PROBE_TIMEOUT_MS, proxy: false });
		}
		return true;
	} catch {
		return false;
	}
}
