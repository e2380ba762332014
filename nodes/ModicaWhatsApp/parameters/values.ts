/** True for what a person would call empty: nothing, or only white space. */
export function isEmpty(value: unknown): boolean {
	return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** What is known of an object that came from outside: that it has fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** True for plain objects: the only shape in which fields can be looked up. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields of an object, such as a collection of optional parameters; none of anything else. */
export function fieldsOf(value: unknown): Fields {
	return isRecord(value) ? value : {};
}

/** A number, which may also be written as text; NaN for anything else. */
export function toNumber(value: unknown): number {
	return typeof value === 'number' || typeof value === 'string' ? Number(value) : NaN;
}

/** The digits of a number that is written as text. */
export function digits(number: string): string {
	return number.replace(/\D/g, '');
}

/** The value of a JSON text, with or without a byte order mark; undefined for any other text. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text.replace(/^\uFEFF/, ''));
	} catch {
		return undefined;
	}
}
