import { untilSeen, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { NODE } from '../../harness/n8n/underTest.mts';
import { freePort } from '../../harness/ports.mts';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.set();
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
	await editor?.look('at the end');
	await stage?.strike();
});

/** Fills the open credential in and saves it, upon which n8n tests it. */
async function save(differences: Record<string, string> = {}): Promise<void> {
	const { username, password, baseUrl } = stage.simulator;
	for (const [name, value] of Object.entries({ username, password, baseUrl, ...differences })) {
		await editor.fill(editor.field(name), value);
	}
	await editor.saveCredential();
}

// One story, told in the order of a person's steps.
describe('the credential, as it is added in the editor', () => {
	it('says that the password is wrong', async () => {
		await save({ password: 'not-it' });
		// From here on the details stay open.
		await editor.click(editor.credential.getByText('More details'));
		const told = editor.credential.getByText(/^Modica answered 401/);
		await told.waitFor();
		await editor.look('a wrong password');
		expect(await told.innerText()).toMatch(/wrong username or password/);
	});

	it('says that nobody answers at its address', async () => {
		await save({ baseUrl: `http://127.0.0.1:${await freePort()}/rest/wab/v1` });
		const told = editor.credential.getByText(/^Could not connect to 127\.0\.0\.1/);
		await told.waitFor();
		await editor.look('a host that cannot be reached');
		expect(await told.innerText()).not.toMatch(/password/);
	});

	it('is ready to use when Modica lets it in', async () => {
		await save();
		// Saved and tested with success, the window closes by itself.
		await editor.credential.waitFor({ state: 'hidden' });
		await editor.look('all right');
		const chosen = editor.details.getByTestId('node-credentials-select').locator('input');
		await untilSeen(['Modica WhatsApp account'], async () => [await chosen.inputValue()]);
		expect(editor.complaints).toEqual([]);
	});
});
