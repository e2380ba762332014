import { readFileSync } from 'node:fs';

/** The text of a page: of a Markdown file, or of the notes of a workflow. */
export function readPage(file) {
	const text = readFileSync(file, 'utf8');
	if (!file.endsWith('.json')) return text;
	return JSON.parse(text).nodes.flatMap(({ parameters }) => parameters.content ?? []).join('\n\n');
}
