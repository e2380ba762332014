/**
 * Generates docs/reference.md: the fields of each operation, of the trigger, and of the credential, as the editor shows
 * them, and the output of each operation.
 */
import GithubSlugger from 'github-slugger';
import type { INodeProperties, INodePropertyCollection, INodePropertyOptions } from 'n8n-workflow';
import { ModicaWhatsAppApi } from '../../credentials/ModicaWhatsAppApi.credentials.ts';
import { ModicaWhatsAppTrigger } from '../../nodes/ModicaWhatsApp/ModicaWhatsAppTrigger.node.ts';
import { findOperation, properties } from '../../nodes/ModicaWhatsApp/operations/index';
import type { JsonObject } from '../contract/contract.mts';
import { previews } from '../contract/previews.mts';
import { table } from './tables.mts';

type Row = readonly string[];

const slug = (heading: string) => new GithubSlugger().slug(heading);
const sentence = (text: string) => (text === '' || /[.…!?:]$/.test(text) ? text : `${text}.`);
const isValue = (option: INodeProperties | INodePropertyCollection | INodePropertyOptions): option is INodePropertyOptions => 'value' in option;

/** The fields in a group. */
function fieldsIn({ type, options = [] }: INodeProperties): INodeProperties[] {
	if (type !== 'collection' && type !== 'fixedCollection') return [];
	return options.flatMap((option) => ('values' in option ? option.values : isValue(option) ? [] : [option]));
}

/** The condition that shows a field, in addition to its resource and operation: `*Message Type* is *Media*`. */
function condition({ displayOptions }: INodeProperties, all: readonly INodeProperties[]): string {
	const conditions = Object.entries(displayOptions?.show ?? {}).filter(([name]) => !['resource', 'operation', '@version'].includes(name));
	const words = conditions.map(([name, values]) => {
		const field = all.find((each) => each.name === name.replace(/^\//, ''));
		const shown = (values ?? []).map((value) => field?.options?.filter(isValue).find((option) => option.value === value)?.name ?? JSON.stringify(value));
		return `*${field?.displayName ?? name}* is ${shown.map((value) => `*${value}*`).join(' or ')}`;
	});
	return words.join(' and ');
}

function valuesOf({ type, options = [] }: INodeProperties): string {
	if (type !== 'options' && type !== 'multiOptions') return '';
	const values = options.filter(isValue).map(({ name, description }) => (description ? `*${name}* (${description})` : `*${name}*`));
	return values.length > 0 && values.length <= MOST_VALUES ? `${values.join('; ')}.` : '';
}

/** Longer lists, such as the list of countries, are omitted. */
const MOST_VALUES = 12;

/** Options that are off unless a user adds them. */
const ON_WHEN_ADDED: ReadonlySet<string> = new Set(['dryRun', 'oncePerReference', 'splitLongText']);

function defaultOf({ name, type, options = [], default: value }: INodeProperties): string {
	if (ON_WHEN_ADDED.has(name)) return 'off, on when added';
	if (type === 'boolean') return value === true ? 'on' : 'off';
	const option = options.filter(isValue).find((each) => each.value === value);
	if (option) return `*${option.name}*`;
	return typeof value === 'number' || (typeof value === 'string' && value !== '') ? `\`${value}\`` : '';
}

/** A field, or a field in a group. It can occur several times with different conditions. */
interface Entry {
	/** The names of its groups, and its own name. */
	readonly path: readonly string[];
	readonly default: string;
	readonly text: string;
	readonly conditions: string[];
}

function entriesOf(fields: readonly INodeProperties[], path: readonly string[] = [], outer: readonly INodeProperties[] = []): Entry[] {
	const around = [...fields, ...outer];
	const entries = fields
		.filter(({ type, name }) => type !== 'hidden' && type !== 'notice' && name !== 'resource' && name !== 'operation')
		.flatMap((field) => {
			const name = [...path, field.displayName];
			const text = [field.description ?? '', valuesOf(field), field.hint ?? ''].map(sentence).filter(Boolean).join(' ');
			const conditions = [condition(field, around)].filter(Boolean);
			return [{ path: name, default: defaultOf(field), text, conditions }, ...entriesOf(fieldsIn(field), name, around)];
		});
	const distinct = new Map<string, Entry>();
	for (const entry of entries) {
		const known = distinct.get(keyOf(entry));
		if (!known) distinct.set(keyOf(entry), entry);
		else known.conditions.push(...entry.conditions.filter((each) => !known.conditions.includes(each)));
	}
	return [...distinct.values()];
}

const keyOf = ({ path, text }: Entry) => [...path, text].join('\n');

function rowOf({ path, default: value, text, conditions }: Entry): Row {
	const shownIf = conditions.length > 0 ? `Shown if ${conditions.join(', or if ')}. ` : '';
	return [[...path.slice(0, -1), `**${path.at(-1)}**`].join(' → '), value, shownIf + text];
}

const fieldTable = (entries: readonly Entry[]) => table(['Field', 'Default', 'Description'], entries.map(rowOf));

function outputRows({ properties: fields = {}, items }: JsonObject, path = ''): Row[] {
	if (items) return outputRows(items as JsonObject, path);
	return Object.entries(fields as Record<string, JsonObject>).flatMap(([name, schema]) => [
		[`\`${path}${name}\``, String(schema.type)],
		...outputRows(schema, `${path}${name}${schema.type === 'array' ? '[].' : '.'}`),
	]);
}

export function reference(): string {
	const outputs = previews();
	/** The first operation that has a field, by the field's key. */
	const firstIn = new Map<string, string>();
	const fieldsOf = (title: string, fields: readonly INodeProperties[]) => {
		const entries = entriesOf(fields);
		const own = entries.filter((entry) => !firstIn.has(keyOf(entry)));
		for (const entry of own) firstIn.set(keyOf(entry), title);
		const others = [...new Set(firstIn.values())].filter((other) => other !== title);
		return [
			...(own.length > 0 ? [fieldTable(own)] : []),
			...others.flatMap((other) => {
				const names = entries.filter((entry) => entry.path.length === 1 && firstIn.get(keyOf(entry)) === other).map(({ path }) => `**${path.join('')}**`);
				return names.length > 0 ? [`Same as in [${other}](#${slug(other)}): ${names.join(', ')}.`] : [];
			}),
		];
	};
	const resources = properties[0]?.options?.filter(isValue) ?? [];
	const sections = resources.flatMap(({ name: resourceName, value: resource }) => {
		const operations = properties.find(({ name, displayOptions }) => name === 'operation' && displayOptions?.show?.resource?.includes(resource));
		return (operations?.options ?? []).filter(isValue).map(({ name, value, description }) => {
			const operation = findOperation(String(resource), String(value));
			const output = outputs.find((each) => each.resource === resource && each.operation === value);
			if (!operation || !output) throw new Error(`No operation ${resource}.${value}`);
			return [
				`### ${resourceName}: ${name}`,
				sentence(description ?? ''),
				...fieldsOf(`${resourceName}: ${name}`, operation.fields),
				'The output for each input item contains these fields, if they have a value:',
				table(['Output', 'Type'], outputRows(output.schema)),
			].join('\n\n');
		});
	});
	const trigger = new ModicaWhatsAppTrigger().description;
	const credential = new ModicaWhatsAppApi();
	return `${[
		'# Reference',
		"<!-- Generated by `npm run docs:write` from the descriptions that n8n's editor shows -->",
		'This page lists all fields of the nodes and the credential, with their names in the editor. To learn how to use them, see the [guides](../README.md#usage).',
		`## Modica WhatsApp`,
		...sections,
		`## ${trigger.displayName}`,
		fieldTable(entriesOf(trigger.properties)),
		'For the output, see [Fields of a callback](callbacks.md#fields-of-a-callback).',
		`## ${credential.displayName}`,
		fieldTable(entriesOf(credential.properties)),
	].join('\n\n')}\n`;
}
