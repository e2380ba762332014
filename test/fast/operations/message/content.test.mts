import type { IBinaryData } from 'n8n-workflow';
import type { TextContent } from '../../../../nodes/ModicaWhatsApp/api/types';
import { contentFields, readContent } from '../../../../nodes/ModicaWhatsApp/operations/message/content';
import { send } from '../../../../nodes/ModicaWhatsApp/operations/message/send';
import { itemOf } from '../../../harness/operation.mts';

const FILE: IBinaryData = { mimeType: 'image/png', data: '' };
const TEMPLATE = { messageType: 'template', templateName: 'order_update', templateParameters: 'fields' };
const JSON_TEMPLATE = { ...TEMPLATE, templateParameters: 'json' };
const MEDIA = { messageType: 'media', mediaType: 'image' };
const JSON_REMEDY = 'Use a list of body values, or an object such as {"body_params": ["Aroha", "1234"]}. It can have header_params, body_params, media, and buttons.';
const SPACES_REMEDY = 'WhatsApp does not accept this in a parameter. To replace it with a space, add .replace(/\\s+/g, " ") to the expression.';
const NAME_REMEDY = 'Use its approved name: lowercase letters, digits, and underscores, such as order_update.';
const LANGUAGE_REMEDY = 'Use the code of the approved template, such as en or en_US.';
const MEDIA_REMEDY = "Set its type (image, video, or document), and its URL or, if 'Media Source' is 'Binary File', its binary field.";

const linkTo = (parameter: string, name: unknown) => `https://n8n.example.com/${parameter}/${String(name)}`;
const read = (parameters: Record<string, unknown>) => readContent(itemOf(send, parameters, 0, { data: FILE }), linkTo).content;
const fields = (parameters: Record<string, unknown>) => read({ ...TEMPLATE, ...parameters });
const json = (value: unknown) => read({ ...JSON_TEMPLATE, templateJson: value });
const template = (rest: object = {}) => ({ type: 'template', template: { name: 'order_update', language: 'en_US', ...rest } });

describe('the content of a message', () => {
	it('is a text', () => {
		expect(read({ messageType: 'text', text: 'Hello' })).toEqual({ type: 'text', text: { body: 'Hello' } });
		expect(() => read({ messageType: 'text', text: '' })).toThrow("'Text' is empty. Enter the text of the message.");
	});

	it("is Markdown converted to WhatsApp's formatting if selected", () => {
		const body = (text: unknown, options: object) => (read({ messageType: 'text', text, options }) as TextContent).text.body;
		expect(body('# **Hi**\n* you', {})).toBe('# **Hi**\n* you');
		expect(body('# **Hi**\n* you', { textFormat: 'plain' })).toBe('# **Hi**\n* you');
		expect(body('# **Hi**\n* you', { textFormat: 'markdown' })).toBe('*Hi*\n- you');
		// Longer than a message before its tags are removed.
		expect(body(`<b>${'x'.repeat(4_096)}</b>`, { textFormat: 'markdown' })).toBe('x'.repeat(4_096));
	});

	it.each([
		['x', 'html', "Text Format 'html' is not valid. Use 'plain' or 'markdown'."],
		['x', 'Markdown', "Text Format 'Markdown' is not valid. Use 'plain' or 'markdown'."],
		['x', '', "'Text Format' is empty. Use 'plain' or 'markdown'."],
		['x', undefined, "'Text Format' is empty. Use 'plain' or 'markdown'."],
		['x', true, "Text Format 'true' is not valid. Use 'plain' or 'markdown'."],
		['x', ['markdown'], `Text Format '["markdown"]' is not valid. Use 'plain' or 'markdown'.`],
		['x'.repeat(4_095) + ' **y**', 'markdown', "has 4099 characters. WhatsApp accepts up to 4096. Shorten it, or use the Send operation with 'Split Long Text'."],
		['', 'markdown', "'Text' is empty. Enter the text of the message."],
		['<br>', 'markdown', "Text '<br>' contains no text, only Markdown or HTML. Enter the text of the message."],
	])('rejects text %.9s in the format %j', (text, textFormat, message) => {
		expect(() => read({ messageType: 'text', text, options: { textFormat } })).toThrow(message);
	});

	it('has no text format if it is not text', () => {
		expect(read({ ...TEMPLATE, options: { textFormat: 'html' } })).toEqual(template());
	});

	it.each([
		[{ mediaSource: 'url', mediaUrl: 'https://example.com/a.png' }, 'https://example.com/a.png'],
		[{ mediaSource: 'binary', binaryPropertyName: 'photo' }, 'https://n8n.example.com/Input Binary Field/photo'],
	])('is media: %j', (source, url) => {
		expect(read({ ...MEDIA, ...source })).toEqual({ type: 'media', media: { type: 'image', url } });
	});

	it.each([
		[{ mediaType: 'sticker' }, "Media Type 'sticker' is not valid. Use 'audio', 'document', 'image', or 'video'."],
		[{ mediaUrl: 'x' }, "Media URL 'x' is not a valid URL."],
	])('rejects media %j', (wrong, message) => {
		expect(() => read({ ...MEDIA, ...wrong })).toThrow(message);
	});

	it('rejects an unknown message type', () => {
		expect(() => read({ messageType: 'sticker' })).toThrow("Message Type 'sticker' is not valid. Use 'text', 'template', or 'media'.");
	});

	it('has fields that are shown for its type only', () => {
		const shown = contentFields.map(({ name, displayOptions }) => [name, displayOptions?.show]);
		expect(shown).toEqual([
			['messageType', undefined],
			['text', { messageType: ['text'] }],
			...['templateName', 'templateLanguage', 'templateParameters'].map((name) => [name, { messageType: ['template'] }]),
			...Object.entries({
				templateText: ['text'],
				templateHeaderText: ['text'],
				headerParams: ['fields'],
				templateMedia: ['text', 'fields'],
				templateValues: ['text'],
				bodyParams: ['fields'],
				buttons: ['text', 'fields'],
				templateJson: ['json'],
			}).map(([name, templateParameters]) => [name, { messageType: ['template'], templateParameters }]),
			['mediaType', { messageType: ['media'] }],
			['mediaSource', { messageType: ['media'] }],
			['mediaUrl', { messageType: ['media'], mediaSource: ['url'] }],
			['binaryPropertyName', { messageType: ['media'], mediaSource: ['binary'] }],
		]);
	});
});

describe('a template', () => {
	it('requires only a name and a language', () => {
		expect(fields({})).toEqual(template());
	});

	it('is built from all fields', () => {
		const given = {
			headerParams: { values: [{ value: 'Kia ora' }] },
			bodyParams: { values: [{ value: 'Aroha' }, { value: 12 }, 'bare'] },
			templateMedia: { media: { type: 'image', url: 'https://example.com/banner.png' } },
			buttons: { values: [{ index: 0, type: 'quick_reply', payload: 'YES' }, { index: '9', type: 'url', payload: 'orders/1' }] },
		};
		expect(fields(given)).toEqual(
			template({
				header_params: ['Kia ora'],
				body_params: ['Aroha', '12', 'bare'],
				media: { type: 'image', url: 'https://example.com/banner.png' },
				buttons: [{ index: 0, type: 'quick_reply', payload: 'YES' }, { index: 9, type: 'url', payload: 'orders/1' }],
			}),
		);
	});

	it.each([
		[{ type: 'video', mediaSource: 'binary', binaryPropertyName: 'clip' }, 'https://n8n.example.com/Header Media Input Binary Field/clip'],
		[{ type: 'video', mediaSource: 'binary' }, 'https://n8n.example.com/Header Media Input Binary Field/data'],
	])('can have a file of the item in its header: %j', (media, url) => {
		expect(fields({ templateMedia: { media } })).toEqual(template({ media: { type: 'video', url } }));
	});

	it('accepts expressions in place of the rows or the group of a field', () => {
		const given = { bodyParams: ['Aroha', { value: 'x' }], templateMedia: { type: 'video', url: 'https://example.com/a.mp4' }, buttons: [] };
		expect(fields(given)).toEqual(template({ body_params: ['Aroha', 'x'], media: { type: 'video', url: 'https://example.com/a.mp4' } }));
	});

	it.each<[unknown, object]>([
		['{"header_params": ["A"], "body_params": ["B", 2], "media": {"type": "document", "url": "https://example.com/a.pdf"}, "buttons": [{"index": "0", "type": "url", "payload": "x"}]}',
			{ header_params: ['A'], body_params: ['B', '2'], media: { type: 'document', url: 'https://example.com/a.pdf' }, buttons: [{ index: 0, type: 'url', payload: 'x' }] }],
		[{ body_params: ['B'] }, { body_params: ['B'] }],
		// A list field of a previous node, as a list or as text.
		[['B', 2], { body_params: ['B', '2'] }],
		['["B", 2]', { body_params: ['B', '2'] }],
		[[], {}],
		['{"header_params": [], "body_params": null, "media": {}, "buttons": []}', {}],
		['', {}],
		[undefined, {}],
	])('is built from JSON: %j', (value, rest) => {
		expect(json(value)).toEqual(template(rest));
	});

	it.each<[string, Record<string, unknown>]>([
		[`'Template Name' is empty. ${NAME_REMEDY}`, { templateName: '' }],
		[`Template Name 'Order' is not a valid template name. ${NAME_REMEDY}`, { templateName: 'Order' }],
		["Template Name 'order update' is not", { templateName: 'order update' }],
		[`Template Name '${'x'.repeat(80)}…' is not`, { templateName: 'x'.repeat(513) }],
		[`'Template Language' is empty. ${LANGUAGE_REMEDY}`, { templateLanguage: '' }],
		[`Template Language 'en-US' is not a language code. ${LANGUAGE_REMEDY}`, { templateLanguage: 'en-US' }],
		["Template Language 'e' is not", { templateLanguage: 'e' }],
		["Template Language 'en_USAX' is not", { templateLanguage: 'en_USAX' }],
		["Template Language 'xen' is not".replace('xen', 'engl'), { templateLanguage: 'engl' }],
		["'Header Text Parameter 1' is empty. Enter a value for each placeholder. WhatsApp does not accept empty ones.", { headerParams: { values: [{ value: '' }] } }],
		["'Body Parameter 2' is empty.", { bodyParams: { values: [{ value: 'x' }, {}] } }],
		[`Body Parameter 1 'x y' has a line break. ${SPACES_REMEDY}`, { bodyParams: { values: [{ value: 'x\ny' }] } }],
		["Body Parameter 1 'x y' has a line break.", { bodyParams: { values: [{ value: 'x\r\ny' }] } }],
		[`Body Parameter 2 'x y' has a tab. ${SPACES_REMEDY}`, { bodyParams: { values: [{ value: 'x' }, { value: 'x\ty' }] } }],
		[`Header Text Parameter 1 'x y' has five spaces in a row. ${SPACES_REMEDY}`, { headerParams: { values: [{ value: 'x     y' }] } }],
		["'Header Media URL' is empty.", { templateMedia: { media: { type: 'image' } } }],
		["'Header Media Type' is empty. Use 'document', 'image', or 'video'.", { templateMedia: { media: { type: '', url: 'https://example.com/a.png' } } }],
		["Header Media Type 'audio' is not valid. Use 'document', 'image', or 'video'.", { templateMedia: { media: { type: 'audio', url: 'https://example.com/a.png' } } }],
		["Header Media Source 'Binary' is not valid. Use 'url' or 'binary'.", { templateMedia: { media: { mediaSource: 'Binary', url: 'https://example.com/a.png' } } }],
		[`Header Media '["x"]' is not an object. ${MEDIA_REMEDY}`, { templateMedia: ['x'] }],
		[`Body Parameters '{"value":"x"}' is not a list.`, { bodyParams: { values: { value: 'x' } } }],
		[`Body Parameters '{"first":"x"}' is not a list.`, { bodyParams: { first: 'x' } }],
		["Buttons 'x' is not a list.", { buttons: 'x' }],
		[`Header Media 'x' is not an object. ${MEDIA_REMEDY}`, { templateMedia: { media: 'x' } }],
		["Template Parameters 'xml' is not valid. Use 'text', 'fields', or 'json'.", { templateParameters: 'xml' }],
		[`Header Media '{"type":"image","link":"x"}' contains link, which the API does not support. Use only type, url, mediaSource, binaryPropertyName.`, { templateMedia: { media: { type: 'image', link: 'x' } } }],
		["Button 1 Index '-1' is not a valid button index (0–9). Use 0 for the first button, 1 for the second, and so on.", { buttons: { values: [{ index: -1, type: 'url', payload: 'x' }] } }],
		["Button 1 Index '10' is not", { buttons: { values: [{ index: 10, type: 'url', payload: 'x' }] } }],
		["Button 1 Index '0.5' is not", { buttons: { values: [{ index: 0.5, type: 'url', payload: 'x' }] } }],
		["'Button 1 Index' is empty.", { buttons: { values: [{ index: ' ', type: 'url', payload: 'x' }] } }],
		["'Button 2 Type' is empty. Use 'quick_reply' or 'url'.", { buttons: { values: [{ index: 0, type: 'url', payload: 'x' }, { index: 1, payload: 'x' }] } }],
		["'Button 1 Payload' is empty. Enter the payload of the button.", { buttons: { values: [{ index: 0, type: 'url', payload: '' }] } }],
		[`Button 1 Payload '${'🥝'.repeat(40)}…' has 129 characters. WhatsApp accepts up to 128 in a quick reply.`, { buttons: { values: [{ index: 0, type: 'quick_reply', payload: '🥝'.repeat(129) }] } }],
	])('is rejected: %s', (message, wrong) => {
		expect(() => fields(wrong)).toThrow(message);
	});

	it("accepts names and payloads up to WhatsApp's limits", () => {
		expect(fields({ templateName: ` ${'x'.repeat(512)} `, templateLanguage: ' fil ' })).toEqual({ type: 'template', template: { name: 'x'.repeat(512), language: 'fil' } });
		const payload = 'x'.repeat(128);
		expect(fields({ buttons: { values: [{ index: 0, type: 'quick_reply', payload }, { index: 1, type: 'url', payload: 'y'.repeat(500) }] } })).toEqual(
			template({ buttons: [{ index: 0, type: 'quick_reply', payload }, { index: 1, type: 'url', payload: 'y'.repeat(500) }] }),
		);
	});

	it.each<[string, unknown]>([
		[`Template Parameters (JSON) '{"body_params": [' is not valid JSON. ${JSON_REMEDY}`, '{"body_params": ['],
		["'Body Parameter 2' is empty.", '["Aroha", ""]'],
		["Template Parameters (JSON) '7' is neither a list nor an object.", 7],
		[`Template Parameters (JSON) '{"bodyParams":["Aroha"]}' contains bodyParams, which the API does not support. Use only header_params, body_params, media, buttons.`, '{"bodyParams":["Aroha"]}'],
		["Body Parameters 'Aroha' is not a list.", { body_params: 'Aroha' }],
		["Header Text Parameters 'Aroha' is not a list.", { header_params: 'Aroha' }],
		["Buttons 'x' is not a list.", { buttons: 'x' }],
		["Button 1 'YES' is not an object. Set its index, type, and payload.", { buttons: ['YES'] }],
		['contains text, which the API does not support. Use only index, type, payload.', { buttons: [{ index: 0, type: 'url', payload: 'x', text: 'y' }] }],
	])('is rejected as JSON: %s', (message, value) => {
		expect(() => json(value)).toThrow(message);
	});

	it('limits the quoted keys', () => {
		// The first pair has 200 characters, the second 201.
		expect(() => json({ ['x'.repeat(99)]: 1, ['y'.repeat(99)]: 1 })).toThrow(`contains ${'x'.repeat(99)}, ${'y'.repeat(99)}, which the API`);
		expect(() => json({ ['x'.repeat(99)]: 1, ['y'.repeat(100)]: 1 })).toThrow(`contains ${'x'.repeat(99)}, ${'y'.repeat(99)}…, which the API`);
		const keys = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`unknown${index}`, 1]));
		expect(() => json(keys)).toThrow(/contains .{200}…, which the API/);
	});
});
