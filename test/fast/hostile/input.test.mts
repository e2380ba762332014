/** Every parameter value results in a valid value or in a readable error. */
import fc from 'fast-check';
import { authorizationHeader } from '../../../nodes/ModicaWhatsApp/api/authorization';
import { parseContentType, parseFileName, parseRetryAfter } from '../../../nodes/ModicaWhatsApp/api/headers';
import { Secrets } from '../../../nodes/ModicaWhatsApp/api/secrets';
import { filteredBy, parseFilter } from '../../../nodes/ModicaWhatsApp/callback/filter';
import { toItem } from '../../../nodes/ModicaWhatsApp/callback/item';
import { dedupeKey, parseCallback } from '../../../nodes/ModicaWhatsApp/callback/parse';
import { isAuthorized } from '../../../nodes/ModicaWhatsApp/callback/verify';
import { readerOf } from '../../../nodes/ModicaWhatsApp/n8n/fieldReference';
import { sanitizeFileName } from '../../../nodes/ModicaWhatsApp/n8n/files';
import { findOperation } from '../../../nodes/ModicaWhatsApp/operations';
import { readContent } from '../../../nodes/ModicaWhatsApp/operations/message/content';
import { readDelivery } from '../../../nodes/ModicaWhatsApp/operations/message/delivery';
import { fileLinks } from '../../../nodes/ModicaWhatsApp/operations/message/fileLinks';
import type { Context, Item } from '../../../nodes/ModicaWhatsApp/operations/operation';
import { parseSchedule } from '../../../nodes/ModicaWhatsApp/parameters/dateTime';
import { parseMessageId } from '../../../nodes/ModicaWhatsApp/parameters/messageId';
import { parseRecipient, parseRecipients } from '../../../nodes/ModicaWhatsApp/parameters/recipient';
import { parseSource } from '../../../nodes/ModicaWhatsApp/parameters/source';
import { parseBaseUrl } from '../../../nodes/ModicaWhatsApp/parameters/url';
import { anything, expectCases, jsonOf, LOADED_NAMES, outcomeOf, text, tryCases, unicode } from '../../harness/cases.mts';
import { expect } from '../../harness/quickExpect.mts';

const CASES = 2_000;
const NOW = Date.parse('2026-11-22T00:00:00Z');

// Together with `answers.test.mts`, `wire.test.mts`, and `test/fast/trigger/properties.test.mts`: more than 75,000.
expectCases(50_000);

const itemWith = (parameters: Record<string, unknown>): Item => ({
	index: 0,
	binary: { data: { data: '', mimeType: 'image/png', id: 'filesystem-v2:x' } },
	parameter: (name) => parameters[name] ?? '',
	stored: (name) => parameters[name],
});
const withLinks = { linkTo: () => 'https://n8n.example.com/rest/binary-data/signed?token=x' } as unknown as Context;
const contentOf = (parameters: Record<string, unknown>) => {
	const item = itemWith(parameters);
	return readContent(item, fileLinks(item, withLinks, undefined));
};

/** Errors must be short and have few lines, regardless of what they quote. */
function expectReadable({ message }: Error): void {
	expect(message).not.toBe('');
	expect(message.length).toBeLessThan(1_500);
}

/** Tests a validator: accepted values match this pattern. */
async function expectOnly(form: RegExp, parse: (value: unknown) => string | undefined, values: fc.Arbitrary<unknown> = anything): Promise<void> {
	await tryCases(CASES, values, async (value) => {
		const outcome = await outcomeOf(() => parse(value));
		if ('refusal' in outcome) expectReadable(outcome.refusal);
		else if (outcome.value !== undefined) expect(outcome.value).toMatch(form);
	});
}

describe('any field value', () => {
	it('is a recipient only if it is an international number', async () => {
		await expectOnly(/^\+[1-9]\d{6,14}$/, (value) => parseRecipient(value));
	});

	it('is a list of recipients only if all of them are such numbers', async () => {
		await tryCases(CASES, fc.oneof(anything, fc.array(anything, { maxLength: 20 }), fc.array(text).map((parts) => parts.join(','))), async (value) => {
			const outcome = await outcomeOf(() => parseRecipients(value));
			if ('refusal' in outcome) expectReadable(outcome.refusal);
			else for (const number of outcome.value) expect(number).toMatch(/^\+[1-9]\d{6,14}$/);
		});
	});

	const moment = fc.tuple(fc.nat(10_100), fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(60), fc.constantFrom('', 'Z', '+14:00', '-99:99', '+1300', 'z')).map(
		([year, month, day, hour, minute, offset]) => {
			const two = (number: number) => String(number).padStart(2, '0');
			return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}${offset}`;
		},
	);
	it.each(['Pacific/Auckland', 'America/St_Johns', 'UTC'])('is a schedule only if it is a time in the next 60 days (%s)', async (zone) => {
		await expectOnly(/^202[67]-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/, (value) => parseSchedule(value, zone, NOW), fc.oneof(anything, moment, fc.date({ noInvalidDate: false })));
	});

	it('is a message ID only if it is a UUID', async () => {
		await expectOnly(/^[0-9a-f-]{36}$/i, parseMessageId, fc.oneof(anything, fc.uuid(), fc.tuple(fc.uuid(), text).map((parts) => parts.join(''))));
	});

	it('is a source only if it consists of digits', async () => {
		await expectOnly(/^[1-9]\d{0,29}$/, parseSource, fc.oneof(anything, fc.bigInt().map(String), fc.integer()));
	});

	it('is a base URL only if it uses HTTPS, or HTTP on this machine, without a login or a query', async () => {
		const address = fc.tuple(fc.constantFrom('https://', 'http://', 'HTTPS:', 'ftp://', '//', ''), fc.constantFrom('localhost', '127.0.0.1', '[::1]', 'api.example.com', '127.0.0.1.evil.example', 'localhost.evil.example', 'localhost@evil.example', '2130706433'), text).map((parts) => parts.join(''));
		await tryCases(CASES, fc.oneof(anything, address), async (value) => {
			const outcome = await outcomeOf(() => parseBaseUrl(value));
			if ('refusal' in outcome) return expectReadable(outcome.refusal);
			const { protocol, hostname, username, password, search, hash } = new URL(outcome.value);
			expect({ username, password, search, hash }).toEqual({ username: '', password: '', search: '', hash: '' });
			if (protocol !== 'https:') expect([protocol, hostname]).toEqual(['http:', expect.stringMatching(/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/)]);
			expect(outcome.value).not.toMatch(/[\s"<>\\]|\/$/);
		});
	});

	it('never shows the password of a rejected base URL', async () => {
		await tryCases(CASES, fc.tuple(text, text), async ([before, after]) => {
			const outcome = await outcomeOf(() => parseBaseUrl(`https://user:5ecret-Passw0rd${before.replaceAll('@', '')}@${after}`));
			if ('refusal' in outcome) expect(outcome.refusal.message).not.toContain('5ecret-Passw0rd');
		});
	});

	it('is a reference only if it is text', async () => {
		const context = { timeZone: 'UTC' } as Context;
		await tryCases(CASES, anything, async (reference) => {
			const outcome = await outcomeOf(() => readDelivery(itemWith({ additionalFields: { reference } }), context, []));
			if ('refusal' in outcome) expectReadable(outcome.refusal);
			else expect(['string', 'undefined']).toContain(typeof outcome.value.reference);
		});
	});
});

/** Plain data at every level, which a round trip through JSON doesn't change. */
function expectPlain(value: unknown): void {
	expect(JSON.parse(JSON.stringify(value))).toEqual(value);
}

const TEMPLATE_KEYS = ['name', 'language', 'header_params', 'body_params', 'media', 'buttons'];

describe('any message content', () => {
	const content = fc.record({
		messageType: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('text', 'template', 'media') }, { weight: 1, arbitrary: anything }),
		text: anything,
		templateName: fc.oneof(fc.constant('order_update'), anything),
		templateLanguage: fc.oneof(fc.constantFrom('en', 'en_US'), anything),
		templateParameters: fc.constantFrom('text', 'fields', 'json'),
		templateText: fc.oneof(fc.constantFrom('Hi {{1}}', '={{day}} {{name}}', '{{2}} {{1}'), text, anything),
		templateHeaderText: fc.oneof(fc.constantFrom('', 'Order {{1}}'), anything),
		templateValues: fc.oneof(
			fc.record({ value: fc.oneof(fc.record({ 'body:1': anything, 'header:1': anything }), fc.record({ 'body:name': text, 'body:day': text }), anything) }),
			anything,
		),
		headerParams: fc.oneof(fc.record({ values: fc.array(fc.record({ value: anything }), { maxLength: 3 }) }), anything),
		bodyParams: fc.oneof(fc.record({ values: fc.array(anything, { maxLength: 3 }) }), anything),
		templateMedia: fc.oneof(fc.constant({}), fc.record({ media: fc.record({ type: anything, url: anything }) }), anything),
		buttons: fc.oneof(fc.record({ values: fc.array(fc.record({ index: anything, type: anything, payload: anything }), { maxLength: 2 }) }), anything),
		templateJson: fc.oneof(
			anything,
			fc.array(fc.tuple(fc.constantFrom('header_params', 'body_params', 'media', 'buttons', ...LOADED_NAMES), fc.jsonValue({ maxDepth: 2 })), { maxLength: 3 }).map(jsonOf),
		),
		mediaSource: fc.oneof(fc.constantFrom('url', 'binary'), anything),
		binaryPropertyName: fc.oneof(fc.constantFrom('data', ...LOADED_NAMES), anything),
		mediaType: fc.oneof(fc.constantFrom('audio', 'image'), anything),
		mediaUrl: fc.oneof(text.map((rest) => `https://example.com/${rest}`), anything),
	});

	it('has the fields of one of the content types of the API, or is rejected', async () => {
		let taken = 0;
		await tryCases(4 * CASES, content, async (parameters) => {
			const outcome = await outcomeOf(() => contentOf(parameters));
			if ('refusal' in outcome) return expectReadable(outcome.refusal);
			taken++;
			const { content: message } = outcome.value;
			expectPlain(message);
			switch (message.type) {
				case 'text':
					expect(Object.keys(message.text)).toEqual(['body']);
					return expect(typeof message.text.body).toBe('string');
				case 'media':
					return expect(message.media.url).toMatch(/^https?:\/\/[^\s"<>]+$/);
				case 'template':
					expect(TEMPLATE_KEYS).toEqual(expect.arrayContaining(Object.keys(message.template)));
					return expect([message.template.name, message.template.language]).toEqual([expect.stringMatching(/^[a-z0-9_]+$/), expect.stringMatching(/^[a-z]{2,3}(_[A-Z]{2,3})?$/)]);
			}
		});
		// Not everything is rejected: some cases pass all checks.
		expect(taken).toBeGreaterThan(CASES / 5);
	});

	it.each(LOADED_NAMES)('is rejected as template JSON with the name "%s"', async (name) => {
		const outcome = await outcomeOf(() =>
			contentOf({ messageType: 'template', templateName: 'a', templateLanguage: 'en', templateParameters: 'json', templateJson: jsonOf([[name, { polluted: true }]]) }),
		);
		expect(outcome).toEqual({ refusal: expect.objectContaining({ message: expect.stringContaining(`contains ${name}, which the API does not support`) }) });
	});
});

describe('any saved workflow', () => {
	it('has an operation of the table, or none', async () => {
		const name = fc.oneof(text, fc.constantFrom('message', 'media', 'send', ...LOADED_NAMES));
		await tryCases(CASES, fc.tuple(name, name), ([resource, operation]) => {
			const found = findOperation(resource, operation);
			if (found) expect([resource, operation]).toEqual(['message', 'send']);
		});
	});

	it('has a filter of lists of texts, or the filter is rejected', async () => {
		const list = fc.oneof(anything, fc.array(anything, { maxLength: 3 }));
		await tryCases(CASES, fc.tuple(list, fc.oneof(anything, fc.record({ statuses: list, contentTypes: list, businessNumbers: list }))), async ([events, options]) => {
			const outcome = await outcomeOf(() => parseFilter(events, options));
			if ('refusal' in outcome) return expectReadable(outcome.refusal);
			expect(Object.values(outcome.value).flat().every((entry) => typeof entry === 'string' && entry !== '')).toBe(true);
		});
	});

	it('has field references that read only the data of the item, never properties of every object', async () => {
		const path = fc.array(fc.oneof(fc.constantFrom(...LOADED_NAMES, 'a', 'b'), text), { minLength: 1, maxLength: 3 });
		await tryCases(CASES, path, (names) => {
			const parameter = `={{ $json${names.map((name) => `[${JSON.stringify(name)}]`).join('')} }}`;
			expect([undefined, 'x']).toContain(readerOf(parameter)?.({ a: { b: 'x' } }));
		});
		await tryCases(CASES, fc.jsonValue(), (beside) => {
			const read = readerOf({ beside, deep: ['={{ $json.a.b }}'] })?.({ a: { b: 'x' } });
			expect([undefined, { beside, deep: ['x'] }]).toContainEqual(read);
		});
	});
});

describe('any headers', () => {
	it('have a Retry-After of at least 0, or none', async () => {
		await tryCases(CASES, fc.oneof(anything, fc.double().map(String), fc.date({ noInvalidDate: true }).map((date) => date.toUTCString())), (header) => {
			const milliseconds = parseRetryAfter(header, NOW);
			if (milliseconds !== undefined) expect(milliseconds).toBeGreaterThanOrEqual(0);
		});
	});

	const disposition = fc.oneof(
		anything,
		fc.tuple(fc.constantFrom('attachment; filename="', 'filename=', "filename*=utf-8''", "FileName* = UTF-8'en'"), text, fc.constantFrom('"', '', ';')).map((parts) => parts.join('')),
		text.map((name) => `attachment; filename*=UTF-8''${encodeURIComponent(name.replace(/\p{Cs}/gu, ''))}`),
	);
	it('have a file name without a path, within the length limit of file systems, and not hidden, or none', async () => {
		await tryCases(2 * CASES, disposition, (header) => {
			const name = sanitizeFileName(parseFileName(header) ?? '');
			if (name === undefined) return;
			expect(name).not.toMatch(/[/\\\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]|^\.*$/u);
			expect(name.length).toBeLessThanOrEqual(255);
			expect(() => encodeURIComponent(name)).not.toThrow();
		});
	});

	it('have a content type without parameters, or none', async () => {
		await tryCases(CASES, fc.oneof(anything, text.map((rest) => `image/png;${rest}`)), (header) => {
			expect(parseContentType(header) ?? '').toMatch(/^[^;A-Z]*$/);
		});
	});

	it('have Basic authentication that accepts only the correct login', async () => {
		const login = { username: 'modica', password: 'p@ss:wörd' };
		const right = authorizationHeader(login.username, login.password);
		await tryCases(CASES, fc.oneof(anything, text.map((rest) => `Basic ${Buffer.from(`modica:p@ss:wörd${rest}`).toString('base64')}`), text.map((rest) => right + rest)), (header) => {
			// The padding may be omitted.
			const isRight = typeof header === 'string' && header.replace(/=+$/, '') === right.replace(/=+$/, '');
			const latin1 = `Basic ${Buffer.from('modica:p@ss:wörd', 'latin1').toString('base64')}`;
			expect(isAuthorized(header, login)).toBe(isRight || header === latin1);
		});
	});
});

describe('any callback', () => {
	const name = fc.constantFrom('id', 'status', 'reference', 'source', 'destination', 'Destination', 'content', 'type', 'text', 'image', 'extra', ...LOADED_NAMES);
	const value = fc.oneof(text, fc.constantFrom('read', 'reply', 'image', 'constructor', '__proto__'), fc.jsonValue({ maxDepth: 2 }), fc.array(fc.tuple(name, fc.jsonValue({ maxDepth: 1 })), { maxLength: 4 }).map(jsonOf));
	const body = fc.array(fc.tuple(name, value), { maxLength: 8 }).chain((entries) =>
		fc.constantFrom(jsonOf(entries), jsonOf([['id', 'x'], ['status', 'read'], ...entries]), jsonOf([['id', 'x'], ['source', '64'], ['content', Object.fromEntries(entries)], ...entries])),
	);

	it('becomes an item of plain data with a key of limited length', async () => {
		let taken = 0;
		await tryCases(4 * CASES, body, (json) => {
			const callback = parseCallback(json);
			if (callback.kind === 'none') return expect(callback.reason.length).toBeLessThan(200);
			taken++;
			expect(dedupeKey(callback).length).toBeLessThan(300);
			const item = toItem(callback);
			expectPlain(item);
			expect(Object.getPrototypeOf(item)).toBe(Object.prototype);
			expect(filteredBy(callback, parseFilter(['status', 'reply'], {}))).toBeUndefined();
		});
		expect(taken).toBeGreaterThan(CASES);
	});
});

describe('any quote of a response', () => {
	it('contains everything but the secrets', async () => {
		await tryCases(CASES, fc.tuple(unicode({ minLength: 8 }), text, text), ([password, before, after]) => {
			const header = authorizationHeader('user', password);
			const secrets = new Secrets('user', password);
			const hidden = secrets.hideInText(`${before} ${header} ${password} ${encodeURIComponent(header)} ${after}`);
			for (const secret of [password, header.slice('Basic '.length)]) expect(hidden).not.toContain(secret);
			const answer = { id: before, echo: { [header]: [header] } };
			expect(JSON.stringify(secrets.hideInResponse(answer))).not.toContain(header.slice('Basic '.length).replace(/=+$/, ''));
			if (!before.includes(password)) expect(hidden.startsWith(before)).toBe(true);
		});
	});
});
