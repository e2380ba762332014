import { readFileSync } from 'node:fs';

/** Parameters of nodes with texts for readers. */
const WORDS = ['content', 'text', 'message', 'systemMessage', 'toolDescription', 'formTitle', 'formDescription', 'errorMessage', 'outputKey', 'renameFallbackOutput'];

/** The text of a Markdown file, or all texts of a workflow: its name, its notes, and the names and texts of its nodes. */
export function readPage(file) {
	const text = readFileSync(file, 'utf8');
	if (!file.endsWith('.json')) return text;
	const { name, nodes } = JSON.parse(text);
	return [name, ...nodes.flatMap((node) => [node.name, ...wordsIn(node.parameters)])].join('\n\n');
}

function wordsIn(value, field = '') {
	if (typeof value === 'string') return WORDS.includes(field) ? [value.replace(/^=/, '').replaceAll(/\{\{ .*? \}\}/gs, '…')] : [];
	return value && typeof value === 'object' ? Object.entries(value).flatMap(([key, inner]) => wordsIn(inner, key)) : [];
}
