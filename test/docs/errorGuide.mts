/**
 * Generates docs/errors.md. The messages come from the code itself: each row applies an invalid value, or causes a fault, so a
 * changed message changes the page. The notes next to them say what else a user needs to know.
 */
import type { IBinaryData, IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { hostNotResponding, CanceledError, incompleteDownload, noResponse, refusal, refusedRepeatedly, unexpectedResponse, unreadable, type ModicaError } from '../../nodes/ModicaWhatsApp/api/errors';
import { STALLED, TOO_LATE, type Fault } from '../../nodes/ModicaWhatsApp/api/faults';
import { safeRequest } from '../../nodes/ModicaWhatsApp/api/safeRequest';
import { parseFilter } from '../../nodes/ModicaWhatsApp/callback/filter';
import { parseCallback } from '../../nodes/ModicaWhatsApp/callback/parse';
import { openLinks } from '../../nodes/ModicaWhatsApp/n8n/links';
import { fieldsFor } from '../../nodes/ModicaWhatsApp/n8n/templateFields';
import { answerLink, answerPayload } from '../../nodes/ModicaWhatsApp/n8n/waiting';
import { download } from '../../nodes/ModicaWhatsApp/operations/media/download';
import { upload } from '../../nodes/ModicaWhatsApp/operations/media/upload';
import { broadcast } from '../../nodes/ModicaWhatsApp/operations/message/broadcast';
import { get } from '../../nodes/ModicaWhatsApp/operations/message/get';
import { send } from '../../nodes/ModicaWhatsApp/operations/message/send';
import { sendAndWait } from '../../nodes/ModicaWhatsApp/operations/message/sendAndWait';
import type { Operation } from '../../nodes/ModicaWhatsApp/operations/operation';
import { parseNumber } from '../../nodes/ModicaWhatsApp/parameters/number';
import { parseBaseUrl } from '../../nodes/ModicaWhatsApp/parameters/url';
import { SITUATIONS } from '../fast/node/networks.mts';
import { contextOf, itemOf, jobsOf } from '../harness/operation.mts';
import { table } from './tables.mts';

/** A row of a table: a message, and what to do about it, or why it is given. */
type Row = [message: string, remedy: string];

const HOST = '*host*';
const TO = '+64211234567';
const PNG: IBinaryData = { mimeType: 'image/png', data: '' };

const messages = (...rows: Row[]) => table(['Message', 'Solution'], rows);
const join = (...sentences: Array<string | undefined>) => sentences.filter(Boolean).join(' ');

/** Returns an error's message without the value, and its remedy with the note, for a row of the page. */
function rowOf(words: string, note?: string): Row {
	const [, message = '', remedy = ''] = /^((?:[^']|'(?:[^']|'(?! |$))*'(?= |$)|')*?)\. (.*)$/s.exec(words) ?? [undefined, words];
	return [message.replace(/(?<=. )'(?:[^']|'(?=[^ ]))*'/, "'…'").replace('contains name, which the API', 'contains *name*, which the API'), join(remedy, note)];
}

/** What code throws. */
function thrown(code: () => unknown): Error {
	try {
		code();
	} catch (error) {
		return error as Error;
	}
	throw new Error(`Nothing is thrown by ${code.toString()}`);
}

const when = (code: () => unknown, note?: string): Row => rowOf(thrown(code).message, note);

/** The same for words that are one sentence with their remedy. */
const whole = (code: () => unknown, note: string): Row => [thrown(code).message, note];

/** What an operation says of an item that it cannot use. */
function refused(operation: Operation, parameters: Record<string, unknown>, note?: string, binary: Record<string, IBinaryData> = {}): Row {
	const context = contextOf({}, { answerLink: () => `https://n8n.example.com/${'x'.repeat(200)}`, answerPayload: () => 'x', linkTo: () => '' });
	const { refused: all } = jobsOf(operation, [itemOf(operation, parameters, 0, binary)], context);
	if (!all[0]) throw new Error(`Not refused: ${JSON.stringify(parameters)}`);
	return rowOf(all[0][1], note);
}

/** Returns the row of an error of the client: its message, and its description with the note. */
const told = ({ message, description }: ModicaError, note?: string, shown = message): Row => [shown, join(description, note)];

const sent = (parameters: Record<string, unknown>, note?: string) => refused(send, { to: TO, text: 'x', ...parameters }, note);
const markdown = (text: string, note?: string) => sent({ text, options: { textFormat: 'markdown' } }, note);
const template = (parameters: Record<string, unknown>, note?: string) =>
	sent({ messageType: 'template', templateName: 'order_update', templateParameters: 'fields', ...parameters }, note);
const pasted = (templateText: string, value?: object, note?: string, more: object = {}) =>
	template({ templateParameters: 'text', templateText, templateValues: { value }, ...more }, note);
/** What the editor shows where a text has no fields. */
const notice = (text: string) => fieldsFor(text, '').emptyFieldsNotice ?? '';
const json = (value: unknown, note?: string) => template({ templateParameters: 'json', templateJson: value }, note);
const headerMedia = (media: object) => ({ templateMedia: { media } });
const buttons = (...values: object[]) => ({ buttons: { values } });
const asked = (parameters: Record<string, unknown>, note?: string) => refused(sendAndWait, { to: TO, message: 'x', ...parameters }, note);
const CHAT = { answerIn: 'chat', templateName: 'x', templateParameters: 'fields' };
const choices = (...labels: string[]) => ({ values: labels.map((choice) => ({ choice })) });
const limit = (values: object) => ({ options: { limitWaitTime: { values } } });
const fault = (kind: Fault['kind'], code: string, note?: string, mayHaveBeenSent = false) => told(noResponse({ kind, code }, HOST, mayHaveBeenSent), note);
const foreign = (request: object, note: string): Row => [
	thrown(() => safeRequest(request as IHttpRequestOptions, '*address*')).message.replace('https://other.example.com', '*address*'),
	note,
];
const notCallback = (body: unknown): string => {
	const callback = parseCallback(body);
	if (callback.kind !== 'none') throw new Error(`A callback: ${JSON.stringify(body)}`);
	return callback.reason;
};
const linked = (url: string, binary: IBinaryData) => () =>
	openLinks({ createBinarySignedUrl: () => url }, 'https://api.example.com')(binary, { parameter: 'Input Binary Field', name: 'data' }, undefined);

/** Somebody asks at an n8n with this address, by a node with this id. */
const asking = (origin: string, id = 'ask') =>
	({ getSignedResumeUrl: () => `${origin}/webhook-waiting/1/ask`, evaluateExpression: () => `${origin}/form-waiting/1`, getExecutionId: () => '1', getNode: () => ({ id }) }) as unknown as IExecuteFunctions;

export function errorGuide(): string {
	return `# Error messages

<!-- Generated by \`npm run docs:write\` from test/docs/errorGuide.mts -->

This page lists all messages of the nodes, with their causes and solutions. \`'…'\` represents the value of the field.

If *On Error* is *Continue*, a failed item contains these fields:

${table(['Field', 'Meaning'], [
	['`error`', 'The message'],
	['`description`', 'The solution, if the message does not contain it'],
	['`statusCode`', 'The HTTP status, if Modica responded'],
	['`mayHaveBeenSent`', '`true` if the message may have been sent despite the error. Check its status before you send it again'],
	['`to`', 'The recipient, if the item was valid'],
	['`field`', 'The binary field, if an upload had started'],
	['`parts`', 'For a [long text](markdown.md#long-texts) that failed partway: the parts that were sent'],
])}

## Before anything is sent

These messages mean that nothing was sent to Modica. If *On Error* is *Stop Workflow*, the node adds “Nothing was sent.” and the numbers of the other invalid items (counted from 0). If a field is empty, the message is “'*Field*' is empty. *Solution*”.

### Recipients

${messages(
	sent({ to: '' }, 'The item has no number. Check the expression and the row that it comes from.'),
	sent({ to: ['+64211234567'] }, 'An expression returned a list or an object. To send to several numbers, use *Broadcast*.'),
	sent({ to: '+64 (0)21 123 4567' }, '`+64 (0)21…` becomes `+6421…`.'),
	sent({ to: '6.42E+10' }, 'The missing digits of `6.42E+10` cannot be recovered.'),
	sent({ to: '021 123 4567' }, 'To send to local numbers, set *Country of Local Numbers* in the options.'),
	sent({ to: '09 123 4567', options: { defaultCountry: 'NZ' } }, '*Country of Local Numbers* only applies to mobile numbers. All other numbers need a plus sign and a country code.'),
	sent({ to: 'Aroha' }, 'The value contains letters or other invalid characters.'),
	sent({ to: '12345' }),
	sent({ to: '+6421123456789012' }, 'The field may contain two numbers.'),
	["Recipient 3 '…' …", 'The same messages, for the third number in the list of a broadcast. Only the first five invalid numbers are listed, followed by “And 7 more.”'],
	refused(broadcast, { recipientSource: 'list', recipients: '', text: 'x' }),
	refused(broadcast, { recipientSource: 'list', recipients: [], text: 'x' }, 'A list from an expression also works.'),
)}

### Text and media

${messages(
	sent({ text: '' }, 'If the text comes from an expression, check the expression.'),
	sent({ text: 'x'.repeat(5_000) }),
	sent({ text: 'x'.repeat(50_000), options: { splitLongText: true } }, '*Split Long Text* is on.'),
	sent({ text: {} }, 'An expression returned a list or an object. Select one of its fields.'),
	markdown('x'.repeat(25_000)),
	markdown('> '.repeat(3_000), 'The text has deeply nested lists or quotes, thousands of formatting characters, or a huge table.'),
	markdown('---', 'WhatsApp shows no horizontal rules, empty headings, or HTML tags.'),
	sent({ options: { textFormat: 'html' } }, 'An expression returned another value.'),
	sent({ messageType: 'sticker' }, 'An expression returned another value.'),
	sent({ messageType: 'media', mediaType: 'sticker' }, 'An expression returned another value.'),
	sent({ messageType: 'media', mediaUrl: 'invoice.pdf' }),
)}

### Templates

${messages(
	template({ templateName: 'Order Update' }),
	template({ templateLanguage: 'en-US' }, 'Use an underscore, not a hyphen.'),
	pasted(''),
	pasted('{{2}} {{3}}', undefined, 'Part of the text is missing.'),
	pasted('{{1}} {{name}}'),
	pasted('Hi {{1}'),
	pasted('Hi {{ $json.name }}', undefined, 'Use expressions only in the values. The text is the same for all customers.'),
	pasted('Hi {{1}}', {}),
	pasted('Hi {{1}}', { 'body:1': 'x'.repeat(2_000) }),
	["Header Text '…' …", 'The same messages, for the header'],
	[notice(''), 'The editor shows this instead of *Template Values*'],
	[notice('Kia ora'), 'The editor shows this instead of *Template Values*. n8n 1.x adds the equals sign if you paste a text into the empty field'],
	template({ templateParameters: 'xml' }, 'An expression returned another value.'),
	template({ headerParams: { values: [{ value: '' }] } }),
	template({ bodyParams: { values: [{ value: 'x' }, { value: '' }] } }, "If data may be missing, use an expression such as `{{ $json.note || '–' }}`."),
	...['a\nb', 'a\tb', 'a     b'].map((value) => template({ bodyParams: { values: [{ value }] } })),
	json({ header_params: 'x' }),
	json({ body_params: 'x' }),
	json({ buttons: 'x' }),
	json({ media: 'x' }),
	template(headerMedia({ type: '', url: 'https://example.com/a.png' })),
	template(headerMedia({ type: 'audio', url: 'https://example.com/a.mp3' }), 'An expression returned another value.'),
	template(headerMedia({ mediaSource: 'file' }), 'An expression returned another value.'),
	pasted('Hi', { 'header:1': 'x' }, undefined, { templateHeaderText: 'Order {{1}}', ...headerMedia({ url: 'https://example.com/a.png' }) }),
	template(headerMedia({ type: 'image' })),
	template(headerMedia({ type: 'image', url: 'banner.png' })),
	json({ buttons: ['x'] }),
	template(buttons({ index: 0, payload: 'x' })),
	template(buttons({ index: 0, type: 'url' })),
	template(buttons({ index: 0, type: 'quick_reply', payload: 'x'.repeat(200) })),
	template(buttons({ index: 12, type: 'url', payload: 'x' }), 'A template has up to ten buttons.'),
	json('{"body_params": [', 'In an expression, use `JSON.stringify(…)`, which adds the quotation marks.'),
	json('7'),
	json({ name: 'x' }, 'A key in the JSON is misspelled or in the wrong place. *Header Media* and buttons have the same message.'),
)}

### Additional fields and options

${messages(
	sent({ additionalFields: { source: '+64211234567' } }, 'The ID is not the phone number.'),
	sent({ to: '+64211234567', additionalFields: { source: '64211234567' } }, 'The `source` of a reply is the number of the customer.'),
	sent({ additionalFields: { reference: {} } }),
	sent({ options: { oncePerReference: true } }, '*Once per Reference* is on.'),
	sent({ options: { oncePerReference: 'maybe' } }, 'An expression returned another value.'),
	sent({ options: { splitLongText: 'maybe' } }, 'An expression returned another value.'),
	sent({ options: { defaultCountry: 'Aotearoa' } }, 'An expression returned another value.'),
	sent({ options: { dryRun: 'maybe' } }, 'An expression returned another value. Nothing is sent.'),
	when(() => broadcast.jobs([{ dryRun: true }, {}].map((dry, index) => itemOf(broadcast, { options: { clearReferences: true, ...dry } }, index)), contextOf({}), () => {}), 'An expression returned true for only some items. Nothing was sent or cleared.'),
	sent({ additionalFields: { scheduled: 'tomorrow' } }, '[More about scheduling](scheduling.md)'),
	sent({ additionalFields: { scheduled: '2020-01-01T09:00' } }, 'Also check the time zone of the workflow.'),
	sent({ additionalFields: { scheduled: new Date(Date.now() + 61 * 86_400_000).toISOString() } }),
	when(() => jobsOf(broadcast, [itemOf(broadcast, { options: { batchSize: 0 } })], contextOf({}))),
	when(() => parseNumber('Max Concurrency', 0, 1, 100)),
	when(() => parseNumber('Max Requests per Second', -1, 0, 10_000)),
)}

### Send and wait for response

${messages(
	[thrown(() => jobsOf(sendAndWait, [0, 1, 2].map((index) => itemOf(sendAndWait, {}, index)), contextOf({}))).message, 'An execution can only wait for one answer at a time'],
	asked({ message: '' }),
	asked({ message: {} }, 'An expression returned a list or an object. Select one of its fields.'),
	asked({ message: 'x'.repeat(4_000) }, 'The link counts toward the limit.'),
	asked({ messageType: 'media' }, 'An expression returned another value.'),
	asked({ responseType: 'form' }, 'An expression returned another value.'),
	[refusedWords(sendAndWait, { to: TO, message: 'x', messageType: 'template', templateName: 'x', templateText: 'x' }), 'Without the link, the customer cannot answer. [More about approvals](approvals.md)'],
	asked({ ...CHAT, answerIn: 'sms' }, 'An expression returned another value.'),
	asked({ ...CHAT, responseType: 'choice', choices: choices('x') }),
	asked({ ...CHAT, responseType: 'choice', choices: choices('x', '') }),
	asked({ ...CHAT, responseType: 'choice', choices: choices('x', 'x') }, 'The output could not distinguish them.'),
	asked({ ...CHAT, bodyParams: { values: [{ value: '{link}' }] } }),
	asked({ ...CHAT, message: 'x'.repeat(2_000), bodyParams: { values: [{ value: '{message}' }] } }),
	asked({ ...CHAT, ...buttons({ index: 0, type: 'quick_reply', payload: 'x' }) }, 'The payload of these buttons identifies the answer, so the node sets it.'),
	asked({ ...CHAT, options: { firstButtonIndex: 9 } }, 'The index of the last button is 9.'),
	whole(() => answerLink(asking('http://localhost:5678'), 'x', false), '[More about approvals](approvals.md)'),
	whole(() => answerLink(asking('https://example.com/n8n'), 'x', false), 'n8n signs the path of its links. A proxy that removes the path invalidates the signature.'),
	whole(() => answerPayload(asking('https://n8n.example.com', 'x'.repeat(60)), 'x'.repeat(22), 0), "WhatsApp accepts up to 128 characters in a button. IDs from n8n's editor are short enough, so this ID was set manually."),
	asked(limit({ resumeAmount: 0 })),
	asked(limit({ limitType: 'atSpecifiedTime', maxDateAndTime: 'soon' })),
	asked(limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2020-01-01T00:00' })),
	asked({
		...limit({ limitType: 'atSpecifiedTime', maxDateAndTime: new Date(Date.now() + 86_400_000).toISOString() }),
		additionalFields: { scheduled: new Date(Date.now() + 2 * 86_400_000).toISOString() },
	}, 'The wait would end before the customer could answer.'),
)}

The answer page shows:

${table(['Text', 'When'], [
	['Please enter an answer. Please enter no more than 10000 characters.', 'The free-text answer is empty or too long. The customer can try again'],
	['Thank you. Your answer has been received.', 'The answer was accepted, and the workflow continues. To change the text, use *Thank-You Text* in the options'],
	['To answer, tap a button in the WhatsApp message.', 'The question must be answered in the chat, but someone created a link from the payload of a button'],
	['This question is closed. No further action is needed.', 'The link belongs to an earlier question of an execution that now asks another one'],
	['“Invalid token”, “No action required”, and similar texts', 'A response from n8n: the link was changed, or the execution has ended'],
	['“The execution … is running already.”, “… has finished with error.”', 'A JSON response from n8n: see [an answered link](approvals.md#a-link-that-was-answered)'],
])}

### IDs and files

${messages(
	refused(get, { messageId: 'x' }, 'The `id` of a callback also works.'),
	refused(get, { messageId: '3fa85f64-5717-4562-b3fc-2c963f66afa6', simplify: 'maybe' }, 'An expression returned another value.'),
	refused(download, { mediaId: '../x' }),
	refused(upload, {}, undefined, { photo: PNG }),
	refused(upload, {}),
	refused(upload, {}, undefined, { data: { ...PNG, mimeType: 'image/gif' } }),
	["Input Binary Field '…' contains an empty file", 'Use a file that is not empty.'],
	when(linked('', PNG), '[More about files](media.md#sending-a-file)'),
	when(linked('http://localhost:5678/x', { ...PNG, id: 'x' }), '[More about files](media.md#sending-a-file)'),
	["Header Media Input Binary Field '…' …", 'The same messages, for the file in a template header'],
	refused(download, { mediaId: 'x', binaryPropertyName: '' }),
	refused(download, { mediaId: 'x', binaryPropertyName: 7 }),
	["Operation '…' is not valid", 'Select an operation from the list. The workflow was created with another version of the package.'],
)}

### Credential

${messages(
	when(() => parseBaseUrl('')),
	when(() => parseBaseUrl('api.modicagroup.com')),
	when(() => parseBaseUrl('https://example.com/?a=1')),
	when(() => parseBaseUrl('https://user:password@example.com')),
	when(() => parseBaseUrl('http://example.com')),
	foreign({ url: 'https://other.example.com' }, 'Another node, such as HTTP Request, used the credential for a different host. The password was not sent'),
	foreign({ url: {} }, 'An expression in another node returned an object as the URL. Use text. The password was not sent'),
	...safety(),
	[
		unexpectedResponse('…', 'GET /healthz (or: GET /messages)', 404, '…').message,
		`Also returned by *Check Health*. The response is not from Modica’s API, but from another server or a proxy. ${unexpectedResponse('', '', 404, '').description} The message ends with the response: see below`,
	],
	['n8n could not run the test', "See n8n's log"],
)}

The credential test and *Check Health* request \`GET /healthz\`, and \`GET /messages\` for a message that does not exist. These responses are not from Modica’s API:

${table(['Response', 'Cause and solution'], [
	['an HTML page, text instead of JSON, an empty body', 'The address belongs to another site, or a proxy blocks n8n. Check *Base URL*, including its path'],
	['JSON: *its message*', 'The address belongs to another API, or the path in *Base URL* is too short or too long'],
	['a redirect to *address*', 'Often a login page. To protect the password, redirects are not followed.'],
	['… for a message that does not exist', 'The server reports success for any request'],
	['any of these, with 500, 502, …', 'Check *Base URL* in the credential. If it is correct, try again later.'],
])}

### Trigger

These messages appear when you publish the workflow. If an expression is the cause, they appear in the execution that a callback starts.

${messages(
	when(() => parseFilter([], {})),
	when(() => parseFilter(['reply'], { businessNumbers: 'abc' })),
	when(() => parseFilter(['reply'], { senders: 'abc' }), '*Senders* accepts the same numbers as [To](#recipients), and has the same messages.'),
	when(() => parseFilter([{}], {}), 'An expression returned another value. *Statuses*, *Content Types*, *Business Numbers*, and *Senders* have the same message.'),
	[
		"The credential has no 'Callback Username' and 'Callback Password'",
		"Enter both in the credential, and publish the workflow again. Or set 'Authentication' to 'None', which lets anyone who knows the URL start the workflow.",
	],
)}

The trigger responds to each callback. Modica receives these responses, and you see them when you test a callback:

${table(['Response', 'Cause and solution'], [
	['401 Wrong username or password', 'The callback has no login, or not the one in the credential. Check the address that Modica calls: `https://user:password@…`, with special characters URL-encoded'],
	["401 The credential has no 'Callback Username' and 'Callback Password'", "The trigger rejects all callbacks until both are set. n8n's log also contains “Modica WhatsApp Trigger rejects all callbacks: …”"],
	['400 Invalid callback: …', 'The body is not a valid status or reply. The response ends with one of the reasons below'],
	['503 The credential of this trigger cannot be read', "Open the trigger and select its credential again. For the cause, search n8n's log for “Modica WhatsApp Trigger cannot read its credential”"],
	['503 n8n cannot accept this answer yet', 'The waiting execution could not receive a tap, because n8n is starting or overloaded. Modica must send it again. [More about approvals](approvals.md#in-the-chat)'],
	['200 with `answered`', 'A tap answered a question. The workflow that asked it continues, and this one does not start'],
	['200 with `ignored`', 'The workflow does not start. The value is the name of the filter, or `duplicate`'],
])}

${table(['Reason for a 400', 'Cause'], [
	[notCallback(''), 'The request has no body, or the body is not JSON'],
	[notCallback([]), 'The body is a list, for example. Send each callback in a separate request'],
	[notCallback(JSON.parse('{"a":'.repeat(40) + '1' + '}'.repeat(40))), "Modica's callbacks have three levels"],
	[notCallback({}), '`id` is missing or invalid'],
	[notCallback({ id: 'x' }), 'The body is neither a status nor a reply'],
	[notCallback({ id: 'x', status: {} }), '`status` is an object, a list, or empty'],
	[notCallback({ id: 'x', source: 'x', content: 7 }), '`content` has another type'],
])}

Two fields in the item of a reply report failures that do not stop the workflow:

${table(['Field', 'Text', 'Solution'], [
	['`downloadError`', 'The download took longer than 15 s', 'Use *Media: Download*, which waits longer'],
	['`downloadError`', 'n8n could not store the file', "Check whether n8n's disk is full"],
	['`downloadError`', 'Any message in [Responses from Modica](#responses-from-modica) or [No response](#no-response)', 'See there'],
	['`contentError`', 'The content is not valid JSON; The content is not an object; The content is nested more than 32 levels deep', "`text` contains the original content. Contact Modica's support"],
])}

## Responses from Modica

The reason from Modica follows after a colon. The message was **not** sent, unless the table says otherwise.

${messages(
	...[400, 401, 403].map((status) => told(refusal(status, '', false))),
	told(refusal(404, '', false), 'The request sent a message or uploaded a file.'),
	told(refusal(404, '', false, { subject: 'message' })),
	told(refusal(404, '', false, { subject: 'file' })),
	told(refusal(408, '', false), '**A message may have been sent.** The node tried idempotent requests four times.'),
	...[413, 415, 422].map((status) => told(refusal(status, '', false))),
	[refusal(429, '', false).message, `Only in the credential test. ${refusal(429, '', false).description} In a workflow, the node waits and retries.`],
	told(refusedRepeatedly(5, ''), 'Modica returned 429 each time. Its reason follows.'),
	told(refusal(301, '', false), 'After a 303, **a message may have been sent**.', 'Modica returned 301, 302, …'),
	told(refusal(407, '', false, { by: 'proxy' }), 'The proxy requires authentication (407), or identifies itself in the response. If the status is 500 or higher, **a message may have been sent**: the proxy may have failed after Modica accepted it.', `${refusal(407, '', false, { by: 'proxy' }).message}, 503, …`),
	told(refusal(500, '', false), '**A message may have been sent.**', 'Modica returned 500, 502, …'),
	told(unreadable('message ID', 202, false), "The response is not from Modica's API. **The message may have been sent.**"),
	told(unreadable('result for each recipient', 202, false), "The response is not from Modica's API. **Messages may have been sent.**"),
	told(unreadable('message', 200, false), 'Nothing was sent: the request only looked up a message.'),
	told(unreadable('file ID', 200, false), 'No message was sent: the request uploaded a file.'),
)}

## No response

${messages(
	...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map((code) => fault('unreachable', code, 'The node tried one request six times within 15.5 s, while all others waited. Nothing was sent.')),
	fault('unreachable', 'ETIMEDOUT', 'A firewall or router between n8n and Modica drops the connection. The node tried one request until a minute after the first failure, while all others waited. Nothing was sent.'),
	fault('unreachable', 'ECONNRESET', 'A proxy or load balancer may be the cause. Nothing was sent.'),
	fault('unreachable', 'EPROTO', 'A proxy or load balancer may be the cause. Nothing was sent.'),
	fault('unreachable', '', 'No address of the host responded, or the proxy closed the connection. Nothing was sent.'),
	fault('blocked', '', "n8n's protection against requests to internal addresses is on. Nothing was sent."),
	fault('untrusted', '*code*', 'A proxy may also be the cause. Nothing was sent.'),
	fault('broken', TOO_LATE, 'The time limit is 60 s until the last byte of the response, and more for large uploads. **A message may have been sent.** Idempotent requests were tried four times'),
	fault('broken', 'ECONNRESET', '**A message may have been sent.** The node tried idempotent requests four times.'),
	fault('broken', '', '**A message may have been sent.** The node tried idempotent requests four times.'),
	fault('broken', STALLED, 'An upload made no progress for 60 s. It was tried four times.'),
	told(incompleteDownload('ECONNRESET', HOST), 'It was tried four times.'),
	told(incompleteDownload(STALLED, HOST), 'It was tried four times.'),
	told(hostNotResponding(HOST), 'Five requests in a row got no response. Neither did the retries after 0.5, 1, 2, 4, and 8 s, or for a minute. Each of these may have been sent, but not this one'),
	['Gave up after 300 s of rate limiting', 'Modica returned 429 to every request for five minutes. Not sent. Run the failed items again later, or ask Modica to raise the rate limit of the application.'],
	['Modica asked to wait … s, but the node waits 300 s at most', 'The `Retry-After` header of a 429 was too long. Not sent. Run the failed items again later, or ask Modica to raise the rate limit of the application.'],
	[new CanceledError().message, 'The execution was stopped. Messages in flight have `mayHaveBeenSent`'],
)}

## Was the message sent?

An error says *not sent* only if that is certain. In all other cases, the message *may have been sent*, and the node doesn't retry it. The tests reproduce each situation on real connections, servers, and proxies. Seven situations can't be reproduced on demand, so the tests use the error from Node.js or n8n.

${table(['Situation', 'Result'], SITUATIONS.map(({ name, told: what }) => [name, what]))}

Node.js writes a request only after the TLS handshake. If a connection fails before that, even with a timeout, the message certainly wasn't sent. In n8n 1.x, the result for a timeout, a reset, and a proxy failure before the handshake is also *may have been sent*, because n8n 1.x keeps only the text of an error. In three situations, Modica may have accepted the message: a missing response, a lost connection, and an error from a gateway or from a proxy that doesn't identify itself.

## Failures of n8n or of this package

| Message | Cause and solution |
| --- | --- |
| Not sent: n8n’s database could not check the reference | *Once per Reference* is on, and n8n's store of processed items failed, including retries for 15.5 s. The database failed: *its error*. “its response was lost” means that the write succeeded, but not which references are new. “other processes overwrite its records” means that several n8n processes claim many references at the same time. The reference may now count as sent. If the next run reports this message as a duplicate, send it with another reference. |
| n8n’s database could not clear the sent references | *Clear Sent References* is on, and n8n's store of processed items failed. The database failed: *its error*. The references may still count as sent. Run the node again. |
| *Any message*, and: n8n’s database could not release the reference, so the next run may report this message as a duplicate. Send it with another reference. | The message was not sent, but n8n's store still contains its reference |
| *Any other message*, and: This is not a response from Modica. For details, see n8n’s log. | A bug in this package or in n8n. Search n8n's log for “Modica WhatsApp failed unexpectedly: …”, and report the bug. **A message may have been sent** |

## Results that are neither errors nor sent messages

| \`status\` | \`message\` | Meaning |
| --- | --- | --- |
| \`duplicate\` | Not sent again: this node already sent this reference | *Once per Reference* is on, and an earlier run or item had the reference |
| \`duplicate\` | Not sent again: this node already sent this reference to this recipient | The same, for a broadcast |
| \`duplicate\` | Not sent again: the number is already in this broadcast (item …) | The number occurs twice |
| \`duplicate\` | Not sent again: the number is already in this broadcast (number … in the list) | The same, in a list |
| \`cleared\` | Nothing was sent. The sent references of this node are cleared. To send, turn off 'Clear Sent References'. | *Clear Sent References* is on: see [when to use it](campaigns.md#starting-over) |
| \`unknown\` | Modica’s response does not include this recipient | Check the status callbacks of the message before you send it again |
| \`failed\` | *Modica's reason* | Modica accepted the broadcast, but not for this recipient |

The \`hint\` of an upload isn't an error either: “WhatsApp accepts images up to 5 MB. This file has 7.3 MB, so a message with it may not be delivered.” The file was uploaded.

## Notes from the node

| Note | Meaning |
| --- | --- |
| Nothing was sent. | An item is invalid, and *On Error* is *Stop Workflow* |
| Item *n* is also invalid (the first item is 0). | The number of the other invalid item |
| Items *n*, *n* and *n* are also invalid (the first item is 0). | The numbers of the other invalid items, up to ten |
| To process the valid items, set 'On Error' to 'Continue' in the node’s settings. | The output then contains an item with \`error\` for each invalid item |
| *n* were completed before the node stopped. To process all items and see each result, set 'On Error' to 'Continue' in the node’s settings. | Modica rejected a request, and *On Error* is *Stop Workflow*. The output doesn't contain the completed ones |
| No others were completed before the node stopped. | The first request was rejected |
| *n* more may have been sent: items *n*, *n*–*n*. Check their status before you send them again. | Their requests were in flight when the node stopped, and got no response. Items are counted from 0 |
| The references of these may now count as sent: items *n*, *n*. | The next run may report them as duplicates. See [above](#failures-of-n8n-or-of-this-package) |
| *n* more failed and were not sent: item *n*. | Their requests were also in flight, and were rejected |
| Parts 1–*n* of *n* were sent, part *n* may have been sent, parts *n*–*n* were not. Run the node again with the same reference to send the rest. | A [long text](markdown.md#long-texts) failed partway. The last sentence appears if *Once per Reference* is on |
| The message may have been sent. Check its status before you send it again. | See \`mayHaveBeenSent\` above |
| Nothing was sent: *n* are valid, *n* are duplicates (1 is a duplicate), *n* are invalid (*n* with an invalid '*field*'). | *Dry Run* is on. This note and the following notes appear above the output |
| *n* of *n* failed: *n* with an invalid '*field*', *n* with invalid fields, *n* rejected (422), *n* rejected, *n* with status 500, *n* without a response, *n* not sent, *n* for another reason, *n* for other reasons. | The number of failures by cause. For the solution, see the error of each item |
| *n* were only checked. | *Dry Run* is on for only some items |
| *n* may have been sent. | See \`mayHaveBeenSent\` above |
| Slowed down by the limit of *n* requests per second: *n* s, rate limiting (429): *n* s, an outage: *n* s. | The wait times, if 5 s or more |
| Modica WhatsApp: *n* done, *n* failed, *n* in progress | The progress, in the browser's console |
| Canceled: *n* done, *n* failed, *n* in progress | In the *highlighted data* of a canceled execution. Messages in progress may have been sent |
`;
}

function refusedWords(operation: Operation, parameters: Record<string, unknown>): string {
	const context = contextOf({}, { answerLink: () => 'https://n8n.example.com/x' });
	return jobsOf(operation, [itemOf(operation, parameters)], context).refused[0]?.[1] ?? '';
}

/** What the credential says to other nodes. */
function safety(): Row[] {
	const url = 'https://api.example.com';
	const reasons: Array<[object, string]> = [
		[{ proxy: 'x' }, 'A proxy set in a workflow could read the password'],
		[{ skipSslCertificateValidation: true }, "Without these checks, another server could impersonate Modica's and read the password"],
		[{ agentOptions: {} }, "A certificate authority set in a workflow could vouch for another server. To set one for all of n8n, use n8n's environment (`NODE_EXTRA_CA_CERTS`)"],
		[{ headers: { Host: 'x' } }, 'The header could direct the request to another host at the same address'],
		[{ method: 'TRACE' }, 'The response to TRACE contains the request, with the password'],
	];
	return reasons.map(([wrong, note]) => [thrown(() => safeRequest({ url, ...wrong }, url)).message, note]);
}
