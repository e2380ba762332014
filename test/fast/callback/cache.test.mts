import { Cache } from '../../../nodes/ModicaWhatsApp/callback/cache';

let now: number;
let kept: Cache<string>;
let readings: string[];
beforeEach(() => {
	now = 0;
	readings = [];
	kept = new Cache({ ttlMs: 10_000, now: () => now });
});

const get = async (key: string, value: string) =>
	await kept.get(key, async () => {
		readings.push(value);
		return await Promise.resolve(value);
	});

describe('Kept', () => {
	it('reads a value once within the retention time, and again after it', async () => {
		expect(await get('a', 'old')).toBe('old');
		now = 9_999;
		expect(await get('a', 'new')).toBe('old');
		now = 10_000;
		expect(await get('a', 'new')).toBe('new');
		expect(readings).toEqual(['old', 'new']);
	});

	it('counts the time from the start of the read', async () => {
		let answer = (_: string) => {};
		const slow = kept.get('a', () => new Promise((resolve) => (answer = resolve)));
		now = 9_000;
		answer('old');
		expect(await slow).toBe('old');
		now = 10_000;
		expect(await get('a', 'new')).toBe('new');
	});

	it('reads a value once for concurrent callers', async () => {
		expect(await Promise.all([get('a', 'first'), get('a', 'second'), get('a', 'third')])).toEqual(['first', 'first', 'first']);
		expect(readings).toEqual(['first']);
	});

	it('keeps one value per key', async () => {
		expect(await Promise.all([get('a', 'of a'), get('b', 'of b')])).toEqual(['of a', 'of b']);
	});

	it('does not keep a failed read, which fails all concurrent callers', async () => {
		const fail = async () => await kept.get('a', () => Promise.reject(new Error('gone')));
		const both = await Promise.allSettled([fail(), get('a', 'never')]);
		expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		expect(await get('a', 'back')).toBe('back');
		expect(readings).toEqual(['back']);
	});

	it('keeps a value when an older read fails later', async () => {
		let fail = (_: Error) => {};
		const stuck = kept.get('a', () => new Promise((_, reject) => (fail = reject)));
		now = 10_000;
		await get('a', 'new');
		fail(new Error('gone'));
		await expect(stuck).rejects.toThrow('gone');
		expect(await get('a', 'newer')).toBe('new');
	});

	it('removes expired values', async () => {
		await get('a', 'x');
		await get('b', 'y');
		expect(kept.size).toBe(2);
		now = 10_000;
		expect(kept.size).toBe(0);
	});
});
