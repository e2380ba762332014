/** The built package: packed and installed once, then copied into each n8n that needs it. */
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { removeAtExit } from '../processes.mts';
import { installPackage, packPackage } from './server.mts';

/** A folder in which the package is installed. Set by `.ci/run` for all its tasks, or by the first call in a process. */
const VARIABLE = 'INSTALLED_PACKAGE';

/** Copies the package to n8n's folder for community packages. */
export async function putPackage(userFolder: string): Promise<void> {
	process.env[VARIABLE] ??= await installInto(await temporaryFolder());
	await cp(path.join(process.env[VARIABLE], '.n8n'), path.join(userFolder, '.n8n'), { recursive: true });
}

/** Packs the package and installs it into a folder. @returns the folder */
export async function installInto(folder: string): Promise<string> {
	await mkdir(folder, { recursive: true });
	await installPackage(await packPackage(process.cwd(), folder), folder);
	return folder;
}

async function temporaryFolder(): Promise<string> {
	const folder = await mkdtemp(path.join(tmpdir(), 'n8n-package-'));
	removeAtExit(folder);
	return folder;
}
