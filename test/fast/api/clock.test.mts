import { sleepWhile } from '../../../nodes/ModicaWhatsApp/api/clock';
import { settle, VirtualClock } from '../../harness/virtualClock.mts';

/** Sleeps for 1,000 ms from time 50 on. Returns the duration of each timer and the time at the end. */
async function sleepOn(clock: VirtualClock, hasReason: (now: number) => boolean, standStillMs = 0) {
	const naps: number[] = [];
	await clock.pass(50);
	const sleeping = sleepWhile({ now: () => clock.now(), sleep: async (ms) => (naps.push(ms), await clock.sleep(ms)) }, 1_000, () => hasReason(clock.now()));
	await settle();
	clock.standStill(standStillMs);
	await clock.until(sleeping, 10_000);
	return { naps, until: clock.now() };
}

describe('sleepWhile', () => {
	it('sleeps in steps short enough for timers that cannot be cleared', async () => {
		expect(await sleepOn(new VirtualClock(), () => true)).toEqual({ naps: [200, 200, 200, 200, 200], until: 1_050 });
	});

	it('ends when its reason ends', async () => {
		expect(await sleepOn(new VirtualClock(), (now) => now < 500)).toEqual({ naps: [200, 200, 200], until: 650 });
	});

	it('does not sleep without a reason', async () => {
		expect(await sleepOn(new VirtualClock(), () => false)).toEqual({ naps: [], until: 50 });
	});

	it('is not extended by a short period during which n8n was blocked', async () => {
		expect(await sleepOn(new VirtualClock(), () => true, 890)).toEqual({ naps: [200, 110], until: 1_050 });
	});
});
