import { PATIENCE_MS, texts, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { until } from '../../harness/until.mts';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'node panel' });
	await editor.openNewWorkflow();
});
afterAll(async () => {
	await stage?.close();
});

describe('the node panel', () => {
	it.each(['whatsapp', 'sms', 'modica', 'broadcast', 'reply', 'delivery', 'approval'])('finds the node by "%s"', async (word) => {
		await editor.searchNodes(word);
		await editor.offer('Modica WhatsApp').waitFor();
		await editor.screenshot(word);
	});

	it('lists the triggers and actions of the node, the most common first', async () => {
		await editor.searchNodes('whatsapp');
		await editor.click(editor.offer('Modica WhatsApp'));
		await editor.offer('On customer reply').waitFor();
		await editor.click(editor.page.getByTestId('node-creator-category-item').filter({ hasText: 'Actions' }));
		await editor.offer('Send message').waitFor();
		await editor.screenshot('what it can do');
		// The editor fills the list gradually.
		const operations = [
			'Broadcast message',
			'Get message',
			'Mark message as read',
			'Upload media',
			'Download media',
		];
		const offers = await until(
			`${operations.join(', ')} are offered`,
			PATIENCE_MS,
			() => texts(editor.page.getByTestId('node-creator-item-name')),
			(seen) => operations.every((operation) => seen.includes(operation)),
		);
		expect(offers.slice(0, 4)).toEqual([
			'On customer reply',
			'On message status change',
			'Send message',
			expect.any(String),
		]);
		expect(editor.browserErrors).toEqual([]);
	});
});
