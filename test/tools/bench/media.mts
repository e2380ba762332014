/** Benchmarks of uploads and downloads: identical content, time, and memory. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import axios from 'axios';
import type { INode, INodeExecutionData, INodeParameters } from 'n8n-workflow';
import { loginOf } from '../../harness/n8n/apiUnderTest.mts';
import { ensureN8n, type N8nInstallation } from '../../harness/n8n/install.mts';
import { expiredLink } from '../../harness/n8n/links.mts';
import { N8nRest, type StoredCredential } from '../../harness/n8n/rest.mts';
import { startN8n, type N8nServer } from '../../harness/n8n/server.mts';
import { CURRENT } from '../../harness/n8n/versions.mts';
import { removeNow } from '../../harness/processes.mts';
import { until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';
import type { BenchSettings } from './campaigns.mts';
import { memoryPeak } from './memory.mts';
import { createUserFolderWithContestants, node, runToEnd, type Stage } from './stage.mts';
import { median, megabytes, seconds, type Row } from './table.mts';

const MEBIBYTE = 1024 * 1024;
const MOST_GROWTH = 64 * MEBIBYTE;
/** Number of concurrent uploads of the package. */
const CONCURRENCY = 3;
const RUN_TIMEOUT_MS = 10 * 60_000;
/** In memory mode, n8n also stores files as text in the execution. The maximum length of a string excludes 500 MB. */
const SIZES = { filesystem: [16, 100, 500], memory: [16, 100] } as const;

type Mode = keyof typeof SIZES;

/** A node that uploads the file of each item, or downloads one. */
interface Contestant {
	name: string;
	upload: (baseUrl: string) => Partial<INode>;
	download: (baseUrl: string, mediaId: string) => Partial<INode>;
}

const WHATSAPP = 'n8n-nodes-modica-whatsapp.modicaWhatsApp';
const OURS: Contestant = {
	name: 'this package',
	upload: () => ({ type: WHATSAPP, parameters: { resource: 'media', operation: 'upload', binaryPropertyName: 'data' } }),
	download: (_, mediaId) => ({
		type: WHATSAPP,
		parameters: { resource: 'media', operation: 'download', mediaId, binaryPropertyName: 'data' },
	}),
};

const httpRequest = (parameters: INodeParameters): Partial<INode> => ({
	type: 'n8n-nodes-base.httpRequest',
	typeVersion: 4.2,
	parameters: { authentication: 'predefinedCredentialType', nodeCredentialType: 'modicaWhatsAppApi', ...parameters },
});
const HTTP_REQUEST: Contestant = {
	name: 'HTTP Request',
	upload: (baseUrl) =>
		httpRequest({
			method: 'POST',
			url: `${baseUrl}/media`,
			sendBody: true,
			contentType: 'multipart-form-data',
			bodyParameters: { parameters: [{ parameterType: 'formBinaryData', name: 'file', inputDataFieldName: 'data' }] },
		}),
	download: (baseUrl, mediaId) =>
		httpRequest({
			url: `${baseUrl}/media?media_id=${mediaId}`,
			options: { response: { response: { responseFormat: 'file' } } },
		}),
};

/** The result of a run. */
interface Outcome {
	ms: number;
	growth: number;
	outputs: INodeExecutionData[];
	/** Hashes of the input files. */
	sha256: string[];
}

/** A running n8n with one of its modes for binary data, and a simulator. */
class MediaStage {
	private constructor(
		private readonly installation: N8nInstallation,
		private readonly userFolder: string,
		private readonly mode: Mode,
		readonly simulator: Simulator,
		private server: N8nServer,
		private rest: N8nRest,
		private readonly credential: StoredCredential,
	) {}

	static async start(mode: Mode): Promise<MediaStage> {
		const installation = await ensureN8n(CURRENT.version, console.log);
		const userFolder = await createUserFolderWithContestants();
		const simulator = await startSimulator({ statusSteps: [], fetchMediaUrls: true });
		const server = await startN8n(installation, { userFolder, env: environmentOf(mode) });
		const rest = await N8nRest.logIn(server.baseUrl);
		const credential = await rest.createCredential('modicaWhatsAppApi', loginOf(simulator));
		return new MediaStage(installation, userFolder, mode, simulator, server, rest, credential);
	}

	/** Starts a new n8n process, and transfers a small file, so that all code is loaded. */
	async restart(contestant: Contestant): Promise<void> {
		await this.server.stop();
		this.server = await startN8n(this.installation, { userFolder: this.userFolder, env: environmentOf(this.mode) });
		this.rest = await N8nRest.logIn(this.server.baseUrl);
		const { baseUrl } = this.simulator;
		await this.run(contestant.upload(baseUrl), { megabytes: 1 });
		await this.run(contestant.download(baseUrl, this.simulator.media[0]?.id ?? ''), { count: 1, megabytes: 0 });
		await this.simulator.reset();
	}

	async stop(): Promise<void> {
		await this.server.stop();
		await this.simulator.stop();
		removeNow(this.userFolder);
	}

	/** Runs a node after a node that creates files. With 0 megabytes, the files are empty. */
	async run(what: Partial<INode>, given: INodeParameters): Promise<Outcome> {
		const { rest } = this;
		const workflow = await rest.importWorkflow({
			name: 'Media',
			nodes: [
				node('Start', 'n8n-nodes-base.manualTrigger', 1, {}),
				node('Files', 'n8n-nodes-bench-rivals.files', 1, given),
				{
					...node('Transfer', '', 1, {}),
					credentials: { modicaWhatsAppApi: { id: this.credential.id, name: this.credential.name } },
					...what,
				},
			],
			connections: {
				Start: { main: [[{ node: 'Files', type: 'main', index: 0 }]] },
				Files: { main: [[{ node: 'Transfer', type: 'main', index: 0 }]] },
			},
		});
		const id = await runToEnd(rest, workflow);
		const peak = await memoryPeak(this.server.pid);
		const execution = await rest.getExecution(id);
		if (execution.status !== 'success') throw new Error(`The execution has the status ${execution.status}: ${JSON.stringify(execution.error)}`);
		const files = execution.outputs.Files?.[0] ?? [];
		return {
			ms: execution.durations.Transfer ?? NaN,
			// Relative to the memory after the files were created.
			growth: peak - Number(files[0]?.json.memory),
			outputs: execution.outputs.Transfer?.[0] ?? [],
			sha256: files.map(({ json }) => String(json.sha256)),
		};
	}

	/** The hash of an item's file, wherever n8n stores it. */
	async hashOf(item: INodeExecutionData | undefined): Promise<string> {
		const binary = item?.binary?.data;
		if (!binary) return '';
		const hash = createHash('sha256');
		if (!binary.id) return hash.update(Buffer.from(binary.data, 'base64')).digest('hex');
		const file = path.join(this.userFolder, '.n8n', 'storage', binary.id.slice(binary.id.indexOf(':') + 1));
		for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
		return hash.digest('hex');
	}

	/** The number of binary data files that n8n's process has open. */
	async openFiles(): Promise<number> {
		const folder = `/proc/${this.server.pid}/fd`;
		const targets = await Promise.all((await readdir(folder)).map(async (fd) => await readlink(`${folder}/${fd}`).catch(() => '')));
		return targets.filter((target) => target.includes('binary_data')).length;
	}

	async expired(link: string): Promise<string> {
		return await expiredLink(link, this.userFolder);
	}
}

function environmentOf(mode: Mode): Record<string, string> {
	return {
		N8N_DEFAULT_BINARY_DATA_MODE: mode === 'memory' ? 'default' : 'filesystem',
		// 0 removes the limit, above which n8n doesn't return the data of an execution.
		EXECUTIONS_DATA_MAX_DISPLAY_SIZE: '0',
	};
}

/** Uploads and downloads compared with HTTP Request, concurrent uploads, and a message with a file, in a separate n8n. */
export async function media(_stage: Stage, settings: BenchSettings): Promise<Row[]> {
	const rows: Row[] = [];
	for (const mode of ['filesystem', 'memory'] as const) {
		const stage = await MediaStage.start(mode);
		try {
			for (const size of SIZES[mode]) rows.push(...(await compare(stage, mode, size, settings)));
			if (mode === 'filesystem') rows.push(await manyAtOnce(stage), await inMessage(stage));
		} finally {
			await stage.stop();
		}
	}
	return rows;
}

async function compare(stage: MediaStage, mode: Mode, size: number, { runs, tell }: BenchSettings): Promise<Row[]> {
	const work = { up: [] as Measured[], down: [] as Measured[] };
	for (let run = 1; run <= runs; run++) {
		for (const contestant of [OURS, HTTP_REQUEST]) {
			await stage.restart(contestant);
			const { simulator } = stage;
			const up = await stage.run(contestant.upload(simulator.baseUrl), { megabytes: size });
			const [uploaded] = simulator.media;
			work.up.push({ contestant, ...up, identical: uploaded?.sha256 === up.sha256[0] });
			const down = await stage.run(contestant.download(simulator.baseUrl, uploaded?.id ?? ''), { megabytes: 0 });
			work.down.push({ contestant, ...down, identical: (await stage.hashOf(down.outputs[0])) === up.sha256[0] });
			await simulator.reset();
			tell(`${mode}, ${size} MB, ${contestant.name}, run ${run}: up ${seconds(up.ms)} +${megabytes(up.growth)}, down ${seconds(down.ms)} +${megabytes(down.growth)}`);
		}
	}
	return (['up', 'down'] as const).flatMap((direction) => rowsOf(work[direction], `${direction}load of ${size} MB, ${mode === 'memory' ? 'files in memory' : 'files on disk'}`, mode, size));
}

type Measured = Outcome & { contestant: Contestant; identical: boolean };

function rowsOf(measured: readonly Measured[], work: string, mode: Mode, size: number): Row[] {
	const of = (contestant: Contestant) => measured.filter((one) => one.contestant === contestant);
	const time = (contestant: Contestant) => median(of(contestant).map(({ ms }) => ms));
	const ratio = time(OURS) / time(HTTP_REQUEST);
	const mostGrowth = Math.max(...of(OURS).map(({ growth }) => growth));
	const identical = of(OURS).every((one) => one.identical);
	const bounded = mode === 'filesystem';
	const timed = bounded && size === 500;
	return [OURS, HTTP_REQUEST].map((contestant) => {
		const growth = Math.max(...of(contestant).map((one) => one.growth));
		const summary = `${of(contestant).every((one) => one.identical) ? 'identical' : 'not identical'}, ${seconds(time(contestant))}, memory +${megabytes(growth)}`;
		if (contestant !== OURS) return { work, contestant: contestant.name, result: summary, target: '' };
		return {
			work,
			contestant: contestant.name,
			result: `${summary}, ${ratio.toFixed(2)} × HTTP Request`,
			target: ['identical', ...(bounded ? ['memory ≤ +64 MiB'] : []), ...(timed ? ['≤ 1.2 × HTTP Request'] : [])].join(', '),
			ok: identical && (!bounded || mostGrowth <= MOST_GROWTH) && (!timed || ratio <= 1.2),
		};
	});
}

async function manyAtOnce(stage: MediaStage): Promise<Row> {
	await stage.restart(OURS);
	const { sha256, outputs, growth, ms } = await stage.run(OURS.upload(stage.simulator.baseUrl), { count: 20, megabytes: 50 });
	const stored = new Map(stage.simulator.media.map((file) => [file.id, file.sha256]));
	const identical = sha256.length === 20 && outputs.every(({ json }, index) => stored.get(String(json.id)) === sha256[index]);
	const open = await stage.openFiles();
	await stage.simulator.reset();
	return {
		work: '20 uploads of 50 MB in one run, files on disk',
		contestant: OURS.name,
		result: `${identical ? 'identical' : 'not identical'}, ${seconds(ms)}, memory +${megabytes(growth)}, ${open} files left open`,
		target: `identical, memory ≤ +${64 * CONCURRENCY} MiB, none left open`,
		ok: identical && growth <= MOST_GROWTH * CONCURRENCY && open === 0,
	};
}

async function inMessage(stage: MediaStage): Promise<Row> {
	const parameters = {
		...{ resource: 'message', operation: 'send', to: '+64211234567' },
		...{ messageType: 'media', mediaType: 'document', mediaSource: 'binary', binaryPropertyName: 'data' },
	};
	const { sha256 } = await stage.run({ type: WHATSAPP, parameters }, { megabytes: 16 });
	const fetched = await until('the file was fetched', RUN_TIMEOUT_MS, () => stage.simulator.mediaFetches.find((fetch) => fetch.sha256));
	const identical = fetched?.sha256 === sha256[0];
	const late = await axios.get(await stage.expired(fetched?.url ?? ''), { validateStatus: () => true, proxy: false });
	await stage.simulator.reset();
	return {
		work: 'message with a 16 MB file',
		contestant: OURS.name,
		result: `fetched without authentication, ${identical ? 'identical' : 'not identical'}; status after the link expires: ${late.status}`,
		target: 'identical; 400 after the link expires',
		ok: identical && late.status === 400,
	};
}
