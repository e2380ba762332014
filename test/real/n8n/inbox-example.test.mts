/** The example in which a team answers customers from a table. */
import type { IDataObject } from 'n8n-workflow';
import { apiUnderTest } from '../../harness/n8n/apiUnderTest.mts';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { addRows, editRows, rowsOf } from '../../harness/n8n/dataTable.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import { n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';

const { rest, handle, is1x } = n8nUnderTest();
/** Workflows can create data tables since n8n 2.x. */
const itWithTables = is1x ? it.skip : it;

const TABLE = 'WhatsApp inbox';
const AROHA = '+64211111111';
const WIREMU = '+64212222222';
const MIA = '+64213333333';
const HIDDEN = 'NZ.13491208655302741918';
const TAMA = '+64214444444';
/** As a user types it into a new row. */
const TAMA_BY_HAND = '+64 21 444 4444';
const CUSTOMERS = [AROHA, WIREMU, MIA, HIDDEN, TAMA_BY_HAND];

const api = apiUnderTest(
	rest,
	{
		statusStepMs: 50,
		numbers: {
			// The statuses arrive out of order.
			[AROHA]: { statusSteps: ['submitted', 'read', 'received'] },
			[WIREMU]: { statusSteps: ['submitted', 'failed'] },
			[TAMA]: { statusSteps: ['sent', 'received'] },
		},
	},
	CALLBACK_LOGIN,
);

describe('team-inbox.json', () => {
	itWithTables('stores messages from customers, sends each answer once, and writes its delivery status to the row', async () => {
		const workflow = await rest.importWorkflow(readExample('team-inbox.json'), api.credential);
		expect(await poll()).toBe('success');
		await rest.activate(workflow);
		const url = withLogin(callbackUrl(handle.baseUrl, workflow));
		const { simulator } = api;
		simulator.configure({ statusCallbackUrl: url, replyCallbackUrl: url });

		await Promise.all([
			simulator.sendReply({ type: 'text', text: 'Are you open on Sunday?', source: '64211111111' }),
			simulator.sendReply({ type: 'button', text: 'Call me', payload: 'call', source: '64212222222' }),
			simulator.sendReply({ type: 'image', bytes: Buffer.from('a photo'), caption: 'It came broken', source: '64213333333' }),
			simulator.sendReply({ type: 'text', text: 'Hello', source: HIDDEN }),
		]);
		const [photo] = simulator.replies.filter(({ source }) => source === '64213333333');
		const asked = await rowsWhen('all messages are in the inbox', ({ length }) => length === 4);
		const open = { answer: null, status: null, problem: null, answerId: null };
		expect(asked).toEqual([
			{ ...open, customer: AROHA, message: 'Are you open on Sunday?', type: 'text', mediaId: '', messageId: expect.any(String) },
			{ ...open, customer: WIREMU, message: 'Call me', type: 'button', mediaId: '', messageId: expect.any(String) },
			{ ...open, customer: MIA, message: 'It came broken', type: 'image', mediaId: expect.stringMatching(/./), messageId: photo?.id },
			{ ...open, customer: HIDDEN, message: 'Hello', type: 'text', mediaId: '', messageId: expect.any(String) },
		]);

		// The status "read" of the first answer arrives before its request ends. The third answer is rejected.
		simulator.addFault({ kind: 'latency', ms: 1_000, match: { to: AROHA } });
		simulator.addFault({ kind: 'status', status: 422, match: { to: MIA }, times: 'always' });
		const answers = { [AROHA]: 'Yes, from 9', [WIREMU]: 'We will', [MIA]: 'Sorry!', [HIDDEN]: 'Hello' };
		for (const [customer, answer] of Object.entries(answers)) await editRows(rest, TABLE, ['customer', customer], { answer });
		await addRows(rest, TABLE, [{ customer: TAMA_BY_HAND, answer: 'Your order is here' }]);
		// These run in addition to the scheduled executions.
		expect(await Promise.all([poll(), poll()])).toEqual(['success', 'success']);

		const isFinal = ({ customer, status }: IDataObject) => status !== null && status !== 'sent' && !(customer === AROHA && status === 'delivered');
		const answered = await rowsWhen('all answers have their final status', (rows) => rows.every(isFinal));
		await rest.waitForExecutions(workflow.id, (all) => all.every(({ status }) => status === 'success'));
		expect(simulator.messages.map(({ to, payload }) => [to, payload.text]).sort()).toEqual([
			[AROHA, { body: 'Yes, from 9' }],
			[WIREMU, { body: 'We will' }],
			[TAMA, { body: 'Your order is here' }],
		]);
		const idTo = (number: string) => simulator.messages.find(({ to }) => to === number)?.id;
		const outcome = [
			{ customer: AROHA, status: 'read', problem: '', answerId: idTo(AROHA) },
			{ customer: WIREMU, status: 'failed', problem: 'Not delivered (failed). Answers reach only customers who wrote in the last 24 hours.', answerId: idTo(WIREMU) },
			{ customer: MIA, status: 'failed', problem: expect.stringMatching(/422/), answerId: null },
			{ customer: HIDDEN, status: 'failed', problem: expect.stringMatching(/^To 'NZ\.13491208655302741918' is not a phone number\./), answerId: null },
			{ customer: TAMA_BY_HAND, status: 'delivered', problem: '', answerId: idTo(TAMA) },
		];
		expect(answered).toMatchObject(outcome);

		// The team clears the status of a failed answer and of one that Modica has accepted.
		simulator.clearFaults();
		for (const customer of [MIA, AROHA]) await editRows(rest, TABLE, ['customer', customer], { status: null });
		expect(await poll()).toBe('success');
		const repeated = await rowsWhen('both are done', (rows) => rows.every(({ customer, status }) => (customer === MIA ? status === 'read' : status !== null)));
		expect(repeated).toMatchObject([
			{ customer: AROHA, status: 'sent', problem: 'Not sent again: this node already sent this reference' },
			outcome[1],
			{ customer: MIA, status: 'read', problem: '', answerId: idTo(MIA) },
			...outcome.slice(3),
		]);
		expect(simulator.messages.map(({ to }) => to).sort()).toEqual([AROHA, WIREMU, MIA, TAMA]);
		await rest.deactivate(workflow);

		async function poll() {
			const { status, error } = await rest.runWorkflow(workflow, PATIENCE_MS, 'Every minute');
			return error?.message ?? status;
		}
	});
});

/** The rows in the order of {@link CUSTOMERS}. */
async function rowsWhen(what: string, isExpected: (rows: IDataObject[]) => boolean): Promise<IDataObject[]> {
	const place = ({ customer }: IDataObject) => CUSTOMERS.indexOf(String(customer));
	const rows = await until(what, PATIENCE_MS, () => rowsOf(rest, TABLE), isExpected);
	return rows.sort((one, other) => place(one) - place(other));
}
