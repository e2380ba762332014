/** Parsing time must grow in proportion to the length of the text. Quadratic time would let a long text block n8n. */
import { apiErrorText } from '../../../nodes/ModicaWhatsApp/api/errors';
import { parseContentType, parseFileName, parseRetryAfter } from '../../../nodes/ModicaWhatsApp/api/headers';
import { Secrets } from '../../../nodes/ModicaWhatsApp/api/secrets';
import { parseFilter } from '../../../nodes/ModicaWhatsApp/callback/filter';
import { parseCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { isAuthorized } from '../../../nodes/ModicaWhatsApp/callback/verify';
import { readerOf } from '../../../nodes/ModicaWhatsApp/n8n/fieldReference';
import { readContent } from '../../../nodes/ModicaWhatsApp/operations/message/content';
import type { Item } from '../../../nodes/ModicaWhatsApp/operations/operation';
import { parseSchedule } from '../../../nodes/ModicaWhatsApp/parameters/dateTime';
import { invalid } from '../../../nodes/ModicaWhatsApp/parameters/errors';
import { parseMessageId } from '../../../nodes/ModicaWhatsApp/parameters/messageId';
import { parseRecipient, parseRecipients } from '../../../nodes/ModicaWhatsApp/parameters/recipient';
import { parseSource } from '../../../nodes/ModicaWhatsApp/parameters/source';
import { parseBaseUrl } from '../../../nodes/ModicaWhatsApp/parameters/url';
import { outcomeOf } from '../../harness/cases.mts';

const CHARACTERS = 1_000;
const TIMES_AS_MANY = 32;
/**
 * One long text may take this many times as long as many short ones: linear time takes the same time, quadratic time 32
 * times as long.
 */
const MOST_TIMES_AS_LONG = 8;
/** A slow result is measured again: compilation or garbage collection may have slowed it down. */
const LOOKS = 4;
/** Most texts are parsed too fast for a comparison, however long they are. */
const NO_TIME_MS = 20;

const message = (parameters: Record<string, unknown>) =>
	readContent({ index: 0, binary: {}, parameter: (name) => parameters[name] ?? '', stored: (name) => parameters[name] } satisfies Item, () => 'https://n8n.example.com/').content;
const template = (parameters: Record<string, unknown>) => message({ messageType: 'template', templateName: 'a', templateLanguage: 'en', ...parameters });
const secrets = new Secrets('user', 'aaaaaaab');
const login = { username: 'u', password: 'p' };

const READERS: Record<string, (text: string) => unknown> = {
	recipient: (text) => parseRecipient(text),
	recipients: (text) => parseRecipients(text),
	'recipient in a country': (text) => parseRecipient(text, { country: 'NZ' }),
	schedule: (text) => parseSchedule(text, 'UTC', 0),
	text: (text) => message({ messageType: 'text', text }),
	'media URL': (text) => message({ messageType: 'media', mediaType: 'image', mediaUrl: text }),
	'template name': (text) => template({ templateName: text }),
	'template language': (text) => template({ templateLanguage: text }),
	'template text': (text) => template({ templateParameters: 'text', templateText: text, templateValues: { value: { 'body:1': 'x' } } }),
	'template values': (text) => template({ templateParameters: 'text', templateText: '{{1}}', templateValues: { value: { 'body:1': text } } }),
	'template JSON': (text) => template({ templateParameters: 'json', templateJson: text }),
	source: parseSource,
	'message ID': parseMessageId,
	'base URL': parseBaseUrl,
	'Retry-After': (text) => parseRetryAfter(text, 0),
	'Content-Type': parseContentType,
	'Content-Disposition': parseFileName,
	'field reference': readerOf,
	'business numbers': (text) => parseFilter(['reply'], { businessNumbers: text }),
	Authorization: (text) => isAuthorized(text, login),
	callback: parseCallback,
	'error text': apiErrorText,
	'quoted value': (text) => invalid('Field', text, 'is wrong', 'Mend it.'),
	'text with secrets': (text) => secrets.hideInText(text),
};

/** Starts, repeated parts, and ends, such as those that make regular expressions backtrack. */
const STARTS = ['', '+64', '={{ $json', 'filename="', 'Basic ', 'https://', '{"id":"', 'a@'];
const REPEATED = [' ', '\n', '0', '9', 'a', '\\', '"', "'", '\\"', '( ', '(0', '.a', '["a"]', '../', '@', '=', ';', ' ,', '%0', 'filename="', 'filename=', "filename*=utf-8'", '[', '{"a":', '{{', '{{1}}', '\u200b', '-'];
const ENDS = ['', 'x" }}'];

/** Processor time in milliseconds. Elapsed time would include other work on a busy machine. */
async function timeOf(read: (text: string) => unknown, text: string): Promise<number> {
	const before = process.cpuUsage();
	await outcomeOf(() => read(text));
	const { user, system } = process.cpuUsage(before);
	return (user + system) / 1_000;
}

describe('text of any length', () => {
	it.each(Object.keys(READERS))('is parsed in linear time: %s', async (name) => {
		const read = READERS[name]!;
		for (const start of STARTS) {
			for (const repeated of REPEATED) {
				for (const end of ENDS) {
					const textOf = (length: number) => start + repeated.repeat(Math.ceil(length / repeated.length)) + end;
					let times = Infinity;
					for (let look = 0; look < LOOKS && times > MOST_TIMES_AS_LONG; look++) {
						const long = await timeOf(read, textOf(CHARACTERS * TIMES_AS_MANY));
						let short = 0;
						for (let more = 0; long > NO_TIME_MS && more < TIMES_AS_MANY; more++) short += await timeOf(read, textOf(CHARACTERS + more));
						times = long > NO_TIME_MS ? long / short : 1;
					}
					if (times > MOST_TIMES_AS_LONG) throw new Error(`${JSON.stringify(start)} + ${JSON.stringify(repeated)} … ${JSON.stringify(end)} takes ${times.toFixed(0)} times as long`);
				}
			}
		}
	});
});

describe('a quote in an error', () => {
	it.each(Object.keys(READERS))('is short: %s', async (name) => {
		for (const text of ['x'.repeat(1_000_000), `{"${'x'.repeat(500_000)}":1}`, JSON.stringify(Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`name${index}`, 1])))]) {
			const outcome = await outcomeOf(() => READERS[name]?.(text));
			if ('refusal' in outcome) expect(outcome.refusal.message.length).toBeLessThan(1_000);
		}
	});
});
