/** Generated malicious input, and a counter of tested cases. */
import fc from 'fast-check';
import { ModicaError } from '../../nodes/ModicaWhatsApp/api/errors';
import { InputError } from '../../nodes/ModicaWhatsApp/parameters/errors';

/** The cases are the same each time. HOSTILE_SEED=12345 or HOSTILE_SEED=random generates others. */
const SEED = process.env.HOSTILE_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.HOSTILE_SEED ?? 20_261_124);

let tried = 0;

/** Tests a property with generated cases. @throws Error with the seed and the smallest failing case */
export async function tryCases<T>(count: number, arbitrary: fc.Arbitrary<T>, property: (value: T) => void | Promise<void>): Promise<void> {
	// `expect` and the tested code create many errors, whose stack traces would take most of the time.
	const { stackTraceLimit } = Error;
	Error.stackTraceLimit = 0;
	const tries = fc.assert(
		fc.asyncProperty(arbitrary, async (value) => {
			tried++;
			await property(value);
			const names = pollution();
			if (names.length > 0) throw new Error(`The prototypes were polluted with: ${names.map(String).join(', ')}`);
		}),
		{ numRuns: count, seed: SEED },
	);
	await tries.finally(() => {
		Error.stackTraceLimit = stackTraceLimit;
	});
}

/** Call once per file: prints the number of tested cases after the last test, and fails if there were fewer than `least`. */
export function expectCases(least: number): void {
	afterAll(() => {
		console.log(`${tried} hostile cases tested with HOSTILE_SEED=${SEED}`);
		if (tried < least) throw new Error(`Only ${tried} cases were tested, expected at least ${least}`);
	});
}

/** The result of a call. Errors for users count as a result, any other error is rethrown. */
export async function outcomeOf<T>(call: () => T | Promise<T>): Promise<{ value: T } | { refusal: Error }> {
	try {
		return { value: await call() };
	} catch (error) {
		if (error instanceof InputError || error instanceof ModicaError) return { refusal: error };
		throw error;
	}
}

const CLEAN = [Object.prototype, Array.prototype, String.prototype, Function.prototype].map((prototype) => ({
	prototype,
	names: new Set(Reflect.ownKeys(prototype)),
}));

/** Names that were added to built-in prototypes. */
function pollution(): PropertyKey[] {
	return CLEAN.flatMap(({ prototype, names }) => {
		const own = Reflect.ownKeys(prototype);
		// What is there before the tests stays.
		return own.length === names.size ? [] : own.filter((name) => !names.has(name));
	});
}

/** Names with a special meaning in JavaScript. */
export const LOADED_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'hasOwnProperty', 'length', 'then'];

/** Strings for injection into headers, URLs, JSON, paths, HTML, and terminals. */
const PIECES = [
	...LOADED_NAMES,
	'\r\n', '\n', '\r', '\0', '\t', ' ', '\u2028', '\u202e', '\ufeff', '\ud800', '"', "'", '`', '\\', '/', '../', '..\\', 'C:', '%0d%0a', '%00', '%2e%2e%2f',
	'?', '#', '&', '=', ';', ',', '@', '://', 'http://evil.example', 'javascript:', 'data:', 'X-Evil: 1', '\r\nX-Evil: 1\r\n\r\n', '&source=666',
	'<script>', '</script>', '{{ 7 }}', '={{ $env }}', '${7}', '$&', "$'", '+64211234567', '64', '0', '(0)', 'e+10', '2026-11-30T09:00', 'Z', '+13:00', 'NaN', 'Infinity',
	'👍🏽', 'é', 'ß', '٦',
];

/** Text of any characters, like fast-check's `unit: 'binary'`, which takes a second to initialize. */
export function unicode(bounds: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
	const point = fc.nat(0x10_ffff - 0x800).map((place) => (place < 0xd800 ? place : place + 0x800));
	return fc.array(point, bounds).map((points) => String.fromCodePoint(...points));
}

/** Arbitrary text, and text that contains these strings. */
export const text: fc.Arbitrary<string> = fc.oneof(
	fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })), { maxLength: 8 }).map((parts) => parts.join('')),
	unicode({ maxLength: 60 }),
	// Includes unpaired surrogates.
	fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);

const cyclic = fc.string().map((name) => {
	const value: Record<string, unknown> = { name };
	value.self = value;
	return value;
});

/** Values whose conversion to text, a number, or JSON fails or is unusual. */
const untouchable = fc.constantFrom<unknown>(
	{ toString: 1 },
	{ valueOf: null, toString: null },
	{ toJSON: () => undefined },
	{
		toJSON: () => {
			throw new Error('no JSON representation');
		},
	},
	Object.create(null),
	10n,
	{ big: 10n },
	new Date(NaN),
	new Map([['a', 1]]),
	[[[]]],
	Symbol('s'),
	() => 'f',
	NaN,
	-0,
	Infinity,
	2 ** 53,
	1e21,
);

const named = fc.dictionary(fc.oneof(fc.constantFrom(...LOADED_NAMES), fc.string()), fc.anything({ maxDepth: 1 }), { noNullPrototype: false });
/** Objects with own properties such as `__proto__`, as parsed JSON can have. */
const parsed = fc.array(fc.tuple(fc.constantFrom(...LOADED_NAMES, 'body_params', 'media', 'id', 'x'), fc.jsonValue({ maxDepth: 2 })), { maxLength: 4 }).map(jsonOf).map((json) => JSON.parse(json) as unknown);

/** Any value, including malicious ones. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 5, arbitrary: text },
	{ weight: 2, arbitrary: fc.anything({ maxDepth: 2, withDate: true, withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true, withMap: true }) },
	{ weight: 1, arbitrary: fc.oneof(cyclic, untouchable, named, parsed, fc.double(), fc.bigInt()) },
);

/** JSON of an object with these names, including duplicates. */
export function jsonOf(entries: ReadonlyArray<readonly [string, unknown]>): string {
	return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}
