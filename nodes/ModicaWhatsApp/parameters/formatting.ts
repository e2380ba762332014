/**
 * WhatsApp formatting: `*bold*`, `_italic_`, `~struck~`. It applies within a line, and starts and ends at a word
 * boundary.
 */

export interface Mark {
	readonly sign: '*' | '_' | '~';
	/** The Markdown characters that it replaces. Empty if there are none, for example for a heading. */
	readonly written: string;
}

/** Text with its formatting, from the outermost mark to the innermost. */
export interface Piece {
	readonly text: string;
	readonly marks: readonly Mark[];
}

export const NO_MARKS: readonly Mark[] = [];

/** Returns the text of pieces without formatting. */
export function plain(pieces: readonly Piece[]): string {
	return pieces.map(({ text }) => text).join('');
}

/** Returns the text of pieces with formatting, which is closed at the end of each line and reopened in the next. */
export function formatted(pieces: readonly Piece[]): string {
	return inLines(pieces).map(formatLine).join('\n');
}

function inLines(pieces: readonly Piece[]): Piece[][] {
	const lines: Piece[][] = [[]];
	for (const piece of pieces) {
		piece.text.split('\n').forEach((text, index) => {
			if (index > 0) lines.push([]);
			lines.at(-1)?.push({ ...piece, text });
		});
	}
	return lines;
}

/** A range of pieces in a line that share a mark. */
interface Run {
	readonly mark: Mark;
	readonly from: number;
	to: number;
}

function formatLine(line: readonly Piece[]): string {
	const pieces = withoutMarksAroundSpace(line.flatMap(inWords));
	const before = pieces.map(() => '');
	const after = pieces.map(() => '');
	// From the outside in: the first mark to open is the last to close.
	for (const { mark, from, to } of runsOf(pieces)) {
		const outside = [lastOf(pieces[from - 1]), firstOf(pieces[to + 1])];
		const sign = signOf(mark, outside, [firstOf(pieces[from]), lastOf(pieces[to])]);
		before[from] += sign;
		after[to] = sign + after[to];
	}
	return pieces.map(({ text }, index) => `${before[index]}${text}${after[index]}`).join('');
}

function inWords(piece: Piece): Piece[] {
	return (piece.text.match(/\s+|\S+/g) ?? []).map((text) => ({ ...piece, text }));
}

/** Moves white space at the edge of a formatted span out of it, because WhatsApp wouldn't format the span otherwise. */
function withoutMarksAroundSpace(pieces: readonly Piece[]): Piece[] {
	return pieces.map((piece, index) => {
		if (piece.text.trim() !== '') return piece;
		const before = marksOf(pieces[index - 1]);
		const after = marksOf(pieces[index + 1]);
		return { ...piece, marks: piece.marks.filter((mark) => before.includes(mark) && after.includes(mark)) };
	});
}

function marksOf(piece: Piece | undefined): readonly Mark[] {
	return piece?.marks ?? NO_MARKS;
}

function runsOf(pieces: readonly Piece[]): Run[] {
	const runs: Run[] = [];
	let open: Run[] = [];
	pieces.forEach(({ marks }, index) => {
		const kept = open.findIndex(({ mark }, depth) => marks[depth] !== mark);
		open = kept < 0 ? open : open.slice(0, kept);
		for (const run of open) run.to = index;
		for (const mark of marks.slice(open.length)) {
			const run = { mark, from: index, to: index };
			open.push(run);
			runs.push(run);
		}
	});
	return runs;
}

/** Letters, marks, and digits, but not the modifiers that turn a character into an emoji. */
const WORD = /^(?![\ufe0e\ufe0f\u20e3])[\p{L}\p{M}\p{N}]$/u;
const DIGIT = /^\p{N}$/u;

/**
 * Returns the formatting characters for a span. In the middle of a word, WhatsApp would display them literally. There,
 * bold is dropped unless it touches a digit, and everything else stays as written: 2*3*4 must not become 234, and a
 * struck-out price must not merge with the next one.
 */
function signOf({ sign, written }: Mark, outside: readonly string[], inside: readonly string[]): string {
	if (!outside.some((character) => WORD.test(character))) return sign;
	return sign === '*' && ![...outside, ...inside].some((character) => DIGIT.test(character)) ? '' : written;
}

function firstOf(piece: Piece | undefined): string {
	const [first = ''] = piece?.text ?? '';
	return first;
}

function lastOf(piece: Piece | undefined): string {
	return [...(piece?.text.slice(-2) ?? '')].at(-1) ?? '';
}
