/** `npm run screenshots`: updates the images in docs/images with screenshots of n8n's editor. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import type { Editor } from '../harness/browser/editor.mts';
import { Stage } from '../harness/browser/stage.mts';
import { CALLBACK_LOGIN, callbackUrl, callbackWorkflow, withLogin } from '../harness/n8n/callbacks.mts';
import { readExample } from '../harness/n8n/readExample.mts';
import type { StoredCredential, StoredWorkflow } from '../harness/n8n/rest.mts';
import { NODE, workflowWith } from '../harness/n8n/underTest.mts';
import { startWithPackage } from '../harness/n8n/withPackage.mts';
import { exitOnSignals } from '../harness/processes.mts';
import { until } from '../harness/until.mts';
import { step } from '../progress.mjs';

const IMAGES = path.join('docs', 'images');
const EXAMPLES = 'examples';
/** A sample address, so that the images don't show an address of this machine. */
const PUBLIC_URL = 'https://your-n8n.example.com';
/** Hides notifications and partially visible nodes and, for images of the canvas, everything around it. */
const HIDDEN = '.el-notification, [data-test-id="floating-nodes"] { display: none }';
const CANVAS_ALONE = `
	* { visibility: hidden }
	[data-test-id="canvas"], [data-test-id="canvas"] * { visibility: visible }
	[data-test-id="canvas"] [data-test-id="canvas-controls"] * { visibility: hidden }`;

const MESSAGE = { resource: 'message', operation: 'send', messageType: 'text', to: '+64 21 123 4567', text: 'Kia ora! Your order 1234 is on its way.' };

/** @param names of the images to update, without an extension; all if empty */
async function main(names: string[]): Promise<void> {
	exitOnSignals();
	const n8n = await step('Starting n8n with the package', () => startWithPackage({ WEBHOOK_URL: PUBLIC_URL }));
	try {
		const stage = await Stage.open(n8n.rest);
		try {
			const editor = await stage.editor({ album: 'screenshots' });
			// Only PNG files, because the charts of the benchmarks are not screenshots.
			if (names.length === 0) for (const file of readdirSync(IMAGES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.png'))) rmSync(path.join(IMAGES, file));
			const capture = async (name: string, title: string, run: () => Promise<void>) => {
				if (names.length === 0 || names.includes(name)) await step(title, run);
			};
			await capture('node-panel', 'Node panel', () => captureNodePanel(editor));
			await capture('credential', 'Credential', () => captureCredential(stage, editor));
			const credential = await stage.addCredential(CALLBACK_LOGIN);
			await capture('send', 'Sending a message', () => captureSend(stage, editor, credential));
			await capture('template', 'Template', () => captureTemplate(stage, editor, credential));
			await capture('trigger', 'Trigger', () => captureTrigger(stage, editor, credential));
			for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.json')).sort()) {
				await capture(path.basename(file, '.json'), file, () => captureExample(stage, editor, credential, file));
			}
		} finally {
			await stage.close();
		}
	} finally {
		await n8n.stop();
	}
}

async function captureNodePanel(editor: Editor): Promise<void> {
	await editor.openNewWorkflow();
	await editor.searchNodes('whatsapp');
	await editor.click(editor.offer('Modica WhatsApp'));
	await editor.click(editor.page.getByTestId('node-creator-category-item').filter({ hasText: 'Actions' }));
	await editor.offer('Send message').waitFor();
	await take(editor.page.getByTestId('node-creator'), 'node-panel');
}

async function captureCredential({ rest }: Stage, editor: Editor): Promise<void> {
	const node = { id: '1', name: 'WhatsApp', type: NODE, typeVersion: 1, position: [0, 0] as [number, number], parameters: {} };
	const { id } = await rest.importWorkflow({ name: 'Credential', nodes: [node], connections: {} });
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
	await editor.newCredential();
	await editor.fill(editor.field('username'), 'wab_customer_a');
	await editor.fill(editor.field('password'), 'not a real password');
	await take(editor.credential.getByRole('dialog').or(editor.credential).first(), 'credential');
}

async function captureSend({ rest }: Stage, editor: Editor, credential: StoredCredential): Promise<void> {
	const file = workflowWith({ parameters: MESSAGE, credential });
	const { id } = await rest.importWorkflow({ ...file, pinData: {} });
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
	await editor.execute();
	await editor.outputRows();
	await take(editor.details, 'send');
}

/** The fields that the editor creates from a template's text, filled by dragging, and the previews in the output. */
async function captureTemplate({ rest }: Stage, editor: Editor, credential: StoredCredential): Promise<void> {
	const parameters = { ...MESSAGE, to: '={{ $json.number }}', messageType: 'template', templateName: 'order_update' };
	const items = [
		{ number: '+64 21 123 4567', name: 'Aroha', order: '1234' },
		{ number: '+64 21 765 4321', name: 'Wiremu', order: '1235' },
	];
	const { id } = await rest.importWorkflow(workflowWith({ parameters, credential, items }));
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
	await editor.paste(editor.field('templateText'), 'Hi {{1}}, your order {{2}} is on its way.');
	for (const [field, placeholder] of [['name', 1], ['order', 2]] as const) {
		const value = editor.details.getByTestId(`parameter-input-body:${placeholder}`);
		await editor.drag(editor.inputField(field), value);
		await editor.click(editor.details.getByText('Parameters', { exact: true }));
		await editor.details.getByTestId(/^parameter-expression-preview-/).getByText(items[0]![field], { exact: true }).waitFor();
	}
	await editor.execute();
	await editor.outputRows();
	await editor.details.getByTestId('parameter-input-templateParameters').evaluate((field) => (field as unknown as { scrollIntoView(): void }).scrollIntoView());
	await take(editor.details, 'template');
}

/** A trigger for both events that has received a reply. */
async function captureTrigger({ rest, simulator }: Stage, editor: Editor, credential: StoredCredential): Promise<void> {
	const workflow = await rest.importWorkflow(callbackWorkflow(credential));
	await editor.openWorkflow(workflow.id);
	await captureOutputs(editor);
	await editor.openNode('Callback');
	await editor.click(editor.details.getByText('Webhook URLs', { exact: true }));
	await editor.execute();
	await editor.details.getByTestId('trigger-listening').waitFor();
	simulator.configure({ replyCallbackUrl: withLogin(callbackUrl(rest.session.baseUrl, workflow, 'webhook-test')), callbackTries: 1 });
	await simulator.sendReply({ type: 'text', text: 'Are you open on Saturday?', source: '64211234567' });
	await editor.click(editor.outputPanel.getByTestId('branches').getByRole('tab').filter({ hasText: 'Reply' }));
	await editor.outputRows();
	await editor.click(editor.outputPanel.getByText('JSON', { exact: true }));
	await editor.click(editor.details.getByText('Production URL', { exact: true }));
	await take(editor.details, 'trigger');
}

/** The trigger with the labels of its outputs, without the empty canvas around it. */
async function captureOutputs(editor: Editor): Promise<void> {
	const box = (await editor.node('Callback').boundingBox())!;
	const clip = { x: box.x - 60, y: box.y - 40, width: box.width + 200, height: box.height + 110 };
	await editor.page.screenshot({ path: path.join(IMAGES, 'trigger-outputs.png'), clip, animations: 'disabled', caret: 'hide', style: HIDDEN + CANVAS_ALONE });
}

/** Each example after *Import from file*, and the first one also after a run. */
async function captureExample({ rest }: Stage, editor: Editor, credential: StoredCredential, file: string): Promise<void> {
	const workflow = await rest.importWorkflow(readExample(file), credential);
	await editor.openWorkflow(workflow.id);
	await captureCanvas(editor, path.join('examples', path.basename(file, '.json')));
	if (file === 'first-messages.json') await captureDemo(editor, workflow);
}

async function captureDemo(editor: Editor, workflow: StoredWorkflow): Promise<void> {
	await editor.click(editor.page.getByTestId('execute-workflow-button'));
	const done = editor.page.getByTestId('canvas-node-status-success');
	const count = workflow.nodes.filter(({ type }) => !type.endsWith('.stickyNote')).length;
	await done.nth(count - 1).waitFor();
	await captureCanvas(editor, 'demo');
}

async function captureCanvas(editor: Editor, name: string): Promise<void> {
	await editor.click(editor.page.getByTestId('zoom-to-fit'));
	// The editor animates the zoom.
	await until('the canvas has stopped moving', 10_000, settled(editor.node().first()));
	await leaveTriggers(editor);
	await assertNotesFit(editor);
	await take(editor.page.getByTestId('canvas'), name, CANVAS_ALONE);
}

/** Moves the pointer to the corner of the canvas, because n8n shows a button at a trigger that the pointer is near. */
async function leaveTriggers(editor: Editor): Promise<void> {
	const { x, y, width, height } = (await editor.page.getByTestId('canvas').boundingBox())!;
	await editor.page.mouse.move(x + width - 10, y + height - 10);
}

/** @throws Error if a note is too small for its text, which n8n would cut off */
async function assertNotesFit(editor: Editor): Promise<void> {
	for (const note of await editor.page.getByTestId('sticky').all()) {
		const box = await note.boundingBox();
		const last = await note.locator('p, li').last().boundingBox();
		if (box && last && last.y + last.height > box.y + box.height) throw new Error(`The note "${await note.locator('h2').innerText()}" is too small for its text`);
	}
}

/** Whether an element is in the same position as at the previous call. */
function settled(what: Locator): () => Promise<boolean> {
	let before = '';
	return async () => {
		const now = JSON.stringify(await what.boundingBox());
		const isStill = now === before;
		before = now;
		return isStill;
	};
}

async function take(what: Locator, name: string, style = ''): Promise<void> {
	const file = path.join(IMAGES, `${name}.png`);
	mkdirSync(path.dirname(file), { recursive: true });
	await what.screenshot({ path: file, animations: 'disabled', caret: 'hide', style: HIDDEN + style });
}

await main(process.argv.slice(2));
