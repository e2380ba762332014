import { readFileSync } from 'node:fs';
import type { Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'first message' });
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

/** The number of actions that the README states. */
function promisedActions(): number {
	const [, number] = /(\d+) clicks and entries/.exec(readFileSync('README.md', 'utf8')) ?? [];
	return Number(number);
}

describe('the first message', () => {
	it('takes as many clicks and entries as the README states, and shows its result', async () => {
		const { username, password, baseUrl, messages } = stage.simulator;
		await editor.openNewWorkflow();

		await editor.searchNodes('modica');
		await editor.offer('Modica WhatsApp').waitFor();
		await editor.screenshot('the node is found');
		await editor.click(editor.offer('Modica WhatsApp'));
		await editor.click(editor.page.getByTestId('node-creator-category-item').filter({ hasText: 'Actions' }));
		await editor.screenshot('what it can do');
		await editor.click(editor.offer('Send message'));

		await editor.newCredential();
		await editor.fill(editor.field('username'), username);
		await editor.fill(editor.field('password'), password);
		// Not counted: users keep the default Base URL.
		await editor.field('baseUrl').fill(baseUrl);
		await editor.screenshot('the credential');
		await editor.saveCredential();
		await editor.credential.waitFor({ state: 'hidden' });

		await editor.fill(editor.field('to'), '+64 21 123 4567');
		await editor.fill(editor.field('text'), 'Kia ora from n8n!');
		await editor.screenshot('message');
		await editor.execute();
		const rows = await editor.outputRows();
		await editor.screenshot('the result');

		expect(messages.map(({ to, payload }) => ({ to, text: payload.text }))).toEqual([
			{ to: '+64211234567', text: { body: 'Kia ora from n8n!' } },
		]);
		expect(rows).toEqual([{ id: messages[0]?.id, status: 'accepted', to: '+64211234567' }]);
		expect({ actions: editor.actions, browserErrors: editor.browserErrors }).toEqual({ actions: promisedActions(), browserErrors: [] });
	});
});
