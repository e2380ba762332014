import { Slowdown } from '../../../nodes/ModicaWhatsApp/api/slowdown';

describe('what slowed requests down', () => {
	it('is empty at first', () => {
		expect(new Slowdown().ms).toEqual({ limit: 0, refusal: 0, outage: 0 });
	});

	it('is reported by cause, each wait from its start to its end', () => {
		const slowdown = new Slowdown();
		slowdown.waitsFor('limit', 100);
		slowdown.waitsNoMore(150);
		slowdown.waitsFor('refusal', 1_000);
		// A different cause ends the previous wait.
		slowdown.waitsFor('outage', 3_000);
		slowdown.waitsNoMore(10_000);
		slowdown.waitsFor('limit', 20_000);
		slowdown.waitsNoMore(20_001);
		expect(slowdown.ms).toEqual({ limit: 51, refusal: 2_000, outage: 7_000 });
	});

	it('counts each moment once, regardless of repeated calls', () => {
		const slowdown = new Slowdown();
		slowdown.waitsNoMore(5);
		for (const now of [10, 20, 40]) slowdown.waitsFor('limit', now);
		for (const now of [50, 60, 90]) slowdown.waitsNoMore(now);
		expect(slowdown.ms).toEqual({ limit: 40, refusal: 0, outage: 0 });
	});
});
