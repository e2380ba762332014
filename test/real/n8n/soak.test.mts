/** Half a minute of what `npm run soak` does for as long as one likes. */
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { soak } from '../../tools/soak/soak.mts';

const { rest, handle, is1x } = n8nUnderTest();
const storesBeforeAnswering = !is1x;
/** What there must have been, for the books to say something. */
const COUNTED = ['reported as sent', 'faults', 'files', 'callbacks answered', 'callbacks executed'];

describe('half a minute of sends, broadcasts, files and callbacks on an API that fails at random', () => {
	it('comes out even: nothing is lost, nothing is sent twice, nothing is reported other than it was', async () => {
		const { counts, uneven } = await soak({ rest, baseUrl: handle.baseUrl, minutes: 0.5, seed: 20_261_124, storesBeforeAnswering });
		console.log(counts);
		expect(uneven).toEqual([]);
		expect(counts).toMatchObject({ 'accepted twice': 0 });
		expect(COUNTED.filter((name) => !(Number(counts[name]) > 0))).toEqual([]);
	}, 300_000);
});
