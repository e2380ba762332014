import type { INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { item } from '../../harness/core/node.mts';
import { setStage, TEXT } from '../../harness/core/stage.mts';

const stage = setStage();

const TEMPLATE: INodeParameters = { ...TEXT, messageType: 'template', templateName: 'order_update', templateParameters: 'fields' };
const pasted = (value: INodeParameters): INodeParameters => ({
	...TEMPLATE,
	templateParameters: 'text',
	// n8n 1.x stores it as an expression.
	templateText: '=Hi {{1}}',
	templateValues: {
		mappingMode: 'defineBelow',
		value,
		schema: [{ id: 'body:1', displayName: '{{1}}', type: 'string', required: true, display: true, defaultMatch: false }],
	},
});
const JSON_TEMPLATE: INodeParameters = { ...TEMPLATE, templateParameters: 'json' };
const MEDIA: INodeParameters = { ...TEXT, messageType: 'media', mediaType: 'image' };
const LIST: INodeParameters = { ...TEXT, operation: 'broadcast', recipientSource: 'list' };
const GET: INodeParameters = { resource: 'message', operation: 'get' };
const READ: INodeParameters = { resource: 'message', operation: 'markAsRead' };
const UPLOAD: INodeParameters = { resource: 'media', operation: 'upload', binaryPropertyName: 'data' };
const DOWNLOAD: INodeParameters = { resource: 'media', operation: 'download', binaryPropertyName: 'data' };

const INTERNATIONAL = 'Use the international format, such as +64211234567.';
const LOCAL = `Replace the leading 0 with the country code. ${INTERNATIONAL}`;
const LENGTH = `Use 7 to 15 digits, including the country code. ${INTERNATIONAL}`;
const NAME = 'Use its approved name: lowercase letters, digits, and underscores, such as order_update.';
const LANGUAGE = 'Use the code of the approved template, such as en or en_US.';
const URL_REMEDY = 'Use the full URL of the file, such as https://example.com/invoice.pdf.';
const JSON_REMEDY = 'Use a list of body values, or an object such as {"body_params": ["Aroha", "1234"]}. It can have header_params, body_params, media, and buttons.';
const SCHEDULE = 'Use a date and time such as 2026-11-30T09:00 (in the workflow’s time zone) or 2026-11-30T09:00+13:00.';
const MESSAGE_ID = 'Use the ID that the Send operation returned, such as 3fa85f64-5717-4562-b3fc-2c963f66afa6.';
const MEDIA_ID = 'Use the ID from the message or the upload: letters and digits only, such as abcd1234xyz.';
const SOURCE = 'Use the ID from Modica: up to 30 digits, without a plus sign, such as 102046588645210.';
const EVERY_PLACEHOLDER = 'Enter a value for each placeholder. WhatsApp does not accept empty ones.';

const additional = (fields: INodeParameters): INodeParameters => ({ ...TEXT, additionalFields: fields });
const json = (value: unknown): INodeParameters => ({ ...JSON_TEMPLATE, templateJson: JSON.stringify(value) });
const file = (mimeType: string): INodeExecutionData =>
	item({}, { data: { mimeType, data: Buffer.from('x').toString('base64'), fileName: 'x' } });

/** Common mistakes, and the resulting error: field, value, solution. */
const CASES: Array<[INodeParameters, string, INodeExecutionData?]> = [
	// Numbers
	[{ ...TEXT, to: '' }, `'To' is empty. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '={{ $json.nothing }}' }, `'To' is empty. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '021 123 4567' }, `To '021 123 4567' is a local number. ${LOCAL}`],
	[{ ...TEXT, to: '(09) 123 4567' }, `To '(09) 123 4567' is a local number. ${LOCAL}`],
	[{ ...TEXT, to: '+0211234567' }, `To '+0211234567' is a local number. ${LOCAL}`],
	[{ ...TEXT, to: '+64 (0) 21 123 4567' }, `To '+64 (0) 21 123 4567' contains a trunk prefix, (0). Remove it. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '6.42E+10' }, "To '6.42E+10' was shortened by a spreadsheet (scientific notation). Format the column as text in the spreadsheet."],
	[{ ...TEXT, to: 'Aroha' }, `To 'Aroha' is not a phone number. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '+64 21 123 4567 ext. 3' }, `To '+64 21 123 4567 ext. 3' is not a phone number. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '+64211234567,+64211234568' }, `To '+64211234567,+64211234568' is not a phone number. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '12345' }, `To '12345' is too short for a phone number. ${LENGTH}`],
	[{ ...TEXT, to: '+6421123456789012' }, `To '+6421123456789012' is too long for a phone number. ${LENGTH}`],
	[{ ...TEXT, to: '={{ ["+64211234567"] }}' }, `To '["+64211234567"]' is not a single phone number. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '={{ {a: 1} }}' }, `To '{"a":1}' is not a single phone number. ${INTERNATIONAL}`],
	[{ ...TEXT, to: '={{ true }}' }, `To 'true' is not a single phone number. ${INTERNATIONAL}`],
	// Lists of numbers
	[{ ...LIST, recipients: '' }, "'Recipients' is empty. Enter international numbers separated by commas or line breaks, such as +64211234567, +64217654321."],
	[{ ...LIST, recipients: ' , \n' }, "Recipients ' , ' contains no numbers. Enter international numbers separated by commas or line breaks, such as +64211234567, +64217654321."],
	[{ ...LIST, recipients: '={{ [] }}' }, "Recipients '[]' contains no numbers. Enter international numbers separated by commas or line breaks, such as +64211234567, +64217654321."],
	[{ ...LIST, recipients: '={{ {a: 1} }}' }, `Recipients '{"a":1}' contains no numbers. Enter international numbers separated by commas or line breaks, such as +64211234567, +64217654321.`],
	[{ ...LIST, recipients: '+64211234567,021' }, `Recipient 2 '021' is a local number. ${LOCAL}`],
	[{ ...LIST, recipients: '={{ ["+64211234567", null] }}' }, `'Recipient 2' is empty. ${INTERNATIONAL}`],
	[{ ...LIST, recipients: '+64211234567', options: { batchSize: 0 } }, "Batch Size '0' is not a valid number of recipients. Use a whole number of at least 1."],
	[{ ...LIST, recipients: '+64211234567', options: { batchSize: 1.5 } }, "Batch Size '1.5' is not a valid number of recipients. Use a whole number of at least 1."],
	// Texts
	[{ ...TEXT, text: '' }, "'Text' is empty. Enter the text of the message."],
	[{ ...TEXT, text: ' \n ' }, "'Text' is empty. Enter the text of the message."],
	[{ ...TEXT, text: '={{ undefined }}' }, "'Text' is empty. Enter the text of the message."],
	[{ ...TEXT, text: 'x'.repeat(4_097) }, `Text '${'x'.repeat(80)}…' has 4097 characters. WhatsApp accepts up to 4096. Shorten it, or use the Send operation with 'Split Long Text'.`],
	[{ ...TEXT, text: '={{ {a: 1} }}' }, `Text '{"a":1}' is not text. Enter the text of the message.`],
	[{ ...TEXT, messageType: 'sticker' }, "Message Type 'sticker' is not valid. Use 'text', 'template', or 'media'."],
	// Templates
	[{ ...TEMPLATE, templateName: '' }, `'Template Name' is empty. ${NAME}`],
	[{ ...TEMPLATE, templateName: 'Order Update' }, `Template Name 'Order Update' is not a valid template name. ${NAME}`],
	[{ ...TEMPLATE, templateName: 'order-update' }, `Template Name 'order-update' is not a valid template name. ${NAME}`],
	[{ ...TEMPLATE, templateLanguage: '' }, `'Template Language' is empty. ${LANGUAGE}`],
	[{ ...TEMPLATE, templateLanguage: 'English' }, `Template Language 'English' is not a language code. ${LANGUAGE}`],
	[{ ...TEMPLATE, templateLanguage: 'en-US' }, `Template Language 'en-US' is not a language code. ${LANGUAGE}`],
	[{ ...TEMPLATE, headerParams: { values: [{ value: '' }] } }, `'Header Text Parameter 1' is empty. ${EVERY_PLACEHOLDER}`],
	[{ ...TEMPLATE, bodyParams: { values: [{ value: 'Aroha' }, { value: '' }] } }, `'Body Parameter 2' is empty. ${EVERY_PLACEHOLDER}`],
	[{ ...TEMPLATE, templateMedia: { media: { type: 'image' } } }, `'Header Media URL' is empty. ${URL_REMEDY}`],
	[{ ...TEMPLATE, templateMedia: { media: { type: 'image', url: 'banner.png' } } }, `Header Media URL 'banner.png' is not a valid URL. ${URL_REMEDY}`],
	[{ ...TEMPLATE, templateMedia: { media: { type: '', url: 'https://example.com/a.png' } } }, "'Header Media Type' is empty. Use 'document', 'image', or 'video'."],
	[pasted({}), `'Template Values {{1}}' is empty. ${EVERY_PLACEHOLDER}`],
	[pasted({ 'body:1': null }), `'Template Values {{1}}' is empty. ${EVERY_PLACEHOLDER}`],
	[pasted({ 'body:1': '={{ [1] }}' }), `Template Values {{1}} '[1]' is not text. ${EVERY_PLACEHOLDER}`],
	[{ ...TEMPLATE, buttons: { values: [{ index: -1, type: 'url', payload: 'x' }] } }, "Button 1 Index '-1' is not a valid button index (0–9). Use 0 for the first button, 1 for the second, and so on."],
	[{ ...TEMPLATE, buttons: { values: [{ index: 0.5, type: 'url', payload: 'x' }] } }, "Button 1 Index '0.5' is not a valid button index (0–9). Use 0 for the first button, 1 for the second, and so on."],
	[{ ...TEMPLATE, buttons: { values: [{ index: 0, type: 'url', payload: '' }] } }, "'Button 1 Payload' is empty. Enter the payload of the button."],
	[{ ...TEMPLATE, buttons: { values: [{ index: 0, type: 'quick_reply', payload: 'y'.repeat(129) }] } }, `Button 1 Payload '${'y'.repeat(80)}…' has 129 characters. WhatsApp accepts up to 128 in a quick reply.`],
	// Templates as JSON
	[{ ...JSON_TEMPLATE, templateJson: '{"body_params": [' }, `Template Parameters (JSON) '{"body_params": [' is not valid JSON. ${JSON_REMEDY}`],
	[{ ...JSON_TEMPLATE, templateJson: '["Aroha", ""]' }, `'Body Parameter 2' is empty. ${EVERY_PLACEHOLDER}`],
	[{ ...JSON_TEMPLATE, templateJson: '"Aroha"' }, `Template Parameters (JSON) '"Aroha"' is neither a list nor an object. ${JSON_REMEDY}`],
	[json({ bodyParams: ['Aroha'] }), `Template Parameters (JSON) '{"bodyParams":["Aroha"]}' contains bodyParams, which the API does not support. Use only header_params, body_params, media, buttons.`],
	[json({ body_params: 'Aroha' }), `Body Parameters 'Aroha' is not a list. Use a list such as ["Aroha", "1234"].`],
	[json({ body_params: ['Aroha', null] }), `'Body Parameter 2' is empty. ${EVERY_PLACEHOLDER}`],
	[json({ header_params: [{ text: 'Aroha' }] }), `Header Text Parameter 1 '{"text":"Aroha"}' is not text. ${EVERY_PLACEHOLDER}`],
	[json({ media: 'https://example.com/a.png' }), "Header Media 'https://example.com/a.png' is not an object. Set its type (image, video, or document), and its URL or, if 'Media Source' is 'Binary File', its binary field."],
	[json({ media: { type: 'image', link: 'https://example.com/a.png' } }), `Header Media '{"type":"image","link":"https://example.com/a.png"}' contains link, which the API does not support. Use only type, url, mediaSource, binaryPropertyName.`],
	[json({ buttons: [{ index: 0, type: 'url' }] }), "'Button 1 Payload' is empty. Enter the payload of the button."],
	[json({ buttons: ['YES'] }), "Button 1 'YES' is not an object. Set its index, type, and payload."],
	[json({ buttons: [{ type: 'url', payload: 'x' }] }), "'Button 1 Index' is empty. Use 0 for the first button, 1 for the second, and so on."],
	[json({ buttons: [{ index: 0, type: 'url', payload: 'x', text: 'y' }] }), `Button 1 '{"index":0,"type":"url","payload":"x","text":"y"}' contains text, which the API does not support. Use only index, type, payload.`],
	// Media
	[{ ...MEDIA, mediaUrl: '' }, `'Media URL' is empty. ${URL_REMEDY}`],
	[{ ...MEDIA, mediaUrl: 'invoice.pdf' }, `Media URL 'invoice.pdf' is not a valid URL. ${URL_REMEDY}`],
	[{ ...MEDIA, mediaUrl: 'ftp://example.com/invoice.pdf' }, `Media URL 'ftp://example.com/invoice.pdf' is not a valid URL. ${URL_REMEDY}`],
	[{ ...MEDIA, mediaUrl: 'javascript:alert(1)' }, `Media URL 'javascript:alert(1)' is not a valid URL. ${URL_REMEDY}`],
	[{ ...MEDIA, mediaUrl: 'https://' }, `Media URL 'https://' is not a valid URL. ${URL_REMEDY}`],
	[{ ...MEDIA, mediaUrl: 'https://example.com/my file.pdf' }, `Media URL 'https://example.com/my file.pdf' is not a valid URL. ${URL_REMEDY}`],
	[{ ...MEDIA, mediaType: '=sticker', mediaUrl: 'https://example.com/a.webp' }, "Media Type 'sticker' is not valid. Use 'audio', 'document', 'image', or 'video'."],
	// Dates
	[additional({ scheduled: 'tomorrow' }), `Scheduled 'tomorrow' is not a date and time. ${SCHEDULE}`],
	[additional({ scheduled: '2027-02-30T09:00' }), `Scheduled '2027-02-30T09:00' is not a date and time. ${SCHEDULE}`],
	[additional({ scheduled: '31/12/2026 09:00' }), `Scheduled '31/12/2026 09:00' is not a date and time. ${SCHEDULE}`],
	[additional({ scheduled: '2020-01-01T09:00' }), "Scheduled '2020-01-01T09:00' is in the past. Use a future time, or remove the field to send immediately."],
	[additional({ scheduled: '2099-01-01T09:00' }), "Scheduled '2099-01-01T09:00' is more than 60 days away. Modica accepts messages up to 60 days ahead."],
	// IDs
	[additional({ source: '+64211234567' }), `Business Number ID '+64211234567' is not valid. ${SOURCE}`],
	[additional({ source: '0123' }), `Business Number ID '0123' is not valid. ${SOURCE}`],
	[additional({ source: '1'.repeat(31) }), `Business Number ID '${'1'.repeat(31)}' is not valid. ${SOURCE}`],
	[additional({ reference: '={{ {a: 1} }}' }), `Reference '{"a":1}' is not text. Use your own text, such as order-1234.`],
	[{ ...GET, messageId: '' }, `'Message ID' is empty. ${MESSAGE_ID}`],
	[{ ...GET, messageId: '1234' }, `Message ID '1234' is not a message ID. ${MESSAGE_ID}`],
	[{ ...GET, messageId: '3fa85f64-5717-4562-b3fc-2c963f66afa6&x=1' }, `Message ID '3fa85f64-5717-4562-b3fc-2c963f66afa6&x=1' is not a message ID. ${MESSAGE_ID}`],
	[{ ...READ, messageId: 'wamid.abc' }, `Message ID 'wamid.abc' is not a message ID. ${MESSAGE_ID}`],
	[{ ...READ, messageId: '={{ ["3fa85f64-5717-4562-b3fc-2c963f66afa6"] }}' }, `Message ID '["3fa85f64-5717-4562-b3fc-2c963f66afa6"]' is not a message ID. ${MESSAGE_ID}`],
	[{ ...DOWNLOAD, mediaId: '' }, `'Media ID' is empty. ${MEDIA_ID}`],
	[{ ...DOWNLOAD, mediaId: '../../etc/passwd' }, `Media ID '../../etc/passwd' is not a file ID. ${MEDIA_ID}`],
	[{ ...DOWNLOAD, mediaId: 'a'.repeat(256) }, `Media ID '${'a'.repeat(80)}…' is not a file ID. ${MEDIA_ID}`],
	[{ ...DOWNLOAD, mediaId: 'abc', binaryPropertyName: '' }, "'Put Output File in Field' is empty. Enter a name such as data."],
	[{ ...DOWNLOAD, mediaId: 'abc', additionalFields: { source: 'x' } }, `Business Number ID 'x' is not valid. ${SOURCE}`],
	// Binary fields
	[UPLOAD, "Input Binary Field 'data' is not a binary field of this item. The item has no files. Add a node before this one that returns a file, such as Read Files or HTTP Request."],
	[{ ...UPLOAD, binaryPropertyName: 'photo' }, "Input Binary Field 'photo' is not a binary field of this item. Available fields: data.", file('image/png')],
	[{ ...UPLOAD, binaryPropertyName: '' }, "'Input Binary Field' is empty. Available fields: data.", file('image/png')],
	[UPLOAD, "Input Binary Field 'data' contains a file of type image/gif, which Modica does not accept. Convert it to one of these types: image/png, image/jpeg, text/plain, application/pdf, audio/mp3, video/mp4.", file('image/gif')],
	[UPLOAD, "Input Binary Field 'data' contains a file of type application/zip, which Modica does not accept. Convert it to one of these types: image/png, image/jpeg, text/plain, application/pdf, audio/mp3, video/mp4.", file('application/zip')],
	// Options
	[{ ...TEXT, options: { maxConcurrency: 0 } }, "Max Concurrency '0' is out of range. Use a number from 1 to 100."],
	[{ ...TEXT, options: { maxConcurrency: '=many' } }, "Max Concurrency 'many' is out of range. Use a number from 1 to 100."],
	[{ ...TEXT, options: { maxRequestsPerSecond: -1 } }, "Max Requests per Second '-1' is out of range. Use a number from 0 to 10000."],
];

describe('invalid input is reported with field, value, and solution, and nothing is sent', () => {
	it('in at least 60 ways', () => {
		expect(CASES.length).toBeGreaterThanOrEqual(60);
	});

	it.each(CASES)('%j', async (parameters, message, input = item({})) => {
		const failure = await stage.fail(parameters, { items: [input] });
		expect(failure.message).toBe(message);
		expect(stage.simulator.requests).toEqual([]);
	});
});
