/** Half a minute of what `npm run soak` does for as long as one likes. */
import { soak } from '../soak/soak.mts';
import { n8nUnderTest } from './underTest.mts';

const { rest, handle } = n8nUnderTest();

describe('half a minute of sends, broadcasts, files and callbacks on an API that fails at random', () => {
	it('comes out even: nothing is lost, nothing is sent twice, nothing is reported other than it was', async () => {
		const { counts, uneven } = await soak({ rest, baseUrl: handle.baseUrl, minutes: 0.5, seed: 20_261_124 });
		console.log(counts);
		expect(uneven).toEqual([]);
		expect(counts).toMatchObject({ 'taken twice': 0 });
		// There was something to find: of each kind, and with faults in it.
		for (const name of ['reported as sent', 'faults', 'files', 'callbacks answered']) expect([name, counts[name]]).toEqual([name, expect.any(Number)]);
		expect(Math.min(counts['reported as sent'] ?? 0, counts.faults ?? 0, counts.files ?? 0, counts['callbacks answered'] ?? 0)).toBeGreaterThan(0);
	}, 300_000);
});
