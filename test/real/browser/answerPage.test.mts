/** The page of Send and Wait for Response, on a customer's phone. */
import type { IDataObject } from 'n8n-workflow';
import type { Phone } from '../../harness/browser/phone.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { latestLink } from '../../harness/n8n/approvals.mts';
import type { Execution } from '../../harness/n8n/rest.mts';
import { workflowWith } from '../../harness/n8n/underTest.mts';

let stage: Stage;
let phone: Phone;

beforeAll(async () => {
	stage = await Stage.open();
});
beforeEach(async () => {
	phone = await stage.phone('answer page');
});
afterEach(async () => {
	expect(phone.browserErrors).toEqual([]);
	await phone.close();
});
afterAll(async () => {
	await stage?.close();
});

/** Markup that would run a script, load a resource, or navigate if the page didn't escape it. */
const HOSTILE = [
	'<img src=x onerror="window.harmed=1">',
	'</p></main><script>window.harmed=2</script>',
	'"><svg onload="window.harmed=3">',
	"' autofocus onfocus='window.harmed=4",
	'<a href="javascript:window.harmed=5">link</a><iframe src="javascript:parent.harmed=6"></iframe>',
	'<meta http-equiv="refresh" content="0;url=https://evil.example/"><base href="https://evil.example/">',
	'</title></style><style>*{display:none}</style>&lt;b&gt;',
].join('\n');

async function ask(parameters: IDataObject): Promise<Execution> {
	const credential = await stage.addCredential();
	const all = { resource: 'message', operation: 'sendAndWait', to: '+64211234567', messageType: 'text', message: `{link}\n${HOSTILE}`, ...parameters };
	const execution = await stage.rest.runWorkflow(await stage.rest.importWorkflow(workflowWith({ parameters: all, credential })));
	expect(execution.status).toBe('waiting');
	return execution;
}

/** The answer with which the workflow continues. */
async function answerTo({ id, workflowId }: Execution): Promise<unknown> {
	await stage.rest.waitForExecutions(workflowId, (all) => all.some((one) => one.id === id && one.status === 'success'));
	return (await stage.rest.getExecution(id)).outputs.WhatsApp?.[0]?.[0]?.json.data;
}

/** All elements that the package's pages contain. */
const PARTS = ['html', 'head', 'meta', 'title', 'style', 'body', 'main', 'p', 'form', 'button', 'textarea'];

async function expectHarmless(): Promise<void> {
	const { page } = phone;
	expect(await page.evaluate<unknown>('window.harmed ?? null')).toBeNull();
	const names = await page.evaluate<string[]>('[...document.querySelectorAll("*")].map(({ localName }) => localName)');
	expect(names.filter((name) => !PARTS.includes(name))).toEqual([]);
	expect(names.filter((name) => name === 'style' || name === 'main')).toEqual(['style', 'main']);
	// Nothing is wider than the screen.
	expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
}

describe('the page of a question', () => {
	it('shows the question and its labels as plain text, and is answered by a tap', async () => {
		const execution = await ask({ approveLabel: '<b>Yes</b>', declineLabel: `No" onclick="window.harmed=7`, options: { thanksText: `Thanks ${HOSTILE}` } });
		await phone.open(latestLink(stage.simulator));
		await phone.screenshot('a question');
		await expectHarmless();
		expect(await phone.page.locator('#question').innerText()).toBe(HOSTILE);
		expect(await phone.page.getByRole('button').allInnerTexts()).toEqual(['<b>Yes</b>', `No" onclick="window.harmed=7`]);

		await phone.page.getByRole('button', { name: 'Yes' }).tap();
		await phone.page.getByText('Thanks').waitFor();
		await phone.screenshot('answered');
		await expectHarmless();
		expect(await phone.page.locator('.given').innerText()).toBe('<b>Yes</b>');
		expect(await answerTo(execution)).toEqual({ approved: true, answeredIn: 'page', respondedAt: expect.any(String) });
	});

	it('accepts an answer in free text, asks again if it is empty, and shows it as plain text', async () => {
		const execution = await ask({ responseType: 'freeText', message: 'Where shall we leave it?' });
		await phone.open(latestLink(stage.simulator));
		const field = phone.page.getByRole('textbox', { name: 'Where shall we leave it?' });
		// The browser's own validation accepts spaces.
		await field.fill('   ');
		await phone.page.getByRole('button', { name: 'Send' }).tap();
		await phone.page.getByRole('alert').waitFor();
		await phone.screenshot('asked again');
		expect(await phone.page.getByRole('alert').innerText()).toBe('Please enter an answer.');

		await field.fill(HOSTILE);
		await phone.page.getByRole('button', { name: 'Send' }).tap();
		await phone.page.getByText('Thank you').waitFor();
		await phone.screenshot('words');
		await expectHarmless();
		expect(await phone.page.locator('.given').innerText()).toBe(HOSTILE);
		expect(await answerTo(execution)).toEqual({ text: HOSTILE, answeredIn: 'page', respondedAt: expect.any(String) });
	});
});
