import { CancelledError, ModicaError } from '../../../nodes/ModicaWhatsApp/api/errors';
import { References, type ReferenceStore } from '../../../nodes/ModicaWhatsApp/operations/message/references';
import { settle } from '../../api/clock.mts';

/** A store like n8n's: reads everything, then writes everything, so that two at once lose something. */
class Store implements ReferenceStore {
	keys: string[] = [];
	calls: string[][] = [];

	async record(keys: string[]): Promise<string[]> {
		this.calls.push(keys);
		const read = [...this.keys];
		await settle();
		this.keys = [...read, ...keys.filter((key) => !read.includes(key))];
		// n8n's own calls a key new as often as it is given.
		return keys.filter((key) => !read.includes(key));
	}

	async remove(keys: string[]): Promise<void> {
		const read = [...this.keys];
		await settle();
		this.keys = read.filter((key) => !keys.includes(key));
	}
}

const sent: string[] = [];
const send = (key: string) => async ([fresh]: readonly boolean[]) => {
	await settle();
	if (fresh) sent.push(key);
	return fresh === true;
};
const failing = (mayHaveBeenSent: boolean) => async () => {
	await settle();
	throw new ModicaError('refused', { mayHaveBeenSent });
};

describe('references', () => {
	let store: Store;
	let references: References;

	beforeEach(() => {
		sent.length = 0;
		store = new Store();
		references = new References(store, 'node');
	});

	it('are sent once, in this execution and in later ones', async () => {
		expect(await references.once(['a'], send('a'))).toBe(true);
		expect(await references.once(['a'], send('a'))).toBe(false);
		expect(await new References(store, 'node').once(['a'], send('a'))).toBe(false);
		expect(await references.once(['b'], send('b'))).toBe(true);
		expect(sent).toEqual(['a', 'b']);
	});

	it('are claimed before they are sent', async () => {
		await references.once(['a'], async () => {
			expect(store.keys).toEqual(['a']);
			await settle();
		});
		expect.assertions(1);
	});

	it('that come twice at the same moment are sent once', async () => {
		const outcomes = await Promise.all([references.once(['a'], send('a')), references.once(['a'], send('a'))]);
		expect(outcomes).toEqual([true, false]);
	});

	it('of two executions at the same moment are sent once', async () => {
		const names = Array.from({ length: 20 }, (_, index) => `order-${index}`);
		const other = new References(store, 'node');
		await Promise.all([references, other].flatMap((one) => names.map(async (name) => await one.once([name], send(name)))));
		expect(sent.sort()).toEqual([...names].sort());
		expect(store.keys.sort()).toEqual([...names].sort());
	});

	it('asked for together are claimed together', async () => {
		await Promise.all(['a', 'b', 'c'].map(async (key) => await references.once([key], send(key))));
		expect(store.calls).toEqual([['a', 'b', 'c']]);
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
		expect(store.keys).toEqual(kept);
		expect(await references.once(['a'], send('a'))).toBe(kept.length === 0);
	});

	it('of others stay when some are released', async () => {
		await references.once(['a', 'b'], async () => await Promise.resolve());
		await expect(references.once(['b', 'c'], failing(false))).rejects.toThrow('refused');
		expect(store.keys).toEqual(['a', 'b']);
	});

	it('are not sent when the store fails', async () => {
		store.record = async () => await Promise.reject(new Error('no database'));
		await expect(references.once(['a'], send('a'))).rejects.toThrow('no database');
		expect(sent).toEqual([]);
	});
});
