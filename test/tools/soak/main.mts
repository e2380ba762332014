/**
 * `npm run soak -- --minutes N`: runs a real n8n with the package against an API that fails at random, then reports
 * discrepancies and the growth of n8n's memory. Exits with 1 if there are discrepancies.
 *
 * `--seed S` repeats the same steps. `--write` writes the result to docs/soak.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { startWithPackage } from '../../harness/n8n/withPackage.mts';
import { exitOnSignals } from '../../harness/processes.mts';
import { slope, type MemorySample } from './memory.mts';
import { soak, type SoakReport } from './soak.mts';

const { values } = parseArgs({
	options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' }, write: { type: 'boolean', default: false } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('--minutes must be a number above 0, and --seed an integer');

exitOnSignals();
const { rest, server, stop } = await startWithPackage({ N8N_METRICS: 'true' });
const report = await soak({ rest, baseUrl: server.baseUrl, pid: server.pid, minutes, seed, tell: (progress) => console.log(`  ${progress}`) });
await stop();

const table = toMarkdown(report);
console.log(`\n${table}\n`);
for (const line of report.discrepancies) console.log(`Discrepancy: ${line}`);
if (values.write) await writeFile('docs/soak.md', page(table));
process.exit(report.discrepancies.length > 0 ? 1 : 0);

function toMarkdown({ counts, discrepancies, memory }: SoakReport): string {
	const rows: Array<[string, number | string]> = [...Object.entries(counts), ['discrepancies', discrepancies.length], ...memoryRows(memory)];
	return ['| Result | Value |', '| --- | ---: |', ...rows.map(([name, value]) => `| ${name} | ${value.toLocaleString('en')} |`)].join('\n');
}

/** Ignores the first fifth of the samples, while n8n is still loading code. */
function memoryRows(samples: MemorySample[]): Array<[string, string]> {
	const warm = samples.filter(({ minute }) => minute >= minutes / 5);
	const kinds = [['rss', 'memory of the n8n process'], ['heap', 'JavaScript heap of the n8n process']] as const;
	return kinds.flatMap(([kind, name]): Array<[string, string]> => {
		const bytes = warm.flatMap(({ [kind]: value }) => value ?? []);
		if (bytes.length === 0) return [];
		const growth = slope(warm, kind);
		return [
			[`${name}, first and last after the warm-up`, `${megabytes(bytes[0]!)} → ${megabytes(bytes.at(-1)!)} MB`],
			[`${name}, minimum and maximum`, `${megabytes(Math.min(...bytes))}–${megabytes(Math.max(...bytes))} MB`],
			[`${name}, slope`, growth === undefined ? 'not enough samples' : `${(growth / 1_000_000).toFixed(2)} MB/minute`],
		];
	});
}

function megabytes(bytes: number): number {
	return Math.round(bytes / 1_000_000);
}

function page(measured: string): string {
	const [cpu] = cpus();
	return `# Soak test

Written by \`npm run soak -- --minutes ${minutes} --seed ${seed} --write\` on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} cores (${cpu?.model.trim()}) with ${Math.round(totalmem() / 2 ** 30)} GB,
in n8n ${CURRENT.version} with SQLite, against the simulator on the same machine.

Sends, broadcasts, file transfers, and callbacks run at the same time. Two in ten single messages, and most broadcasts
and file transfers, meet one of these faults:

- a rate limit (429)
- a 500 or a broken connection, before or after the API accepts the request
- a slow response, or a response that arrives in parts

Of every 20 callbacks, one is a duplicate, one is unauthenticated, and one is invalid. At the end, the test compares the reports
of the node with the messages that the API accepted:

- A message reported as sent was accepted once.
- A message reported as not sent was not accepted.
- A message reported as possibly sent (\`mayHaveBeenSent\`) was accepted once or not at all.

It also checks that each acknowledged callback has exactly one execution, and that no other callback has an execution.

${measured}
`;
}
