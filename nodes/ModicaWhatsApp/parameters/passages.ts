/** A passage of a text that WhatsApp shows as one: formatted, quoted, or a link. */
export interface Passage {
	/** Where it begins and ends, its signs included. */
	readonly from: number;
	readonly to: number;
	/** What begins and ends it: nothing around a link. */
	readonly open: string;
	readonly close: string;
	/** False for a quote, which may be cut anywhere. */
	readonly isWhole: boolean;
}

/** The passages of a text that has WhatsApp's formatting, by where they begin: of two in each other, the outer one first. */
export function passagesOf(text: string): Passage[] {
	const codeBlocks = [...text.matchAll(/```\n?([^]+?)\n?```/g)].map(({ 0: { length }, index }) => ({
		from: index,
		to: index + length,
		open: '```\n',
		close: '\n```',
		isWhole: true,
	}));
	// Within code, signs are text, and what is around code ends there: so no passage has a code block in it.
	const others = text.replace(/```[^]+?```/g, (code) => '\n'.repeat(code.length));
	const passages = [...codeBlocks, ...linesOf(others).flatMap(({ line, from }) => passagesOfLine(line, from))];
	return passages.sort((one, other) => one.from - other.from);
}

function linesOf(text: string): Array<{ line: string; from: number }> {
	return [...text.matchAll(/.+/g)].map(({ 0: line, index }) => ({ line, from: index }));
}

function passagesOfLine(line: string, start: number): Passage[] {
	const quote = /^> \S/.test(line) ? [{ from: start, to: start + line.length, open: '> ', close: '', isWhole: false }] : [];
	const links = [...line.matchAll(/\b(?:https?:\/\/|www\.)\S+/gi)].map(({ 0: { length }, index }) => ({
		from: start + index,
		to: start + index + length,
		open: '',
		close: '',
		isWhole: true,
	}));
	return [...quote, ...links, ...['*', '_', '~', '`'].flatMap((sign) => formattedBy(sign, line, start))];
}

/** What is between two signs, of which the first begins a word and the second ends one. */
function formattedBy(sign: string, line: string, start: number): Passage[] {
	const found: Passage[] = [];
	let from = -1;
	for (let index = line.indexOf(sign); index >= 0; index = line.indexOf(sign, index + 1)) {
		const before = line[index - 1] ?? ' ';
		const after = line[index + 1] ?? ' ';
		if (from >= 0 && index > from + 1 && isInk(before) && !isWord(after)) {
			found.push({ from: start + from, to: start + index + 1, open: sign, close: sign, isWhole: true });
			from = -1;
		} else if (from < 0 && isInk(after) && !isWord(before)) {
			from = index;
		}
	}
	return found;
}

function isInk(character: string): boolean {
	return character.trim() !== '';
}

function isWord(character: string): boolean {
	return /[\p{L}\p{N}]/u.test(character);
}
