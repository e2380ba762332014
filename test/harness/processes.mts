/**
 * Starts and ends other programs. No program keeps running after this process, however this process ends.
 *
 * Each program has its own process group. So Ctrl+C reaches only this process, which ends the programs in order,
 * and child processes of a program (n8n's task runner, npm's scripts) end with it.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const IS_WINDOWS = process.platform === 'win32';
const KEPT_OUTPUT_CHARACTERS = 20_000;
const POLL_MS = 50;

const programs = new Set<Program>();
const temporaryFolders = new Set<string>();
let cleanUpRegistered = false;

/** A running program. */
export type Program = {
	child: ChildProcess;
	/** The last {@link KEPT_OUTPUT_CHARACTERS} of stdout and stderr, in the order of arrival. */
	output: () => string;
	/** Resolves with the exit status once the program and its pipes are closed. Never rejects. */
	ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>;
};

export type ProgramOptions = {
	cwd?: string;
	/** The complete environment. Default: that of this process. */
	env?: NodeJS.ProcessEnv;
	/** The user and the group to run as. Default: those of this process. */
	uid?: number;
	gid?: number;
	onStdout?: (text: string) => void;
};

/** Starts a program. It ends with this process at the latest. */
export function startProgram(command: string, args: string[], options: ProgramOptions = {}): Program {
	cleanUpAtExit();
	const child = spawn(command, args, {
		cwd: options.cwd,
		env: options.env ?? process.env,
		uid: options.uid,
		gid: options.gid,
		stdio: ['ignore', 'pipe', 'pipe'],
		detached: !IS_WINDOWS,
		// On Windows npm is a batch file, which only a shell can start.
		shell: IS_WINDOWS && command === 'npm',
	});
	let kept = '';
	const keep = (text: string) => {
		kept = (kept + text).slice(-KEPT_OUTPUT_CHARACTERS);
	};
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		keep(text);
		options.onStdout?.(text);
	});
	child.stderr.setEncoding('utf8').on('data', keep);
	const program: Program = {
		child,
		output: () => kept,
		ended: new Promise((resolve) => {
			child.once('error', (error) => {
				programs.delete(program);
				resolve({ code: null, signal: null, error });
			});
			child.once('close', (code, signal) => {
				programs.delete(program);
				resolve({ code, signal });
			});
		}),
	};
	programs.add(program);
	return program;
}

/**
 * Runs a program and waits for its end.
 * @returns its stdout.
 * @throws Error with the end of its output if it fails or doesn't end within `timeoutMs`.
 */
export async function runProgram(
	command: string,
	args: string[],
	{ timeoutMs, ...options }: ProgramOptions & { timeoutMs: number },
): Promise<string> {
	const stdout: string[] = [];
	const program = startProgram(command, args, { ...options, onStdout: (text) => stdout.push(text) });
	let timedOut = false;
	const timer = setTimeout(() => {
		timedOut = true;
		void endProgram(program, 5_000);
	}, timeoutMs);
	const { code, signal, error } = await program.ended;
	clearTimeout(timer);
	if (code === 0 && !timedOut) return stdout.join('');
	const how = timedOut ? `did not end within ${timeoutMs / 1000} s` : (error?.message ?? `ended with ${signal ?? code}`);
	throw new Error(`${[command, ...args].join(' ')} ${how}\n${program.output()}`);
}

/** Sends SIGTERM to a program and its child processes, and SIGKILL if they are still running after `graceMs`. */
export async function endProgram(program: Program, graceMs: number): Promise<void> {
	const { pid } = program.child;
	if (pid === undefined) return;
	let ended = false;
	void program.ended.then(() => {
		ended = true;
	});
	signalGroup(pid, 'SIGTERM');
	for (const deadline = Date.now() + graceMs; !(ended && !groupIsAlive(pid)) && Date.now() < deadline; ) {
		await sleep(POLL_MS);
	}
	signalGroup(pid, 'SIGKILL');
	await program.ended;
}

/** Removes a folder when this process ends, unless {@link removeNow} does it before. */
export function removeAtExit(folder: string): void {
	cleanUpAtExit();
	temporaryFolders.add(folder);
}

/** Removes a folder and its contents, if it exists. */
export function removeNow(folder: string): void {
	// Retries, because a program that has just ended may still be using the folder.
	rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
	temporaryFolders.delete(folder);
}

/**
 * Exits this process on Ctrl+C and similar signals, so that its programs end and its folders are removed.
 * Don't use it in a process that handles these signals itself.
 */
export function exitOnSignals(): void {
	// Not `once`: a second signal would end this process before the cleanup is complete.
	process.on('SIGINT', () => process.exit(130));
	process.on('SIGTERM', () => process.exit(143));
	process.on('SIGHUP', () => process.exit(129));
}

function cleanUpAtExit(): void {
	if (cleanUpRegistered) return;
	cleanUpRegistered = true;
	// In a test, `process` is Jest's copy: see `environment.mjs`.
	const { outerProcess = process } = globalThis as { outerProcess?: NodeJS.Process };
	outerProcess.once('exit', () => {
		for (const { child } of programs) if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
		for (const folder of temporaryFolders) {
			try {
				removeNow(folder);
			} catch {
				// The other folders are removed nevertheless.
			}
		}
	});
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
	if (IS_WINDOWS) {
		spawnSync('taskkill', ['/pid', String(pid), '/T', '/F']);
		return;
	}
	try {
		process.kill(-pid, signal);
	} catch {
		// The group has no processes left.
	}
}

function groupIsAlive(pid: number): boolean {
	if (IS_WINDOWS) return false;
	try {
		process.kill(-pid, 0);
		return true;
	} catch {
		return false;
	}
}
