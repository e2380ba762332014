import { invalid } from './errors';
import { spansOf, type Span } from './spans';
import { countCharacters, MAX_TEXT_LENGTH, parseText } from './text';

/**
 * Maximum length of a text to split, in characters. A longer text, for example from an agent in a loop, would flood the
 * customer.
 */
const MAX_SPLIT_LENGTH = 10 * MAX_TEXT_LENGTH;

/**
 * Returns the text of a message in parts within WhatsApp's limit.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseTextParts(field: string, value: unknown): string[] {
	const text = parseText(field, value, 'Enter the text of the message.');
	const length = countCharacters(text);
	if (length > MAX_SPLIT_LENGTH) {
		throw invalid(field, text, `has ${length} characters`, `The node splits up to ${MAX_SPLIT_LENGTH}. Shorten the text.`);
	}
	return splitText(text);
}

/**
 * Splits a text into parts within WhatsApp's limit. A part ends at the end of a paragraph, or else of a line, a
 * sentence, or a word. Words, links, and formatted spans stay intact unless they're longer than a message. The
 * formatting of a span that is split is closed and reopened. White space at the split is removed.
 * @param text with WhatsApp formatting: `*bold*`, not `**bold**`
 * @param most maximum length of a part, in characters
 */
export function splitText(text: string, most = MAX_TEXT_LENGTH): string[] {
	return countCharacters(text) <= most ? [text] : new Splitter(text.trim(), most).parts();
}

/**
 * Where a part may end, in order of preference. Splitting after a heading separates it from its text, but splitting a
 * sentence is worse.
 */
const BORDERS = ['paragraph', 'line', 'sentence', 'heading', 'word', 'unspacedWord'] as const;

interface Cut {
	readonly border: (typeof BORDERS)[number];
	/** End of this part and start of the next one. The white space between them is removed. */
	readonly end: number;
	readonly next: number;
}

/** Minimum fill of a part as a share of the limit, unless the only later ends are within a word or a span. */
const MIN_FILL = 1 / 3;
/** Space to close a span that is split: a code block, or text that is bold, italic, and struck through. */
const MAX_CLOSE_LENGTH = 4;
/** Characters after the limit to include, because the end of a sentence depends on what follows it. */
const LOOK_AHEAD = 100;
/** Maximum number of candidates to check for splitting a grapheme. Only malicious text has this many. */
const MAX_CANDIDATES = 200;

const GRAPHEMES = new Intl.Segmenter();
const SENTENCES = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const WORDS = new Intl.Segmenter(undefined, { granularity: 'word' });

class Splitter {
	private readonly spans: readonly Span[];
	private readonly graphemes: Intl.Segments;

	constructor(
		private readonly text: string,
		private readonly most: number,
	) {
		this.spans = spansOf(text);
		this.graphemes = GRAPHEMES.segment(text);
	}

	parts(): string[] {
		const parts: string[] = [];
		for (let start = 0; start < this.text.length; ) {
			const last = this.indexAfter(start, this.most);
			const near = this.spans.filter(({ from, to }) => from < last && to > start);
			const opened = around(near, start).map(({ open }) => open).join('');
			const { end, next } = this.cut(start, this.most - opened.length, near);
			const closed = around(near, end).map(({ close }) => close).reverse().join('');
			const part = this.text.slice(start, end);
			if (part.trim() !== '') parts.push(opened + part + closed);
			start = next;
		}
		return parts;
	}

	/** Returns the best end for the part that begins at `start`. */
	private cut(start: number, room: number, spans: readonly Span[]): Pick<Cut, 'end' | 'next'> {
		const last = this.indexAfter(start, room);
		if (last === this.text.length) return { end: last, next: last };
		const least = start + (last - start) * MIN_FILL;
		const cuts = this.cutsBetween(start, last);
		const outside = this.best(cuts.filter(({ end }) => !around(spans, end).some(({ isWhole }) => isWhole)), least);
		if (outside) return outside;
		const lastInside = this.indexAfter(start, room - MAX_CLOSE_LENGTH);
		const inside = cuts.filter((cut) => cut.end <= lastInside && around(spans, cut.end).every((span) => this.isWithin(span, cut)));
		return this.best(inside, least) ?? this.cutInWord(start, lastInside, spans);
	}

	private best(cuts: readonly Cut[], least: number): Cut | undefined {
		const rank = ({ border, end }: Cut) => (end < least ? BORDERS.length : BORDERS.indexOf(border));
		return cuts
			.toSorted((one, other) => rank(one) - rank(other) || other.end - one.end)
			.slice(0, MAX_CANDIDATES)
			.find(({ end, next }) => this.graphemeAt(end) === end && this.graphemeAt(next) === next);
	}

	private cutInWord(start: number, last: number, spans: readonly Span[]): Pick<Cut, 'end' | 'next'> {
		for (let end = this.graphemeAt(last); end > start; end = this.graphemeAt(end - 1)) {
			const cut = { end, next: end };
			if (around(spans, end).every((span) => this.isWithin(span, cut))) return cut;
		}
		// A character with thousands of combining marks.
		return { end: last, next: last };
	}

	private cutsBetween(start: number, last: number): Cut[] {
		const near = this.text.slice(start, last + LOOK_AHEAD);
		const sentences = bordersOf(SENTENCES, near);
		const cuts: Cut[] = [];
		for (const { 0: space, index } of near.matchAll(/\s+/g)) {
			const breaks = space.split('\n').length - 1;
			// The segmenter counts each line of white space as a sentence.
			const isSentence = Array.from({ length: space.length + 1 }, (_, place) => sentences.delete(index + place)).includes(true);
			if (MARKER_AT_END.test(near.slice(Math.max(0, index - MAX_MARKER_LENGTH - 1), index))) continue;
			const lineBorder = () => (endsWithHeading(near.slice(0, index)) ? 'heading' : breaks > 1 ? 'paragraph' : 'line');
			// Keep the indent of the next line.
			const next = index + (breaks > 0 ? space.lastIndexOf('\n') + 1 : space.length);
			cuts.push({ border: breaks > 0 ? lineBorder() : isSentence ? 'sentence' : 'word', end: index, next });
		}
		for (const index of sentences) cuts.push({ border: 'sentence', end: index, next: index });
		if (UNSPACED.test(near)) {
			for (const index of bordersOf(WORDS, near)) {
				if (isUnspacedBorder(near, index)) cuts.push({ border: 'unspacedWord', end: index, next: index });
			}
		}
		return cuts.map(({ border, end, next }) => ({ border, end: start + end, next: start + next })).filter(({ end }) => end <= last);
	}

	/** Whether both sides of the split contain text of the span, apart from its formatting characters. */
	private isWithin({ from, to, open, close }: Span, { end, next }: Pick<Cut, 'end' | 'next'>): boolean {
		return [this.text.slice(from + open.length, end), this.text.slice(next, to - close.length)].every((side) => side.trim() !== '');
	}

	/** Returns the start of the grapheme at an index. */
	private graphemeAt(index: number): number {
		return this.graphemes.containing(index)?.index ?? index;
	}

	/** Returns the index after a number of characters: code points, as WhatsApp counts them. */
	private indexAfter(start: number, characters: number): number {
		let index = start;
		for (let count = 0; count < characters && index < this.text.length; count++) {
			index += (this.text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
		}
		return index;
	}
}

/** The marker at the start of a list item or a quote. */
const MARKER_AT_END = /(?:^|\s)(?:[-–•*>]|\d{1,3}[.)])$/;
const MAX_MARKER_LENGTH = '123.'.length;

/** Whether the last line is a heading: all bold, apart from a leading number or emoji, or ending with a colon. */
function endsWithHeading(text: string): boolean {
	const line = text.slice(text.lastIndexOf('\n') + 1);
	return /^[^\p{L}*]*\*[^*]+\*$/u.test(line) || /[:：][*_~]*$/.test(line);
}

/** Returns the spans that contain an index. */
function around(spans: readonly Span[], index: number): Span[] {
	return spans.filter(({ from, to }) => from < index && index < to);
}

/** Returns the start of each segment of a text, except for the first. */
function bordersOf(segmenter: Intl.Segmenter, text: string): Set<number> {
	const borders = new Set(Array.from(segmenter.segment(text), ({ index }) => index));
	borders.delete(0);
	return borders;
}

/** Scripts without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u;

/** Whether an index is between two words, at least one of them in such a script. A part never begins with punctuation. */
function isUnspacedBorder(text: string, index: number): boolean {
	const [before = '', after = ''] = [text.slice(index - 1, index), text.slice(index, index + 1)];
	return /[\p{L}\p{N}]/u.test(after) && !/[\s\p{Ps}\p{Pi}]/u.test(before) && (UNSPACED.test(before) || UNSPACED.test(after));
}
