import { Slowdown } from '../../../nodes/ModicaWhatsApp/api/slowdown';

describe('what slowed requests down', () => {
	it('is nothing at first', () => {
		expect(new Slowdown().ms).toEqual({ limit: 0, refusal: 0, outage: 0 });
	});

	it('is told by what was waited for, each wait from its beginning to its end', () => {
		const slowdown = new Slowdown();
		slowdown.waitsFor('limit', 100);
		slowdown.waitsNoMore(150);
		slowdown.waitsFor('refusal', 1_000);
		// For something else: the wait before is over.
		slowdown.waitsFor('outage', 3_000);
		slowdown.waitsNoMore(10_000);
		slowdown.waitsFor('limit', 20_000);
		slowdown.waitsNoMore(20_001);
		expect(slowdown.ms).toEqual({ limit: 51, refusal: 2_000, outage: 7_000 });
	});

	it('counts each moment once, however often it is said that requests wait, or that none does', () => {
		const slowdown = new Slowdown();
		slowdown.waitsNoMore(5);
		for (const now of [10, 20, 40]) slowdown.waitsFor('limit', now);
		for (const now of [50, 60, 90]) slowdown.waitsNoMore(now);
		expect(slowdown.ms).toEqual({ limit: 40, refusal: 0, outage: 0 });
	});
});
