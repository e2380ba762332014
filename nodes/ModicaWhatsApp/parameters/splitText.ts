import { invalid } from './errors';
import { passagesOf, type Passage } from './passages';
import { countCharacters, LONGEST_TEXT, parseText } from './text';

/** The longest text that is split, in characters. A longer one, such as that of an agent in a loop, would flood the customer. */
const LONGEST_WHOLE = 10 * LONGEST_TEXT;

/**
 * The text of a message, in parts that WhatsApp takes.
 * @throws {InputError} naming the field, the value and the remedy
 */
export function parseTextParts(field: string, value: unknown): string[] {
	const text = parseText(field, value, 'Write what the message is to say.');
	const length = countCharacters(text);
	if (length > LONGEST_WHOLE) {
		throw invalid(field, text, `has ${length} characters`, `The node splits up to ${LONGEST_WHOLE}: shorten it.`);
	}
	return splitText(text);
}

/**
 * Splits a text into parts that WhatsApp takes. A part ends where a paragraph does, or else a line, a sentence, or a word.
 * Words, links and formatted passages stay whole, unless one is longer than a message. A passage that is cut is closed and
 * opened again. White space where a part ends is left out.
 * @param text as WhatsApp gets it: `*bold*`, not `**bold**`
 * @param most characters of a part, at most
 */
export function splitText(text: string, most = LONGEST_TEXT): string[] {
	return countCharacters(text) <= most ? [text] : new Splitter(text.trim(), most).parts();
}

/** Where a part may end, the best place first. What a heading is above belongs to it, but half a sentence looks worse. */
const BORDERS = ['paragraph', 'line', 'sentence', 'heading', 'word', 'unspacedWord'] as const;

interface Cut {
	readonly border: (typeof BORDERS)[number];
	/** Where the part ends, and where the next one begins: white space between them is left out. */
	readonly end: number;
	readonly next: number;
}

/** How full a part is to be, unless it would then end within a word or a passage. */
const LEAST_FULL = 1 / 3;
/** Room for what closes a passage that is cut: a code block, or text that is bold, italic and struck through. */
const LONGEST_CLOSE = 4;
/** The end of a sentence shows in what follows it. */
const LOOK_AHEAD = 100;
/** Places that are looked at whether they are within a grapheme: few are, unless somebody means harm. */
const MOST_TRIED = 200;

class Splitter {
	private readonly passages: readonly Passage[];
	private readonly graphemes: Intl.Segments;

	constructor(
		private readonly text: string,
		private readonly most: number,
	) {
		this.passages = passagesOf(text);
		this.graphemes = new Intl.Segmenter().segment(text);
	}

	parts(): string[] {
		const parts: string[] = [];
		for (let start = 0; start < this.text.length; ) {
			const last = this.indexAfter(start, this.most);
			const near = this.passages.filter(({ from, to }) => from < last && to > start);
			const opened = around(near, start).map(({ open }) => open).join('');
			const { end, next } = this.cut(start, this.most - opened.length, near);
			const closed = around(near, end).map(({ close }) => close).reverse().join('');
			const part = this.text.slice(start, end);
			if (part.trim() !== '') parts.push(opened + part + closed);
			start = next;
		}
		return parts;
	}

	/** The best place to end the part that begins at `start`. */
	private cut(start: number, room: number, passages: readonly Passage[]): Pick<Cut, 'end' | 'next'> {
		const last = this.indexAfter(start, room);
		if (last === this.text.length) return { end: last, next: last };
		const least = start + (last - start) * LEAST_FULL;
		const cuts = this.cutsBetween(start, last);
		const outside = this.best(cuts.filter(({ end }) => !around(passages, end).some(({ isWhole }) => isWhole)), least);
		if (outside) return outside;
		const lastInside = this.indexAfter(start, room - LONGEST_CLOSE);
		const inside = cuts.filter((cut) => cut.end <= lastInside && around(passages, cut.end).every((passage) => this.isWithin(passage, cut)));
		return this.best(inside, least) ?? this.cutInWord(start, lastInside, passages);
	}

	private best(cuts: readonly Cut[], least: number): Cut | undefined {
		const rank = ({ border, end }: Cut) => (end < least ? BORDERS.length : BORDERS.indexOf(border));
		return cuts
			.toSorted((one, other) => rank(one) - rank(other) || other.end - one.end)
			.slice(0, MOST_TRIED)
			.find(({ end, next }) => this.graphemeAt(end) === end && this.graphemeAt(next) === next);
	}

	private cutInWord(start: number, last: number, passages: readonly Passage[]): Pick<Cut, 'end' | 'next'> {
		for (let end = this.graphemeAt(last); end > start; end = this.graphemeAt(end - 1)) {
			const cut = { end, next: end };
			if (around(passages, end).every((passage) => this.isWithin(passage, cut))) return cut;
		}
		// A letter with thousands of accents.
		return { end: last, next: last };
	}

	private cutsBetween(start: number, last: number): Cut[] {
		const near = this.text.slice(start, last + LOOK_AHEAD);
		const sentences = bordersOf('sentence', near);
		const cuts: Cut[] = [];
		for (const { 0: space, index } of near.matchAll(/\s+/g)) {
			const breaks = space.split('\n').length - 1;
			// Each line of white space counts as a sentence, too.
			const isSentence = Array.from({ length: space.length + 1 }, (_, place) => sentences.delete(index + place)).includes(true);
			if (MARKER_AT_END.test(near.slice(Math.max(0, index - LONGEST_MARKER - 1), index))) continue;
			const lineBorder = () => (endsWithHeading(near.slice(0, index)) ? 'heading' : breaks > 1 ? 'paragraph' : 'line');
			// A line keeps its indent.
			const next = index + (breaks > 0 ? space.lastIndexOf('\n') + 1 : space.length);
			cuts.push({ border: breaks > 0 ? lineBorder() : isSentence ? 'sentence' : 'word', end: index, next });
		}
		for (const index of sentences) cuts.push({ border: 'sentence', end: index, next: index });
		if (UNSPACED.test(near)) {
			for (const index of bordersOf('word', near)) {
				if (isUnspacedBorder(near, index)) cuts.push({ border: 'unspacedWord', end: index, next: index });
			}
		}
		return cuts.map(({ border, end, next }) => ({ border, end: start + end, next: start + next })).filter(({ end }) => end <= last);
	}

	/** True when something of the passage is left on each side, beside its signs. */
	private isWithin({ from, to, open, close }: Passage, { end, next }: Pick<Cut, 'end' | 'next'>): boolean {
		return [this.text.slice(from + open.length, end), this.text.slice(next, to - close.length)].every((side) => side.trim() !== '');
	}

	/** Where the grapheme begins that a place is in. */
	private graphemeAt(index: number): number {
		return this.graphemes.containing(index)?.index ?? index;
	}

	/** The place that is so many characters further on: code points, as WhatsApp counts. */
	private indexAfter(start: number, characters: number): number {
		let index = start;
		for (let count = 0; count < characters && index < this.text.length; count++) {
			index += (this.text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
		}
		return index;
	}
}

/** What begins an item of a list or a quote. */
const MARKER_AT_END = /(?:^|\s)(?:[-–•*>]|\d{1,3}[.)])$/;
const LONGEST_MARKER = '123.'.length;

/** True when the last line is all in bold, but for a number or an emoji, or announces what follows. */
function endsWithHeading(text: string): boolean {
	const line = text.slice(text.lastIndexOf('\n') + 1);
	return /^[^\p{L}*]*\*[^*]+\*$/u.test(line) || /[:：][*_~]*$/.test(line);
}

/** The passages that go on at a place. */
function around(passages: readonly Passage[], index: number): Passage[] {
	return passages.filter(({ from, to }) => from < index && index < to);
}

/** Where segments of a text begin, but for the first. */
function bordersOf(granularity: 'sentence' | 'word', text: string): Set<number> {
	const borders = new Set(Array.from(new Intl.Segmenter(undefined, { granularity }).segment(text), ({ index }) => index));
	borders.delete(0);
	return borders;
}

/** Scripts that are written without spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Mymr}]/u;

/** True between two words of which one is of such a script. No part begins with a comma. */
function isUnspacedBorder(text: string, index: number): boolean {
	const [before = '', after = ''] = [text.slice(index - 1, index), text.slice(index, index + 1)];
	return /[\p{L}\p{N}]/u.test(after) && !/[\s\p{Ps}\p{Pi}]/u.test(before) && (UNSPACED.test(before) || UNSPACED.test(after));
}
