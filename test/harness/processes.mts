/**
 * Other programs, started and ended so that nothing of them stays behind, however this process ends.
 *
 * Each is the leader of a process group of its own: Ctrl-C reaches only us, who end it in order,
 * and what it starts itself (n8n's task runner, npm's scripts) ends with it.
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

/** A program under way, with the end of what it printed. */
export type Program = {
	child: ChildProcess;
	/** The last {@link KEPT_OUTPUT_CHARACTERS} of its output and errors, in the order they came. */
	output: () => string;
	/** Resolves with what the program ended with, once it and its pipes are closed; never rejects. */
	ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; error?: Error }>;
};

export type ProgramOptions = {
	cwd?: string;
	/** The whole environment. Default: this process's. */
	env?: NodeJS.ProcessEnv;
	/** The user and the group to run as. Default: this process's. */
	uid?: number;
	gid?: number;
	onStdout?: (text: string) => void;
};

/** Starts a program. It is ended at the latest with this process. */
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
 * Runs a program to its end.
 * @returns all it wrote to its standard output.
 * @throws Error with the end of its output when it fails or has not ended after `timeoutMs`.
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

/** Asks a program to end, and ends it and all it started when it has not after `graceMs`. */
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

/** Removes a folder when this process ends, if {@link removeNow} has not before. */
export function removeAtExit(folder: string): void {
	cleanUpAtExit();
	temporaryFolders.add(folder);
}

/** Removes a folder with all that is in it; one that is not there is fine. */
export function removeNow(folder: string): void {
	// A program that was just ended may still be leaving the folder: hence the retries.
	rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
	temporaryFolders.delete(folder);
}

/**
 * Ends this process on Ctrl-C and the like, by way of its exit, so that its programs and folders go with it.
 * Not for a process that has its own, gentler way to end.
 */
export function exitOnSignals(): void {
	// Not `once`: a second signal, as one gets who is told by several, would end this process before it has cleared away.
	process.on('SIGINT', () => process.exit(130));
	process.on('SIGTERM', () => process.exit(143));
	process.on('SIGHUP', () => process.exit(129));
}

function cleanUpAtExit(): void {
	if (cleanUpRegistered) return;
	cleanUpRegistered = true;
	// In a test, `process` is a copy of Jest's: see `environment.mjs`.
	const { outerProcess = process } = globalThis as { outerProcess?: NodeJS.Process };
	outerProcess.once('exit', () => {
		for (const { child } of programs) if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
		for (const folder of temporaryFolders) {
			try {
				removeNow(folder);
			} catch {
				// One that cannot be removed keeps none of the others.
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
		// Nobody left in the group.
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
