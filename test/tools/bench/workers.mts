/** Throughput of n8n's queue mode on one machine by number of workers: callbacks, and concurrent campaigns. */
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

/** Measures in a separate n8n, to which workers are added. */
export async function workers(_stage: Stage, { runs, tell }: BenchSettings): Promise<Row[]> {
	const installation = await ensureN8n(CURRENT.version, tell);
	const cluster = await startCluster(installation, { workers: WORKERS[0]!, webhooks: 2 }, tell);
	const simulator = await startSimulator({ statusSteps: [], latencyMs: LATENCY_MS });
	try {
		const rest = await N8nRest.logIn(cluster.main.baseUrl);
		const credential = await rest.createCredential('modicaWhatsAppApi', { ...loginOf(simulator), ...CALLBACK_LOGIN });
		const load = await Load.prepare(cluster, simulator, rest, credential);
		const rows: Row[] = [];
		for (const count of WORKERS) {
			while (cluster.workers.length < count) cluster.workers.push(await cluster.startWorker());
			const who = count === 1 ? '1 worker' : `${count} workers`;
			// Warm-up: new workers must load their code first.
			await load.sendCallbacks();
			await load.sendCampaigns();
			const taken: Taken[] = [];
			const sent: number[] = [];
			for (let run = 1; run <= runs; run++) {
				const callbacksOfRun = await load.sendCallbacks();
				const campaignsOfRun = await load.sendCampaigns();
				taken.push(callbacksOfRun);
				sent.push(campaignsOfRun);
				tell(`${who}, run ${run}: callbacks executed in ${seconds(callbacksOfRun.ranMs)}, campaigns in ${seconds(campaignsOfRun)}`);
			}
			rows.push(...rowsFor(who, taken, sent));
		}
		return rows.sort((one, other) => one.work.localeCompare(other.work));
	} finally {
		await simulator.stop();
		await cluster.stop();
	}
}

/** Milliseconds until all callbacks were answered, until all executions had ended, and the 99th percentile of response times. */
interface Taken {
	answeredMs: number;
	ranMs: number;
	p99Ms: number;
}

/** The load on the cluster. */
class Load {
	private callbackCount = 0;
	private campaignCount = 0;

	private constructor(
		private readonly cluster: Cluster,
		private readonly simulator: Simulator,
		private readonly workflow: StoredWorkflow,
		private readonly campaigns: LiveCampaign[],
	) {}

	static async prepare(cluster: Cluster, simulator: Simulator, rest: N8nRest, credential: StoredCredential): Promise<Load> {
		const workflow = await rest.importWorkflow(callbackWorkflow(credential));
		await rest.activate(workflow);
		const campaigns: LiveCampaign[] = [];
		for (let count = 0; count < CAMPAIGNS; count++) campaigns.push(await liveCampaign(rest, credential));
		return new Load(cluster, simulator, workflow, campaigns);
	}

	async sendCallbacks(): Promise<Taken> {
		const urls = this.cluster.webhooks.map(({ baseUrl }) => callbackUrl(baseUrl, this.workflow));
		const began = performance.now();
		const first = await send(urls, newCallbacks(CALLBACKS), AT_ONCE);
		// Callbacks whose persistent connection was closed by the server are sent again.
		const unanswered = first.filter((outcome) => 'error' in outcome).map(({ shot }) => shot);
		const outcomes = [...first.filter((outcome) => !('error' in outcome)), ...(await send(urls, unanswered, AT_ONCE))];
		const answeredMs = performance.now() - began;
		const refused = outcomes.filter((outcome) => summary(outcome) !== '200');
		if (refused.length > 0) throw new Error(`${refused.length} of ${CALLBACKS} callbacks were not accepted. First response: ${summary(refused[0]!)}`);
		this.callbackCount += CALLBACKS;
		await endedExecutionsIn(this.cluster.postgres, this.workflow, this.callbackCount);
		return { answeredMs, ranMs: performance.now() - began, p99Ms: percentile(outcomes.map(({ ms }) => ms), 99) };
	}

	/** Starts all campaigns at the same time. @returns the milliseconds until the last one has ended */
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
		if (sent.length !== CAMPAIGNS * MESSAGES || repeated(sent).length > 0) throw new Error(`${sent.length} messages were sent, ${repeated(sent).length} of them duplicates`);
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
			target: '',
		},
		{
			work: `${CAMPAIGNS} concurrent campaigns of ${MESSAGES} messages, ${LATENCY_MS} ms latency`,
			contestant: who,
			result: `${seconds(median(sent))}, messages ${perSecond(CAMPAIGNS * MESSAGES, median(sent))}`,
			target: 'each message sent once',
			ok: true,
		},
	];
}
