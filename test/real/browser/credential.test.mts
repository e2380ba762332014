import { untilSeen, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { NODE } from '../../harness/n8n/underTest.mts';
import { freePort } from '../../harness/ports.mts';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'credential' });
	const { id } = await stage.rest.importWorkflow({
		name: 'Credential',
		nodes: [{ id: '1', name: 'WhatsApp', type: NODE, typeVersion: 1, position: [0, 0], parameters: {} }],
		connections: {},
	});
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
	await editor.newCredential();
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

/** Fills in the open credential and saves it. n8n then tests it. */
async function save(differences: Record<string, string> = {}): Promise<void> {
	const { username, password, baseUrl } = stage.simulator;
	for (const [name, value] of Object.entries({ username, password, baseUrl, ...differences })) {
		await editor.fill(editor.field(name), value);
	}
	await editor.saveCredential();
}

// These tests depend on each other: each continues where the previous one ends.
describe('a new credential in the editor', () => {
	it('reports a wrong password', async () => {
		await save({ password: 'not-it' });
		// The details stay open for the next tests.
		await editor.click(editor.credential.getByText('More details'));
		const told = editor.credential.getByText(/^Modica returned 401/);
		await told.waitFor();
		await editor.screenshot('a wrong password');
		expect(await told.innerText()).toMatch(/wrong username or password/);
	});

	it('reports an unreachable host', async () => {
		await save({ baseUrl: `http://127.0.0.1:${await freePort()}/rest/wab/v1` });
		const told = editor.credential.getByText(/^Could not connect to 127\.0\.0\.1/);
		await told.waitFor();
		await editor.screenshot('a host that cannot be reached');
		expect(await told.innerText()).not.toMatch(/password/);
	});

	it('is selected in the node after a successful test', async () => {
		await save();
		// The dialog closes after the credential is saved and tested.
		await editor.credential.waitFor({ state: 'hidden' });
		await editor.screenshot('all right');
		const chosen = editor.details.getByTestId('node-credentials-select').locator('input');
		await untilSeen(['Modica WhatsApp account'], async () => [await chosen.inputValue()]);
		expect(editor.browserErrors).toEqual([]);
	});
});
