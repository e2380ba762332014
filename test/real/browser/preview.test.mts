import { PATIENCE_MS, texts, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { workflowWith } from '../../harness/n8n/underTest.mts';
import { until } from '../../harness/until.mts';

const AFTER = 'What comes after';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'preview' });
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

describe('the node after Modica WhatsApp', () => {
	it('shows the fields of its input before the first run', async () => {
		const credential = await stage.addCredential();
		const file = workflowWith({ parameters: { resource: 'message', operation: 'send' }, credential });
		const { id } = await stage.rest.importWorkflow({
			...file,
			nodes: [
				...file.nodes,
				{ id: 'after', name: AFTER, type: 'n8n-nodes-base.set', typeVersion: 3.4, position: [600, 0], parameters: {} },
			],
			connections: { ...file.connections, WhatsApp: { main: [[{ node: AFTER, type: 'main', index: 0 }]] } },
			pinData: {},
		});
		await editor.openWorkflow(id);
		await editor.openNode(AFTER);
		const input = editor.details.getByTestId('ndv-input-panel');
		await input.getByText('Usually outputs the following fields.').waitFor();
		const fields = async () => {
			const shown = await texts(input.getByTestId('run-data-schema-item').locator('visible=true'));
			return shown.map((field) => field.split(/\s/)[0]);
		};
		await until('the fields are shown', PATIENCE_MS, fields, (seen) => ['id', 'status', 'to', 'reference'].every((name) => seen.includes(name)));
		await editor.screenshot('before anything has run');
		expect(editor.browserErrors).toEqual([]);
	});
});
