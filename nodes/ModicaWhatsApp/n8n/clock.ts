import { sleep } from 'n8n-workflow';
import type { Clock } from '../api/clock';

/** The real clock. The only timer that n8n allows in community nodes is its own `sleep`, which can't be canceled. */
export const clock: Clock = { now: () => performance.now(), sleep };
