/** What a process holds, as the kernel tells it. */
import { readFile, writeFile } from 'node:fs/promises';

/** Sets the peak of a process's memory back to what it uses now. @returns that, in bytes. */
export async function startMemoryPeak(pid: number): Promise<number> {
	await writeFile(`/proc/${pid}/clear_refs`, '5');
	return await memoryPeak(pid);
}

/** The most that the process has used since, in bytes. */
export async function memoryPeak(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}
