/** Public links in queue mode, through the load balancer: links to files, and to questions. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { latestLink, readPage, send } from '../../harness/n8n/approvals.mts';
import type { WorkflowFile } from '../../harness/n8n/rest.mts';
import { NODE } from '../../harness/n8n/underTest.mts';
import { endedExecutions, queueUnderTest } from '../../harness/queue/underTest.mts';
import { into, nodeOf } from '../../harness/queue/workflow.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const CONTENT = randomBytes(3_000_000);
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const FILE_NAME = 'Invoice.pdf';
const TYPE = 'application/pdf';

const { rest, publicUrl } = queueUnderTest();
const api = apiUnderTest(rest, { fetchMediaUrls: true, contentDisposition: true, statusSteps: [] });

/** Receives a file through a webhook, sends it to a customer, uploads it to Modica, and downloads it again. */
function fileWorkflow(path: string): WorkflowFile {
	const { id, name, type } = api.credential;
	const whatsApp = (nodeName: string, parameters: IDataObject) => nodeOf(nodeName, NODE, 1, parameters, { credentials: { [type]: { id, name } } });
	const message = { resource: 'message', operation: 'send', to: '+64211234567', messageType: 'media', mediaType: 'document', mediaSource: 'binary' };
	return {
		name: 'File',
		nodes: [
			nodeOf(
				'Form',
				'n8n-nodes-base.webhook',
				2,
				{ httpMethod: 'POST', path, responseMode: 'onReceived', options: { binaryPropertyName: 'file' } },
				{ webhookId: randomUUID() },
			),
			// n8n numbers the files of a form.
			whatsApp('Send', { ...message, binaryPropertyName: 'file0' }),
			whatsApp('Upload', { resource: 'media', operation: 'upload', binaryPropertyName: 'file0' }),
			whatsApp('Download', { resource: 'media', operation: 'download', mediaId: '={{ $json.id }}', binaryPropertyName: 'data' }),
		],
		connections: { Form: into('Send', 'Upload'), Upload: into('Download') },
		settings: { executionOrder: 'v1' },
	};
}

describe('a question sent by a worker', () => {
	it('is answered at a webhook process, and the workflow continues', async () => {
		const { id, name, type } = api.credential;
		const parameters = { resource: 'message', operation: 'sendAndWait', to: '+64211234567', messageType: 'text', message: 'May we?' };
		const path = randomUUID();
		const workflow = await rest.importWorkflow({
			name: 'Question',
			nodes: [
				nodeOf('Start', 'n8n-nodes-base.webhook', 2, { httpMethod: 'POST', path, responseMode: 'onReceived' }, { webhookId: randomUUID() }),
				nodeOf('WhatsApp', NODE, 1, parameters, { credentials: { [type]: { id, name } } }),
			],
			connections: { Start: into('WhatsApp') },
			settings: { executionOrder: 'v1' },
		});
		await rest.activate(workflow);
		expect((await fetch(`${publicUrl}/webhook/${path}`, { method: 'POST' })).status).toBe(200);
		const [waiting] = await rest.waitForExecutions(workflow.id, ([one]) => one?.status === 'waiting');
		const link = latestLink(api.simulator);
		expect(link.startsWith(`${publicUrl}/webhook-waiting/`)).toBe(true);
		// One more time than there are webhook processes, so that each of them responds.
		for (let time = 0; time < 3; time++) expect((await readPage(link)).buttons).toEqual({ approve: 'Approve', decline: 'Decline' });
		expect((await send(link, { answer: 'approve' })).words).toContain('Thank you');
		await rest.waitForExecutions(workflow.id, ([one]) => one?.status === 'success');
		expect((await rest.getExecution(waiting!.id)).outputs.WhatsApp?.[0]?.[0]?.json.data).toMatchObject({ approved: true });
		for (const late of [await readPage(link), await send(link, { answer: 'decline' })]) expect(late.buttons).toEqual({});
	}, 300_000);
});

describe('a file received by a webhook process', () => {
	it('is sent by a worker with a link to the main process, and is uploaded and downloaded unchanged', async () => {
		const path = randomUUID();
		const workflow = await rest.importWorkflow(fileWorkflow(path));
		await rest.activate(workflow);
		const form = new FormData();
		form.append('invoice', new Blob([CONTENT], { type: TYPE }), FILE_NAME);
		const taken = await fetch(`${publicUrl}/webhook/${path}`, { method: 'POST', body: form });
		expect(taken.status).toBe(200);

		const [execution] = await endedExecutions(workflow, 1);
		const { status, error, outputs } = await rest.getExecution(execution!.id);
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(api.simulator.media).toEqual([expect.objectContaining({ fileName: FILE_NAME, mimeType: TYPE, sha256: SHA256 })]);
		const downloaded = outputs.Download?.[0]?.[0];
		expect(downloaded?.json).toMatchObject({ fileName: FILE_NAME, mimeType: TYPE });
		expect(createHash('sha256').update(await rest.binary(downloaded!)).digest('hex')).toBe(SHA256);

		await until('the file was fetched', PATIENCE_MS, () => api.simulator.mediaFetches[0]?.sha256);
		expect(api.simulator.mediaFetches).toEqual([
			expect.objectContaining({ status: 200, mimeType: TYPE, size: CONTENT.length, sha256: SHA256 }),
		]);
		expect(api.simulator.mediaFetches[0]?.url.startsWith(`${publicUrl}/rest/binary-data/signed?token=`)).toBe(true);
	}, 300_000);
});
