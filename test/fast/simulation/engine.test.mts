import { execFile } from 'node:child_process';
import path from 'node:path';

/** The same scenarios on each run. `npm run simulate` runs others. */
const SEED = 20_261_127;
const SCENARIOS = 5_000;
const PROGRAM = path.join(import.meta.dirname, '../../harness/program.mjs');
const MAIN = path.join(import.meta.dirname, '../../simulation/main.mts');
/** Stops a hanging test, even on a busy machine. */
const LONGEST_MS = 1_200_000;

// Runs in a separate process: Jest assigns each promise to its test, which takes longer than the scenarios.
it(
	`the sending engine keeps all invariants in ${SCENARIOS} scenarios`,
	async () => {
		const failure = await new Promise<string | undefined>((resolve) => {
			const args = [PROGRAM, MAIN, '--seed', String(SEED), '--seeds', String(SCENARIOS)];
			execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => resolve(error ? `${stdout}${stderr}` : undefined));
		});
		expect(failure).toBeUndefined();
	},
	LONGEST_MS,
);
