import { Batcher, inTurn, Semaphore } from '../../../nodes/ModicaWhatsApp/operations/concurrency';
import { settle } from '../../harness/virtualClock.mts';

/** Work that the test ends. */
class Handled<T> {
	end!: (result: T) => void;
	fail!: (error: Error) => void;
	readonly promise = new Promise<T>((resolve, reject) => ([this.end, this.fail] = [resolve, reject]));
}

describe('Semaphore', () => {
	it('grants requests in order, even if a later one would fit', async () => {
		const places = new Semaphore(3);
		const entered: string[] = [];
		const enter = (name: string, count: number) => void places.acquire(count).then(() => entered.push(name));
		enter('two', 2);
		enter('another two', 2);
		enter('one', 1);
		await settle();
		expect(entered).toEqual(['two']);
		places.release(2);
		await settle();
		expect(entered).toEqual(['two', 'another two', 'one']);
	});

	it('grants all slots to a request for more than exist', async () => {
		const places = new Semaphore(3);
		const entered: string[] = [];
		const enter = (name: string, count: number) => void places.acquire(count).then(() => entered.push(name));
		enter('one', 1);
		enter('five', 5);
		enter('another one', 1);
		await settle();
		expect(entered).toEqual(['one']);
		places.release(1);
		await settle();
		expect(entered).toEqual(['one', 'five']);
		places.release(5);
		await settle();
		expect(entered).toEqual(['one', 'five', 'another one']);
	});
});

describe('a batch', () => {
	/** Records the batches, which the test ends one by one. */
	function batcher() {
		const batches: Array<{ keys: string[]; work: Handled<string[]> }> = [];
		const all = new Batcher<string>(async (keys) => {
			const work = new Handled<string[]>();
			batches.push({ keys, work });
			return await work.promise;
		});
		return { all, batches, keys: () => batches.map(({ keys }) => keys) };
	}

	it('contains everything added at the same time, with one result each', async () => {
		const { all, batches, keys } = batcher();
		const results = Promise.all(['a', 'b', 'c'].map(async (key) => await all.add(key)));
		await settle();
		expect(keys()).toEqual([['a', 'b', 'c']]);
		batches[0]?.work.end(['A', 'B', 'C']);
		expect(await results).toEqual(['A', 'B', 'C']);
		expect(batches).toHaveLength(1);
	});

	it('collects what is added while the previous batch is running', async () => {
		const { all, batches, keys } = batcher();
		const first = all.add('a');
		await settle();
		const others = Promise.all([all.add('b'), all.add('c')]);
		await settle();
		expect(keys()).toEqual([['a']]);
		batches[0]?.work.end(['A']);
		expect(await first).toBe('A');
		await settle();
		expect(keys()).toEqual([['a'], ['b', 'c']]);
		batches[1]?.work.end(['B', 'C']);
		expect(await others).toEqual(['B', 'C']);
	});

	it('that fails rejects its own entries, and no later ones', async () => {
		const { all, batches } = batcher();
		const failed = Promise.allSettled([all.add('a'), all.add('b')]);
		await settle();
		const later = all.add('c');
		const error = new Error('gone');
		batches[0]?.work.fail(error);
		expect(await failed).toEqual([{ status: 'rejected', reason: error }, { status: 'rejected', reason: error }]);
		await settle();
		batches[1]?.work.end(['C']);
		expect(await later).toBe('C');
		const last = all.add('d');
		await settle();
		batches[2]?.work.end(['D']);
		expect(await last).toBe('D');
	});
});

describe('work with the same key', () => {
	/** Starts work for a key. Records when it really begins. */
	function workshop() {
		const begun: string[] = [];
		const start = (name: string, what: string) => {
			const work = new Handled<string>();
			const result = inTurn(name, async () => (begun.push(what), await work.promise));
			return { work, result };
		};
		return { begun, start };
	}

	it('runs one at a time, and returns its results', async () => {
		const { begun, start } = workshop();
		const [first, second] = [start('a', 'first'), start('a', 'second')];
		await settle();
		expect(begun).toEqual(['first']);
		first.work.end('one');
		expect(await first.result).toBe('one');
		await settle();
		expect(begun).toEqual(['first', 'second']);
		// The third waits for the second, even though the first ended long ago.
		const third = start('a', 'third');
		await settle();
		expect(begun).toEqual(['first', 'second']);
		second.work.end('two');
		third.work.end('three');
		expect([await second.result, await third.result]).toEqual(['two', 'three']);
		expect(begun).toEqual(['first', 'second', 'third']);
	});

	it('continues after a failure', async () => {
		const { begun, start } = workshop();
		const [first, second] = [start('a', 'first'), start('a', 'second')];
		first.work.fail(new Error('gone'));
		second.work.end('two');
		await expect(first.result).rejects.toThrow('gone');
		expect(await second.result).toBe('two');
		expect(begun).toEqual(['first', 'second']);
	});

	it('does not wait for work with another key', async () => {
		const { begun, start } = workshop();
		const works = [start('a', 'of a'), start('b', 'of b')];
		await settle();
		expect(begun).toEqual(['of a', 'of b']);
		for (const { work } of works) work.end('');
		await Promise.all(works.map(async ({ result }) => await result));
	});
});
