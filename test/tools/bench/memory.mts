/** Measures the memory of a process with data from the Linux kernel. */
import { readFile, writeFile } from 'node:fs/promises';

/** Resets a process's peak memory to its current memory. @returns the current memory in bytes */
export async function startMemoryPeak(pid: number): Promise<number> {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
	return await memoryPeak(pid);
}

/** The peak memory since the last reset, in bytes. */
export async function memoryPeak(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}
