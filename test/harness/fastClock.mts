import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../nodes/ModicaWhatsApp/api/clock';

/** Real time, but faster: for waits of the code that a real network or a real n8n must live through. */
export function fastClock(timesFaster: number): Clock {
	return {
		now: () => performance.now() * timesFaster,
		sleep: async (milliseconds) => await sleep(milliseconds / timesFaster),
	};
}
