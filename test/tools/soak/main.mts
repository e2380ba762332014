/**
 * `npm run soak -- --minutes N`: has a real n8n with the package work for so long on an API that fails at random, and
 * tells whether the books come out even and whether its memory stays flat. Exits with 1 when they do not come out even.
 *
 * `--seed S` does the same steps again; `--write` puts the result into docs/soak.md.
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
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error('--minutes takes a number above 0, --seed a whole number');

exitOnSignals();
const { rest, server, stop } = await startWithPackage({ N8N_METRICS: 'true' });
const report = await soak({ rest, baseUrl: server.baseUrl, pid: server.pid, minutes, seed, tell: (progress) => console.log(`  ${progress}`) });
await stop();

const table = toMarkdown(report);
console.log(`\n${table}\n`);
for (const line of report.uneven) console.log(`UNEVEN: ${line}`);
if (values.write) await writeFile('docs/soak.md', page(table));
process.exit(report.uneven.length > 0 ? 1 : 0);

function toMarkdown({ counts, uneven, memory }: SoakReport): string {
	const rows: Array<[string, number | string]> = [...Object.entries(counts), ['does not come out even', uneven.length], ...memoryRows(memory)];
	return ['| what | how many |', '| --- | ---: |', ...rows.map(([name, value]) => `| ${name} | ${value.toLocaleString('en')} |`)].join('\n');
}

/** Memory is judged once n8n has everything loaded that it needs: after a fifth of the time. */
function memoryRows(samples: MemorySample[]): Array<[string, string]> {
	const warm = samples.filter(({ minute }) => minute >= minutes / 5);
	const kinds = [['rss', 'memory of the n8n process'], ['heap', 'of this, JavaScript’s heap']] as const;
	return kinds.flatMap(([kind, name]): Array<[string, string]> => {
		const bytes = warm.flatMap(({ [kind]: value }) => value ?? []);
		if (bytes.length === 0) return [];
		const growth = slope(warm, kind);
		return [
			[`${name}, first to last after the warm-up`, `${megabytes(bytes[0]!)} → ${megabytes(bytes.at(-1)!)} MB`],
			[`${name}, lowest and highest`, `${megabytes(Math.min(...bytes))}–${megabytes(Math.max(...bytes))} MB`],
			[`${name}, slope`, growth === undefined ? 'too short to tell' : `${(growth / 1_000_000).toFixed(2)} MB/minute`],
		];
	});
}

function megabytes(bytes: number): number {
	return Math.round(bytes / 1_000_000);
}

function page(measured: string): string {
	const [cpu] = cpus();
	return `# Soak

Written by \`npm run soak -- --minutes ${minutes} --seed ${seed} --write\` on ${new Date().toISOString().slice(0, 10)}, on ${cpus().length} cores (${cpu?.model.trim()}) with ${Math.round(totalmem() / 2 ** 30)} GB,
in n8n ${CURRENT.version} with SQLite, against the simulator on the same machine.

Sends, broadcasts, files and callbacks go on at the same time. Of the messages, two in ten meet a fault: "too many
requests", a 500 or a broken connection before or after the API took the message, an answer that is late or comes in pieces.
Of the callbacks, one in twenty is a copy, one comes from a stranger, and one is none. At the end the books are compared:

- reported as sent: the API took the message exactly once;
- reported as not sent: it did not take it;
- reported as perhaps sent (\`mayHaveBeenSent\`): it took it once or not at all;
- a callback that was answered has exactly one execution, and no other has one.

${measured}
`;
}
