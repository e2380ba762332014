/** The steps of a soak test. They are the same for the same seed. */
import fc from 'fast-check';
import type { FaultAction } from '../../simulator/simulator.mts';

/** A fault of the API for one message. Only faults after which it's known what the API has accepted. */
const fault: fc.Arbitrary<FaultAction> = fc.oneof(
	fc.constantFrom('0', '1').map((seconds): FaultAction => ({ kind: 'status', status: 429, headers: { 'retry-after': seconds } })),
	fc.constantFrom('before' as const, 'after' as const).map((when): FaultAction => ({ kind: 'status', status: 500, when })),
	fc.constantFrom('before' as const, 'after' as const, 'midBody' as const).map((when): FaultAction => ({ kind: 'drop', when })),
	fc.integer({ min: 50, max: 1_500 }).map((ms): FaultAction => ({ kind: 'latency', ms })),
	fc.integer({ min: 5, max: 50 }).map((ms): FaultAction => ({ kind: 'slowBody', ms, chunks: 5 })),
);

/** Two in ten messages meet a fault. */
const sends = fc.array(fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: fault }), { minLength: 5, maxLength: 30 });

const step = fc.oneof(
	/** One entry for each message, with its fault. */
	{ weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), faults: sends }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('broadcast' as const), recipients: fc.integer({ min: 1, max: 200 }), fault: fc.option(fault, { nil: undefined }) }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('media' as const), bytes: fc.integer({ min: 1, max: 300_000 }), fault: fc.option(fault, { nil: undefined }) }) },
	{ weight: 2, arbitrary: fc.record({ kind: fc.constant('callbacks' as const), count: fc.integer({ min: 1, max: 40 }) }) },
);

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** The step with this index. */
export function stepAt(seed: number, index: number): Step {
	const [first] = fc.sample(step, { seed: seed + index, numRuns: 1 });
	return first!;
}
