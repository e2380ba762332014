/** The fast `expect` must pass and fail exactly like that of Jest. */
import { expect as quickExpect } from '../../harness/quickExpect.mts';

const VALUES: unknown[] = [undefined, 0, -0, 1, NaN, 1n, 'a', 'abc', /a/, /c$/g, ['a'], [undefined], { a: 1 }, { a: 1, b: undefined }, { a: [{ b: 'c' }] }, { a: [{ b: 'd' }] }, new Date(0), jestAny(String), { a: jestAny(Number) }];
const MATCHERS = ['toBe', 'toEqual', 'toBeLessThan', 'toBeLessThanOrEqual', 'toBeGreaterThan', 'toContain', 'toMatch'];

function jestAny(type: unknown): unknown {
	return expect.any(type);
}

/** The error message of a failed matcher. */
function verdictOf(given: typeof expect, actual: unknown, matcher: string, expected: unknown, isNot: boolean): string | undefined {
	const all = isNot ? given(actual).not : given(actual);
	try {
		(all as unknown as Record<string, (value: unknown) => void>)[matcher]?.(expected);
		return undefined;
	} catch (error) {
		return (error as Error).message;
	}
}

describe.each(MATCHERS)('%s', (matcher) => {
	it.each([false, true])("passes and fails like Jest's matcher, with the same message (not: %s)", (isNot) => {
		const differences = VALUES.flatMap((actual) =>
			VALUES.filter((expected) => verdictOf(quickExpect, actual, matcher, expected, isNot) !== verdictOf(expect, actual, matcher, expected, isNot)).map((expected) => [actual, expected]),
		);
		expect(differences).toEqual([]);
	});
});

it('counts as an assertion', () => {
	quickExpect(1).toBe(1);
	quickExpect(1).not.toBe(2);
	expect.assertions(2);
});

it('shows the line of the test in a failure', () => {
	let error: Error | undefined;
	try {
		quickExpect(1).toBe(2);
	} catch (thrown) {
		error = thrown as Error;
	}
	expect(error?.stack?.split('\n').find((line) => line.startsWith('    at '))).toContain('quickExpect.test.mts');
});
