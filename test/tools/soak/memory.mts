/** The memory of an n8n, as it goes on. */
import { readFile } from 'node:fs/promises';
import axios from 'axios';

export interface MemorySample {
	/** Minutes since the beginning. */
	minute: number;
	/** Bytes that the process holds of the machine's memory; undefined where the system does not tell. */
	rss: number | undefined;
	/** Bytes of JavaScript objects, used ones and those not yet cleared away; undefined where n8n does not tell. */
	heap: number | undefined;
}

/** Reads both now. n8n tells of its heap when it was started with `N8N_METRICS=true`. */
export async function sampleMemory(pid: number, baseUrl: string, minute: number): Promise<MemorySample> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
	const metrics = await axios.get<string>(`${baseUrl}/metrics`, { proxy: false, timeout: 10_000, responseType: 'text' }).then(({ data }) => data, () => '');
	const rss = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
	const heap = /^\w*nodejs_heap_size_used_bytes(?:\{[^}]*\})? (\d\S*)$/m.exec(metrics)?.[1];
	return { minute, rss: rss === undefined ? undefined : Number(rss) * 1_024, heap: heap === undefined ? undefined : Number(heap) };
}

/** Bytes a minute by which a value grows, by least squares; undefined with fewer than three samples. */
export function slope(samples: readonly MemorySample[], of: 'heap' | 'rss'): number | undefined {
	const points = samples.flatMap(({ minute, [of]: bytes }) => (bytes === undefined ? [] : [[minute, bytes] as const]));
	if (points.length < 3) return undefined;
	const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
	const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
	return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
