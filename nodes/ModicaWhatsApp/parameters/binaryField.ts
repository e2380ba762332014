import type { IBinaryData } from 'n8n-workflow';
import { invalid } from './errors';

/** The display name of parameters that name a binary field. */
export const BINARY_FIELD = 'Input Binary Field';

/** A binary field as named in errors. */
export interface BinaryField {
	/** The parameter's display name. */
	readonly parameter: string;
	readonly name: string;
}

/**
 * Returns a file of an item.
 * @throws {InputError} if the item has no binary field with that name
 */
export function readBinary(item: { readonly binary: Readonly<Record<string, IBinaryData>> }, { parameter, name }: BinaryField): IBinaryData {
	const binary = Object.hasOwn(item.binary, name) ? item.binary[name] : undefined;
	if (binary) return binary;
	const names = Object.keys(item.binary);
	throw invalid(
		parameter,
		name,
		'is not a binary field of this item',
		names.length > 0
			? `Available fields: ${names.join(', ')}.`
			: 'The item has no files. Add a node before this one that returns a file, such as Read Files or HTTP Request.',
	);
}

/** Returns the name of a binary field from a parameter, or an empty string if the value isn't text. */
export function fieldName(value: unknown): string {
	return typeof value === 'string' ? value.trim() : '';
}
