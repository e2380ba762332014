/**
 * Jest's `expect`, faster for assertions that hold. For each value, Jest creates hundreds of functions, of which a test calls one.
 * This takes most of the time of a property with thousands of cases. Here, plain comparisons run first. Jest decides
 * all other cases and reports all failures.
 */
import { isDeepStrictEqual } from 'node:util';

type Comparison = (actual: unknown, expected: unknown) => boolean;

const jestExpect = expect;

/** Each returns true only if Jest accepts the values too. Jest accepts more, such as `expect.any(String)`. */
const HOLDS: Record<string, Comparison> = {
	toBe: Object.is,
	toEqual: isDeepStrictEqual,
	toBeLessThan: (actual, expected) => isNumber(actual) && isNumber(expected) && actual < expected,
	toBeLessThanOrEqual: (actual, expected) => isNumber(actual) && isNumber(expected) && actual <= expected,
	toBeGreaterThan: (actual, expected) => isNumber(actual) && isNumber(expected) && actual > expected,
	toContain: (actual, expected) => isText(actual) && isText(expected) && actual.includes(expected),
	toMatch: (actual, expected) => isText(actual) && isPlainPattern(expected) && expected.test(actual),
};
const HOLDS_NOT: Record<string, Comparison> = {
	toBe: (actual, expected) => !Object.is(actual, expected),
	toContain: (actual, expected) => isText(actual) && isText(expected) && !actual.includes(expected),
	toMatch: (actual, expected) => isText(actual) && isPlainPattern(expected) && !expected.test(actual),
};

const isNumber = (value: unknown) => typeof value === 'number';
const isText = (value: unknown) => typeof value === 'string';
/** Global and sticky patterns keep a position between calls. */
const isPlainPattern = (value: unknown): value is RegExp => value instanceof RegExp && !value.global && !value.sticky;

type Matchers = Record<string, (...expected: unknown[]) => unknown>;

/** Returns a class with Jest's matchers. Each runs its comparison first, and calls Jest's matcher from `find` only if that fails. */
function createMatchers(comparisons: Record<string, Comparison>, find: (actual: unknown) => Matchers) {
	class QuickMatchers {
		constructor(readonly actual: unknown) {}
	}
	for (const name of Object.keys(find(undefined))) {
		const holds = comparisons[name];
		if (!holds) {
			Object.defineProperty(QuickMatchers.prototype, name, {
				get(this: QuickMatchers) {
					return find(this.actual)[name];
				},
			});
			continue;
		}
		const matcher = function (this: QuickMatchers, expected: unknown) {
			if (holds(this.actual, expected)) return void jestExpect.getState().assertionCalls++;
			try {
				find(this.actual)[name]?.(expected);
			} catch (error) {
				// Jest shows the source of the first line in the stack.
				if (error instanceof Error) Error.captureStackTrace(error, matcher);
				throw error;
			}
		};
		Object.defineProperty(QuickMatchers.prototype, name, { value: matcher });
	}
	return QuickMatchers;
}

const Negation = createMatchers(HOLDS_NOT, (actual) => jestExpect(actual).not as unknown as Matchers);
class Expectation extends createMatchers(HOLDS, (actual) => jestExpect(actual) as unknown as Matchers) {
	get not() {
		return new Negation(this.actual);
	}
}

const quickExpect = Object.assign((actual: unknown) => new Expectation(actual), jestExpect) as unknown as jest.Expect;
export { quickExpect as expect };
