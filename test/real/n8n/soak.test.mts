/** A 30-second run of the soak test, `npm run soak`. */
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { soak } from '../../tools/soak/soak.mts';

const { rest, handle, is1x } = n8nUnderTest();
const storesBeforeAnswering = !is1x;
/** Counts that must be above zero for the result to mean anything. */
const COUNTED = ['reported as sent', 'faults', 'files', 'callbacks answered', 'callbacks executed'];

describe('30 seconds of sends, broadcasts, files, and callbacks against an API that fails at random', () => {
	it('lose nothing, send nothing twice, and report every result correctly', async () => {
		const { counts, discrepancies } = await soak({ rest, baseUrl: handle.baseUrl, minutes: 0.5, seed: 20_261_124, storesBeforeAnswering });
		console.log(counts);
		expect(discrepancies).toEqual([]);
		expect(counts).toMatchObject({ 'accepted twice': 0 });
		expect(COUNTED.filter((name) => !(Number(counts[name]) > 0))).toEqual([]);
	}, 300_000);
});
