import { sleepWhile } from '../../../nodes/ModicaWhatsApp/api/clock';
import { settle, VirtualClock } from '../../harness/virtualClock.mts';

/** Sleeps for 1,000 ms from the time 50 on, and tells how long each of its naps was and when it was over. */
async function sleepOn(clock: VirtualClock, hasReason: (now: number) => boolean, standStillMs = 0) {
	const naps: number[] = [];
	await clock.pass(50);
	const sleeping = sleepWhile({ now: () => clock.now(), sleep: async (ms) => (naps.push(ms), await clock.sleep(ms)) }, 1_000, () => hasReason(clock.now()));
	await settle();
	clock.standStill(standStillMs);
	await clock.until(sleeping, 10_000);
	return { naps, until: clock.now() };
}

describe('a sleep', () => {
	it('takes its time, in naps that are short enough for timers that nobody can clear', async () => {
		expect(await sleepOn(new VirtualClock(), () => true)).toEqual({ naps: [200, 200, 200, 200, 200], until: 1_050 });
	});

	it('ends with its reason', async () => {
		expect(await sleepOn(new VirtualClock(), (now) => now < 500)).toEqual({ naps: [200, 200, 200], until: 650 });
	});

	it('is none without a reason', async () => {
		expect(await sleepOn(new VirtualClock(), () => false)).toEqual({ naps: [], until: 50 });
	});

	it('is no longer for a moment in which n8n stood still', async () => {
		expect(await sleepOn(new VirtualClock(), () => true, 890)).toEqual({ naps: [200, 110], until: 1_050 });
	});
});
