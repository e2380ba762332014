import fc from 'fast-check';
import { PROMISES } from './engine.mts';

/** A complete simulation, as it's printed when it breaks an invariant. */
export interface Scenario {
	/** Seed of all random decisions below, such as which request fails. */
	dice: number;
	operation: 'send' | 'broadcast' | 'upload';
	rows: Row[];
	settings: Settings;
	/** Consecutive executions over the rows, per process, and the delay with which a process starts. */
	processes: Array<{ startsAtMs: number; executions: number; sameProcessAsFirst: boolean }>;
	/** When the first execution is canceled. */
	cancelAtMs: number | null;
	api: ApiConditions;
	store: StoreConditions;
}

export interface Row {
	/** Recipients. A broadcast from a list has several. For an upload, the number of files. */
	numbers: number[];
	/** Also distinguishes broadcasts. */
	reference: number;
	flaw: Flaw | null;
}

/** What is wrong with a row: an invalid parameter, or a parameter whose expression throws. */
export type Flaw = 'invalid recipient' | 'invalid content' | 'recipient throws' | 'content throws' | 'fields throw' | 'options throw';

export interface Settings {
	stopOnError: boolean;
	oncePerReference: boolean;
	maxConcurrency: number;
	/** 0 follows the API limit. */
	maxRequestsPerSecond: number;
	/** For a broadcast. */
	batchSize: number;
}

export interface ApiConditions {
	/** Each limit applies from its start time. If there are none, the rate is unlimited. */
	limits: Limit[];
	/** Numbers whose messages are always rejected with a 429. */
	alwaysLimited: number[];
	/** Numbers whose messages are rejected with a 422. */
	notAccepted: number[];
	/** Numbers that fail in an accepted broadcast. */
	failedInBroadcast: number[];
	outages: Outage[];
	latencyMs: number;
	latencySpreadMs: number;
	/** Percentage of requests with each fault. */
	percent: Record<RequestFault, number>;
	retryAfter: 'seconds' | 'fraction' | 'date' | 'absent' | 'nonsense' | 'zero' | 'too long';
	/** How far the API's clock is ahead of n8n's. */
	clockAheadMs: number;
	/** The shape of responses: that of the reference, that of the samples, or both. */
	answers: 'reference' | 'samples' | 'mixed';
}

export type RequestFault =
	| 'serverErrorBeforeTaking'
	| 'serverErrorAfterTaking'
	| 'brokenBeforeTaking'
	| 'brokenAfterTaking'
	| 'garbage'
	| 'trickle'
	| 'ownFault';

export interface Limit {
	fromMs: number;
	kind: 'window' | 'bucket';
	perSecond: number;
	/** The value of `X-RateLimit-Limit`. */
	reported: 'truth' | 'nothing' | 'nonsense' | 'half' | 'double';
}

export interface Outage {
	fromMs: number;
	lastsMs: number;
	/** The error code, or another way in which a connection fails. */
	code: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ENOTFOUND' | 'EAI_AGAIN' | 'closed before TLS' | 'swallowed';
}

export interface StoreConditions {
	/** The longest duration of a read or a write. */
	slownessMs: number;
	/** Percentage of operations. */
	failBeforePercent: number;
	failAfterPercent: number;
	mostEntries: number;
}

/** Usually the first value: if everything fails at once, the effect of each single fault is hidden. */
const mostly = <T,>(usual: T, ...others: Array<fc.Arbitrary<T>>) =>
	fc.oneof({ withCrossShrink: true }, { weight: 3 * others.length, arbitrary: fc.constant(usual) }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));

const flaw = mostly<Flaw | null>(
	null,
	fc.constantFrom('invalid recipient', 'invalid content', 'recipient throws', 'content throws', 'fields throw', 'options throw'),
);

const rawRow: fc.Arbitrary<Row> = fc.record({
	numbers: mostly([0], fc.array(fc.nat(9), { minLength: 1, maxLength: 3 })),
	reference: fc.nat(999),
	flaw: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: flaw }),
});

/** Rows of a table: all numbers different, or a few repeated ones. The same for references. */
const rows: fc.Arbitrary<Row[]> = fc
	.record({
		raw: fc.oneof(
			{ withCrossShrink: true },
			{ weight: 90, arbitrary: fc.array(rawRow, { minLength: 1, maxLength: 8 }) },
			{ weight: 30, arbitrary: fc.array(rawRow, { minLength: 8, maxLength: 30 }) },
			{ weight: 4, arbitrary: fc.array(rawRow, { minLength: 80, maxLength: 200, size: 'max' }) },
			// More rows than jobs that are created ahead.
			{ weight: 1, arbitrary: fc.array(rawRow, { minLength: PROMISES.mostAhead + 50, maxLength: PROMISES.mostAhead + 100, size: 'max' }) },
		),
		seed: fc.nat(999),
		numbers: fc.constantFrom(1, 2, 5, 1_000),
		references: fc.constantFrom(1, 3, 1_000),
		flawless: fc.boolean(),
	})
	.map(({ raw, numbers, references, flawless, seed }) =>
		raw.map((row, index) => ({
			numbers: row.numbers.map((number) => (number + index * (numbers < 10 ? 1 + (seed % 3) : 10)) % (numbers < 10 ? numbers : 10_000)),
			reference: references === 1_000 ? index : row.reference % references,
			flaw: flawless ? null : row.flaw,
		})),
	);

const settings: fc.Arbitrary<Settings> = fc.record({
	stopOnError: mostly(false, fc.constant(true)),
	oncePerReference: fc.boolean(),
	maxConcurrency: mostly(25, fc.integer({ min: 1, max: 5 }), fc.constant(100)),
	maxRequestsPerSecond: mostly(0, fc.constantFrom(0.5, 1, 2.5, 10, 80)),
	batchSize: mostly(1_000, fc.integer({ min: 1, max: 5 })),
});

const limit: fc.Arbitrary<Limit> = fc.record({
	fromMs: fc.nat(5_000),
	kind: fc.constantFrom('window', 'bucket'),
	perSecond: fc.constantFrom(1, 2, 5, 20, 80),
	reported: mostly<Limit['reported']>('truth', fc.constantFrom('nothing', 'nonsense', 'half', 'double')),
});

const limits: fc.Arbitrary<Limit[]> = fc.oneof(
	{ weight: 1, arbitrary: fc.constant<Limit[]>([]) },
	{ weight: 3, arbitrary: limit.map((only) => [{ ...only, fromMs: 0 }]) },
	{
		weight: 1,
		arbitrary: fc
			.array(limit, { minLength: 2, maxLength: 3 })
			.map(([first, ...others]) => [{ ...(first as Limit), fromMs: 0 }, ...others].sort((one, other) => one.fromMs - other.fromMs)),
	},
);

const outage: fc.Arbitrary<Outage> = fc.record({
	fromMs: fc.nat(4_000),
	lastsMs: fc.constantFrom(200, 2_000, 14_000, 20_000, 3_600_000),
	code: fc.constantFrom('ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'closed before TLS', 'swallowed'),
});

const few = <T,>(usual: T, unusual: fc.Arbitrary<T>) => fc.oneof({ withCrossShrink: true }, { weight: 8, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: unusual });
const someNumbers = few<number[]>([], fc.array(fc.constantFrom(0, 1, 2, 3, 10, 20, 30), { minLength: 1, maxLength: 2 }));
const percent = fc.oneof({ weight: 7, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(5, 20, 50, 100) });

const NO_FAULTS: Record<RequestFault, number> = {
	serverErrorBeforeTaking: 0,
	serverErrorAfterTaking: 0,
	brokenBeforeTaking: 0,
	brokenAfterTaking: 0,
	garbage: 0,
	trickle: 0,
	ownFault: 0,
};

const api: fc.Arbitrary<ApiConditions> = fc.record({
	limits,
	alwaysLimited: someNumbers,
	notAccepted: someNumbers,
	failedInBroadcast: someNumbers,
	outages: mostly<Outage[]>([], fc.array(outage, { minLength: 1, maxLength: 2 })),
	latencyMs: fc.constantFrom(0, 20, 300, 3_000),
	latencySpreadMs: fc.constantFrom(0, 10, 500),
	percent: fc.oneof(
		fc.constant(NO_FAULTS),
		fc.record({
			serverErrorBeforeTaking: percent,
			serverErrorAfterTaking: percent,
			brokenBeforeTaking: percent,
			brokenAfterTaking: percent,
			garbage: percent,
			trickle: percent,
			ownFault: percent,
		}),
	),
	retryAfter: mostly<ApiConditions['retryAfter']>(
		'seconds',
		fc.constantFrom('fraction', 'date', 'absent', 'nonsense', 'zero'),
		fc.constantFrom('fraction', 'date', 'absent', 'nonsense', 'zero'),
		fc.constantFrom('too long', 'date'),
	),
	clockAheadMs: mostly(0, fc.constantFrom(-1_200_000, 1_200_000)),
	answers: fc.constantFrom('reference', 'samples', 'mixed'),
});

const store: fc.Arbitrary<StoreConditions> = fc.record({
	slownessMs: fc.constantFrom(2, 20, 80, 400),
	failBeforePercent: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(10, 40) }),
	failAfterPercent: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(10, 40) }),
	mostEntries: fc.oneof({ weight: 9, arbitrary: fc.constant(100_000) }, { weight: 1, arbitrary: fc.constant(500) }),
});

const process = fc.record({
	startsAtMs: fc.constantFrom(0, 5, 150, 1_000),
	executions: fc.integer({ min: 1, max: 2 }),
	sameProcessAsFirst: fc.boolean(),
});

export const scenarios: fc.Arbitrary<Scenario> = fc.record({
	dice: fc.nat(999_999),
	operation: fc.constantFrom('send', 'send', 'send', 'broadcast', 'broadcast', 'upload'),
	rows,
	settings,
	processes: fc
		.array(process, { minLength: 1, maxLength: 2 })
		.map((processes) => processes.map((one, index) => (index === 0 ? { ...one, startsAtMs: 0, sameProcessAsFirst: true } : one))),
	cancelAtMs: mostly<number | null>(null, fc.nat(3_000)),
	api,
	store,
});
