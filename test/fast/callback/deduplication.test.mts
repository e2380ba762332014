import { Deduplicator, DeduplicatorByTrigger } from '../../../nodes/ModicaWhatsApp/callback/deduplication';

const SETTINGS = { maxEntries: 3, ttlMs: 1_000 };

/** A memory with a virtual clock, and callbacks that end when the test says so. */
function memory() {
	const clock = { now: 0 };
	const seen = new Deduplicator({ ...SETTINGS, now: () => clock.now });
	const begin = async (key: string) => {
		let end: (succeeded: boolean) => void = () => {};
		const admitted = await seen.admit(key, () => new Promise((resolve) => (end = resolve)));
		return { admitted, end };
	};
	const take = async (key: string) => {
		const { admitted, end } = await begin(key);
		end(true);
		await settled();
		return admitted;
	};
	return { clock, seen, begin, take };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Deduplication', () => {
	it('rejects a duplicate', async () => {
		const { take } = memory();
		expect([await take('a'), await take('a'), await take('b')]).toEqual([true, false, true]);
	});

	it('accepts a callback again after a failure', async () => {
		const { begin, take } = memory();
		const first = await begin('a');
		first.end(false);
		await settled();
		expect([await take('a'), await take('a')]).toEqual([true, false]);
	});

	it('forgets a callback after the retention time', async () => {
		const { clock, take } = memory();
		await take('a');
		clock.now = 999;
		expect(await take('a')).toBe(false);
		clock.now = 1_000;
		expect(await take('a')).toBe(true);
	});

	it('forgets the oldest callback when it is full', async () => {
		const { seen, take } = memory();
		for (const key of ['a', 'b', 'c', 'd']) await take(key);
		expect(seen.size).toBe(3);
		expect([await take('b'), await take('c'), await take('d')]).toEqual([false, false, false]);
		expect(await take('a')).toBe(true);
	});

	it('stays within its size over 100,000 callbacks', async () => {
		const seen = new Deduplicator({ maxEntries: 500, ttlMs: 1_000, now: () => 0 });
		for (let index = 0; index < 100_000; index++) await seen.admit(`key-${index}`, () => Promise.resolve(true));
		await settled();
		expect(seen.size).toBe(500);
	});
});

describe('Deduplication of concurrent copies', () => {
	it('lets copies wait, and rejects them if the first succeeds', async () => {
		const { begin, seen } = memory();
		const first = await begin('a');
		const copies = Array.from({ length: 20 }, () => begin('a'));
		let waiting = true;
		void Promise.all(copies).then(() => (waiting = false));
		await settled();
		expect({ waiting, size: seen.size }).toEqual({ waiting: true, size: 1 });
		first.end(true);
		expect((await Promise.all(copies)).map(({ admitted }) => admitted)).toEqual(Array(20).fill(false));
	});

	it('lets one copy proceed if the first fails, and the others wait for it', async () => {
		const { begin } = memory();
		const first = await begin('a');
		const admitted: boolean[] = [];
		const ends: Array<(succeeded: boolean) => void> = [];
		const copies = Array.from({ length: 3 }, async () => {
			const copy = await begin('a');
			admitted.push(copy.admitted);
			ends.push(copy.end);
		});
		first.end(false);
		await settled();
		expect(admitted).toEqual([true]);
		ends[0]?.(true);
		await Promise.all(copies);
		expect(admitted).toEqual([true, false, false]);
	});

	it('does not delay other callbacks', async () => {
		const { begin, take } = memory();
		await begin('a');
		expect(await take('b')).toBe(true);
	});
});

describe('Deduplication per trigger', () => {
	it('keeps a separate memory for each trigger', async () => {
		const triggers = new DeduplicatorByTrigger({ ...SETTINGS, now: () => 0 });
		const admit = (workflow: string, node: string) => triggers.of(workflow, node).admit('a', () => Promise.resolve(true));
		expect(await admit('1', '2')).toBe(true);
		await settled();
		expect([await admit('1', '2'), await admit('1', '3'), await admit('2', '2'), await admit('12', '')]).toEqual([false, true, true, true]);
	});

	it('removes the memory of a trigger with its last callback', async () => {
		const clock = { now: 0 };
		const triggers = new DeduplicatorByTrigger({ ...SETTINGS, now: () => clock.now });
		for (const workflow of ['1', '2']) await triggers.of(workflow, 'n').admit('a', () => Promise.resolve(true));
		await settled();
		expect(triggers.size).toBe(2);
		clock.now = 5_000;
		triggers.of('3', 'n');
		expect(triggers.size).toBe(1);
	});
});
