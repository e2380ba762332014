/** Creates Markdown tables. */

const cell = (text: string) => text.replace(/\s*\n\s*/g, ' ').replace(/(?<!\\)\|/g, '\\|').trim();

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
	return [header, header.map(() => '---'), ...rows.map((cells) => cells.map(cell))].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
