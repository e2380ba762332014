/** Measures n8n's memory over time. */
import { readFile } from 'node:fs/promises';
import axios from 'axios';

export interface MemorySample {
	/** Minutes since the start. */
	minute: number;
	/** Resident set size of the process in bytes. Undefined if the system doesn't provide it. */
	rss: number | undefined;
	/** Size of the JavaScript heap in bytes, including garbage. Undefined if n8n doesn't provide it. */
	heap: number | undefined;
}

/** Takes a sample. n8n provides the size of its heap if it was started with `N8N_METRICS=true`. */
export async function sampleMemory(pid: number, baseUrl: string, minute: number): Promise<MemorySample> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
	const metrics = await axios.get<string>(`${baseUrl}/metrics`, { proxy: false, timeout: 10_000, responseType: 'text' }).then(({ data }) => data, () => '');
	const rss = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
	const heap = /^\w*nodejs_heap_size_used_bytes(?:\{[^}]*\})? (\d\S*)$/m.exec(metrics)?.[1];
	return { minute, rss: rss === undefined ? undefined : Number(rss) * 1_024, heap: heap === undefined ? undefined : Number(heap) };
}

/** Growth in bytes per minute (least squares). Undefined for fewer than three samples. */
export function slope(samples: readonly MemorySample[], of: 'heap' | 'rss'): number | undefined {
	const points = samples.flatMap(({ minute, [of]: bytes }) => (bytes === undefined ? [] : [[minute, bytes] as const]));
	if (points.length < 3) return undefined;
	const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
	const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
	const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
	return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
