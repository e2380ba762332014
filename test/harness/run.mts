import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Runs a script in a separate Node.js process, and parses its output as JSON. */
export async function runForJson<T>(args: readonly string[], directory: string): Promise<T> {
	const { stdout } = await execute(process.execPath, args, {
		cwd: directory,
		maxBuffer: 64 * 1024 * 1024,
		// Overrides variables that Jest sets for its workers.
		env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
	});
	return JSON.parse(stdout) as T;
}

/** Runs a program. @returns its stdout */
export async function run(command: string, args: readonly string[], directory: string): Promise<string> {
	const { stdout } = await execute(command, args, {
		cwd: directory,
		maxBuffer: 64 * 1024 * 1024,
		// On Windows npm is a batch file, which only a shell can start.
		shell: process.platform === 'win32' && command === 'npm',
	});
	return stdout;
}
