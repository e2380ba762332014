/** The example that sends an email, here to a local mail server. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import { CALLBACK_LOGIN, callbackUrl, withLogin } from '../../harness/n8n/callbacks.mts';
import { rowsOf } from '../../harness/n8n/dataTable.mts';
import { readExample } from '../../harness/n8n/readExample.mts';
import { CREDENTIAL, n8nUnderTest } from '../../harness/n8n/underTest.mts';
import { PATIENCE_MS, until } from '../../harness/until.mts';
import { startSimulator, type Simulator } from '../../simulator/simulator.mts';

const { rest, handle, is1x } = n8nUnderTest();
/** Workflows can create data tables since n8n 2.x. */
const itWithTables = is1x ? it.skip : it;
const TABLE = 'WhatsApp statuses';
const MAIL_LOGIN = { user: 'n8n', password: 'mail-password' };

let simulator: Simulator;
let mailServer: SMTPServer;
const mails: Email[] = [];

beforeAll(async () => {
	simulator = await startSimulator({
		statusStepMs: 20,
		numbers: { '+64213333333': { statusSteps: ['submitted', 'failed'] }, '+64214444444': { statusSteps: ['sent', 'expired'] } },
	});
	mailServer = new SMTPServer({
		hideSTARTTLS: true,
		allowInsecureAuth: true,
		onAuth: ({ username, password }, _session, done) => {
			const isRight = username === MAIL_LOGIN.user && password === MAIL_LOGIN.password;
			done(isRight ? null : new Error('wrong login'), { user: username });
		},
		onData: (stream, _session, done) => {
			void keepMail(stream).then(() => done(), done);
		},
	});
	mailServer.listen(0, '127.0.0.1');
	await once(mailServer.server, 'listening');
});

async function keepMail(stream: SMTPServerDataStream): Promise<void> {
	mails.push(await PostalMime.parse(await buffer(stream)));
}

afterAll(async () => {
	await new Promise<void>((resolve) => mailServer.close(resolve));
	await simulator.stop();
});

describe('delivery-report.json', () => {
	itWithTables('summarizes all statuses in one email', async () => {
		const { username, password, baseUrl } = simulator;
		const modica = await rest.createCredential(CREDENTIAL, { username, password, baseUrl, ...CALLBACK_LOGIN });
		const { port } = mailServer.server.address() as AddressInfo;
		const smtp = await rest.createCredential('smtp', { ...MAIL_LOGIN, host: '127.0.0.1', port, secure: false, disableStartTls: true });
		const workflow = await rest.importWorkflow(readExample('delivery-report.json'), modica, smtp);
		await rest.activate(workflow);
		simulator.configure({ statusCallbackUrl: withLogin(callbackUrl(handle.baseUrl, workflow)) });
		await send('+64211111111', 'order-1');
		await send('+64212222222', 'order-2');
		await send('+64213333333', 'order-3');
		await send('+64214444444');
		// The first two are sent, received, and read. The third fails at once. The fourth is sent and expires.
		await until('every status is in the table', PATIENCE_MS, () => rowsOf(rest, TABLE), ({ length }) => length === 9);

		const { status, error } = await rest.runWorkflow(workflow, undefined, 'Every day at 7 am');
		expect({ status, error }).toEqual({ status: 'success', error: undefined });
		expect(mails).toMatchObject([
			{
				from: { address: 'n8n@example.com' },
				to: [{ address: 'team@example.com' }],
				subject: expect.stringMatching(/^WhatsApp messages until \d+ \w+ \d{4}, \d+ [AP]M$/),
				text: [
					'Delivery statuses of your WhatsApp messages in the last 24 hours:\n',
					'sent: 3\nreceived: 2\nread: 2\nfailed: 1\nrejected: 0\nexpired: 1\ndead: 0\n',
					`Not delivered: order-3, ${simulator.messages[3]?.id}\n`,
				].join('\n'),
			},
		]);
		await rest.deactivate(workflow);
	});

	/** Sends without n8n: the report covers all messages of the application. */
	async function send(to: string, reference?: string): Promise<void> {
		const { username, password, baseUrl } = simulator;
		const answer = await fetch(`${baseUrl}/messages`, {
			method: 'POST',
			headers: {
				authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
				'content-type': 'application/json',
			},
			body: JSON.stringify({ to, reference, type: 'text', text: { body: 'Kia ora' } }),
		});
		expect(answer.status).toBe(202);
	}
});
