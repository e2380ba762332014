/** Send and Wait for Response in the editor: each response type shows only the fields that it needs. */
import { untilSeen, type Editor } from '../../harness/browser/editor.mts';
import { Stage } from '../../harness/browser/stage.mts';
import { workflowWith } from '../../harness/n8n/underTest.mts';

let stage: Stage;
let editor: Editor;

beforeAll(async () => {
	stage = await Stage.open();
	editor = await stage.editor({ album: 'question' });
	const credential = await stage.addCredential();
	const parameters = { resource: 'message', operation: 'sendAndWait', to: '+64211234567', message: 'May we deliver tomorrow?' };
	const { id } = await stage.rest.importWorkflow(workflowWith({ parameters, credential }));
	await editor.openWorkflow(id);
	await editor.openNode('WhatsApp');
});
afterAll(async () => {
	await editor?.screenshot('at the end');
	await stage?.close();
});

const NAMES = ['responseType', 'answerIn', 'approveLabel', 'declineLabel', 'choices', 'messageType', 'templateName', 'templateParameters', 'templateText'];

/** The visible parameters, in the order of `NAMES`. */
async function shown(): Promise<string[]> {
	const { details } = editor;
	const visible = await Promise.all(
		NAMES.map(async (name) => (await details.getByTestId(`parameter-input-${name}`).or(details.getByTestId(`fixed-collection-${name}`)).first().isVisible())),
	);
	return NAMES.filter((_, index) => visible[index]);
}

const notice = () => editor.details.getByText('Without the trigger, taps are lost');

describe('the fields of a question', () => {
	it('are those of a page by default', async () => {
		await untilSeen(['responseType', 'answerIn', 'approveLabel', 'declineLabel', 'messageType'], shown);
		expect(await notice().count()).toBe(0);
		await editor.screenshot('on a page');
	});

	it('include the template and a notice about the trigger for an answer in the chat', async () => {
		await editor.choose('answerIn', 'Chat');
		await notice().waitFor();
		await untilSeen(['responseType', 'answerIn', 'approveLabel', 'declineLabel', 'templateName', 'templateParameters', 'templateText'], shown);
		await editor.screenshot('in the chat');
	});

	it('include the choices instead of the labels for a choice, in the chat and on a page', async () => {
		await editor.choose('responseType', 'Choice');
		await untilSeen(['responseType', 'answerIn', 'choices', 'templateName', 'templateParameters', 'templateText'], shown);
		await editor.screenshot('a choice in the chat');
		await editor.choose('answerIn', 'Page');
		await untilSeen(['responseType', 'answerIn', 'choices', 'messageType'], shown);
	});

	it('are those of a page for free text, even if the chat was selected before', async () => {
		await editor.choose('answerIn', 'Chat');
		await editor.choose('responseType', 'Free Text');
		await untilSeen(['responseType', 'messageType'], shown);
		expect(await notice().count()).toBe(0);
		await editor.screenshot('free text');
		await editor.choose('messageType', 'Template');
		await untilSeen(['responseType', 'messageType', 'templateName', 'templateParameters', 'templateText'], shown);
	});

	it('causes no errors in the browser', () => {
		expect(editor.browserErrors).toEqual([]);
	});
});
