/** docs/benchmarks.md, whose sections are measured one by one. */
import { cpus, totalmem } from 'node:os';
import { CURRENT } from '../../harness/n8n/versions.mts';

/** What one part of the benchmarks has come to. */
export interface Section {
	title: string;
	/** The table, in Markdown. */
	table: string;
	/** What bounds the figures, for whoever wonders why they are not better. */
	bounds: string;
	/** Runs of each measurement. */
	runs: number;
}

/**
 * The page with one section made anew and all others as they are.
 * @param page the whole page, in Markdown
 * @param titles of the measured sections, in their order; other sections stay in front of them
 */
export function withSection(page: string, { title, table, bounds, runs }: Section, titles: readonly string[]): string {
	const [head = '', ...old] = page.split(/^(?=## )/m);
	const sections = new Map(old.map((section) => [/^## (.*)$/m.exec(section)?.[1] ?? '', section.trim()]));
	const [cpu] = cpus();
	const machine = `${cpus().length} cores (${cpu?.model.trim()}) and ${Math.round(totalmem() / 2 ** 30)} GB of memory`;
	const measured = `Measured on ${new Date().toISOString().slice(0, 10)} with ${machine}, in n8n ${CURRENT.version}. Median of ${runs} runs.`;
	sections.set(title, [`## ${title}`, measured, table, bounds].join('\n\n'));
	const others = [...sections.keys()].filter((name) => !titles.includes(name));
	const ordered = [...others, ...titles].flatMap((name) => sections.get(name) ?? []);
	return `${[head.trim(), ...ordered].join('\n\n')}\n`;
}
