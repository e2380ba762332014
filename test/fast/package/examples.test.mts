/** The files of the examples. test/real/n8n runs each of them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { INode } from 'n8n-workflow';
import { filesIn, manifest, PROJECT } from '../../harness/project.mts';

interface Example {
	name: string;
	nodes: INode[];
	connections: Record<string, Record<string, Array<Array<{ node: string; type: string; index: number }> | null>>>;
	[field: string]: unknown;
}

const read = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8');
const files = filesIn('examples').filter((file) => file.endsWith('.json'));
const examples = files.map((file) => ({ file, text: read(file), workflow: JSON.parse(read(file)) as Example }));

const STICKY_NOTE = 'n8n-nodes-base.stickyNote';
/** Sizes on n8n's canvas, in its pixels. The name below a node also takes up space. */
const NODE = { width: 96, height: 96 };
const NAME_HEIGHT = 44;
const AGENT_WIDTH = 256;
/** A loop must lead back to the node where it waits. */
const WAIT = 'n8n-nodes-base.wait';
/** Nodes with models, memories, and tools attached below are wider. */
const WIDE = ['@n8n/n8n-nodes-langchain.agent', 'n8n-nodes-modica-whatsapp.modicaWhatsAppHitlTool'];

/** Fields of an export that belong to its owner: IDs of their n8n, and execution data. */
const PERSONAL_FIELDS = ['id', 'versionId', 'meta', 'pinData', 'staticData', 'shared', 'tags', 'active', 'createdAt', 'updatedAt'];
/**
 * Numbers that belong to nobody: +64 21 followed by one repeated digit (five times or more), or by the placeholders 123 4567
 * and 123456789.
 */
const MADE_UP_NUMBER = /^\+?64(21(\d)\2{5,}|211234567|123456789)$/;

interface Box {
	name: string;
	left: number;
	top: number;
	right: number;
	bottom: number;
}

function boxOf({ name, type, position: [left, top], parameters }: INode): Box {
	const { width, height } =
		type === STICKY_NOTE
			? { width: Number(parameters.width), height: Number(parameters.height) }
			: { width: WIDE.includes(type) ? AGENT_WIDTH : NODE.width, height: NODE.height + NAME_HEIGHT };
	return { name, left, top, right: left + width, bottom: top + height };
}

function overlap(one: Box, other: Box): boolean {
	return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}

const isNote = ({ type }: INode) => type === STICKY_NOTE;

describe('every example', () => {
	it.each(examples)('has a short sticky note that explains it: $file', ({ workflow: { nodes } }) => {
		const notes = nodes.filter(isNote).map(({ parameters }) => String(parameters.content));
		expect(notes.length).toBeGreaterThanOrEqual(1);
		expect(notes[0]).toMatch(/^## \S.*\n[^\n]{40}/);
		// The setup is a numbered list that includes the credential.
		expect(notes[0]).toMatch(/\n\n### Setup\n1\. /);
		expect(notes[0]).toMatch(/[Cc]hoose your Modica credential/);
		expect(notes[0]?.split(/\s+/).length).toBeLessThan(250);
	});

	it.each(examples)('contains no data of its author: $file', ({ text, workflow }) => {
		expect(PERSONAL_FIELDS.filter((field) => field in workflow)).toEqual([]);
		const ids = workflow.nodes.flatMap(({ credentials = {} }) => Object.values(credentials).map(({ id }) => id));
		expect(ids.filter((id) => id !== '')).toEqual([]);
		const numbers = text.match(/\+?64[\d ]{7,14}\d/g) ?? [];
		expect(numbers.filter((number) => !MADE_UP_NUMBER.test(number.replaceAll(' ', '')))).toEqual([]);
		const mailAddresses = text.match(/[\w.+-]+@[\w-]+\.[\w.]+/g) ?? [];
		expect(mailAddresses.filter((address) => !address.endsWith('@example.com'))).toEqual([]);
	});

	it.each(examples)('uses the node names of this package and of n8n: $file', ({ workflow: { nodes } }) => {
		const types = nodes.map(({ type }) => type);
		expect(types.filter((type) => !/^(n8n-nodes-base|@n8n\/n8n-nodes-langchain|n8n-nodes-modica-whatsapp)\.\w+$/.test(type))).toEqual([]);
		expect(types.some((type) => type.startsWith(`${manifest.name}.modicaWhatsApp`))).toBe(true);
	});

	it.each(examples)('is laid out from left to right without overlaps: $file', ({ workflow: { nodes, connections } }) => {
		const boxes = nodes.map(boxOf);
		expect(boxes.filter((box) => !Object.values(box).every((side) => typeof side === 'string' || Number.isInteger(side)))).toEqual([]);
		const overlapping = boxes.flatMap((one, index) => boxes.slice(index + 1).filter((other) => overlap(one, other)).map((other) => `${one.name}, ${other.name}`));
		expect(overlapping).toEqual([]);
		const leftOf = (name: string) => boxes.find((box) => box.name === name)?.left ?? NaN;
		const waits = nodes.filter(({ type }) => type === WAIT).map(({ name }) => name);
		const backwards = Object.entries(connections).flatMap(([from, { main = [] }]) =>
			main.flatMap((targets) => (targets ?? []).filter(({ node }) => !waits.includes(node) && !(leftOf(node) > leftOf(from))).map(({ node }) => `${from} → ${node}`)),
		);
		expect(backwards).toEqual([]);
	});

	it.each(examples)('is complete: $file', ({ workflow: { nodes, connections } }) => {
		const names = nodes.map(({ name }) => name);
		expect(new Set(names).size).toBe(names.length);
		expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
		const connected = Object.entries(connections).flatMap(([from, kinds]) => [
			from,
			...Object.values(kinds).flatMap((outputs) => outputs.flatMap((targets) => (targets ?? []).map(({ node }) => node))),
		]);
		expect(connected.filter((name) => !names.includes(name))).toEqual([]);
		expect(names.filter((name, index) => !isNote(nodes[index]!) && !connected.includes(name))).toEqual([]);
		// Expressions that reference a node by name.
		const mentioned = [...JSON.stringify(nodes).matchAll(/\$\('([^']+)'\)/g)].map(([, name]) => name);
		expect(mentioned.filter((name) => !names.includes(name ?? ''))).toEqual([]);
	});

	it.each(examples)('is listed in examples/README.md: $file', ({ file }) => {
		expect(read('examples/README.md')).toMatch(new RegExp(`^- .*\\]\\(${path.basename(file)}\\): \\S`, 'm'));
	});

	it('has nodes whose IDs no other example has', () => {
		const ids = examples.flatMap(({ workflow }) => workflow.nodes.map(({ id }) => id));
		expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
	});

	it('has a unique webhook path if it has a trigger', () => {
		const webhooks = examples.flatMap(({ workflow }) => workflow.nodes.flatMap(({ webhookId }) => webhookId ?? []));
		expect(new Set(webhooks).size).toBe(webhooks.length);
	});
});
