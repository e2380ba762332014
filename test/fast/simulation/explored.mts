import { execFile } from 'node:child_process';
import path from 'node:path';

/** The same scenarios each time: `npm run simulate` plays others. */
const SEED = 20_261_125;
const SCENARIOS = 2_500;
const MAIN = path.join(__dirname, '../../simulation/main.mts');
/** Bounds what hangs, on a busy machine as well. */
const LONGEST_MS = 600_000;

/**
 * Plays one part of the scenarios that belong to `npm test`, which are in several files for as many workers. In a process of
 * its own: Jest follows each promise to its test, which takes more time than the scenarios do.
 */
export function testPart(part: number): void {
	it(
		`keeps its promises in ${SCENARIOS} scenarios, part ${part}`,
		async () => {
			const failure = await new Promise<string | undefined>((resolve) => {
				const args = ['--import', 'tsx', MAIN, '--seed', String(SEED + part), '--seeds', String(SCENARIOS)];
				execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => resolve(error ? `${stdout}${stderr}` : undefined));
			});
			if (failure !== undefined) throw new Error(failure);
		},
		LONGEST_MS,
	);
}
