/** The examples that send to a list of customers. */
import { createHash, randomBytes } from 'node:crypto';
import { NodeHelpers, type IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { editRows, rowsOf } from '../../harness/n8n/dataTable.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import type { StoredWorkflow } from '../../harness/n8n/rest.mts';
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const { rest, handle, is1x } = n8nUnderTest();
/** Workflows can create data tables since n8n 2.x. */
const itWithTables = is1x ? it.skip : it;

const api = apiUnderTest(rest, { statusSteps: [] });

const example = async (file: string) => await rest.importWorkflow(readExample(file), api.credential);

/** Runs a workflow, which must succeed. @returns by node name, the JSON of the items of each output */
async function run(workflow: StoredWorkflow): Promise<Record<string, IDataObject[][]>> {
	const { status, error, outputs } = await rest.runWorkflow(workflow);
	expect({ status, error }).toEqual({ status: 'success', error: undefined });
	return Object.fromEntries(
		Object.entries(outputs).map(([node, lists]) => [node, lists.map((items) => items.map(({ json }) => json))]),
	);
}

const sent = () => api.simulator.messages.map(({ to, reference, payload }) => ({ to, reference, template: payload.template }));

describe('campaign-from-spreadsheet.json', () => {
	const LANDLINE = /^To '09 222 2222' .*New Zealand/;
	const row = (order: string, name: string, number: string, result: IDataObject) => ({ order, name, number, ...result });
	const empty = { result: '', messageId: '', problem: '' };
	const table = async () => await rowsOf(rest, 'WhatsApp campaign');
	const toAroha = {
		to: '+64211111111',
		reference: 'order-1001',
		template: { name: 'order_ready', language: 'en', body_params: ['Aroha', '1001'] },
	};

	itWithTables('validates first, then sends and writes the result to each row, and sends the rest when run again', async () => {
		const workflow = await example('campaign-from-spreadsheet.json');
		const checked = await run(workflow);
		expect(sent()).toEqual([]);
		expect(checked['Send message']?.[0]?.map(({ status, to, preview }) => [status, to, preview])).toEqual([
			['valid', '+64211111111', 'Kia ora Aroha, your order 1001 is ready to be picked up.'],
			['valid', '+64213333333', 'Kia ora Mia, your order 1003 is ready to be picked up.'],
		]);
		expect(await table()).toEqual([
			row('1001', 'Aroha', '021 111 1111', empty),
			row('1002', 'Wiremu', '09 222 2222', { result: '', messageId: '', problem: expect.stringMatching(LANDLINE) }),
			row('1003', 'Mia', '213333333', empty),
		]);

		// The user enables sending. Modica accepts one of the messages, but responds with an error.
		api.simulator.addFault({ kind: 'status', status: 500, when: 'after', match: { to: '+64213333333' } });
		const on = edited(workflow, '"value":false', '"value":true');
		await rest.rest('patch', `/workflows/${workflow.id}`, on);
		await run(workflow);
		expect(sent()).toEqual(
			expect.arrayContaining([toAroha, expect.objectContaining({ to: '+64213333333', reference: 'order-1003' })]),
		);
		const idOf = (to: string) => api.simulator.messages.find((message) => message.to === to)?.id;
		const aroha = row('1001', 'Aroha', '021 111 1111', { result: 'accepted', messageId: idOf('+64211111111'), problem: '' });
		const mia = row('1003', 'Mia', '213333333', {
			result: 'may have been sent',
			messageId: '',
			problem: expect.stringMatching(/^Modica returned 500.*The message may have been sent\./),
		});
		expect(await table()).toEqual([
			aroha,
			row('1002', 'Wiremu', '09 222 2222', { result: 'not sent', messageId: '', problem: expect.stringMatching(LANDLINE) }),
			mia,
		]);

		// The user corrects the number (here also in the node with the sample rows) and clears the result.
		await editRows(rest, 'WhatsApp campaign', ['order', '1002'], { result: '' });
		await rest.rest('patch', `/workflows/${workflow.id}`, edited(on, '09 222 2222', '021 222 2222'));
		await run(workflow);
		const wiremu = idOf('+64212222222');
		expect(await table()).toEqual([
			aroha,
			row('1002', 'Wiremu', '021 222 2222', { result: 'accepted', messageId: wiremu, problem: '' }),
			mia,
		]);
		expect(api.simulator.messages.map(({ to }) => to).sort()).toEqual(['+64211111111', '+64212222222', '+64213333333']);
	});

	function edited(workflow: StoredWorkflow, from: string, to: string): StoredWorkflow {
		const text = JSON.stringify(workflow);
		expect(text).toContain(from);
		return JSON.parse(text.replace(from, to)) as StoredWorkflow;
	}
});

describe('campaign-from-csv.json', () => {
	const FILE = 'order,name,number\n2001,Aroha,021 111 1111\n2002,Wiremu,09 222 2222\n2003,"Mia, Tom",213333333\n';

	it('validates the rows of an uploaded file, sends them, and returns a file with the result of each row', async () => {
		const workflow = await example('campaign-from-csv.json');
		await rest.activate(workflow);
		const upload = async (whatToDo: string) => {
			const form = new FormData();
			form.append('field-0', new File([FILE], 'customers.csv', { type: 'text/csv' }));
			form.append('field-1', whatToDo);
			const { webhookId } = workflow.nodes.find(({ name }) => name === 'On form submission')!;
			const before = (await rest.executions(workflow.id)).length;
			expect((await fetch(`${handle.baseUrl}/form/${webhookId}`, { method: 'POST', body: form })).status).toBe(200);
			const [execution] = await rest.waitForExecutions(workflow.id, (all) => all.length > before && all[0]?.status === 'success');
			const { outputs } = await rest.getExecution(execution!.id);
			return outputs['Format result']?.[0]?.map(({ json }) => json);
		};
		const text = (name: string, order: string) => `Kia ora ${name}, your order ${order} is ready to be picked up.`;
		const landline = { order: '2002', number: '09 222 2222', result: 'not sent', text: '', problem: expect.stringMatching(/^To '09 222 2222' .*New Zealand/) };
		const results = (result: string) => [
			{ order: '2001', number: '021 111 1111', result, text: text('Aroha', '2001'), problem: '' },
			landline,
			{ order: '2003', number: '213333333', result, text: text('Mia, Tom', '2003'), problem: '' },
		];

		expect(await upload('Check only')).toEqual(results('valid'));
		expect(sent()).toEqual([]);
		expect(await upload('Send')).toEqual(results('accepted'));
		expect(sent().map(({ to, reference }) => [to, reference])).toEqual([['+64211111111', 'order-2001'], ['+64213333333', 'order-2003']]);
		expect((await upload('Send'))?.map(({ result }) => result)).toEqual(['duplicate', 'not sent', 'duplicate']);
		expect(sent()).toHaveLength(2);
		await rest.deactivate(workflow);
	});
});

describe('campaign-from-google-sheets.json', () => {
	it('contains only nodes that n8n has, with valid parameters', async () => {
		const { nodes } = await example('campaign-from-google-sheets.json');
		const types = await rest.nodeTypes();
		const problems = nodes.map((node) => {
			const type = types.find(({ name, version }) => name === node.type && [version].flat().includes(node.typeVersion));
			return [node.name, type ? NodeHelpers.getNodeParametersIssues(type.properties, node, type) : 'unknown'];
		});
		expect(problems).toEqual(nodes.map(({ name }) => [name, null]));
	});
});

describe('template-from-data.json', () => {
	it('fills the placeholders of the template for each order', async () => {
		await run(await example('template-from-data.json'));
		const confirmation = (to: string, number: number, texts: string[]) => ({
			to,
			reference: `order-${number}`,
			template: {
				name: 'order_confirmation',
				language: 'en',
				body_params: texts,
				buttons: [{ index: 0, type: 'quick_reply', payload: `CHANGE-${number}` }],
			},
		});
		expect(sent()).toEqual([
			confirmation('+64211111111', 1001, ['Aroha', '1001', '$49.90', 'Leave it at the door']),
			confirmation('+64212222222', 1002, ['Wiremu', '1002', '$1250.00', '–']),
		]);
	});
});

describe('scheduled-reminder.json', () => {
	it("schedules tomorrow's reminders for two hours before each appointment, each only once", async () => {
		const workflow = await example('scheduled-reminder.json');
		const { 'Sample appointments': appointments } = await run(workflow);
		const [first, second] = appointments?.[0]?.[0]?.appointments as Array<{ time: string }>;
		const twoHoursBefore = (time = '') => new Date(Date.parse(time) - 2 * 60 * 60_000).toISOString();
		const reminder = (to: string, id: string, name: string, time = '', clock: string) => ({
			to,
			reference: `appointment-${id}-${time.slice(0, 10)}`,
			scheduled: twoHoursBefore(time),
			type: 'template',
			template: { name: 'appointment_reminder', language: 'en', body_params: [name, clock] },
		});
		const reminders = [
			reminder('+64211111111', 'A-1', 'Aroha', first?.time, '10:30 AM'),
			reminder('+64212222222', 'A-2', 'Wiremu', second?.time, '4:00 PM'),
		];
		expect(api.simulator.messages.map(({ payload }) => payload)).toEqual(reminders);

		const { 'Schedule reminder': again } = await run(workflow);
		expect(again?.[0]?.map(({ status }) => status)).toEqual(['duplicate', 'duplicate']);
		expect(api.simulator.messages).toHaveLength(2);
	});
});

describe('file-from-form.json', () => {
	// n8n 1.x keeps files in memory, from where Modica can't fetch them.
	itWithTables('sends an uploaded file, and stores a copy at Modica', async () => {
		api.simulator.configure({ fetchMediaUrls: true });
		const workflow = await example('file-from-form.json');
		await rest.activate(workflow);
		const bytes = randomBytes(50_000);
		const form = new FormData();
		form.append('field-0', '+64 21 123 4567');
		form.append('field-1', new File([bytes], 'invoice.pdf', { type: 'application/pdf' }));
		const { webhookId } = workflow.nodes.find(({ name }) => name === 'On form submission')!;
		const answer = await fetch(`${handle.baseUrl}/form/${webhookId}`, { method: 'POST', body: form });
		expect(answer.status).toBe(200);
		await rest.waitForExecutions(workflow.id, ([execution]) => execution?.status === 'success');
		await until('the file was fetched', PATIENCE_MS, () => api.simulator.mediaFetches[0]?.sha256);

		const sha256 = createHash('sha256').update(bytes).digest('hex');
		expect(api.simulator.messages.map(({ to, payload }) => [to, payload.media])).toEqual([
			['+64211234567', { type: 'document', url: api.simulator.mediaFetches[0]?.url }],
		]);
		expect(api.simulator.mediaFetches).toEqual([expect.objectContaining({ status: 200, mimeType: 'application/pdf', sha256 })]);
		expect(api.simulator.media).toEqual([expect.objectContaining({ fileName: 'invoice.pdf', mimeType: 'application/pdf', sha256 })]);
		await rest.deactivate(workflow);
	});
});
