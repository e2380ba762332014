import { sleep } from 'n8n-workflow';
import type { Clock } from '../api/clock';

/** Real time. n8n allows community nodes no timers but its own, which cannot be cleared. */
export const clock: Clock = { now: () => performance.now(), sleep };
