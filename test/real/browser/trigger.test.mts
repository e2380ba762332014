import { texts, untilSeen, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { CALLBACK_LOGIN, withLogin } from '../../harness/n8n/callbacks.mts';

const TRIGGER = 'Modica WhatsApp Trigger';
const PATH = /^http:\/\/127\.0\.0\.1:\d+\/webhook(-test)?\/[-0-9a-f]+\/modica-whatsapp$/;

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	await stage.addCredential(CALLBACK_LOGIN);
	editor = await stage.editor({ album: 'trigger' });
	await editor.openNewWorkflow();
	await editor.searchNodes('whatsapp');
	await editor.click(editor.offer('Modica WhatsApp'));
	await editor.click(editor.offer('On customer reply'));
	await editor.details.waitFor();
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

const outputs = () => editor.node(TRIGGER).getByTestId('canvas-node-output-handle');

/** Clicks one of the trigger's two URLs, which copies it. */
async function copyUrl(kind: 'Production URL' | 'Test URL'): Promise<string> {
	await editor.click(editor.details.getByText(kind, { exact: true }));
	// The editor shows the other URL some time after the click.
	const url = editor.details.getByText(kind === 'Test URL' ? '/webhook-test/' : '/webhook/');
	return await editor.copied(async () => await editor.click(url));
}

// These tests depend on each other: each continues where the previous one ends.
describe('the trigger in the editor', () => {
	it('explains how to create a test event, with a command to copy', async () => {
		await editor.screenshot('added');
		await editor.click(editor.details.getByText('When will this node trigger my flow?'));
		const command = editor.details.locator('code').first();
		await command.waitFor();
		await editor.screenshot('how to try it out');
		expect(await command.textContent()).toBe('npm run simulator -- --reply "Kia ora" --reply-url "https://user:password@…"');
	});

	it('has one output for one event', async () => {
		await editor.closeNode();
		await editor.node(TRIGGER).getByText('On reply', { exact: true }).waitFor();
		await outputs().first().waitFor();
		await editor.screenshot('one output');
		expect(await outputs().count()).toBe(1);
	});

	it('has two named outputs for both events', async () => {
		await editor.openNode(TRIGGER);
		await editor.choose('events', 'Status');
		await editor.press('Escape');
		await editor.screenshot('both events');
		await editor.closeNode();
		await untilSeen(['Status', 'Reply'], () => texts(outputs()));
		await editor.screenshot('two outputs');
	});

	it('lets the user copy its two URLs', async () => {
		await editor.openNode(TRIGGER);
		await editor.click(editor.details.getByText('Webhook URLs', { exact: true }));
		const [production, test] = [await copyUrl('Production URL'), await copyUrl('Test URL')];
		await editor.screenshot('the URLs');
		expect([production, test]).toEqual([expect.stringMatching(PATH), expect.stringMatching(PATH)]);
		expect(test).toBe(production.replace('/webhook/', '/webhook-test/'));
	});

	it('receives a callback while it listens for a test event', async () => {
		const url = withLogin(await copyUrl('Test URL'));
		await editor.execute();
		await editor.details.getByTestId('trigger-listening').waitFor();
		await editor.screenshot('listening');
		stage.simulator.configure({ replyCallbackUrl: url, callbackTries: 1 });
		const { body, tries } = await stage.simulator.sendReply({ type: 'text', text: 'Are you open on Saturday?', source: '64211234567' });
		expect(tries).toEqual([expect.objectContaining({ status: 200 })]);
		const tabs = editor.outputPanel.getByTestId('branches').getByRole('tab');
		await editor.click(tabs.filter({ hasText: 'Reply' }));
		const rows = await editor.outputRows();
		await editor.screenshot('received');
		await untilSeen(['Status Branch', 'Reply Branch (1 item)'], () => texts(tabs));
		expect(rows).toEqual([
			expect.objectContaining({ event: 'reply', id: body.id, source: '64211234567', type: 'text', text: 'Are you open on Saturday?' }),
		]);
	});

	it('causes no errors in the browser', () => {
		expect(editor.browserErrors).toEqual([]);
	});
});
