/** HTML's named characters from U+00A0 to U+00FF, in order. */
const LATIN_1 = (
	'nbsp,iexcl,cent,pound,curren,yen,brvbar,sect,uml,copy,ordf,laquo,not,shy,reg,macr,deg,plusmn,sup2,sup3,acute,micro,para,' +
	'middot,cedil,sup1,ordm,raquo,frac14,frac12,frac34,iquest,Agrave,Aacute,Acirc,Atilde,Auml,Aring,AElig,Ccedil,Egrave,Eacute,' +
	'Ecirc,Euml,Igrave,Iacute,Icirc,Iuml,ETH,Ntilde,Ograve,Oacute,Ocirc,Otilde,Ouml,times,Oslash,Ugrave,Uacute,Ucirc,Uuml,Yacute,' +
	'THORN,szlig,agrave,aacute,acirc,atilde,auml,aring,aelig,ccedil,egrave,eacute,ecirc,euml,igrave,iacute,icirc,iuml,eth,ntilde,' +
	'ograve,oacute,ocirc,otilde,ouml,divide,oslash,ugrave,uacute,ucirc,uuml,yacute,thorn,yuml'
).split(',');

/** The most common other names, out of 2,231. */
const NAMED = new Map<string, string>([
	...LATIN_1.map((name, index): [string, string] => [name, String.fromCharCode(0xa0 + index)]),
	...Object.entries({
		amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", lsquo: '‘', rsquo: '’', sbquo: '‚', ldquo: '“', rdquo: '”', bdquo: '„',
		lsaquo: '‹', rsaquo: '›', ndash: '–', mdash: '—', hellip: '…', bull: '•', dagger: '†', permil: '‰', euro: '€', trade: '™',
		larr: '←', uarr: '↑', rarr: '→', darr: '↓', harr: '↔', minus: '−', ne: '≠', le: '≤', ge: '≥', asymp: '≈', infin: '∞',
		check: '✓', hearts: '♥', OElig: 'Œ', oelig: 'œ', Scaron: 'Š', scaron: 'š', Yuml: 'Ÿ', ensp: '\u2002', emsp: '\u2003',
		thinsp: '\u2009', zwnj: '\u200c', zwj: '\u200d', lrm: '\u200e', rlm: '\u200f',
	}),
]);

const ENTITY = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]*));/gi;

/** Decodes HTML entities such as `&amp;` and `&#8364;`. Unknown names stay unchanged. */
export function decodeEntities(text: string): string {
	return text.replace(ENTITY, (entity, decimal?: string, hex?: string, name?: string) => {
		if (name !== undefined) return NAMED.get(name) ?? entity;
		return characterOf(decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal));
	});
}

/** Returns the replacement character for invalid code points, as CommonMark requires. */
function characterOf(code: number): string {
	const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
	return isCharacter ? String.fromCodePoint(code) : '\ufffd';
}
