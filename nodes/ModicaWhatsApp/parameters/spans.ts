/** A span of text that WhatsApp displays as a unit: formatted text, a quote, or a link. */
export interface Span {
	/** Start and end, including the formatting characters. */
	readonly from: number;
	readonly to: number;
	/** The formatting characters at each end. Empty for a link. */
	readonly open: string;
	readonly close: string;
	/** False for a quote, which may be split anywhere. */
	readonly isWhole: boolean;
}

/** Returns the spans of a text with WhatsApp formatting, sorted by start. An outer span precedes its inner spans. */
export function spansOf(text: string): Span[] {
	const codeBlocks = [...text.matchAll(/```\n?([^]+?)\n?```/g)].map(({ 0: { length }, index }) => ({
		from: index,
		to: index + length,
		open: '```\n',
		close: '\n```',
		isWhole: true,
	}));
	// Inside code, formatting characters are literal, and surrounding formatting ends at a code block, so no span
	// contains one.
	const others = text.replace(/```[^]+?```/g, (code) => '\n'.repeat(code.length));
	const spans = [...codeBlocks, ...linesOf(others).flatMap(({ line, from }) => spansOfLine(line, from))];
	return spans.sort((one, other) => one.from - other.from);
}

function linesOf(text: string): Array<{ line: string; from: number }> {
	return [...text.matchAll(/.+/g)].map(({ 0: line, index }) => ({ line, from: index }));
}

function spansOfLine(line: string, start: number): Span[] {
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

/** Returns the spans between two formatting characters, the first at the start of a word and the second at the end of one. */
function formattedBy(sign: string, line: string, start: number): Span[] {
	const found: Span[] = [];
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
