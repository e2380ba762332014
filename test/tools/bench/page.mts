/** Updates docs/benchmarks.md, one section at a time. */
import { cpus, totalmem } from 'node:os';
import { CURRENT } from '../../harness/n8n/versions.mts';

/** A measured section of the page. */
export interface Section {
	title: string;
	/** The table, in Markdown. */
	table: string;
	/** How the figures result from the runs. */
	measurement: string;
	/** What limits the figures. */
	bounds: string;
}

/**
 * Replaces a section of the page.
 * @param page the entire page, in Markdown
 * @param titles titles of the measured sections, in order. Other sections come before them
 */
export function withSection(page: string, { title, table, measurement, bounds }: Section, titles: readonly string[]): string {
	const [head = '', ...old] = page.split(/^(?=## )/m);
	const sections = new Map(old.map((section) => [/^## (.*)$/m.exec(section)?.[1] ?? '', section.trim()]));
	const [cpu] = cpus();
	const machine = `${cpus().length} cores (${cpu?.model.trim()}) and ${Math.round(totalmem() / 2 ** 30)} GB of memory`;
	const measured = `Measured on ${new Date().toISOString().slice(0, 10)} with ${machine}, in n8n ${CURRENT.version}. ${measurement}`;
	sections.set(title, [`## ${title}`, measured, table, bounds].join('\n\n'));
	const others = [...sections.keys()].filter((name) => !titles.includes(name));
	const ordered = [...others, ...titles].flatMap((name) => sections.get(name) ?? []);
	return `${[head.trim(), ...ordered].join('\n\n')}\n`;
}
