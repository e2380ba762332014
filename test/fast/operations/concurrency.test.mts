import { Batcher, inTurn, Semaphore } from '../../../nodes/ModicaWhatsApp/operations/concurrency';
import { settle } from '../../harness/virtualClock.mts';

/** Work that is ended by hand. */
class Handled<T> {
	end!: (result: T) => void;
	fail!: (error: Error) => void;
	readonly promise = new Promise<T>((resolve, reject) => ([this.end, this.fail] = [resolve, reject]));
}

describe('places', () => {
	it('are taken in the order in which they are asked for, though a later one would fit', async () => {
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

	it('are all taken by whoever asks for more than there are', async () => {
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
	/** Notes the batches, each of which is ended by hand. */
	function batcher() {
		const batches: Array<{ keys: string[]; work: Handled<string[]> }> = [];
		const all = new Batcher<string>(async (keys) => {
			const work = new Handled<string[]>();
			batches.push({ keys, work });
			return await work.promise;
		});
		return { all, batches, keys: () => batches.map(({ keys }) => keys) };
	}

	it('is what is added in the same moment, with a result for each', async () => {
		const { all, batches, keys } = batcher();
		const results = Promise.all(['a', 'b', 'c'].map(async (key) => await all.add(key)));
		await settle();
		expect(keys()).toEqual([['a', 'b', 'c']]);
		batches[0]?.work.end(['A', 'B', 'C']);
		expect(await results).toEqual(['A', 'B', 'C']);
		expect(batches).toHaveLength(1);
	});

	it('gathers what is added while the one before is worked on', async () => {
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

	it('that fails does so for all that it holds, and for none that come later', async () => {
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

describe('work of one name', () => {
	/** Starts work of a name, which is noted once it really begins. */
	function workshop() {
		const begun: string[] = [];
		const start = (name: string, what: string) => {
			const work = new Handled<string>();
			const result = inTurn(name, async () => (begun.push(what), await work.promise));
			return { work, result };
		};
		return { begun, start };
	}

	it('is done one after the other, and gives its results', async () => {
		const { begun, start } = workshop();
		const [first, second] = [start('a', 'first'), start('a', 'second')];
		await settle();
		expect(begun).toEqual(['first']);
		first.work.end('one');
		expect(await first.result).toBe('one');
		await settle();
		expect(begun).toEqual(['first', 'second']);
		// It waits for the second, though the first, which came before that, is long over.
		const third = start('a', 'third');
		await settle();
		expect(begun).toEqual(['first', 'second']);
		second.work.end('two');
		third.work.end('three');
		expect([await second.result, await third.result]).toEqual(['two', 'three']);
		expect(begun).toEqual(['first', 'second', 'third']);
	});

	it('goes on after work that failed', async () => {
		const { begun, start } = workshop();
		const [first, second] = [start('a', 'first'), start('a', 'second')];
		first.work.fail(new Error('gone'));
		second.work.end('two');
		await expect(first.result).rejects.toThrow('gone');
		expect(await second.result).toBe('two');
		expect(begun).toEqual(['first', 'second']);
	});

	it('does not wait for work of another', async () => {
		const { begun, start } = workshop();
		const works = [start('a', 'of a'), start('b', 'of b')];
		await settle();
		expect(begun).toEqual(['of a', 'of b']);
		for (const { work } of works) work.end('');
		await Promise.all(works.map(async ({ result }) => await result));
	});
});
