import type { Locator } from 'playwright-core';
import { PATIENCE_MS, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { workflowWith } from '../../harness/n8n/underTest.mts';
import { until } from '../../harness/until.mts';

const TEXT = 'Hi {{1}}, your order {{2}} arrives on {{3}}.';
const CUSTOMERS = [
	{ name: 'Aroha', order: '1234', day: 'Monday' },
	{ name: 'Wiremu', order: '1235', day: 'Tuesday' },
];
const FIELDS = ['name', 'order', 'day'] as const;
const SENT = CUSTOMERS.map(({ name, order, day }) => [name, order, day]);

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'template text' });
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

/** Opens a node that is complete except for the values of the template. */
async function openTemplate(parameters: object): Promise<void> {
	await stage.simulator.reset();
	const credential = await stage.addCredential();
	const template = { resource: 'message', operation: 'send', messageType: 'template', to: '+64211234567', templateName: 'order_update', ...parameters };
	const { id } = await stage.rest.importWorkflow(workflowWith({ parameters: template, credential, items: CUSTOMERS }));
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
	editor.actions = 0;
}

const valueField = (placeholder: number) => editor.details.getByTestId(`parameter-input-body:${placeholder}`);
const sentValues = () => stage.simulator.messages.map(({ payload }) => (payload as unknown as { template: { body_params: string[] } }).template.body_params);

/** Drags fields of the input into the parameters, and runs the node. */
async function dragAndSend(targets: readonly Locator[]): Promise<void> {
	for (const [index, target] of targets.entries()) {
		const field = FIELDS[index]!;
		await editor.drag(editor.inputField(field), target);
		// The editor has applied the expression when it shows the preview.
		await editor.details.getByText('Parameters', { exact: true }).click();
		await editor.details.getByTestId(/^parameter-expression-preview-/).getByText(CUSTOMERS[0]![field], { exact: true }).waitFor();
	}
	await editor.execute();
	await until('all messages are sent', PATIENCE_MS, async () => await Promise.resolve(sentValues()), (sent) => sent.length === SENT.length);
	expect(sentValues()).toEqual(SENT);
}

describe('a template', () => {
	it('gets a field for each placeholder of its pasted text, accepts dragged input fields, and outputs a preview', async () => {
		await openTemplate({});
		await editor.paste(editor.field('templateText'), TEXT);
		// n8n 1.x turns a text that is pasted into an empty field into an expression.
		const isExpression = (await editor.field('templateText').inputValue()).startsWith('=');
		if (isExpression) {
			await editor.details.getByText('If the text starts with an equals sign (=), delete the sign.').waitFor();
			await editor.screenshot('an equals sign');
			await editor.press('Control+Home');
			await editor.press('Delete');
		}
		await valueField(3).waitFor();
		expect(await valueField(4).count()).toBe(0);
		await editor.screenshot('the fields');
		await dragAndSend([1, 2, 3].map(valueField));
		const rows = await editor.outputRows();
		await editor.screenshot('the preview');
		expect(rows.map(({ preview }) => preview)).toEqual([
			'Hi Aroha, your order 1234 arrives on Monday.',
			'Hi Wiremu, your order 1235 arrives on Tuesday.',
		]);
		// A paste counts as a click and a key press.
		expect(editor.actions).toBe(isExpression ? 8 : 6);
	});

	it('shows an explanation instead of the fields if its text is invalid', async () => {
		await openTemplate({});
		await editor.paste(editor.field('templateText'), 'Hi {{1}}, see you on {{3}}');
		await editor.details.getByText(/has no \{\{2\}\}|has no placeholders/).waitFor();
		await editor.screenshot('a gap');
	});

	it('shows a field for the header file after header media is added', async () => {
		await openTemplate({ templateText: 'Kia ora' });
		await editor.click(editor.details.getByText('Add header media'));
		await editor.fill(editor.details.getByTestId('parameter-input-url').locator('input'), 'https://example.com/banner.png');
		await editor.screenshot('header media');
		expect(await editor.details.getByTestId('parameter-input-binaryPropertyName').isVisible()).toBe(false);
		await editor.execute();
		// Waits for all messages, so that none arrives during the next test.
		await until('both messages are sent', PATIENCE_MS, async () => await Promise.resolve(stage.simulator.messages.length === CUSTOMERS.length));
		expect(stage.simulator.messages[0]?.payload).toMatchObject({ template: { media: { type: 'image', url: 'https://example.com/banner.png' } } });
	});

	it('can be filled without its text, in three more actions', async () => {
		await openTemplate({});
		await editor.choose('templateParameters', 'Using Fields Below');
		const add = editor.details.getByText('Add Body Parameter');
		const values = editor.details.getByTestId('parameter-input-value');
		const targets: Locator[] = [];
		for (const index of FIELDS.keys()) {
			await editor.click(add);
			targets.push(values.nth(index));
		}
		await values.nth(2).waitFor();
		await dragAndSend(targets);
		expect(editor.actions).toBe(9);
	});

	it('causes no errors in the browser', () => {
		expect(editor.browserErrors).toEqual([]);
	});
});
