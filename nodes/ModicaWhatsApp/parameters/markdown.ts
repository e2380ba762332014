import type * as Markdown from '../bundled/markdown';
import { decodeEntities } from './entities';
import { invalid } from './errors';
import { formatted, NO_MARKS, plain, type Mark, type Piece } from './formatting';
import { countCharacters, parseText } from './text';
import { digits, isEmpty } from './values';

/** Maximum length in characters. Parsing can take quadratic time, so a longer text would block n8n. */
const MAX_MARKDOWN_LENGTH = 20_000;
/**
 * Maximum number of emphasis markers. The parser compares each `*` and `_` with all others: 20,000 would take seconds.
 * No ordinary text has this many.
 */
const MAX_EMPHASIS_MARKERS = 3_000;
/** Maximum number of table cells. The parser fills each row to the full number of columns. */
const MAX_CELLS = 100_000;

/**
 * Converts Markdown, as AI models write it, to WhatsApp formatting.
 * @throws {InputError} with the field, the value, and the remedy
 */
export function parseMarkdown(field: string, value: unknown): string {
	const source = parseText(field, value, 'Enter the text of the message.');
	const length = countCharacters(source);
	if (length > MAX_MARKDOWN_LENGTH) {
		throw invalid(field, source, `has ${length} characters`, `The node converts up to ${MAX_MARKDOWN_LENGTH} from Markdown. Shorten the text.`);
	}
	const text = isTooMuch(source) ? undefined : render(source);
	if (text === undefined) {
		throw invalid(field, source, 'cannot be converted from Markdown', "Simplify it, or set 'Text Format' to 'Plain Text'.");
	}
	if (isEmpty(text)) {
		throw invalid(field, source, 'contains no text, only Markdown or HTML', 'Enter the text of the message.');
	}
	return text;
}

function isTooMuch(source: string): boolean {
	const lines = source.split('\n');
	const columns = lines.map((line) => line.split('|').length);
	return (source.match(/[*_]+/g)?.length ?? 0) > MAX_EMPHASIS_MARKERS || columns.reduce((most, each) => Math.max(most, each)) * lines.length > MAX_CELLS;
}

/** Returns undefined if parsing or rendering fails, for example for two thousand nested block quotes. */
function render(source: string): string | undefined {
	// Not in the try block: a missing library isn't caused by the text.
	library();
	try {
		const tokens = read(source.replace(/^\uFEFF/, ''));
		const text = renderBlocks(tokens, { linkedByName: linksByName(tokens) });
		return text.replace(/[ \t]+$/gm, '').replace(/^\n+/, '').trimEnd();
	} catch {
		return undefined;
	}
}

type Token = Markdown.MarkedToken;

function read(source: string): Token[] {
	return known(lexer().lex(source));
}

function readInline(source: string): Token[] {
	return known(lexer().inlineTokens(source));
}

function lexer(): Markdown.Lexer {
	const { Lexer } = library();
	return new Lexer({ gfm: true });
}

/** Loaded on demand, because few texts are Markdown. */
function library(): typeof Markdown {
	return module.require('../bundled/markdown') as typeof Markdown;
}

/** The library's type includes tokens of extensions, which aren't used. */
function known(tokens: readonly Markdown.Token[] | undefined): Token[] {
	return (tokens ?? []) as Token[];
}

/** Returns the targets of reference links, which are defined separately: `[text][name]` and `[name]: address`. */
function linksByName(tokens: readonly Token[]): Set<string> {
	const found = new Set<string>();
	const look = (token: Token) => {
		if ((token.type === 'link' || token.type === 'image') && token.raw.endsWith(']')) found.add(token.href);
		for (const child of childrenOf(token)) look(child);
	};
	tokens.forEach(look);
	return found;
}

function childrenOf(token: Token): Token[] {
	if (token.type === 'list') return token.items;
	if (token.type === 'table') return [token.header, ...token.rows].flat().flatMap((cell) => known(cell.tokens));
	return 'tokens' in token ? known(token.tokens) : [];
}

interface Place {
	readonly linkedByName: ReadonlySet<string>;
	readonly isInItem?: boolean;
}

/** Renders blocks, with as many empty lines between them as in the Markdown. */
function renderBlocks(tokens: readonly Token[], place: Place): string {
	let text = '';
	let last: Token | undefined;
	let breaks = 0;
	// Line breaks before a block without output. They aren't added to those after it.
	let breaksBefore = 1;
	for (const token of tokens) {
		const block = renderBlock(token, place, last);
		if (block.trim() !== '') {
			text += (last ? '\n'.repeat(Math.max(breaks, breaksBefore)) : '') + block;
			[last, breaks, breaksBefore] = [token, 0, 1];
		} else if (token.type !== 'space') {
			[breaks, breaksBefore] = [0, Math.max(breaksBefore, breaks, token.type === 'hr' ? 2 : 1)];
		}
		breaks += breaksAtEnd(token);
	}
	return text;
}

function breaksAtEnd({ raw }: Token): number {
	return raw.slice(raw.trimEnd().length).split('\n').length - 1;
}

function renderBlock(token: Token, place: Place, previous: Token | undefined): string {
	switch (token.type) {
		case 'heading':
			return renderInline(token, [{ sign: '*', written: '' }]);
		case 'paragraph':
		case 'text':
			return place.isInItem ? renderInline(token).replace(/^[ \t]+/gm, '') : renderInline(token);
		case 'code':
			return codeBlock(token.text);
		case 'blockquote':
			return renderBlocks(known(token.tokens), place).replace(/^(?=.*\S)/gm, '> ');
		case 'list':
			return renderList(token, place, previous?.type === 'list');
		case 'table':
			return renderTable(token);
		case 'html':
			// Remove lines that contain only tags.
			return formatted(readInline(token.raw).flatMap((child) => piecesOf(child))).replace(/^\s+/gm, '').trimEnd();
		case 'def':
			return place.linkedByName.has(token.href) ? '' : token.raw.trim();
		case 'hr':
			return '';
		default:
			return formatted(piecesOf(token));
	}
}

function renderInline(token: Token, marks?: readonly Mark[]): string {
	return formatted(piecesIn(token, marks));
}

/** WhatsApp displays all text between triple backticks unchanged, including line breaks. */
function codeBlock(code: string): string {
	const lines = code.replace(/\s+$/, '');
	return lines === '' || lines.includes('```') ? lines : `\`\`\`\n${lines}\n\`\`\``;
}

function codeSpan(code: string): string {
	if (code.trim() === '' || /^`|`$|```/.test(code)) return code;
	return code.includes('`') ? `\`\`\`${code}\`\`\`` : `\`${code}\``;
}

/**
 * @param isAfterList for readers, an indented list belongs to the list before it, even if Markdown separates them: `1.
 * a`, `  - b`
 */
function renderList({ items }: Markdown.Tokens.List, place: Place, isAfterList: boolean): string {
	const margins = items.map(({ raw }) => raw.search(/\S/));
	const outermost = isAfterList ? 0 : (margins[0] ?? 0);
	const bullets = bulletsOf(items);
	return items
		.map((item, index) => {
			const margin = ' '.repeat(Math.max(0, (margins[index] ?? 0) - outermost));
			const bullet = bullets[index] ?? '';
			const box = item.task ? (item.checked ? '☑' : '☐') : '';
			const marker = [bullet === '-' && box ? '' : bullet, box].filter(Boolean).join(' ');
			const indent = margin + ' '.repeat(bullet.length + 1);
			const lines = renderBlocks(known(item.tokens), { ...place, isInItem: true }).split('\n');
			const unindented = lines.length - linesNotIndented(item.raw);
			const rest = lines.slice(1).map((line, row) => (row + 1 >= unindented ? line : indent + line));
			return [`${margin}${marker} ${lines[0]}`, ...rest].join('\n') + (item === items.at(-1) ? '' : '\n'.repeat(Math.max(1, breaksAtEnd(item))));
		})
		.join('');
}

/**
 * Keeps the numbers as written, unless all are the same, in which case Markdown counts up. A plus sign before a number
 * belongs to the number.
 */
function bulletsOf(items: readonly Markdown.Tokens.ListItem[]): string[] {
	const written = items.map(({ raw }) => /^\s*(\d+[.)]|\+(?=\s+\d)|)/.exec(raw)?.[1] || '-');
	const [first = ''] = written;
	const number = parseInt(first, 10);
	const isCounted = !Number.isNaN(number) && written.every((each) => each === first);
	return isCounted ? written.map((each, index) => `${number + index}${each.slice(-1)}`) : written;
}

/** Returns the number of trailing lines that Markdown includes in an item although they aren't indented. */
function linesNotIndented(raw: string): number {
	const [, ...lines] = raw.trimEnd().split('\n');
	const indented = lines.findLastIndex((line) => !/^\S/.test(line));
	return lines.length - 1 - indented;
}

/** Maximum total length of column names in the output, where they're repeated for each row. Far longer than a message. */
const MAX_NAMES_LENGTH = 200_000;

/** Renders a table with one line for each cell, because phones are too narrow for tables. */
function renderTable({ raw, header, rows }: Markdown.Tokens.Table): string {
	const names = header.map((cell) => formatted(piecesOfAll(known(cell.tokens), [{ sign: '*', written: '' }])));
	if (names.join('').length * rows.length > MAX_NAMES_LENGTH) throw new RangeError();
	const written = raw.split('\n').slice(2);
	const toText = (row: readonly Markdown.Tokens.TableCell[], index: number) =>
		names
			.map((name, column) => {
				if (row.length === 0) return name;
				const value = formatted(piecesOfAll(known(row[column]?.tokens), NO_MARKS));
				// Markdown treats a line directly after a table as a row. For readers, it's text.
				if (name.trim() === '' || !written[index]?.includes('|')) return value.trim();
				return `${name}${COLON_AT_END.test(name) ? '' : ':'} ${value}`.trim();
			})
			.filter((line) => line.trim() !== '')
			.join('\n');
	return (rows.length > 0 ? rows : [[]]).map(toText).filter(Boolean).join('\n\n');
}

const COLON_AT_END = /[:：][*_~`]*$/;

function piecesIn(token: Token, marks: readonly Mark[] = NO_MARKS): Piece[] {
	return piecesOfAll(childrenOf(token), marks);
}

function piecesOfAll(tokens: readonly Token[], marks: readonly Mark[]): Piece[] {
	const pieces: Piece[] = [];
	let isAfterBreak = false;
	for (const token of tokens) {
		const [first, ...others] = piecesOf(token, marks);
		if (!first) continue;
		// HTML ignores white space after a line break.
		pieces.push(isAfterBreak && token.type === 'text' ? { ...first, text: first.text.replace(/^[ \t]*\n?[ \t]*/, '') } : first, ...others);
		isAfterBreak = token.type === 'html' && first.text === '\n';
	}
	return pieces;
}

function piecesOf(token: Token, marks: readonly Mark[] = NO_MARKS): Piece[] {
	const within = (sign: Mark['sign'], written: string) =>
		piecesIn(token, marks.some((mark) => mark.sign === sign) ? marks : [...marks, { sign, written }]);
	switch (token.type) {
		case 'strong':
			return within('*', token.raw.slice(0, 2));
		case 'em':
			return within('_', token.raw.slice(0, 1));
		case 'del':
			return within('~', '~');
		case 'codespan':
			return [{ text: codeSpan(token.text), marks }];
		case 'br':
			return [{ text: '\n', marks }];
		case 'html':
			return [{ text: textOfTag(token.raw), marks }];
		case 'link':
		case 'image':
			return withAddress(piecesIn(token, marks), token);
		case 'escape':
			return [{ text: token.text, marks }];
		case 'checkbox':
			return [];
		default:
			return [{ text: decodeEntities(token.raw), marks }];
	}
}

/**
 * Returns the text of a link and its address. The address has no formatting, because the characters would become part
 * of it.
 */
function withAddress(words: Piece[], { raw, href }: Markdown.Tokens.Link | Markdown.Tokens.Image): Piece[] {
	const address = decodeEntities(href).trim().replaceAll(' ', '%20');
	const text = plain(words).trim();
	if (address === '' || /^(#|data:)/i.test(address)) return words;
	const shown = withoutScheme(address);
	const unmarked = (written: string): Piece => ({ text: written, marks: NO_MARKS });
	if (text === '') return [unmarked(shown)];
	const isNumber = /^(tel|sms):/i.test(address) && digits(text) === digits(shown);
	if (!isNumber && core(text) !== core(shown)) return [...words, unmarked(` (${shown})`)];
	return [unmarked(raw.startsWith('[') && shown === address ? shown : withoutScheme(text))];
}

/** Returns an address without `tel:`, `sms:`, or `mailto:`. */
function withoutScheme(address: string): string {
	return address.replace(/^(tel|sms):|^mailto:([^?]*).*$/is, '$2');
}

/** Normalizes an address to compare it with the text of the link. */
function core(address: string): string {
	return withoutScheme(address).replace(/^https?:\/\//i, '').replace(/\/$/, '').toLowerCase();
}

/** A tag, with valid attributes if any: `a<b and c>d` contains none. */
const TAG = /^<(\/?)([a-z][a-z\d]*)(?=\s*\/?>|\s+open\b|\s[^>]*=)/i;
/** Tags that start a new line. */
const BLOCK_TAGS = new Set('address,article,aside,blockquote,br,caption,dd,details,dialog,div,dl,dt,fieldset,figcaption,figure,footer,form,h1,h2,h3,h4,h5,h6,header,hr,li,main,nav,ol,p,pre,section,summary,table,tr,ul'.split(','));
const OTHER_TAGS = new Set('a,abbr,area,audio,b,bdi,bdo,big,body,button,canvas,center,cite,code,col,colgroup,data,del,dfn,em,embed,font,head,html,i,iframe,img,input,ins,kbd,label,legend,link,map,mark,meta,meter,noscript,object,option,output,picture,progress,q,rp,rt,ruby,s,samp,script,select,slot,small,source,span,strike,strong,style,sub,sup,svg,tbody,td,template,textarea,tfoot,th,thead,time,title,track,tt,u,var,video,wbr'.split(','));

/** Returns an empty string, a space, or a line break for an HTML tag. Anything else is text, such as `<your name>`. */
function textOfTag(tag: string): string {
	const [, end, written = ''] = TAG.exec(tag) ?? [];
	const name = written.toLowerCase();
	if (BLOCK_TAGS.has(name)) return end && name === 'br' ? '' : '\n';
	if (name === 'td' || name === 'th') return end ? ' ' : '';
	return /^<[!?]/.test(tag) || OTHER_TAGS.has(name) ? '' : tag;
}
