import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
	displayParameter,
	NodeHelpers,
	type ICredentialType,
	type INodeProperties,
	type INodePropertyCollection,
	type INodePropertyOptions,
	type INodeType,
	type NodeParameterValueType,
} from 'n8n-workflow';
import { loadRegistered, manifest, PROJECT } from '../../harness/project.mts';

const nodes = manifest.n8n.nodes.map((file) => ({ file, ...loadRegistered<INodeType>(file) }));
const credentials = manifest.n8n.credentials.map((file) => loadRegistered<ICredentialType>(file));

/** A parameter with its path, for the messages of failing tests. */
interface Placed {
	place: string;
	owner: string;
	property: INodeProperties;
}

/** Parameters, including nested ones. */
function walk(owner: string, properties: INodeProperties[], above = owner): Placed[] {
	return properties.flatMap((property) => {
		const { resource, operation } = property.displayOptions?.show ?? {};
		const table = above === owner && resource ? ` ${[...resource, ...(operation ?? [])].join('.')}` : '';
		const place = `${above}${table} ${property.name}`;
		return [
			{ place, owner, property },
			...walk(owner, nested(property), place),
			...groups(property).flatMap(({ name, values }) => walk(owner, values, `${place} ${name}`)),
		];
	});
}

function nested({ type, options = [] }: INodeProperties): INodeProperties[] {
	return type === 'collection' ? options.filter((option): option is INodeProperties => 'type' in option) : [];
}

function groups({ type, options = [] }: INodeProperties): INodePropertyCollection[] {
	return type === 'fixedCollection'
		? options.filter((option): option is INodePropertyCollection => 'values' in option)
		: [];
}

/** The options of a parameter. */
function choices({ type, options = [] }: INodeProperties): INodePropertyOptions[] {
	return type === 'options' || type === 'multiOptions'
		? options.filter((option): option is INodePropertyOptions => 'value' in option && !('values' in option))
		: [];
}

const ofNodes = nodes.flatMap(({ description: { name, properties } }) => walk(name, properties));
const all = [...ofNodes, ...credentials.flatMap(({ name, properties }) => walk(name, properties))];
const except = (type: INodeProperties['type']) => all.filter(({ property }) => property.type !== type);
const places = (placed: Placed[]) => placed.map(({ place }) => place);

describe('names in saved workflows', () => {
	// Changing a name or a default here breaks users' workflows: add, never rename.
	const CONTENT: unknown[][] = [
		['messageType', 'options', 'text'],
		['text', 'string', ''],
		['templateName', 'string', ''],
		['templateLanguage', 'string', 'en_US'],
		['templateParameters', 'options', 'text'],
		['templateText', 'string', ''],
		['templateHeaderText', 'string', ''],
		['headerParams', 'fixedCollection', {}],
		['headerParams.values.value', 'string', ''],
		['templateMedia', 'fixedCollection', {}],
		['templateMedia.media.type', 'options', 'image'],
		['templateMedia.media.mediaSource', 'options', 'url'],
		['templateMedia.media.url', 'string', ''],
		['templateMedia.media.binaryPropertyName', 'string', 'data'],
		['templateValues', 'resourceMapper', { mappingMode: 'defineBelow', value: null }],
		['bodyParams', 'fixedCollection', {}],
		['bodyParams.values.value', 'string', ''],
		['buttons', 'fixedCollection', {}],
		['buttons.values.index', 'number', 0],
		['buttons.values.payload', 'string', ''],
		['buttons.values.type', 'options', 'quick_reply'],
		['templateJson', 'json', '{\n  "body_params": []\n}'],
		['mediaType', 'options', 'image'],
		['mediaSource', 'options', 'url'],
		['mediaUrl', 'string', ''],
		['binaryPropertyName', 'string', 'data'],
		['additionalFields', 'collection', {}],
		['additionalFields.reference', 'string', ''],
		['additionalFields.scheduled', 'dateTime', ''],
		['additionalFields.source', 'string', ''],
		['options', 'collection', {}],
	];
	const PACE: unknown[][] = [
		['options.clearReferences', 'boolean', false],
		['options.defaultCountry', 'options', ''],
		['options.dryRun', 'boolean', true],
		['options.maxConcurrency', 'number', 25],
		['options.maxRequestsPerSecond', 'number', 0],
		['options.oncePerReference', 'boolean', true],
		['options.textFormat', 'options', 'plain'],
	];
	const FIELDS: Record<string, unknown[][]> = {
		'message.send': [['to', 'string', ''], ...CONTENT, ...PACE, ['options.splitLongText', 'boolean', true]],
		'message.broadcast': [
			['recipientSource', 'options', 'items'],
			['to', 'string', ''],
			['recipients', 'string', ''],
			...CONTENT,
			['options.batchSize', 'number', 1_000],
			...PACE,
		],
		'message.sendAndWait': [
			['to', 'string', ''],
			['message', 'string', ''],
			['responseType', 'options', 'approval'],
			['answerIn', 'options', 'page'],
			['chatNotice', 'notice', ''],
			['choices', 'fixedCollection', {}],
			['choices.values.choice', 'string', ''],
			['approveLabel', 'string', 'Approve'],
			['declineLabel', 'string', 'Decline'],
			['messageType', 'options', 'text'],
			...CONTENT.filter(([name]) => /^(template|headerParams|bodyParams|buttons|additionalFields|options)/.test(String(name))),
			['options.defaultCountry', 'options', ''],
			['options.firstButtonIndex', 'number', 0],
			['options.limitWaitTime', 'fixedCollection', { values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' } }],
			['options.limitWaitTime.values.limitType', 'options', 'afterTimeInterval'],
			['options.limitWaitTime.values.resumeAmount', 'number', 1],
			['options.limitWaitTime.values.resumeUnit', 'options', 'hours'],
			['options.limitWaitTime.values.maxDateAndTime', 'dateTime', ''],
			['options.submitLabel', 'string', 'Send'],
			['options.thanksText', 'string', 'Thank you. Your answer has been received.'],
		],
		'message.get': [
			['messageId', 'string', ''],
			['simplify', 'boolean', false],
		],
		'message.markAsRead': [['messageId', 'string', '']],
		'media.upload': [
			['binaryPropertyName', 'string', 'data'],
			['additionalFields', 'collection', {}],
			['additionalFields.source', 'string', ''],
		],
		'media.download': [
			['mediaId', 'string', ''],
			['binaryPropertyName', 'string', 'data'],
			['additionalFields', 'collection', {}],
			['additionalFields.source', 'string', ''],
		],
		'service.checkHealth': [],
	};
	const VALUES = {
		resource: ['media', 'message', 'service'],
		'message operation': ['broadcast', 'get', 'markAsRead', 'send', 'sendAndWait'],
		'media operation': ['download', 'upload'],
		'service operation': ['checkHealth'],
		recipientSource: ['items', 'list'],
		messageType: ['media', 'template', 'text'],
		templateParameters: ['fields', 'json', 'text'],
		'templateMedia.media.mediaSource': ['binary', 'url'],
		'templateMedia.media.type': ['document', 'image', 'video'],
		'buttons.values.type': ['quick_reply', 'url'],
		mediaSource: ['binary', 'url'],
		mediaType: ['audio', 'document', 'image', 'video'],
		responseType: ['approval', 'choice', 'freeText'],
		answerIn: ['chat', 'page'],
		// Loaded when the user opens the list.
		'options.defaultCountry': [],
		'options.textFormat': ['markdown', 'plain'],
		'options.limitWaitTime.values.limitType': ['afterTimeInterval', 'atSpecifiedTime'],
		'options.limitWaitTime.values.resumeUnit': ['days', 'hours', 'minutes'],
	};

	const TRIGGER_FIELDS: unknown[][] = [
		['urlNotice', 'notice', ''],
		['authentication', 'options', 'basicAuth'],
		['openNotice', 'notice', ''],
		['events', 'multiOptions', ['status', 'reply']],
		['options', 'collection', {}],
		['options.binaryPropertyName', 'string', 'data'],
		['options.businessNumbers', 'string', ''],
		['options.contentTypes', 'multiOptions', []],
		['options.downloadMedia', 'boolean', false],
		['options.ignoreDuplicates', 'boolean', true],
		['options.senders', 'string', ''],
		['options.statuses', 'multiOptions', []],
	];
	const TRIGGER_VALUES = {
		authentication: ['basicAuth', 'none'],
		events: ['reply', 'status'],
		'options.contentTypes': ['audio', 'button', 'document', 'image', 'other', 'sticker', 'text', 'video'],
		'options.statuses': [
			...['accepted', 'dead', 'expired', 'failed', 'frozen', 'other'],
			...['read', 'received', 'rejected', 'sent', 'submitted'],
		],
	};

	const propertiesOf = (node: string) =>
		nodes.find(({ description }) => description.name === node)?.description.properties ?? [];
	const properties = propertiesOf('modicaWhatsApp');
	/** A parameter's name as written in an expression, including nested ones. */
	const flatten = (property: INodeProperties, prefix = ''): Array<[string, INodeProperties]> => {
		const name = prefix + property.name;
		return [
			[name, property],
			...nested(property).flatMap((inner) => flatten(inner, `${name}.`)),
			...groups(property).flatMap((group) => group.values.flatMap((inner) => flatten(inner, `${name}.${group.name}.`))),
		];
	};
	const inTable = properties.filter(({ name }) => name !== 'resource' && name !== 'operation');
	const operationOf = ({ displayOptions }: INodeProperties) =>
		[displayOptions?.show?.resource, displayOptions?.show?.operation].join('.');

	it('are these node types', () => {
		expect(nodes.map(({ description }) => description.name).sort()).toEqual(['modicaWhatsApp', 'modicaWhatsAppTrigger']);
	});

	it('are these credential fields', () => {
		const fields = credentials.map(({ name, properties }) => [name, properties.map((field) => [field.name, field.default])]);
		expect(fields).toEqual([
			[
				'modicaWhatsAppApi',
				[
					['username', ''],
					['password', ''],
					['baseUrl', 'https://api.modicagroup.com/rest/wab/v1'],
					['callbackUsername', ''],
					['callbackPassword', ''],
				],
			],
		]);
	});

	it.each(Object.entries(FIELDS))('are these parameters of %s, with these types and defaults', (operation, expected) => {
		const fields = inTable
			.filter((property) => operationOf(property) === operation)
			.flatMap((property) => flatten(property))
			.map(([name, property]) => [name, property.type, property.default]);
		// A field that appears under several conditions occurs once for each.
		const distinct = [...new Map(fields.map((field) => [JSON.stringify(field), field])).values()];
		expect(sorted(distinct)).toEqual(sorted(expected));
	});

	it('belong to no other operation', () => {
		const operations = properties
			.filter(({ name }) => name === 'operation')
			.flatMap((property) =>
				choices(property).map(({ value }) => `${String(property.displayOptions?.show?.resource)}.${String(value)}`),
			);
		expect(operations.sort()).toEqual(Object.keys(FIELDS).sort());
		expect([...new Set(inTable.map(operationOf))].filter((operation) => !operations.includes(operation))).toEqual([]);
	});

	it('are these parameters of the trigger', () => {
		const fields = propertiesOf('modicaWhatsAppTrigger')
			.flatMap((property) => flatten(property))
			.map(([name, property]) => [name, property.type, property.default]);
		expect(sorted(fields)).toEqual(sorted(TRIGGER_FIELDS));
	});

	it.each([
		['modicaWhatsApp', VALUES],
		['modicaWhatsAppTrigger', TRIGGER_VALUES],
	])('are these option values of %s', (node, expected) => {
		const values: Record<string, unknown[]> = {};
		for (const property of propertiesOf(node)) {
			for (const [name, inner] of flatten(property)) {
				const key = name === 'operation' ? `${String(property.displayOptions?.show?.resource)} operation` : name;
				if (inner.type === 'options' || inner.type === 'multiOptions') {
					// Operations may offer a subset of the same list.
					values[key] = [...new Set([...(values[key] ?? []), ...choices(inner).map(({ value }) => value)])].sort();
				}
			}
		}
		expect(values).toEqual(expected);
	});

	it('have Send as the default, and the most common operation of each resource', () => {
		const defaults = properties
			.filter(({ name }) => name === 'resource' || name === 'operation')
			.map((property) => [property.displayOptions?.show?.resource?.[0], property.default]);
		expect(sorted(defaults)).toEqual(
			sorted([
				[undefined, 'message'],
				['message', 'send'],
				['media', 'upload'],
				['service', 'checkHealth'],
			]),
		);
	});
});

describe('every node', () => {
	it.each(nodes)('$description.name has a description and uses the credential of this package', ({ description }) => {
		const { name, displayName, subtitle, version, icon, defaults } = description;
		expect({ name, displayName, subtitle, version, icon, defaults }).toEqual({
			name: expect.stringMatching(/^modicaWhatsApp/),
			displayName: expect.stringMatching(/^Modica WhatsApp/),
			subtitle: expect.stringMatching(/^=\{\{.*\}\}$/),
			version: name === 'modicaWhatsAppTrigger' ? [1, 2] : 1,
			icon: { light: 'file:modicaWhatsApp.svg', dark: 'file:modicaWhatsApp.dark.svg' },
			defaults: { name: displayName },
		});
		expect(description.description).toMatch(/^[A-Z].*[^.]$/);
		expect(description.credentials?.map((credential) => credential.name)).toEqual(['modicaWhatsAppApi']);
	});

	it.each(nodes.filter(({ description }) => !description.group.includes('trigger')))(
		"$description.name can be used as a tool of an AI agent",
		({ description }) => expect(description.usableAsTool).toBe(true),
	);

	it.each(nodes)('$description.name has search terms and links to its documentation in its codex file', ({ file, description }) => {
		const codexFile = path.join(PROJECT, file.replace(/^dist\//, '').replace(/\.js$/, '.json'));
		expect(existsSync(codexFile)).toBe(true);
		const { node, alias, resources } = JSON.parse(readFileSync(codexFile, 'utf8')) as {
			node: string;
			alias: string[];
			resources: object;
		};
		expect(node).toBe(`${manifest.name}.${description.name}`);
		expect(alias.filter((word, index) => word !== word.toLowerCase() || alias.indexOf(word) !== index)).toEqual([]);
		expect(Object.keys(resources).sort()).toEqual(['credentialDocumentation', 'primaryDocumentation']);
	});
});

describe('the credential', () => {
	it('masks secrets and no other fields', () => {
		const hidden = credentials.flatMap(({ properties }) =>
			properties.filter(({ typeOptions }) => typeOptions?.password).map(({ name }) => name),
		);
		expect(hidden).toEqual(['password', 'callbackPassword']);
	});

	it.each(nodes)('can be tested by $description.name', ({ description, methods }) => {
		const tests = (description.credentials ?? []).map(({ testedBy }) => methods?.credentialTest?.[String(testedBy)]);
		expect(tests).toEqual([expect.any(Function)]);
	});
});

describe('every parameter', () => {
	it('has a display name, a name, a type, and a default', () => {
		const incomplete = all.filter(
			({ property: { displayName, name, type, default: byDefault } }) =>
				!displayName || !/^[a-z][A-Za-z]*$/.test(name) || !type || byDefault === undefined,
		);
		expect(places(incomplete)).toEqual([]);
		expect(all.length).toBeGreaterThan(60);
	});

	it('has a description, unless it is a notice', () => {
		const bare = except('notice').filter(({ property: { description } }) => !description);
		expect(places(bare)).toEqual([]);
	});

	it('ends its texts with a period only if they have several sentences', () => {
		const wrong = all.flatMap(({ place, property }) =>
			textsOf(property)
				.filter((text) => !isWellWritten(text))
				.map((text) => `${place}: ${text}`),
		);
		expect(wrong).toEqual([]);
	});

	it('keeps its hint shorter than two lines of the editor', () => {
		const long = all.filter(({ property: { hint = '' } }) => hint.length > 130);
		expect(places(long)).toEqual([]);
	});

	it('starts with “Whether to” if it is a switch', () => {
		const wrong = all.filter(({ property: { type, description = '' } }) => type === 'boolean' && !description.startsWith('Whether to '));
		expect(places(wrong)).toEqual([]);
	});

	it('has a display name in title case, with straight quotes and without a period', () => {
		const small = /^(a|an|and|as|at|by|for|from|in|of|on|or|per|the|to|with)$/;
		const wrong = except('notice').flatMap(({ place, property }) =>
			[property.displayName, ...choices(property).map(({ name }) => name)]
				.filter((name) => name.split(/[\s-]+/).some((word, index) => /^[a-z]/.test(word) && !(index > 0 && small.test(word))) || /[.:]$|\s{2}|^\s|\s$/.test(name))
				.map((name) => `${place}: ${name}`),
		);
		expect(wrong).toEqual([]);
	});

	it('has a realistic placeholder if it takes text', () => {
		const without = all.filter(
			({ property: { type, typeOptions, placeholder = '' } }) =>
				type === 'string' && !typeOptions?.password && !/^e\.g\. \S/.test(placeholder),
		);
		expect(places(without)).toEqual([]);
	});

	it('names what its add button adds', () => {
		const without = all.filter(
			({ property: { type, placeholder = '' } }) =>
				(type === 'collection' || type === 'fixedCollection') && !/^Add [a-z][a-z ]+$/.test(placeholder),
		);
		expect(places(without)).toEqual([]);
	});

	it('has a valid default', () => {
		expect(places(all.filter(({ property }) => !takes(property, property.default)))).toEqual([]);
	});

	it('lists options alphabetically', () => {
		const unordered = all.filter(({ place, property }) => {
			const names = [...choices(property), ...nested(property)].map((option) => ('type' in option ? option.displayName : option.name));
			return !DELIBERATE_ORDER.some((end) => place.endsWith(end)) && names.join() !== [...names].sort(byAlphabet).join();
		});
		expect(places(unordered)).toEqual([]);
	});

	it('has camel-case values, or those of the API', () => {
		const API_VALUES = ['quick_reply'];
		const wrong = all.flatMap(({ place, property }) =>
			choices(property)
				.filter(({ value }) => typeof value !== 'string' || !(/^[a-z][A-Za-z0-9]*$/.test(value) || API_VALUES.includes(value)))
				.map(({ value }) => `${place}: ${String(value)}`),
		);
		expect(wrong).toEqual([]);
	});

	it('has no duplicate options', () => {
		const twice = all.filter(({ property }) => {
			const names = choices(property).map(({ name }) => name);
			const values = choices(property).map(({ value }) => value);
			return new Set(names).size < names.length || new Set(values).size < values.length;
		});
		expect(places(twice)).toEqual([]);
	});
});

/** Lists in order of events or of use, not alphabetical. */
const DELIBERATE_ORDER = [' statuses', ' resource', ' operation'];

function byAlphabet(a: string, b: string): number {
	return a.localeCompare(b, 'en');
}

/** The texts of a parameter that are sentences. */
function textsOf(property: INodeProperties): string[] {
	const notice = property.type === 'notice' ? [property.displayName.replace(/<[^>]+>/g, '')] : [];
	const texts = [property.description, property.hint, ...choices(property).map(({ description }) => description)];
	return [...notice, ...texts.flatMap((text) => text ?? [])];
}

function isWellWritten(text: string): boolean {
	const several = /[.!?]\s+[A-Z]/.test(text.replace(/\be\.g\. /g, ''));
	return /^[A-Z0-9]/.test(text) && !/\s{2}|\s$/.test(text) && text.endsWith('.') === several;
}

function takes(property: INodeProperties, value: NodeParameterValueType): boolean {
	const offered = choices(property).map((choice) => choice.value);
	const { minValue = -Infinity, maxValue = Infinity } = property.typeOptions ?? {};
	switch (property.type) {
		case 'options':
			// A list that is loaded when the user opens it has no preselected value.
			return property.typeOptions?.loadOptionsMethod === undefined ? offered.includes(value as string) : value === '';
		case 'multiOptions':
			return Array.isArray(value) && value.every((chosen) => offered.includes(chosen as string));
		case 'boolean':
			return typeof value === 'boolean';
		case 'number':
			return typeof value === 'number' && value >= minValue && value <= maxValue;
		case 'collection':
			return JSON.stringify(value) === '{}';
		case 'fixedCollection':
			return Object.entries(value as Record<string, Record<string, NodeParameterValueType>>).every(([name, fields]) =>
				Object.entries(fields).every(([field, inner]) =>
					groups(property).some((group) => group.name === name && group.values.some((one) => one.name === field && takes(one, inner))),
				),
			);
		case 'resourceMapper':
			return (value as { mappingMode?: unknown }).mappingMode === 'defineBelow';
		case 'json':
			return typeof JSON.parse(String(value)) === 'object';
		default:
			return typeof value === 'string';
	}
}

describe('parameters of a node with operations', () => {
	const withOperations = nodes.filter(({ description }) => description.properties.some(({ name }) => name === 'operation'));

	it.each(withOperations)('$description.name: every operation has an action for the node panel and a description', ({ description }) => {
		const operations = description.properties.filter(({ name }) => name === 'operation').flatMap(choices);
		expect(operations.filter((option) => !option.action || !option.description)).toEqual([]);
		expect(new Set(operations.map((option) => option.action)).size).toBe(operations.length);
	});

	it('have actions in sentence case and without articles, as n8n’s guidelines require', () => {
		const actions = nodes.flatMap(({ description: { properties } }) => properties.flatMap(choices).flatMap(({ action }) => action ?? []));
		expect(actions.filter((action) => !/^[A-Z][a-z ]+$/.test(action) || /\b(an?|the)\b/i.test(action))).toEqual([]);
		expect(actions).toHaveLength(10);
	});

	it('use the texts of the actions in the tool description for AI agents', () => {
		const { description } = nodes.find((node) => node.description.name === 'modicaWhatsApp')!;
		const told = description.properties
			.filter(({ name }) => name === 'operation')
			.flatMap((property) => choices(property).map(({ value }) => NodeHelpers.makeDescription({ resource: String(property.displayOptions?.show?.resource), operation: value }, description)));
		expect(told).toEqual(
			[
				'Send message',
				'Broadcast message',
				'Send message and wait for response',
				'Get message',
				'Mark message as read',
				'Upload media',
				'Download media',
				'Check service health',
			].map((action) => `${action} in Modica WhatsApp`),
		);
	});

	it.each(withOperations)('$description.name: every parameter belongs to an existing operation', ({ description }) => {
		const operations = new Set(
			description.properties
				.filter(({ name }) => name === 'operation')
				.flatMap((property) => choices(property).map(({ value }) => `${String(property.displayOptions?.show?.resource)}.${String(value)}`)),
		);
		const homeless = description.properties
			.filter(({ name }) => name !== 'resource' && name !== 'operation')
			.filter(({ displayOptions }) => !operations.has(`${String(displayOptions?.show?.resource)}.${String(displayOptions?.show?.operation)}`));
		expect(homeless.map(({ name }) => name)).toEqual([]);
	});
});

describe('visible parameters', () => {
	it.each(nodes)('$description.name: never include two parameters with the same name', ({ description }) => {
		const clashes = everyChoice(description.properties).flatMap((values) => {
			const names = description.properties
				.filter((property) => displayParameter(values, property, { typeVersion: 1 }, description))
				.map(({ name }) => name);
			return names
				.filter((name, index) => names.indexOf(name) !== index)
				.map((name) => `${name} with ${JSON.stringify(values)}`);
		});
		expect(clashes).toEqual([]);
	});

	it.each([
		['text', true],
		['template', false],
		['media', false],
	])('include the text format for message type %s: %s', (messageType, isOffered) => {
		const { description } = nodes.find(({ description: { name } }) => name === 'modicaWhatsApp')!;
		const options = description.properties.filter(({ name }) => name === 'options').flatMap(nested).filter(({ name }) => name === 'textFormat');
		const shown = options.map((option) => displayParameter({}, option, { typeVersion: 1 }, description, { messageType }));
		expect(shown).toEqual([isOffered, isOffered]);
	});

	it.each(nodes)('$description.name: include every parameter for some combination of options', ({ description }) => {
		const shown = new Set(
			everyChoice(description.properties).flatMap((values) =>
				description.properties.filter((property) => displayParameter(values, property, { typeVersion: 1 }, description)),
			),
		);
		expect(description.properties.filter((property) => !shown.has(property)).map(({ name }) => name)).toEqual([]);
	});
});

/** Every combination of options of the parameters that control visibility. */
function everyChoice(properties: INodeProperties[]): Array<Record<string, string>> {
	const deciding = new Set(
		properties.flatMap(({ displayOptions }) => Object.keys({ ...displayOptions?.show, ...displayOptions?.hide })),
	);
	let combinations: Array<Record<string, string>> = [{}];
	for (const name of deciding) {
		const values = new Set(
			properties.filter((property) => property.name === name).flatMap((property) => choices(property).map(({ value }) => String(value))),
		);
		combinations = combinations.flatMap((combination) => [...values].map((value) => ({ ...combination, [name]: value })));
	}
	return combinations;
}

function sorted(rows: unknown[][]): unknown[][] {
	return [...rows].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
}
