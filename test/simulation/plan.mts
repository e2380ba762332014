import type { IBinaryData } from 'n8n-workflow';
import type { Upload } from '../../nodes/ModicaWhatsApp/api/exchange';
import type { Item } from '../../nodes/ModicaWhatsApp/operations/operation';
import { phoneNumber } from './api.mts';
import { storedKey } from './engine.mts';
import type { Row, Scenario } from './scenario.mts';

/** One message or file that a row asks for. */
export interface Wanted {
	readonly item: number;
	/** Text of the request. */
	readonly text: string;
	/** Empty for a file. */
	readonly number: string;
	/** The key in the store, if the message is sent once per reference. */
	readonly stored: string | undefined;
	/** True if an earlier item of the same broadcast contains the number: no message is sent for this one. */
	readonly repeats: boolean;
}

/** The items and the messages of a scenario. */
export interface Plan {
	readonly items: Item[];
	readonly wanted: readonly Wanted[];
	/** Items with invalid input. */
	readonly flawed: ReadonlySet<number>;
}

/** Broadcasts of a scenario with different texts. */
const MOST_AUDIENCES = 3;

export function planOf(scenario: Scenario): Plan {
	const { rows } = scenario;
	const flawed = new Set(rows.flatMap((row, item) => (isFlawed(scenario, row, item) ? [item] : [])));
	const seen = new Set<string>();
	const wanted = rows.flatMap((row, item) =>
		flawed.has(item) ? [] : wantedOf(scenario, row, item).map((one) => {
			const repeats = scenario.operation === 'broadcast' && seen.has(`${one.text} ${one.number}`);
			seen.add(`${one.text} ${one.number}`);
			return { ...one, repeats };
		}),
	);
	return { items: rows.map((row, index) => toItem(scenario, row, index)), wanted, flawed };
}

function isFlawed({ operation }: Scenario, { flaw }: Row, item: number): boolean {
	// The options of the first item are those of the run: the node has already read them.
	return flaw !== null && (flaw !== 'options throw' || (item > 0 && operation !== 'upload'));
}

function wantedOf({ operation, settings }: Scenario, row: Row, item: number): Array<Omit<Wanted, 'repeats'>> {
	if (operation === 'upload') return fileNames(row, item).map((text) => ({ item, text, number: '', stored: undefined }));
	const text = textOf(operation, row, item);
	return numbersOf(operation, row).map((number) => ({
		item,
		text,
		number,
		stored: settings.oncePerReference ? storedKey(operation, referenceOf(operation, row), number) : undefined,
	}));
}

function toItem({ operation, settings }: Scenario, row: Row, index: number): Item {
	const { flaw } = row;
	const numbers = numbersOf(operation, row);
	const files = operation === 'upload' ? fileNames(row, index) : [];
	const isUseless = flaw === 'invalid recipient' || flaw === 'invalid content';
	const parameters: Record<string, unknown> = {
		to: flaw === 'invalid recipient' ? '021 123' : numbers[0],
		recipientSource: numbers.length > 1 ? 'list' : 'items',
		recipients: flaw === 'invalid recipient' ? ['021 123'] : numbers,
		messageType: 'text',
		text: flaw === 'invalid content' ? '' : textOf(operation, row, index),
		binaryPropertyName: isUseless ? 'gone' : '*',
		additionalFields: operation === 'upload' ? {} : { reference: referenceOf(operation, row) },
		options: settings,
	};
	const failing = new Set(failingParameters(row, index));
	return {
		index,
		binary: Object.fromEntries(files.map((name, place) => [`file${place}`, binaryData(name)])),
		parameter: (name) => {
			if (failing.has(name)) throw new Error(`Referenced node doesn't exist [item ${index}]`);
			return parameters[name] ?? '';
		},
		stored: (name) => parameters[name],
	};
}

function failingParameters({ flaw }: Row, item: number): string[] {
	switch (flaw) {
		case 'recipient throws':
			return ['to', 'recipients', 'binaryPropertyName'];
		case 'content throws':
			return ['text', 'binaryPropertyName'];
		case 'fields throw':
			return ['additionalFields'];
		case 'options throw':
			return item > 0 ? ['options'] : [];
		default:
			return [];
	}
}

function numbersOf(operation: Scenario['operation'], { numbers }: Row): string[] {
	return (operation === 'broadcast' ? numbers : numbers.slice(0, 1)).map(phoneNumber);
}

function textOf(operation: Scenario['operation'], { reference }: Row, item: number): string {
	return operation === 'broadcast' ? `audience ${reference % MOST_AUDIENCES}` : `row ${item}`;
}

function referenceOf(operation: Scenario['operation'], { reference }: Row): string {
	return `ref-${operation === 'broadcast' ? reference % MOST_AUDIENCES : reference}`;
}

function fileNames({ numbers }: Row, item: number): string[] {
	return numbers.map((_, place) => `row ${item} file ${place}`);
}

function binaryData(fileName: string): IBinaryData {
	return { data: '', mimeType: 'image/png', fileName };
}

const CONTENT = new Uint8Array([0x89, 0x50, 0x4e, 0x47]);

/** A file of a row. The model of the API uses only its name. */
export async function openFile({ fileName = '', mimeType }: IBinaryData): Promise<Upload> {
	const file = new File([CONTENT], fileName, { type: mimeType });
	return { file, bytesRead: () => CONTENT.length, failure: () => undefined, close: () => {} };
}
