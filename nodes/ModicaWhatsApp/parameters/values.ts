/** Whether a value is missing or contains only white space. */
export function isEmpty(value: unknown): boolean {
	return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** An object from an external source, with unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a plain object, so that its fields can be read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the fields of an object, such as a collection of optional parameters, or no fields for any other value. */
export function fieldsOf(value: unknown): Fields {
	return isRecord(value) ? value : {};
}

/** Returns a number, which may be passed as text, or NaN for any other value. */
export function toNumber(value: unknown): number {
	return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
}

/** Removes all characters except digits. */
export function digits(number: string): string {
	return number.replace(/\D/g, '');
}

/** Returns the value of a JSON text, with or without a byte order mark, or undefined if it isn't JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text.replace(/^\uFEFF/, ''));
	} catch {
		return undefined;
	}
}
