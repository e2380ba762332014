import { CanceledError, ModicaError } from '../../../../nodes/ModicaWhatsApp/api/errors';
import { MAX_CLAIMED, MAX_MARKS, References, type ReferenceStore } from '../../../../nodes/ModicaWhatsApp/operations/message/references';
import { VirtualClock } from '../../../harness/virtualClock.mts';

/** A store like that of n8n: it reads everything and then writes everything, so concurrent calls lose changes. */
class Store implements ReferenceStore {
	keys: string[] = [];
	calls: string[][] = [];
	/** Called between reading and writing. */
	between: () => Promise<void>;

	constructor(clock: VirtualClock) {
		this.between = async () => await clock.sleep(1);
	}

	/** References only, without claim marks. */
	get references(): string[] {
		return this.keys.filter(isNoMark);
	}

	async record(keys: string[]): Promise<string[]> {
		this.calls.push(keys.filter(isNoMark));
		const read = [...this.keys];
		await this.between();
		this.keys = [...read, ...keys.filter((key) => !read.includes(key))];
		// n8n's own store returns a new key as often as it is passed.
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

	/** The references of another execution. */
	const open = (process = 'process') => {
		const opened = new References(store, `${process} of test ${tests}`, clock);
		const begin = async <T,>(keys: string[], send: (fresh: readonly boolean[]) => Promise<T>) => (await opened.once(keys, send)).result;
		return {
			begin,
			clear: async () => await clock.until(opened.clear()),
			/** Advances time until the call has ended. */
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

	it('that occur twice at the same time are sent once', async () => {
		const outcomes = await all([references.begin(['a'], send('a')), references.begin(['a'], send('a'))]);
		expect(outcomes).toEqual([true, false]);
	});

	it('of two concurrent executions are sent once', async () => {
		const names = Array.from({ length: 20 }, (_, index) => `order-${index}`);
		const other = open();
		await all([references, other].flatMap((one) => names.map(async (name) => await one.begin([name], send(name)))));
		expect(sent.sort()).toEqual([...names].sort());
		expect(store.references.sort()).toEqual([...names].sort());
	});

	it('of two concurrent processes are sent once', async () => {
		const names = Array.from({ length: 20 }, (_, index) => `order-${index}`);
		const processes = [open('one process'), open('another process'), open('a third')];
		await all(processes.flatMap((one) => names.map(async (name) => await one.begin([name], send(name)))));
		expect(sent.sort()).toEqual([...names].sort());
		expect(store.references.sort()).toEqual([...names].sort());
	});

	it('that another process overwrote are claimed again and stored', async () => {
		await all([open('one process').begin(['a'], send('a')), open('another process').begin(['b'], send('b'))]);
		expect(sent.sort()).toEqual(['a', 'b']);
		expect(store.references.sort()).toEqual(['a', 'b']);
	});

	it('settle for a time that depends on the speed of the store', async () => {
		const settling = async (ms: number) => {
			store.between = async () => await clock.sleep(ms);
			const began = clock.now();
			await references.once([`taking ${ms}`], send(''));
			return clock.now() - began - 2 * ms;
		};
		expect([await settling(1), await settling(50), await settling(3_000)]).toEqual([200, 500, 5_000]);
	});

	it('are recorded again if the database rejects the first record of two', async () => {
		const record = store.record.bind(store);
		store.record = async () => {
			store.record = record;
			return await Promise.reject(new Error('duplicate key'));
		};
		expect(await references.once(['a'], send('a'))).toBe(true);
	});

	it('that were sent before are looked up once, without a wait', async () => {
		await references.once(['a'], send('a'));
		store.calls = [];
		const began = clock.now();
		expect(await open().once(['a'], send('a'))).toBe(false);
		expect({ calls: store.calls, ms: clock.now() - began }).toEqual({ calls: [['a']], ms: 1 });
	});

	it('requested together are claimed together', async () => {
		await all(['a', 'b', 'c'].map(async (key) => await references.begin([key], send(key))));
		// They are also checked together, to see whether the claims persist.
		expect(store.calls).toEqual([['a', 'b', 'c'], ['a', 'b', 'c']]);
	});

	it('of a broadcast are new or duplicates individually', async () => {
		await references.once(['sale 1'], send('sale 1'));
		expect(await references.once(['sale 1', 'sale 2'], async (fresh) => await Promise.resolve(fresh))).toEqual([false, true]);
	});

	it.each([
		['was certainly not sent', new ModicaError('refused', { mayHaveBeenSent: false }), []],
		['was canceled before the request', new CanceledError(false), []],
		['may have been sent', new ModicaError('no answer', { mayHaveBeenSent: true }), ['a']],
		['was canceled in flight', new CanceledError(true), ['a']],
		['failed for an unknown reason', new Error('a bug'), ['a']],
	])('are kept or released if the message %s', async (_how, error, kept) => {
		await expect(references.once(['a'], async () => await Promise.reject(error))).rejects.toBe(error);
		expect(store.references).toEqual(kept);
		expect(await references.once(['a'], send('a'))).toBe(kept.length === 0);
	});

	it('that were released and then sent by another execution are not sent again', async () => {
		await expect(references.once(['a'], failing(false))).rejects.toThrow('refused');
		expect(await open().once(['a'], send('a'))).toBe(true);
		expect(await references.once(['a'], send('a'))).toBe(false);
	});

	it('of other messages are kept when some are released', async () => {
		await references.once(['a', 'b'], async () => await Promise.resolve());
		await expect(references.once(['b', 'c'], failing(false))).rejects.toThrow('refused');
		expect(store.references).toEqual(['a', 'b']);
	});

	it('are released if the run stops before they are sent', async () => {
		await expect(references.once(['a'], async () => await Promise.reject(new CanceledError(false)))).rejects.toThrow('canceled');
		expect({ sent, kept: store.references }).toEqual({ sent: [], kept: [] });
	});

	it('of a broadcast are released for the recipients to whom it certainly was not sent', async () => {
		const opened = new References(store, `of test ${tests}`, clock);
		const rows = ['accepted', 'failed', 'accepted', 'failed'];
		const sending = opened.once(['a', 'b', 'c', 'd'], async () => await Promise.resolve(rows), (result, position) => result[position] === 'failed');
		expect((await clock.until(sending)).result).toEqual(rows);
		expect(store.references).toEqual(['a', 'c']);
	});

	it('wait for an earlier send with the same reference, and are sent if it failed', async () => {
		const first = references.begin(['a'], failing(false)).catch((error: Error) => error.message);
		const second = references.begin(['a'], send('a'));
		const third = references.begin(['a'], send('a'));
		expect(await all<unknown>([first, second, third])).toEqual(['refused', true, false]);
	});

	it('wait for the latest earlier send, even if an older one has ended', async () => {
		const first = references.begin(['a'], failing(false)).catch((error: Error) => error.message);
		const second = references.begin(['a'], async () => {
			await clock.sleep(10_000);
			return await failing(false)();
		}).catch((error: Error) => error.message);
		await clock.pass(5_000);
		expect(await Promise.race([first, second])).toBe('refused');
		expect(await all<unknown>([second, references.begin(['a'], send('a'))])).toEqual(['refused', true]);
	});

	it('are kept up to the documented number, and claim marks are removed', async () => {
		let most = 0;
		for (let index = 0; index < 3 * MAX_MARKS; index++) {
			await references.once([`order-${index}`], send(''));
			most = Math.max(most, store.keys.length - store.references.length);
		}
		expect(store.references).toHaveLength(3 * MAX_MARKS);
		expect(most).toBeLessThan(MAX_MARKS);
	});

	it('leave no marks permanently if their removal failed at first', async () => {
		const remove = store.remove.bind(store);
		store.remove = async () => await Promise.reject(new Error('no database'));
		for (let index = 0; index < MAX_MARKS; index++) await references.once([`order-${index}`], send(''));
		store.remove = remove;
		await references.once(['the next'], send(''));
		expect(store.keys).toEqual(store.references);
	});

	it('are not lost if another execution removes its marks at the same time', async () => {
		// So many consecutive claims that each execution removes marks while the other claims.
		const claims = async (execution: ReturnType<typeof open>, name: string) => {
			for (let index = 0; index < MAX_MARKS; index++) expect(await execution.begin([`${name}-${index}`], send(name))).toBe(true);
		};
		await all([claims(open(), 'one'), clock.sleep(100).then(async () => await claims(open(), 'other'))]);
		expect(sent).toHaveLength(2 * MAX_MARKS);
	});

	it('are claimed in limited numbers ahead of their messages', async () => {
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

	it('of a broadcast larger than this limit are claimed together', async () => {
		const keys = Array.from({ length: 3 * MAX_CLAIMED }, (_, index) => `order-${index}`);
		expect(await references.once(keys, async (fresh) => await Promise.resolve(fresh.every(Boolean)))).toBe(true);
	});

	it('are sent again after they are cleared', async () => {
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

	it('are cleared in turn, so that a claim that read the store before does not restore them', async () => {
		await references.once(['a'], send('a'));
		store.between = async () => await clock.sleep(50);
		const claiming = references.begin(['b'], send('b'));
		await clock.pass(10);
		await open().clear();
		await all([claiming]);
		expect(store.references).toEqual(['b']);
	});

	describe('references when the store fails', () => {
		const broken = async () => await Promise.reject(new Error('no database'));
		const UNKNOWN = 'Not sent: n8n’s database could not check the reference';

		it('are not sent, and neither is the next item with the same reference', async () => {
			store.record = broken;
			const outcomes = await all([references.begin(['a'], send('a')), references.begin(['a'], send('a'))].map(async (begun) => await begun.catch((error: ModicaError) => [error.message, error.mayHaveBeenSent])));
			expect(outcomes).toEqual([[UNKNOWN, false], [UNKNOWN, false]]);
			expect(sent).toEqual([]);
		});

		it('are sent by the next item with the same reference after the store recovers', async () => {
			const record = store.record.bind(store);
			store.record = broken;
			await expect(references.once(['a'], send('a'))).rejects.toThrow(UNKNOWN);
			store.record = record;
			expect(await references.once(['a'], send('a'))).toBe(true);
		});

		it.each([1, 2])('do not count as sent if write %i was reported as failed and did fail', async (lost) => {
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
				description: 'The database failed: its response was lost. The reference may now count as sent. If the next run reports this message as a duplicate, send it with another reference.',
			});
			// The same run knows that the state is unknown.
			await expect(references.once(['a'], send('a'))).rejects.toMatchObject({
				message: UNKNOWN,
				description: 'The reference may now count as sent. If the next run reports this message as a duplicate, send it with another reference.',
			});
			expect(sent).toEqual([]);
		});

		it('of a broadcast are released even if another one may have been sent', async () => {
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

		it('that were sent before are kept if another message fails', async () => {
			await references.once(['a'], send('a'));
			store.remove = broken;
			await expect(references.once(['a'], failing(false))).rejects.toMatchObject({ message: 'refused', mayCountAsSent: false });
		});

		it('are not sent if other processes overwrite each of twenty claims', async () => {
			const record = store.record.bind(store);
			store.record = async (keys) => {
				const fresh = await record(keys);
				store.keys = [];
				return fresh;
			};
			await expect(references.once(['a'], send('a'))).rejects.toMatchObject({
				message: UNKNOWN,
				description: expect.stringContaining('The database failed: other processes overwrite its records.'),
			});
			expect({ sent, claims: store.calls.length }).toEqual({ sent: [], claims: 20 });
		});

		/** Locks the store for a number of milliseconds from now on. */
		const lockFor = (lockedMs: number) => {
			const until = clock.now() + lockedMs;
			for (const call of ['record', 'remove'] as const) {
				const healthy = store[call].bind(store) as (keys: string[]) => Promise<never>;
				store[call] = async (keys) => await (clock.now() < until ? broken() : healthy(keys));
			}
		};

		it.each([1, 5, 15])('wait for a store that is locked for %i s', async (seconds) => {
			lockFor(seconds * 1_000);
			expect(await references.once(['a'], send('a'))).toBe(true);
			expect(store.references).toEqual(['a']);
		});

		it('do not count as sent if the store is locked between the claim and the second check', async () => {
			const begun = references.begin(['a'], send('a'));
			await clock.pass(100);
			lockFor(10_000);
			expect(await clock.until(begun)).toBe(true);
		});

		it('are released if the store is locked at first', async () => {
			await expect(references.once(['a'], async () => {
				lockFor(10_000);
				return await failing(false)();
			})).rejects.not.toMatchObject({ mayCountAsSent: true });
			expect(store.references).toEqual([]);
		});

		it.each(['process', 'another process'])('are not released if an execution of %s has claimed them after a removal that was reported as failed', async (process) => {
			const remove = store.remove.bind(store);
			const failures = [1, 2];
			// Written but reported as failed, twice, so that the second check finds a store that the first one changed.
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

		it('use the next mark if the result of a removal is unknown', async () => {
			const [record, remove] = [store.record.bind(store), store.remove.bind(store)];
			let failures = 1;
			store.remove = async (keys) => {
				await remove(keys);
				if (failures-- > 0) throw new Error('Connection terminated unexpectedly');
			};
			store.record = async (keys) => {
				const fresh = await record(keys);
				// The check for the first mark, which restores it.
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

		it('fail together, so that later ones do not wait for the store again', async () => {
			store.record = broken;
			const keys = Array.from({ length: 5 * MAX_CLAIMED }, (_, index) => `${index}`);
			await all(keys.map(async (key) => await references.begin([key], send(key)).catch(() => {})));
			expect(sent).toEqual([]);
			expect(clock.now()).toBeLessThan(20_000);
		});

		it('do not wait once nothing can be sent anymore', async () => {
			store.record = broken;
			const opened = new References(store, `of test ${tests}`, clock, () => {
				if (clock.now() >= 2_000) throw new CanceledError();
			});
			await expect(clock.until(opened.once(['a'], send('a')))).rejects.toThrow(UNKNOWN);
			expect(clock.now()).toBeLessThan(2_500);
		});

		it('that cannot be released are reported with the error of the message', async () => {
			store.remove = broken;
			await expect(references.once(['a'], failing(false))).rejects.toMatchObject({
				message: 'refused',
				description: expect.stringContaining('could not release the reference'),
			});
			const opened = new References(store, `of test ${tests}`, clock);
			const { noteOn } = await clock.until(opened.once(['b', 'c'], async () => await Promise.resolve(), (_result, position) => position === 1));
			expect([noteOn(0), noteOn(1)]).toEqual([undefined, expect.stringContaining('could not release the reference')]);
		});

		it('that could not be released do not count as sent in this run', async () => {
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

		it('are not reported as cleared', async () => {
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
