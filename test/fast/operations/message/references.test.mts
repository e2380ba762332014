import { CancelledError, ModicaError } from '../../../../nodes/ModicaWhatsApp/api/errors';
import { MAX_CLAIMED, MAX_MARKS, References, type ReferenceStore } from '../../../../nodes/ModicaWhatsApp/operations/message/references';
import { VirtualClock } from '../../../harness/virtualClock.mts';

/** A store like n8n's: reads everything, then writes everything, so that two at once lose something. */
class Store implements ReferenceStore {
	keys: string[] = [];
	calls: string[][] = [];
	/** What happens between reading and writing. */
	between: () => Promise<void>;

	constructor(clock: VirtualClock) {
		this.between = async () => await clock.sleep(1);
	}

	/** References alone, without the marks of their claims. */
	get references(): string[] {
		return this.keys.filter(isNoMark);
	}

	async record(keys: string[]): Promise<string[]> {
		this.calls.push(keys.filter(isNoMark));
		const read = [...this.keys];
		await this.between();
		this.keys = [...read, ...keys.filter((key) => !read.includes(key))];
		// n8n's own calls a key new as often as it is given.
		return keys.filter((key) => !read.includes(key));
	}

	async remove(keys: string[]): Promise<void> {
		const read = [...this.keys];
		await this.between();
		this.keys = read.filter((key) => !keys.includes(key));
	}

	async clear(): Promise<void> {
		this.keys = [];
		await Promise.resolve();
	}
}

const isNoMark = (key: string) => !/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(key);

const sent: string[] = [];
const send = (key: string) => async ([fresh]: readonly boolean[]) => {
	if (fresh) sent.push(key);
	return await Promise.resolve(fresh === true);
};
const failing = (mayHaveBeenSent: boolean) => async () => await Promise.reject(new ModicaError('refused', { mayHaveBeenSent }));
let tests = 0;

describe('references', () => {
	let store: Store;
	let clock: VirtualClock;
	let references: ReturnType<typeof open>;

	/** The references of one more execution. */
	const open = (process = 'process') => {
		const opened = new References(store, `${process} of test ${tests}`, clock);
		const begin = async <T,>(keys: string[], send: (fresh: readonly boolean[]) => Promise<T>) => (await opened.once(keys, send)).result;
		return {
			begin,
			clear: async () => await clock.until(opened.clear()),
			/** Lets time pass until it has ended. */
			once: async <T,>(...args: Parameters<typeof begin<T>>) => await clock.until(begin(...args)),
		};
	};
	const all = async <T,>(begun: Array<Promise<T>>) => await clock.until(Promise.all(begun));

	beforeEach(() => {
		tests++;
		sent.length = 0;
		clock = new VirtualClock();
		store = new Store(clock);
		references = open();
	});

	it('are sent once, in this execution and in later ones', async () => {
		expect(await references.once(['a'], send('a'))).toBe(true);
		expect(await references.once(['a'], send('a'))).toBe(false);
		expect(await open().once(['a'], send('a'))).toBe(false);
		expect(await references.once(['b'], send('b'))).toBe(true);
		expect(sent).toEqual(['a', 'b']);
	});

	it('are claimed before they are sent', async () => {
		await references.once(['a'], async () => {
			expect(store.references).toEqual(['a']);
			await Promise.resolve();
		});
		expect.assertions(1);
	});

	it('that come twice at the same moment are sent once', async () => {
		const outcomes = await all([references.begin(['a'], send('a')), references.begin(['a'], send('a'))]);
		expect(outcomes).toEqual([true, false]);
	});

	it('of two executions at the same moment are sent once', async () => {
		const names = Array.from({ length: 20 }, (_, index) => `order-${index}`);
		const other = open();
		await all([references, other].flatMap((one) => names.map(async (name) => await one.begin([name], send(name)))));
		expect(sent.sort()).toEqual([...names].sort());
		expect(store.references.sort()).toEqual([...names].sort());
	});

	it('of two processes at the same moment are sent once', async () => {
		const names = Array.from({ length: 20 }, (_, index) => `order-${index}`);
		const processes = [open('one process'), open('another process'), open('a third')];
		await all(processes.flatMap((one) => names.map(async (name) => await one.begin([name], send(name)))));
		expect(sent.sort()).toEqual([...names].sort());
		expect(store.references.sort()).toEqual([...names].sort());
	});

	it('that another process wrote over are claimed again, and remembered', async () => {
		await all([open('one process').begin(['a'], send('a')), open('another process').begin(['b'], send('b'))]);
		expect(sent.sort()).toEqual(['a', 'b']);
		expect(store.references.sort()).toEqual(['a', 'b']);
	});

	it('are left to settle for as long as the store’s slowness asks for', async () => {
		const settling = async (ms: number) => {
			store.between = async () => await clock.sleep(ms);
			const began = clock.now();
			await references.once([`taking ${ms}`], send(''));
			return clock.now() - began - 2 * ms;
		};
		expect([await settling(1), await settling(50), await settling(3_000)]).toEqual([200, 500, 5_000]);
	});

	it('are recorded again when the database refuses the first record of two', async () => {
		const record = store.record.bind(store);
		store.record = async () => {
			store.record = record;
			return await Promise.reject(new Error('duplicate key'));
		};
		expect(await references.once(['a'], send('a'))).toBe(true);
	});

	it('that were sent before are looked up once, and not waited for', async () => {
		await references.once(['a'], send('a'));
		store.calls = [];
		const began = clock.now();
		expect(await open().once(['a'], send('a'))).toBe(false);
		expect({ calls: store.calls, ms: clock.now() - began }).toEqual({ calls: [['a']], ms: 1 });
	});

	it('asked for together are claimed together', async () => {
		await all(['a', 'b', 'c'].map(async (key) => await references.begin([key], send(key))));
		// And are looked at together, to see whether they are there to stay.
		expect(store.calls).toEqual([['a', 'b', 'c'], ['a', 'b', 'c']]);
	});

	it('of a broadcast tell which of them are new', async () => {
		await references.once(['sale 1'], send('sale 1'));
		expect(await references.once(['sale 1', 'sale 2'], async (fresh) => await Promise.resolve(fresh))).toEqual([false, true]);
	});

	it.each([
		['was certainly not made', new ModicaError('refused', { mayHaveBeenSent: false }), []],
		['was cancelled before it was made', new CancelledError(false), []],
		['may have been made', new ModicaError('no answer', { mayHaveBeenSent: true }), ['a']],
		['was cancelled on its way', new CancelledError(true), ['a']],
		['failed for a reason unknown', new Error('a bug'), ['a']],
	])('are kept or released when the send %s', async (_how, error, kept) => {
		await expect(references.once(['a'], async () => await Promise.reject(error))).rejects.toBe(error);
		expect(store.references).toEqual(kept);
		expect(await references.once(['a'], send('a'))).toBe(kept.length === 0);
	});

	it('that were released and sent by another execution since then are sent', async () => {
		await expect(references.once(['a'], failing(false))).rejects.toThrow('refused');
		expect(await open().once(['a'], send('a'))).toBe(true);
		expect(await references.once(['a'], send('a'))).toBe(false);
	});

	it('of others stay when some are released', async () => {
		await references.once(['a', 'b'], async () => await Promise.resolve());
		await expect(references.once(['b', 'c'], failing(false))).rejects.toThrow('refused');
		expect(store.references).toEqual(['a', 'b']);
	});

	it('are released when the run was stopped before they left', async () => {
		await expect(references.once(['a'], async () => await Promise.reject(new CancelledError(false)))).rejects.toThrow('cancelled');
		expect({ sent, kept: store.references }).toEqual({ sent: [], kept: [] });
	});

	it('of a broadcast are released for those recipients that were certainly not sent to', async () => {
		const opened = new References(store, `of test ${tests}`, clock);
		const rows = ['accepted', 'failed', 'accepted', 'failed'];
		const sending = opened.once(['a', 'b', 'c', 'd'], async () => await Promise.resolve(rows), (result, position) => result[position] === 'failed');
		expect((await clock.until(sending)).result).toEqual(rows);
		expect(store.references).toEqual(['a', 'c']);
	});

	it('wait for how the send before them ended, and are sent when it was not', async () => {
		const first = references.begin(['a'], failing(false)).catch((error: Error) => error.message);
		const second = references.begin(['a'], send('a'));
		const third = references.begin(['a'], send('a'));
		expect(await all<unknown>([first, second, third])).toEqual(['refused', true, false]);
	});

	it('wait for the latest send before them, though an earlier one has ended', async () => {
		const first = references.begin(['a'], failing(false)).catch((error: Error) => error.message);
		const second = references.begin(['a'], async () => {
			await clock.sleep(10_000);
			return await failing(false)();
		}).catch((error: Error) => error.message);
		await clock.pass(5_000);
		expect(await Promise.race([first, second])).toBe('refused');
		expect(await all<unknown>([second, references.begin(['a'], send('a'))])).toEqual(['refused', true]);
	});

	it('are remembered to the number that is stated: marks of claims are removed', async () => {
		let most = 0;
		for (let index = 0; index < 3 * MAX_MARKS; index++) {
			await references.once([`order-${index}`], send(''));
			most = Math.max(most, store.keys.length - store.references.length);
		}
		expect(store.references).toHaveLength(3 * MAX_MARKS);
		expect(most).toBeLessThan(MAX_MARKS);
	});

	it('leave no marks for good that could not be removed at first', async () => {
		const remove = store.remove.bind(store);
		store.remove = async () => await Promise.reject(new Error('no database'));
		for (let index = 0; index < MAX_MARKS; index++) await references.once([`order-${index}`], send(''));
		store.remove = remove;
		await references.once(['the next'], send(''));
		expect(store.keys).toEqual(store.references);
	});

	it('are not lost when another execution removes its marks meanwhile', async () => {
		// So many claims one after the other that each execution removes marks while the other claims.
		const claims = async (execution: ReturnType<typeof open>, name: string) => {
			for (let index = 0; index < MAX_MARKS; index++) expect(await execution.begin([`${name}-${index}`], send(name))).toBe(true);
		};
		await all([claims(open(), 'one'), clock.sleep(100).then(async () => await claims(open(), 'other'))]);
		expect(sent).toHaveLength(2 * MAX_MARKS);
	});

	it('are claimed only so many ahead of their sends', async () => {
		let most = 0;
		const waiting = async () => {
			most = Math.max(most, store.references.length);
			await clock.sleep(1_000);
			throw new ModicaError('refused', { mayHaveBeenSent: false });
		};
		const begun = Array.from({ length: 5 * MAX_CLAIMED }, async (_, index) => await references.begin([`order-${index}`], waiting));
		await clock.until(Promise.allSettled(begun));
		expect(most).toBe(MAX_CLAIMED);
	});

	it('of a broadcast larger than what may be claimed ahead are claimed together', async () => {
		const keys = Array.from({ length: 3 * MAX_CLAIMED }, (_, index) => `order-${index}`);
		expect(await references.once(keys, async (fresh) => await Promise.resolve(fresh.every(Boolean)))).toBe(true);
	});

	it('are sent again once they are cleared', async () => {
		await references.once(['a', 'b'], async () => await Promise.resolve());
		await open().clear();
		expect(store.keys).toEqual([]);
		expect(await open().once(['a'], send('a'))).toBe(true);
		expect(store.references).toEqual(['a']);
	});

	it('that are cleared while they are claimed are claimed again, and sent once', async () => {
		const claiming = references.begin(['a'], send('a'));
		await clock.pass(100);
		expect(store.references).toEqual(['a']);
		await open().clear();
		expect(store.references).toEqual([]);
		await all([claiming, open().begin(['a'], send('a'))]);
		expect(sent).toEqual(['a']);
		expect(store.references).toEqual(['a']);
	});

	it('are cleared when it is their turn: a claim that had read the store before brings none of them back', async () => {
		await references.once(['a'], send('a'));
		store.between = async () => await clock.sleep(50);
		const claiming = references.begin(['b'], send('b'));
		await clock.pass(10);
		await open().clear();
		await all([claiming]);
		expect(store.references).toEqual(['b']);
	});

	describe('when the store fails', () => {
		const broken = async () => await Promise.reject(new Error('no database'));
		const UNKNOWN = 'Not sent: n8n’s database could not tell whether the reference was sent before';

		it('are not sent, and neither is the next item with the same reference', async () => {
			store.record = broken;
			const outcomes = await all([references.begin(['a'], send('a')), references.begin(['a'], send('a'))].map(async (begun) => await begun.catch((error: ModicaError) => [error.message, error.mayHaveBeenSent])));
			expect(outcomes).toEqual([[UNKNOWN, false], [UNKNOWN, false]]);
			expect(sent).toEqual([]);
		});

		it('are sent by the next item with the same reference once the store is well again', async () => {
			const record = store.record.bind(store);
			store.record = broken;
			await expect(references.once(['a'], send('a'))).rejects.toThrow(UNKNOWN);
			store.record = record;
			expect(await references.once(['a'], send('a'))).toBe(true);
		});

		it.each([1, 2])('are not called sent when write %i was reported as failed and was not', async (lost) => {
			const record = store.record.bind(store);
			let writes = 0;
			store.record = async (keys) => {
				const fresh = await record(keys);
				if (++writes === lost) throw new Error('the answer was lost');
				return fresh;
			};
			await expect(references.once(['a'], send('a'))).rejects.toMatchObject({
				message: UNKNOWN,
				mayCountAsSent: true,
				description: 'The database failed: its answer was lost. The reference may count as sent now. If the next run reports this message as a duplicate, send it under another reference.',
			});
			// The same run knows that nobody knows.
			await expect(references.once(['a'], send('a'))).rejects.toMatchObject({
				message: UNKNOWN,
				description: 'The reference may count as sent now. If the next run reports this message as a duplicate, send it under another reference.',
			});
			expect(sent).toEqual([]);
		});

		it('of a broadcast are released when another of them may or may not have been sent', async () => {
			const record = store.record.bind(store);
			store.record = async (keys) => {
				store.record = record;
				await record(keys);
				throw new Error('the answer was lost');
			};
			await expect(references.once(['b'], send('b'))).rejects.toThrow(UNKNOWN);
			await expect(references.once(['a', 'b', 'c'], send('a'))).rejects.toThrow(UNKNOWN);
			expect({ sent, kept: store.references }).toEqual({ sent: [], kept: ['b'] });
			expect(await references.once(['a', 'c'], async (fresh) => await Promise.resolve(fresh))).toEqual([true, true]);
		});

		it('that were sent before stay as they are when a send beside them fails', async () => {
			await references.once(['a'], send('a'));
			store.remove = broken;
			await expect(references.once(['a'], failing(false))).rejects.toMatchObject({ message: 'refused', mayCountAsSent: false });
		});

		it('are not sent when other processes write over each of twenty claims', async () => {
			const record = store.record.bind(store);
			store.record = async (keys) => {
				const fresh = await record(keys);
				store.keys = [];
				return fresh;
			};
			await expect(references.once(['a'], send('a'))).rejects.toMatchObject({
				message: UNKNOWN,
				description: expect.stringContaining('The database failed: other processes write over what this one records.'),
			});
			expect({ sent, claims: store.calls.length }).toEqual({ sent: [], claims: 20 });
		});

		/** From now on, until so many milliseconds have passed. */
		const lockFor = (lockedMs: number) => {
			const until = clock.now() + lockedMs;
			for (const call of ['record', 'remove'] as const) {
				const healthy = store[call].bind(store) as (keys: string[]) => Promise<never>;
				store[call] = async (keys) => await (clock.now() < until ? broken() : healthy(keys));
			}
		};

		it.each([1, 5, 15])('wait for one that is locked for %i s', async (seconds) => {
			lockFor(seconds * 1_000);
			expect(await references.once(['a'], send('a'))).toBe(true);
			expect(store.references).toEqual(['a']);
		});

		it('are not called sent when it was locked between the claim and the second look', async () => {
			const begun = references.begin(['a'], send('a'));
			await clock.pass(100);
			lockFor(10_000);
			expect(await clock.until(begun)).toBe(true);
		});

		it('are released when it was locked at first', async () => {
			await expect(references.once(['a'], async () => {
				lockFor(10_000);
				return await failing(false)();
			})).rejects.not.toMatchObject({ mayCountAsSent: true });
			expect(store.references).toEqual([]);
		});

		it.each(['process', 'another process'])('and releases all the same, are not taken from an execution of %s that has claimed them since', async (process) => {
			const remove = store.remove.bind(store);
			const failures = [1, 2];
			// Written, but reported as failed: twice, so that the second look is at a store that the first has changed.
			store.remove = async (keys) => {
				await remove(keys);
				if (keys.includes('a') && failures.pop()) throw new Error('Connection terminated unexpectedly');
			};
			const releasing = references.begin(['a'], failing(false)).catch((error: unknown) => error);
			await clock.pass(400);
			expect(await open(process).once(['a'], send('a'))).toBe(true);
			expect(await clock.until(releasing)).toMatchObject({ message: 'refused', mayCountAsSent: false });
			await clock.pass(20_000);
			expect(await open(process).once(['a'], send('a'))).toBe(false);
			expect(sent).toEqual(['a']);
		});

		it('and tells nothing when it is asked what became of a removal, the next mark tells', async () => {
			const [record, remove] = [store.record.bind(store), store.remove.bind(store)];
			let failures = 1;
			store.remove = async (keys) => {
				await remove(keys);
				if (failures-- > 0) throw new Error('Connection terminated unexpectedly');
			};
			store.record = async (keys) => {
				const fresh = await record(keys);
				// The look for the first mark, which puts it back.
				if (keys.length === 1) {
					store.record = record;
					throw new Error('Connection terminated unexpectedly');
				}
				return fresh;
			};
			const releasing = references.begin(['a'], failing(false)).catch((error: unknown) => error);
			await clock.pass(400);
			expect(await open().once(['a'], send('a'))).toBe(true);
			await clock.until(releasing);
			expect(await open().once(['a'], send('a'))).toBe(false);
			expect(sent).toEqual(['a']);
		});

		it('fail together: those that come later need not find out how long it stays so', async () => {
			store.record = broken;
			const keys = Array.from({ length: 5 * MAX_CLAIMED }, (_, index) => `${index}`);
			await all(keys.map(async (key) => await references.begin([key], send(key)).catch(() => {})));
			expect(sent).toEqual([]);
			expect(clock.now()).toBeLessThan(20_000);
		});

		it('are not waited for once nothing can be sent any more', async () => {
			store.record = broken;
			const opened = new References(store, `of test ${tests}`, clock, () => {
				if (clock.now() >= 2_000) throw new CancelledError();
			});
			await expect(clock.until(opened.once(['a'], send('a')))).rejects.toThrow(UNKNOWN);
			expect(clock.now()).toBeLessThan(2_500);
		});

		it('that cannot be released are told of with the error of the send', async () => {
			store.remove = broken;
			await expect(references.once(['a'], failing(false))).rejects.toMatchObject({
				message: 'refused',
				description: expect.stringContaining('could not release the reference'),
			});
			const opened = new References(store, `of test ${tests}`, clock);
			const { noteOn } = await clock.until(opened.once(['b', 'c'], async () => await Promise.resolve(), (_result, position) => position === 1));
			expect([noteOn(0), noteOn(1)]).toEqual([undefined, expect.stringContaining('could not release the reference')]);
		});

		it('that could not be released are not called sent in this run', async () => {
			const remove = store.remove.bind(store);
			store.remove = broken;
			await expect(references.once(['a'], failing(false))).rejects.toThrow('refused');
			store.remove = remove;
			await expect(references.once(['a'], send('a'))).rejects.toThrow(UNKNOWN);
		});

		it('are cleared by the second attempt', async () => {
			await references.once(['a'], send('a'));
			const clear = store.clear.bind(store);
			store.clear = async () => {
				store.clear = clear;
				return await broken();
			};
			await references.clear();
			expect(store.keys).toEqual([]);
		});

		it('are not called cleared', async () => {
			store.clear = broken;
			await expect(references.clear()).rejects.toMatchObject({
				name: 'ModicaError',
				message: 'n8n’s database could not clear the sent references',
				description: 'The database failed: no database. The references may still count as sent. Run the node again.',
				mayHaveBeenSent: false,
			});
		});
	});
});
