/** Once per Reference in queue mode: two concurrent executions on two workers, and a killed worker. */
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { liveCampaign, numbersOf, repeated, rowsOf } from '../../harness/queue/campaign.mts';
import { endedExecutions, killWorker, queueUnderTest, workerOf } from '../../harness/queue/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

/** Slow enough that the campaign is running before and during the kill. */
const REQUESTS_PER_SECOND = 40;
const SAME_MOMENT = 200;
const SAME_MOMENT_ROUNDS = 3;
/** Redis determines which worker gets an execution, so rounds are repeated until each worker has one. */
const MOST_ROUNDS = 12;
const KILLED_CAMPAIGN = 300;
/** 25 requests in flight, and 75 that wait until their claim has settled. */
const MOST_CLAIMED = 100;

const { rest, webhookUrls } = queueUnderTest();
const api = apiUnderTest(rest, { statusSteps: [] });

const sentTo = () => api.simulator.messages.map(({ to }) => to).sort();

describe('a campaign with Once per Reference', () => {
	it('is sent once by two executions that start at the same time on two workers', async () => {
		const campaign = await liveCampaign(rest, api.credential);
		api.simulator.configure({ latencyMs: 20 });
		const rounds: Array<{ workers: number; ended: string[]; sent: number; twice: string[] }> = [];
		for (let round = 1; round <= SAME_MOMENT_ROUNDS || (round <= MOST_ROUNDS && rounds.every(({ workers }) => workers === 1)); round++) {
			await api.simulator.reset();
			const rows = rowsOf(`same-moment-${round}`, SAME_MOMENT);
			await Promise.all([campaign.start(rows, webhookUrls[0]!), campaign.start(rows, webhookUrls[1]!)]);
			const executions = (await endedExecutions(campaign.workflow, 2 * round)).slice(0, 2);
			const ran = await Promise.all(executions.map(async ({ id }) => (await workerOf(id)).pid));
			rounds.push({ workers: new Set(ran).size, ended: executions.map(({ status }) => status), sent: api.simulator.messages.length, twice: repeated(sentTo()) });
		}
		const apart = rounds.filter((round) => round.workers === 2);
		console.log(
			`${rounds.length} rounds of ${SAME_MOMENT} messages by two concurrent executions, ${apart.length} of them on two workers: ` +
				`${rounds.reduce((sum, { twice }) => sum + twice.length, 0)} sent twice`,
		);
		expect(apart.length).toBeGreaterThan(0);
		expect(rounds).toEqual(rounds.map((round) => ({ ...round, ended: ['success', 'success'], sent: SAME_MOMENT, twice: [] })));
	}, 900_000);

	it('is completed by running it again after its worker was killed, and sends nothing twice', async () => {
		const campaign = await liveCampaign(rest, api.credential);
		api.simulator.configure({ rateLimit: { requestsPerSecond: REQUESTS_PER_SECOND, algorithm: 'fixedWindow' } });
		const rows = rowsOf('killed', KILLED_CAMPAIGN);
		await campaign.start(rows, webhookUrls[0]!);
		const [first] = await rest.waitForExecutions(campaign.workflow.id, ([execution]) => execution !== undefined);
		const worker = await workerOf(first!.id);
		await until('a third is sent', PATIENCE_MS, () => api.simulator.messages.length >= KILLED_CAMPAIGN / 3);
		await killWorker(worker);
		const before = api.simulator.messages.length;
		await campaign.start(rows, webhookUrls[0]!);
		// The newest first.
		const [second, killed] = await endedExecutions(campaign.workflow, 2);
		const sent = sentTo();
		const unsent = numbersOf(rows).filter((to) => !sent.includes(to));
		console.log(
			`kill -9 of a worker after ${before} of ${KILLED_CAMPAIGN} messages, then a second run: ${sent.length} sent, ` +
				`${repeated(sent).length} twice, ${unsent.length} not sent because they were claimed at the kill`,
		);
		expect([second, killed].map((execution) => execution!.status)).toEqual(['success', 'error']);
		expect(repeated(sent)).toEqual([]);
		expect(unsent.length).toBeLessThanOrEqual(MOST_CLAIMED);
		// The unsent messages can be found: their items have the status "duplicate", and no message has their reference.
		const { outputs } = await rest.getExecution(second!.id);
		const duplicates = (outputs.WhatsApp?.[0] ?? []).filter(({ json }) => json.status === 'duplicate').map(({ json }) => json.to);
		expect(unsent.filter((to) => !duplicates.includes(to))).toEqual([]);
	}, 900_000);
});
