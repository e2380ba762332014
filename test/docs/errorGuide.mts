/**
 * docs/errors.md. What the code says, the code says here too: each such message is the answer to a value that cannot be
 * used, or to a fault, so that a changed word changes the page. What a person may want to know beside it stands here.
 */
import type { IBinaryData, IExecuteFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { hostNotResponding, CancelledError, incompleteDownload, noResponse, refusal, refusedRepeatedly, unexpectedResponse, unreadable, type ModicaError } from '../../nodes/ModicaWhatsApp/api/errors';
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

const messages = (...rows: Row[]) => table(['Message', 'What to do, and why'], rows);
const join = (...sentences: Array<string | undefined>) => sentences.filter(Boolean).join(' ');

/** The words of an error as the page has them: the value left out, and the remedy beside them. */
function rowOf(words: string, note?: string): Row {
	const [, message = '', remedy = ''] = /^((?:[^']|'(?:[^']|'(?! |$))*'(?= |$)|')*?)\. (.*)$/s.exec(words) ?? [undefined, words];
	return [message.replace(/(?<=. )'(?:[^']|'(?=[^ ]))*'/, "'…'").replace('holds name, which the API', 'holds *name*, which the API'), join(remedy, note)];
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

/** What the client says: the message, and its description beside it. */
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

What the nodes say when something is wrong, why, and what to do. In each message the value that you gave stands in quotation marks; here it is \`'…'\`.

An item that fails with *On Error* set to *Continue* holds:

${table(['Field', 'Meaning'], [
	['`error`', 'The message'],
	['`description`', 'What to do, when there is more to say'],
	['`statusCode`', "The HTTP status of Modica's answer, when there was one"],
	['`mayHaveBeenSent`', '`true` when the message may be on its way in spite of the error. Look for its status before you send it again'],
	['`to`', 'The recipient, for messages that could be made'],
	['`field`', 'The binary field, for files whose upload had begun'],
	['`parts`', 'For a [long text](markdown.md#long-texts) that failed midway: the parts that were sent'],
])}

## Before anything is sent

Nothing has gone to Modica when you see one of these. With *On Error: Stop Workflow* the node adds “Nothing was sent.” and which other items have problems (counted from 0). If a field is empty, the message is “'*Field*' is empty. *What to do*”.

### Recipients

${messages(
	sent({ to: '' }, 'The item has no number: check the expression, and the row it comes from.'),
	sent({ to: ['+64211234567'] }, 'An expression gave a list or an object. Use *Broadcast* for many numbers.'),
	sent({ to: '+64 (0)21 123 4567' }, '`+64 (0)21…` is `+6421…`.'),
	sent({ to: '6.42E+10' }, '`6.42E+10` cannot be undone.'),
	sent({ to: '021 123 4567' }, 'The node cannot know which country is meant, unless you add *Country of Local Numbers* in the options.'),
	sent({ to: '09 123 4567', options: { defaultCountry: 'NZ' } }, '*Country of Local Numbers* takes the numbers of mobile phones; all others need a plus sign and their country code.'),
	sent({ to: 'Aroha' }, 'There are letters or other signs in it.'),
	sent({ to: '12345' }),
	sent({ to: '+6421123456789012' }, 'Two numbers may stand in one field.'),
	["Recipient 3 '…' …", 'The same, for the third number of a broadcast’s list. The first five that are wrong are shown; “And 7 more.” stands for the others'],
	refused(broadcast, { recipientSource: 'list', recipients: '', text: 'x' }),
	refused(broadcast, { recipientSource: 'list', recipients: [], text: 'x' }, 'A list from an expression is right, too.'),
)}

### Text and media

${messages(
	sent({ text: '' }, 'Check the expression, if it comes from one.'),
	sent({ text: 'x'.repeat(5_000) }),
	sent({ text: 'x'.repeat(50_000), options: { splitLongText: true } }, '*Split Long Text* is on.'),
	sent({ text: {} }, 'An expression gave a list or an object. Pick one of its fields.'),
	markdown('x'.repeat(25_000)),
	markdown('> '.repeat(3_000), 'There are lists or quotes in each other, thousands of formatting signs, or a table of a huge size in it.'),
	markdown('---', 'A line across, an empty heading and tags of HTML show nothing on a phone.'),
	sent({ options: { textFormat: 'html' } }, 'An expression gave something else.'),
	sent({ messageType: 'sticker' }, 'An expression gave something else.'),
	sent({ messageType: 'media', mediaType: 'sticker' }, 'An expression gave something else.'),
	sent({ messageType: 'media', mediaUrl: 'invoice.pdf' }),
)}

### Templates

${messages(
	template({ templateName: 'Order Update' }),
	template({ templateLanguage: 'en-US' }, 'It has an underscore, not a dash.'),
	pasted(''),
	pasted('{{2}} {{3}}', undefined, 'Part of the text is missing.'),
	pasted('{{1}} {{name}}'),
	pasted('Hi {{1}'),
	pasted('Hi {{ $json.name }}', undefined, 'Expressions belong in the values. The text is the same for all customers.'),
	pasted('Hi {{1}}', {}),
	pasted('Hi {{1}}', { 'body:1': 'x'.repeat(2_000) }),
	["Header Text '…' …", 'The same, for the text above the body'],
	[notice(''), 'The editor says so in place of Template Values'],
	[notice('Kia ora'), 'The editor says so in place of Template Values. n8n 1.x puts the equals sign there when a text is pasted into the empty field'],
	template({ templateParameters: 'xml' }, 'An expression gave something else.'),
	template({ headerParams: { values: [{ value: '' }] } }),
	template({ bodyParams: { values: [{ value: 'x' }, { value: '' }] } }, "An expression such as `{{ $json.note || '–' }}` helps where data may be missing."),
	...['a\nb', 'a\tb', 'a     b'].map((value) => template({ bodyParams: { values: [{ value }] } })),
	json({ header_params: 'x' }),
	json({ body_params: 'x' }),
	json({ buttons: 'x' }),
	json({ media: 'x' }),
	template(headerMedia({ type: '', url: 'https://example.com/a.png' })),
	template(headerMedia({ type: 'audio', url: 'https://example.com/a.mp3' }), 'An expression gave something else.'),
	template(headerMedia({ mediaSource: 'file' }), 'An expression gave something else.'),
	pasted('Hi', { 'header:1': 'x' }, undefined, { templateHeaderText: 'Order {{1}}', ...headerMedia({ url: 'https://example.com/a.png' }) }),
	template(headerMedia({ type: 'image' })),
	template(headerMedia({ type: 'image', url: 'banner.png' })),
	json({ buttons: ['x'] }),
	template(buttons({ index: 0, payload: 'x' })),
	template(buttons({ index: 0, type: 'url' })),
	template(buttons({ index: 0, type: 'quick_reply', payload: 'x'.repeat(200) })),
	template(buttons({ index: 12, type: 'url', payload: 'x' }), 'There are up to ten.'),
	json('{"body_params": [', 'In an expression, `JSON.stringify(…)` puts quotation marks where they belong.'),
	json('7'),
	json({ name: 'x' }, 'A name in the JSON is wrong, or at the wrong place; the same is said of Header Media and of a button.'),
)}

### Additional fields and options

${messages(
	sent({ additionalFields: { source: '+64211234567' } }, 'It is not the phone number.'),
	sent({ to: '+64211234567', additionalFields: { source: '64211234567' } }, 'In a reply, the field named `source` is the customer’s number.'),
	sent({ additionalFields: { reference: {} } }),
	sent({ options: { oncePerReference: true } }, '*Once per Reference* is on.'),
	sent({ options: { oncePerReference: 'maybe' } }, 'An expression gave something else.'),
	sent({ options: { splitLongText: 'maybe' } }, 'An expression gave something else.'),
	sent({ options: { defaultCountry: 'Aotearoa' } }, 'An expression gave something else.'),
	sent({ options: { dryRun: 'maybe' } }, 'An expression gave something else. Nothing is sent.'),
	when(() => broadcast.jobs([{ dryRun: true }, {}].map((dry, index) => itemOf(broadcast, { options: { clearReferences: true, ...dry } }, index)), contextOf({}), () => {}), 'An expression gave true for some items only. Nothing was sent or cleared.'),
	sent({ additionalFields: { scheduled: 'tomorrow' } }, '[More on scheduling](scheduling.md)'),
	sent({ additionalFields: { scheduled: '2020-01-01T09:00' } }, 'Check the workflow’s time zone, too.'),
	sent({ additionalFields: { scheduled: new Date(Date.now() + 61 * 86_400_000).toISOString() } }),
	when(() => jobsOf(broadcast, [itemOf(broadcast, { options: { batchSize: 0 } })], contextOf({}))),
	when(() => parseNumber('Max Concurrency', 0, 1, 100)),
	when(() => parseNumber('Max Requests per Second', -1, 0, 10_000)),
)}

### Send and wait for response

${messages(
	[thrown(() => jobsOf(sendAndWait, [0, 1, 2].map((index) => itemOf(sendAndWait, {}, index)), contextOf({}))).message, 'An execution waits in one place for one answer'],
	asked({ message: '' }),
	asked({ message: {} }, 'An expression gave a list or an object. Pick one of its fields.'),
	asked({ message: 'x'.repeat(4_000) }, 'The link is among them.'),
	asked({ messageType: 'media' }, 'An expression gave something else.'),
	asked({ responseType: 'form' }, 'An expression gave something else.'),
	[refusedWords(sendAndWait, { to: TO, message: 'x', messageType: 'template', templateName: 'x', templateText: 'x' }), 'Without the link nobody could answer. [More on approvals](approvals.md)'],
	asked({ ...CHAT, answerIn: 'sms' }, 'An expression gave something else.'),
	asked({ ...CHAT, responseType: 'choice', choices: choices('x') }),
	asked({ ...CHAT, responseType: 'choice', choices: choices('x', '') }),
	asked({ ...CHAT, responseType: 'choice', choices: choices('x', 'x') }, 'The output could not tell them apart.'),
	asked({ ...CHAT, bodyParams: { values: [{ value: '{link}' }] } }),
	asked({ ...CHAT, message: 'x'.repeat(2_000), bodyParams: { values: [{ value: '{message}' }] } }),
	asked({ ...CHAT, ...buttons({ index: 0, type: 'quick_reply', payload: 'x' }) }, 'The payload of these buttons answers the question.'),
	asked({ ...CHAT, options: { firstButtonIndex: 9 } }, 'The last button has the index 9.'),
	whole(() => answerLink(asking('http://localhost:5678'), 'x', false), '[More on approvals](approvals.md)'),
	whole(() => answerLink(asking('https://example.com/n8n'), 'x', false), 'n8n signs the path of its links, and a proxy that takes the path away makes the signature wrong.'),
	whole(() => answerPayload(asking('https://n8n.example.com', 'x'.repeat(60)), 'x'.repeat(22), 0), 'WhatsApp takes up to 128 characters in a button. n8n’s editor gives ids that fit; this one was made by hand.'),
	asked(limit({ resumeAmount: 0 })),
	asked(limit({ limitType: 'atSpecifiedTime', maxDateAndTime: 'soon' })),
	asked(limit({ limitType: 'atSpecifiedTime', maxDateAndTime: '2020-01-01T00:00' })),
	asked({
		...limit({ limitType: 'atSpecifiedTime', maxDateAndTime: new Date(Date.now() + 86_400_000).toISOString() }),
		additionalFields: { scheduled: new Date(Date.now() + 2 * 86_400_000).toISOString() },
	}, 'The wait would end before anybody could answer.'),
)}

The page behind the link says:

${table(['Words', 'When'], [
	['Please enter an answer. Please enter no more than 10000 characters.', 'The answer in free text was empty or too long. It can be given again'],
	['Thank you. Your answer has been received.', 'All is well; the workflow has gone on. *Thank-You Text* in the options changes these words'],
	['To answer, tap a button in the WhatsApp message.', 'The question is answered in the chat, and somebody has made a link of a button’s payload'],
	['This question is closed. No further action is needed.', 'It was an earlier question of an execution that now asks another'],
	['“Invalid token”, “No action required” and the like', 'n8n’s own words: the link was changed, or the execution has ended'],
	['“The execution … is running already.”, “… has finished with error.”', 'n8n’s own answer, in JSON: see [an answered link](approvals.md#a-link-that-was-answered)'],
])}

### IDs and files

${messages(
	refused(get, { messageId: 'x' }, 'A callback’s `id` is right, too.'),
	refused(download, { mediaId: '../x' }),
	refused(upload, {}, undefined, { photo: PNG }),
	refused(upload, {}),
	refused(upload, {}, undefined, { data: { ...PNG, mimeType: 'image/gif' } }),
	["Input Binary Field '…' holds a file without content", 'Give a file that is not empty.'],
	when(linked('', PNG), '[More](media.md#sending-a-file)'),
	when(linked('http://localhost:5678/x', { ...PNG, id: 'x' }), '[More](media.md#sending-a-file)'),
	["Header Media Input Binary Field '…' …", 'The same, for the file of a template’s header'],
	refused(download, { mediaId: 'x', binaryPropertyName: '' }),
	refused(download, { mediaId: 'x', binaryPropertyName: 7 }),
	["Operation '…' is unknown", 'The workflow was made with another version of the package. Choose an operation of the list.'],
)}

### Credential

${messages(
	when(() => parseBaseUrl('')),
	when(() => parseBaseUrl('api.modicagroup.com')),
	when(() => parseBaseUrl('https://example.com/?a=1')),
	when(() => parseBaseUrl('https://user:password@example.com')),
	when(() => parseBaseUrl('http://example.com')),
	foreign({ url: 'https://other.example.com' }, 'Another node, such as HTTP Request, used the credential for a foreign host. The password was not sent'),
	foreign({ url: {} }, 'An expression in another node gave an object as the URL. Give the address as text. The password was not sent'),
	...safety(),
	[
		unexpectedResponse('…', 'GET /healthz (or: GET /messages)', 404, '…').message,
		`Also an error of *Check Health*. Another server than Modica’s API answered, or a proxy in between. ${unexpectedResponse('', '', 404, '').description} The message ends with what was received: see below`,
	],
	['The test itself failed', 'n8n could not run the credential’s test. Look into n8n’s log'],
)}

The credential’s test and *Check Health* ask \`GET /healthz\`, and \`GET /messages\` for a message that does not exist. These responses are not from Modica’s API:

${table(['Received', 'What to do, and why'], [
	['an HTML page, text instead of JSON, an empty body', 'The address of a website, or of a proxy that blocks n8n. Check the path of the Base URL, too'],
	['JSON: *its message*', 'The address of another API, or a Base URL whose path is too short or too long'],
	['a redirect to *address*', 'Often a login page. To keep the password safe, redirects are not followed.'],
	['… for a message that does not exist', 'The server reports success for any request'],
	['any of these, with 500, 502, …', 'Try again later. If the error persists: Check the Base URL in the credential.'],
])}

### Trigger

These are given when the workflow is activated, or, where an expression is the reason, by the execution that a callback starts.

${messages(
	when(() => parseFilter([], {})),
	when(() => parseFilter(['reply'], { businessNumbers: 'abc' })),
	when(() => parseFilter(['reply'], { senders: 'abc' }), 'Senders are understood as recipients are: the messages of the field [To](#recipients) are given for them, too.'),
	when(() => parseFilter([{}], {}), 'An expression gave something else. The same is said of Statuses, Content Types, Business Numbers and Senders.'),
	[
		'The credential has no Callback Username and Callback Password',
		'Choose both, enter them in the credential of this trigger, and publish the workflow again. Or set Authentication to None: anyone who knows the URL can then start the workflow.',
	],
)}

Callbacks are answered by the trigger. Modica sees these, and so do you when you try one out:

${table(['Answer', 'What to do, and why'], [
	['401 Wrong username or password', 'The callback brought another log-in than the credential’s callback username and password, or none. Check the address that Modica calls: `https://user:password@…`, with special characters URL-encoded'],
	['401 The credential has no Callback Username and Callback Password', 'Nobody is let in before it has both. n8n’s log says so, too, at “Modica WhatsApp Trigger refuses all callbacks: …”'],
	['400 This is no callback: …', 'The body is neither a status nor a reply. One of the reasons below follows'],
	['503 The credential of this trigger cannot be read', 'Open the trigger and choose its credential again. n8n’s log says why, at “Modica WhatsApp Trigger cannot read its credential”'],
	['503 n8n cannot take this answer yet', 'A tap could not be handed to the execution that waits for it, and is to be sent again: n8n is starting or overloaded. [More on approvals](approvals.md#in-the-chat)'],
	['200 with `answered`', 'A tap answered a question. The workflow that asked it continues, and this one does not start'],
	['200 with `ignored`', 'Nothing was started: a filter (its name is given) or `duplicate`'],
])}

${table(['Reason of a 400', 'What is wrong'], [
	[notCallback(''), 'Nothing came, or something that is no JSON'],
	[notCallback([]), 'Such as a list: each callback comes in a request of its own'],
	[notCallback(JSON.parse('{"a":'.repeat(40) + '1' + '}'.repeat(40))), 'Real callbacks are nested three deep'],
	[notCallback({}), 'There is no `id`, or one that is none'],
	[notCallback({ id: 'x' }), 'So it is neither a status nor a reply'],
	[notCallback({ id: 'x', status: {} }), 'An object, a list or nothing stands there'],
	[notCallback({ id: 'x', source: 'x', content: 7 }), 'Something else stands there'],
])}

Two fields of a reply’s item tell of a problem that does not stop the workflow:

${table(['Field', 'What it can say', 'What to do'], [
	['`downloadError`', 'The file had not come after 15 s', '*Media: Download* can try again, and waits longer'],
	['`downloadError`', 'The file could not be stored', 'Look whether n8n’s disk is full'],
	['`downloadError`', 'What else stands on this page, at [Modica’s answers](#modicas-answers) and [No answer](#no-answer)', 'As it says there'],
	['`contentError`', 'The content is not valid JSON; The content is not an object; The content is nested more than 32 deep', 'The content is in `text` as it came. Tell Modica’s support'],
])}

## Modica’s answers

Modica’s own words stand after a colon. The message was **not** sent, unless it says otherwise here.

${messages(
	...[400, 401, 403].map((status) => told(refusal(status, '', false))),
	told(refusal(404, '', false), 'A message was to be sent, or a file uploaded'),
	told(refusal(404, '', false, { subject: 'message' })),
	told(refusal(404, '', false, { subject: 'file' })),
	told(refusal(408, '', false), '**A message may have been sent**; what does no harm twice was tried four times'),
	...[413, 415, 422].map((status) => told(refusal(status, '', false))),
	[refusal(429, '', false).message, `Seen in the credential’s test only, where it comes with: ${refusal(429, '', false).description} A workflow waits and sends again by itself`],
	told(refusedRepeatedly(5, ''), 'Each time with a 429; Modica’s words follow.'),
	told(refusal(301, '', false), 'After a 303, which stands for “done”, **a message may have been sent**', 'Modica answered 301, 302, …'),
	told(refusal(407, '', false, { by: 'proxy' }), 'The proxy wants a log-in (407), or names itself in its answer. After 500 and above **a message may have been sent**: the proxy may have failed on the way back', `${refusal(407, '', false, { by: 'proxy' }).message}, 503, …`),
	told(refusal(500, '', false), '**A message may have been sent all the same**', 'Modica answered 500, 502, …'),
	told(unreadable('the message’s id', 202, false), 'The answer was no answer of the API’s. **The message may have been sent**'),
	told(unreadable('what became of each recipient', 202, false), 'The same, of a broadcast'),
	told(unreadable('the message', 200, false), 'Nothing was sent: a message was looked up'),
	told(unreadable('the file’s id', 200, false), 'Nothing was sent: a file was uploaded'),
)}

## No answer

${messages(
	fault('unreachable', 'ECONNREFUSED', 'One request tried six times within 15.5 s, and all others waited for it. Not sent'),
	...['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].map((code) => fault('unreachable', code, 'Tried in the same way. Not sent')),
	fault('unreachable', 'ETIMEDOUT', 'A firewall or a router between n8n and Modica drops what n8n sends. One request tried until a minute had passed since the first failure, and all others waited for it. Not sent'),
	fault('unreachable', 'ECONNRESET', 'A proxy or a load balancer in between may be the reason. Not sent'),
	fault('unreachable', 'EPROTO', 'The same. Not sent'),
	fault('unreachable', '', 'None of the host’s addresses answered, or the proxy hung up. Not sent'),
	fault('blocked', '', 'n8n’s protection against requests to internal addresses is on. Not sent'),
	fault('untrusted', '*code*', 'A proxy may stand in between, too. Not sent'),
	fault('broken', TOO_LATE, 'Requests have 60 s from their beginning to the last byte of the answer, uploads longer by their size. **A message may have been sent.** What does no harm twice was tried four times'),
	fault('broken', 'ECONNRESET', '**A message may have been sent.** What does no harm twice was tried four times'),
	fault('broken', '', '**A message may have been sent.** What does no harm twice was tried four times'),
	fault('broken', STALLED, 'An upload stood still for 60 s. It was tried four times.'),
	told(incompleteDownload('ECONNRESET', HOST), 'It was tried four times.'),
	told(incompleteDownload(STALLED, HOST), 'It was tried four times.'),
	told(hostNotResponding(HOST), 'Five requests in a row got no answer, nor did those that tried after 0.5, 1, 2, 4 and 8 s, or for a minute. Each of these may have been sent, but not this one'),
	['Gave up after 300 s of rate limiting', 'Modica answered 429 to every request for five minutes. Not sent. Run the failed items again later, or ask Modica to raise the rate limit of the application.'],
	['Modica asked to wait … s, and the node waits 300 s at most', 'The `Retry-After` of a 429. Not sent. Run the failed items again later, or ask Modica to raise the rate limit of the application.'],
	[new CancelledError().message, 'Somebody stopped it. What was sent before is sent; a message that was on its way has `mayHaveBeenSent`'],
)}

## What is told on which network

An error says that a message was *not sent* only where that is certain. All else *may have been sent*, and the node never sends it again by itself. The tests play each line with every change: on real connections, servers and proxies, or, for seven that no machine can be made to do at will, with the error that Node.js or n8n makes of it.

${table(['What happens', 'What is told'], SITUATIONS.map(({ name, told: what }) => [name, what]))}

What makes the difference is the TLS handshake: Node.js writes a request only once it is done. Whatever goes wrong before, even a time-out, is certain. In n8n 1.x a time-out, a reset and a proxy's fault before that may have been sent, too: it keeps nothing of an error but its words. Three things cannot be told apart from a message that was taken: an answer that does not come, a connection that breaks off, and an error from a gateway or from a proxy that does not name itself.

## A fault of n8n or of this package

| Message | Why, and what to do |
| --- | --- |
| Not sent: n8n’s database could not tell whether the reference was sent before | *Once per Reference* is on, and n8n's store of processed items failed, also when it was asked again for 15.5 s. The database failed: *its words*. If it says that its answer was lost, it wrote, but did not say what was new; if other processes write over what this one records, several n8n processes claim many references at once. The reference may count as sent now. If the next run reports this message as a duplicate, send it under another reference. |
| n8n’s database could not clear the sent references | *Clear Sent References* is on, and n8n's store of processed items failed. The database failed: *its words*. The references may still count as sent. Run the node again. |
| *Any error*, and: n8n’s database could not release the reference, so the next run may report this message as a duplicate. Send it under another reference. | The message was not sent, and n8n's store could not be told so |
| *Other words*, and: This is not Modica’s answer. The details are in n8n’s log. | A mistake in this package or in n8n. The log has it at “Modica WhatsApp failed unexpectedly: …”; please report it. **A message may have been sent** |

## Results that are no errors, but no messages either

| \`status\` | \`message\` | What it means |
| --- | --- | --- |
| \`duplicate\` | Not sent again: this node has sent the reference before | *Once per Reference* is on, and an earlier run, or an earlier item, had the reference |
| \`duplicate\` | Not sent again: this node has sent the reference to this recipient before | The same, for a broadcast |
| \`duplicate\` | Not sent again: the number is already in this broadcast, from item … | The number occurs twice |
| \`duplicate\` | Not sent again: the number is already in this broadcast, as number … of the list | The same, in a list |
| \`cleared\` | Nothing was sent: the references that this node had sent are cleared. Turn off 'Clear Sent References' to send. | *Clear Sent References* is on: [what it is for](campaigns.md#starting-over) |
| \`unknown\` | Modica’s answer says nothing about this recipient | Look for the message’s status callbacks before you send again |
| \`failed\` | in Modica’s words | A broadcast was taken, but not for this recipient |

An upload’s \`hint\` is no error either: “WhatsApp takes images up to 5 MB, and this file has 7.3 MB: a message with it may not arrive.” The file was uploaded.

## Notes that the node adds

| Note | Meaning |
| --- | --- |
| Nothing was sent. | An item could not be used, and *On Error* is *Stop Workflow* |
| Item *n* has a problem, too (the first item is 0). | Its number |
| Items *n*, *n* and *n* have problems, too (the first item is 0). | Their numbers, of many the first ten |
| To go on with the good items, set 'On Error' to 'Continue' in the node’s settings. | Then each item that has a problem gives an item with \`error\` |
| *n* were done before the node stopped. To go on with the others and see the result of each, set 'On Error' to 'Continue' in the node’s settings. | Modica refused one, and *On Error* is *Stop Workflow*. Those that were done are not in the output |
| No other was done before the node stopped. | The first one was refused |
| *n* more may have been sent: items *n*, *n*–*n*. Look for their status before you send them again. | Their requests were on the way when the node stopped, and their answers never came. The numbers are counted from 0 |
| The references of these may count as sent now: items *n*, *n*. | See [above](#a-fault-of-n8n-or-of-this-package). The next run may report them as duplicates |
| *n* more failed and were not sent: item *n*. | Their requests were on the way, too, and were refused |
| Parts 1–*n* of *n* were sent, part *n* may have been sent, parts *n*–*n* were not. Run the node again with the same reference to send the rest. | A [long text](markdown.md#long-texts) failed midway. The last sentence is there if *Once per Reference* is on |
| The message may have been sent all the same. Look for its status before you send it again. | See \`mayHaveBeenSent\` above |
| Nothing was sent: *n* are valid, *n* are repeated numbers (1 is a repeated number), *n* are not (*n* with a problem in *a field*). | *Dry Run* is on. It stands above the output, as the next ones do |
| *n* of *n* failed: *n* with a problem in *a field*, *n* with a problem in their fields, *n* refused (422), *n* refused, *n* answered with 500, *n* without an answer, *n* not done, *n* for another reason, *n* for other reasons. | How many failed, and why. Their own errors say what to do |
| *n* were only checked. | *Dry Run* is on for some items only |
| *n* may have been sent. | See \`mayHaveBeenSent\` above |
| Slowed down by the limit of *n* requests per second: *n* s, refusals (429): *n* s, an outage: *n* s. | How long messages waited, where it was 5 s or more. |
| Modica WhatsApp: *n* done, *n* failed, *n* under way | Progress, in the browser’s console |
| Cancelled: *n* done, *n* failed, *n* under way | Among the *highlighted data* of a cancelled execution. Those under way may have been sent |
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
		[{ proxy: 'x' }, 'A proxy that the workflow names could read the password'],
		[{ skipSslCertificateValidation: true }, 'Without the checks, another server could pass for Modica’s and read the password'],
		[{ agentOptions: {} }, 'A certificate authority that the workflow names could vouch for another server. One for all of n8n is set in n8n’s environment (`NODE_EXTRA_CA_CERTS`)'],
		[{ headers: { Host: 'x' } }, 'The header could lead the request to another host behind the same address'],
		[{ method: 'TRACE' }, 'A server answers TRACE with the request, and the password in it'],
	];
	return reasons.map(([wrong, note]) => [thrown(() => safeRequest({ url, ...wrong }, url)).message, note]);
}
