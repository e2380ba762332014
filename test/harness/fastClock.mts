import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';

/** Accelerated real time, to shorten waits of the code in tests with a real network or a real n8n. */
export function fastClock(timesFaster: number): Clock {
	return {
		now: () => performance.now() * timesFaster,
		sleep: async (milliseconds) => await sleep(milliseconds / timesFaster),
	};
}
