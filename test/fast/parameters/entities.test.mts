import { decodeEntities } from '../../../nodes/ModicaWhatsApp/parameters/entities';

describe('HTML entities', () => {
	it.each([
		['a &amp; b &lt;&gt;&quot;&apos;', 'a & b <>"\''],
		// The first and the last of the list, and some in between, because the position of each matters.
		['&nbsp;&iexcl;&not;&shy;&frac34;&iquest;&Agrave;&times;&szlig;&divide;&thorn;&yuml;', '\u00a0¡¬\u00ad¾¿À×ß÷þÿ'],
		['&Auml;&auml; &OElig;&oelig;', 'Ää Œœ'],
		['5&thinsp;&euro; &ndash; 7&hellip;', '5\u2009€ – 7…'],
		['&#65;&#0065;&#128512;', 'AA😀'],
		['&#x41;&#X41;&#x1f600;&#x1F600;', 'AA😀😀'],
		['&amp;lt;', '&lt;'],
	])('are decoded: %s', (text, decoded) => {
		expect(decodeEntities(text)).toBe(decoded);
	});

	it.each(['&unknown;', '&AMP;', '&amp', '& amp;', '&;', '&#;', '&#x;', '&#12345678;', '&#x1234567;', '&#xg;', '&1a;', 'R&D', '&constructor;'])('are left unchanged if they are not entities: %s', (text) => {
		expect(decodeEntities(text)).toBe(text);
	});

	it.each([
		['&#0;', '\ufffd'],
		['&#1;', '\u0001'],
		['&#xD7FF;', '\ud7ff'],
		['&#xD800;', '\ufffd'],
		['&#xDFFF;', '\ufffd'],
		['&#xE000;', '\ue000'],
		['&#x10FFFF;', '\u{10ffff}'],
		['&#x110000;', '\ufffd'],
		['&#9999999;', '\ufffd'],
	])('that are not valid characters become the replacement character: %s', (text, decoded) => {
		expect(decodeEntities(text)).toBe(decoded);
	});
});
