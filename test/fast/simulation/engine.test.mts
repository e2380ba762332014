import { execFile } from 'node:child_process';
import path from 'node:path';

/** The same scenarios each time: `npm run simulate` plays others. */
const SEED = 20_261_127;
const SCENARIOS = 5_000;
const PROGRAM = path.join(import.meta.dirname, '../../harness/program.mjs');
const MAIN = path.join(import.meta.dirname, '../../simulation/main.mts');
/** Bounds what hangs, on a busy machine as well. */
const LONGEST_MS = 1_200_000;

// In a process of its own: Jest follows each promise to its test, which takes more time than the scenarios do.
it(
	`the sending engine keeps its promises in ${SCENARIOS} scenarios`,
	async () => {
		const failure = await new Promise<string | undefined>((resolve) => {
			const args = [PROGRAM, MAIN, '--seed', String(SEED), '--seeds', String(SCENARIOS)];
			execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => resolve(error ? `${stdout}${stderr}` : undefined));
		});
		expect(failure).toBeUndefined();
	},
	LONGEST_MS,
);
