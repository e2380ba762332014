import type { IBinaryData } from 'n8n-workflow';
import { invalid } from './errors';

/** What the editor calls the name of a field that holds a file. */
export const BINARY_FIELD = 'Input Binary Field';

/** A binary field as an error names it. */
export interface BinaryField {
	/** The parameter, as the editor shows it. */
	readonly parameter: string;
	readonly name: string;
}

/**
 * A file of an item.
 * @throws {InputError} when the item has no binary field of that name
 */
export function readBinary(item: { readonly binary: Readonly<Record<string, IBinaryData>> }, { parameter, name }: BinaryField): IBinaryData {
	const binary = Object.hasOwn(item.binary, name) ? item.binary[name] : undefined;
	if (binary) return binary;
	const names = Object.keys(item.binary);
	throw invalid(
		parameter,
		name,
		'is not among the binary fields of this item',
		names.length > 0
			? `It has: ${names.join(', ')}.`
			: 'It has none: put a node before this one that gives a file, such as Read Files or HTTP Request.',
	);
}

/** The name of a binary field from a parameter, as far as it is one. */
export function fieldName(value: unknown): string {
	return typeof value === 'string' ? value.trim() : '';
}
