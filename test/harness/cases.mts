/** Generated input that wants to do harm: what it is made of, and the count of what was tried. */
import fc from 'fast-check';
import { ModicaError } from '../../nodes/ModicaWhatsApp/api/errors';
import { InputError } from '../../nodes/ModicaWhatsApp/parameters/errors';

/** The same cases each time, unless asked for others: HOSTILE_SEED=12345, or =random. */
const SEED = process.env.HOSTILE_SEED === 'random' ? Math.floor(Math.random() * 2 ** 31) : Number(process.env.HOSTILE_SEED ?? 20_261_124);

let tried = 0;

/** Tries a property with so many cases. @throws Error with the seed and the smallest case that breaks it */
export async function tryCases<T>(count: number, arbitrary: fc.Arbitrary<T>, property: (value: T) => void | Promise<void>): Promise<void> {
	// Jest makes an error at each `expect`, and what is tried refuses most of what it is given: their stacks cost more than they.
	const { stackTraceLimit } = Error;
	Error.stackTraceLimit = 0;
	const tries = fc.assert(
		fc.asyncProperty(arbitrary, async (value) => {
			tried++;
			await property(value);
			const names = pollution();
			if (names.length > 0) throw new Error(`All objects have these now: ${names.map(String).join(', ')}`);
		}),
		{ numRuns: count, seed: SEED },
	);
	await tries.finally(() => {
		Error.stackTraceLimit = stackTraceLimit;
	});
}

/** To be called once in a file: says at its end how much was tried, and fails when it was less. */
export function expectCases(least: number): void {
	afterAll(() => {
		console.log(`${tried} hostile cases tried, with HOSTILE_SEED=${SEED}`);
		if (tried < least) throw new Error(`Only ${tried} cases were tried, not ${least}`);
	});
}

/** What a call comes to; errors in words for a person are as good as a value, any other is passed on. */
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

/** Names that somebody has put into what all objects share. */
function pollution(): PropertyKey[] {
	return CLEAN.flatMap(({ prototype, names }) => Reflect.ownKeys(prototype).filter((name) => !names.has(name)));
}

/** Names that mean something to JavaScript. */
export const LOADED_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'hasOwnProperty', 'length', 'then'];

/** Pieces that break out of what they are put into: headers, URLs, JSON, paths, HTML, terminals. */
const PIECES = [
	...LOADED_NAMES,
	'\r\n', '\n', '\r', '\0', '\t', ' ', '\u2028', '\u202e', '\ufeff', '\ud800', '"', "'", '`', '\\', '/', '../', '..\\', 'C:', '%0d%0a', '%00', '%2e%2e%2f',
	'?', '#', '&', '=', ';', ',', '@', '://', 'http://evil.example', 'javascript:', 'data:', 'X-Evil: 1', '\r\nX-Evil: 1\r\n\r\n', '&source=666',
	'<script>', '</script>', '{{ 7 }}', '={{ $env }}', '${7}', '$&', "$'", '+64211234567', '64', '0', '(0)', 'e+10', '2026-11-30T09:00', 'Z', '+13:00', 'NaN', 'Infinity',
	'👍🏽', 'é', 'ß', '٦',
];

/** Text of any characters: as fast-check's `unit: 'binary'`, which takes a second to list them all first. */
export function unicode(bounds: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
	const point = fc.nat(0x10_ffff - 0x800).map((place) => (place < 0xd800 ? place : place + 0x800));
	return fc.array(point, bounds).map((points) => String.fromCodePoint(...points));
}

/** Text of anything at all, and of such pieces. */
export const text: fc.Arbitrary<string> = fc.oneof(
	fc.array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5 })), { maxLength: 8 }).map((parts) => parts.join('')),
	unicode({ maxLength: 60 }),
	// Of halves of characters, too.
	fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
);

const cyclic = fc.string().map((name) => {
	const value: Record<string, unknown> = { name };
	value.self = value;
	return value;
});

/** Objects that break whoever makes a text, a number or JSON of them. */
const untouchable = fc.constantFrom<unknown>(
	{ toString: 1 },
	{ valueOf: null, toString: null },
	{ toJSON: () => undefined },
	{
		toJSON: () => {
			throw new Error('no JSON of this');
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
/** Own names such as `__proto__`, as JSON from outside has them. */
const parsed = fc.array(fc.tuple(fc.constantFrom(...LOADED_NAMES, 'body_params', 'media', 'id', 'x'), fc.jsonValue({ maxDepth: 2 })), { maxLength: 4 }).map(jsonOf).map((json) => JSON.parse(json) as unknown);

/** Any value at all, with a mind to do harm. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
	{ weight: 5, arbitrary: text },
	{ weight: 2, arbitrary: fc.anything({ maxDepth: 2, withDate: true, withBigInt: true, withNullPrototype: true, withSparseArray: true, withTypedArray: true, withMap: true }) },
	{ weight: 1, arbitrary: fc.oneof(cyclic, untouchable, named, parsed, fc.double(), fc.bigInt()) },
);

/** The JSON of an object with names as they are given, twice if they are given twice. */
export function jsonOf(entries: ReadonlyArray<readonly [string, unknown]>): string {
	return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}
