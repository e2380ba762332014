/** What more workers bring in n8n's queue mode, on one machine: callbacks, and campaigns at the same time. */
import { loginOf } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN, callbackUrl, callbackWorkflow } from '../../harness/n8n/callbacks.mts';
import { percentile, send, summary } from '../../harness/n8n/flood.mts';
import { ensureN8n } from '../../harness/n8n/install.mts';
import { N8nRest, type StoredCredential, type StoredWorkflow } from '../../harness/n8n/rest.mts';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { liveCampaign, repeated, rowsOf, type LiveCampaign } from '../../harness/queue/campaign.mts';
import { startCluster, type Cluster } from '../../harness/queue/cluster.mts';
import { endedExecutionsIn } from '../../harness/queue/executions.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';
import { newCallbacks } from './callbacks.mts';
import type { BenchSettings } from './campaigns.mts';
import type { Stage } from './stage.mts';
import { median, seconds, type Row } from './table.mts';

const WORKERS = [1, 2, 4];
const CALLBACKS = 300;
const AT_ONCE = 20;
const CAMPAIGNS = 4;
const MESSAGES = 250;
const LATENCY_MS = 50;

/** Measured in an n8n of its own, to which workers are added. */
export async function workers(_stage: Stage, { runs, tell }: BenchSettings): Promise<Row[]> {
	const installation = await ensureN8n(CURRENT.version, tell);
	const cluster = await startCluster(installation, { workers: WORKERS[0]!, webhooks: 2 }, tell);
	const simulator = await startSimulator({ statusSteps: [], latencyMs: LATENCY_MS });
	try {
		const rest = await N8nRest.logIn(cluster.main.baseUrl);
		const credential = await rest.createCredential('modicaWhatsAppApi', { ...loginOf(simulator), ...CALLBACK_LOGIN });
		const crowd = await Crowd.gather(cluster, simulator, rest, credential);
		const rows: Row[] = [];
		for (const count of WORKERS) {
			while (cluster.workers.length < count) cluster.workers.push(await cluster.startWorker());
			const who = count === 1 ? '1 worker' : `${count} workers`;
			// A worker that has run nothing yet has to load all of it first.
			await crowd.takeCallbacks();
			await crowd.sendCampaigns();
			const taken: Taken[] = [];
			const sent: number[] = [];
			for (let run = 1; run <= runs; run++) {
				const callbacksOfRun = await crowd.takeCallbacks();
				const campaignsOfRun = await crowd.sendCampaigns();
				taken.push(callbacksOfRun);
				sent.push(campaignsOfRun);
				tell(`${who}, run ${run}: callbacks run in ${seconds(callbacksOfRun.ranMs)}, campaigns in ${seconds(campaignsOfRun)}`);
			}
			rows.push(...rowsFor(who, taken, sent));
		}
		return rows.sort((one, other) => one.work.localeCompare(other.work));
	} finally {
		await simulator.stop();
		await cluster.stop();
	}
}

/** Milliseconds: until all were answered, until all had run, and what 99 % of the answers did not take longer than. */
interface Taken {
	answeredMs: number;
	ranMs: number;
	p99Ms: number;
}

/** What comes to the cluster. */
class Crowd {
	private callbackCount = 0;
	private campaignCount = 0;

	private constructor(
		private readonly cluster: Cluster,
		private readonly simulator: Simulator,
		private readonly workflow: StoredWorkflow,
		private readonly campaigns: LiveCampaign[],
	) {}

	static async gather(cluster: Cluster, simulator: Simulator, rest: N8nRest, credential: StoredCredential): Promise<Crowd> {
		const workflow = await rest.importWorkflow(callbackWorkflow(credential));
		await rest.activate(workflow);
		const campaigns: LiveCampaign[] = [];
		for (let count = 0; count < CAMPAIGNS; count++) campaigns.push(await liveCampaign(rest, credential));
		return new Crowd(cluster, simulator, workflow, campaigns);
	}

	async takeCallbacks(): Promise<Taken> {
		const urls = this.cluster.webhooks.map(({ baseUrl }) => callbackUrl(baseUrl, this.workflow));
		const began = performance.now();
		const first = await send(urls, newCallbacks(CALLBACKS), AT_ONCE);
		// A connection that was kept from the round before may close just then: whoever gets no answer sends again.
		const unanswered = first.filter((outcome) => 'error' in outcome).map(({ shot }) => shot);
		const outcomes = [...first.filter((outcome) => !('error' in outcome)), ...(await send(urls, unanswered, AT_ONCE))];
		const answeredMs = performance.now() - began;
		const refused = outcomes.filter((outcome) => summary(outcome) !== '200');
		if (refused.length > 0) throw new Error(`${refused.length} of ${CALLBACKS} callbacks were not taken, such as: ${summary(refused[0]!)}`);
		this.callbackCount += CALLBACKS;
		await endedExecutionsIn(this.cluster.postgres, this.workflow, this.callbackCount);
		return { answeredMs, ranMs: performance.now() - began, p99Ms: percentile(outcomes.map(({ ms }) => ms), 99) };
	}

	/** Starts all campaigns at once. @returns the milliseconds until the last had ended */
	async sendCampaigns(): Promise<number> {
		await this.simulator.reset();
		this.campaignCount++;
		const began = performance.now();
		await Promise.all(
			this.campaigns.map(async ({ workflow, start }, index) => {
				const { baseUrl } = this.cluster.webhooks[index % this.cluster.webhooks.length]!;
				await start(rowsOf(`campaign-${index}-${this.campaignCount}`, MESSAGES), baseUrl);
				await endedExecutionsIn(this.cluster.postgres, workflow, this.campaignCount);
			}),
		);
		const ms = performance.now() - began;
		const sent = this.simulator.messages.map(({ to, reference }) => `${reference} to ${to}`);
		if (sent.length !== CAMPAIGNS * MESSAGES || repeated(sent).length > 0) throw new Error(`${sent.length} messages, ${repeated(sent).length} of them again`);
		return ms;
	}
}

function rowsFor(who: string, taken: readonly Taken[], sent: readonly number[]): Row[] {
	const perSecond = (count: number, ms: number) => `${((count / ms) * 1_000).toFixed(0)}/s`;
	const of = (value: (one: Taken) => number) => median(taken.map(value));
	return [
		{
			work: `${CALLBACKS} callbacks, ${AT_ONCE} concurrent, 2 webhook processes`,
			contestant: who,
			result: `responses ${perSecond(CALLBACKS, of(({ answeredMs }) => answeredMs))}, p99 ${seconds(of(({ p99Ms }) => p99Ms))}; executions ${perSecond(CALLBACKS, of(({ ranMs }) => ranMs))}`,
			must: '',
		},
		{
			work: `${CAMPAIGNS} concurrent campaigns of ${MESSAGES} messages, ${LATENCY_MS} ms latency`,
			contestant: who,
			result: `${seconds(median(sent))}, messages ${perSecond(CAMPAIGNS * MESSAGES, median(sent))}`,
			must: 'each message sent once',
			ok: true,
		},
	];
}
