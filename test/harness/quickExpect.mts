/**
 * Jest's `expect`, cheap where it holds. Jest creates hundreds of functions for each value and a test calls one of them, which
 * takes most of the time of a property that is tried thousands of times. Here, plain comparisons come first. Jest decides
 * everything else and reports all failures.
 */
import { isDeepStrictEqual } from 'node:util';

type Comparison = (actual: unknown, expected: unknown) => boolean;

const jestExpect = expect;

/** True only for what Jest accepts as well. Jest accepts more, such as `expect.any(String)`. */
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
/** The others remember where they were. */
const isPlainPattern = (value: unknown): value is RegExp => value instanceof RegExp && !value.global && !value.sticky;

type Matchers = Record<string, (...expected: unknown[]) => unknown>;

/** Jest's matchers by name, each found by `find` when it is asked for, with the comparison to be tried first. */
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
				// Jest shows the line that is first in the stack.
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
