import { CancelledError, ModicaError } from '../../../nodes/ModicaWhatsApp/api/errors';
import { References, type ReferenceStore } from '../../../nodes/ModicaWhatsApp/operations/message/references';
import { VirtualClock } from '../../api/clock.mts';

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
		const begin = async <T,>(keys: string[], send: (fresh: readonly boolean[]) => Promise<T>) =>
			await opened.once(keys, send, async (wait) => await wait());
		return {
			begin,
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

	it('of others stay when some are released', async () => {
		await references.once(['a', 'b'], async () => await Promise.resolve());
		await expect(references.once(['b', 'c'], failing(false))).rejects.toThrow('refused');
		expect(store.references).toEqual(['a', 'b']);
	});

	it('are released when nothing is to be sent any more', async () => {
		const aside = async (wait: () => Promise<void>) => {
			await wait();
			throw new CancelledError(false);
		};
		const claiming = new References(store, 'process', clock).once(['a'], send('a'), aside);
		await expect(clock.until(claiming)).rejects.toThrow('cancelled');
		expect({ sent, kept: store.references }).toEqual({ sent: [], kept: [] });
	});

	it('are not sent when the store fails', async () => {
		store.record = async () => await Promise.reject(new Error('no database'));
		await expect(references.once(['a'], send('a'))).rejects.toThrow('no database');
		expect(sent).toEqual([]);
	});
});
